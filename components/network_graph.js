// The picture of a network: every neuron is a small map of the plane, every link a weight.

const SVG = "http://www.w3.org/2000/svg";

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function drawn(tag, attributes = {}) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function rgb(colour) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

// Finer maps for small networks: the whole picture must be worked out 30 times a second.
function gridOf(shape, [[left, right], [low, high]]) {
  const products = shape.layers.reduce((sum, layer) => sum + layer.nIn * layer.nOut + 8 * layer.nOut, 0);
  const side = products < 200 ? 72 : products < 700 ? 48 : 32;
  const xs = new Float64Array(side * side);
  const ys = new Float64Array(side * side);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      xs[row * side + column] = left + ((column + 0.5) / side) * (right - left);
      ys[row * side + column] = high - ((row + 0.5) / side) * (high - low);
    }
  }
  return { side, inputs: inputsAt(shape, xs, ys) };
}

// One map as an image: blue above the middle, vermilion below, the paper between.
function paintMap(canvas, side, values, [middle, half], colours, steps) {
  if (canvas.width !== side || !canvas.image) {
    canvas.width = canvas.height = side;
    canvas.image = canvas.getContext("2d").createImageData(side, side);
  }
  const pixels = canvas.image.data;
  for (let i = 0, at = 0; i < values.length; i += 1, at += 4) {
    const level = (values[i] - middle) / half;
    const isNumber = Number.isFinite(level);
    // Not a number: grey, so that it is seen.
    const colour = !isNumber ? colours.before : level >= 0 ? colours.positive : colours.negative;
    const size = steps ? 0.8 : Math.min(1, Math.abs(level));
    pixels[at] = colour[0];
    pixels[at + 1] = colour[1];
    pixels[at + 2] = colour[2];
    pixels[at + 3] = isNumber ? 235 * size ** 0.85 : 190;
  }
  canvas.getContext("2d").putImageData(canvas.image, 0, 0);
}

// Thinner where there are many, so that a wide network does not become one block of colour.
function linkWidth(weight, nLinks) {
  const crowd = Math.min(1, Math.sqrt(60 / nLinks));
  return Math.max(0.5, crowd * (Number.isFinite(weight) ? Math.min(0.7 + 2.6 * Math.sqrt(Math.abs(weight)), 9) : 9));
}

function placesOf(shape, width, height) {
  const counts = [shape.features.length, ...shape.layers.map((layer) => layer.nOut)];
  const tallest = Math.max(...counts);
  // A name above and a bias below need room; where there is none, the maps take all of it.
  const share = (height - 26) / tallest;
  const crowded = share < 60;
  const size = Math.max(14, Math.min(72, share - (crowded ? 6 : 32), width / counts.length - 26));
  const places = counts.map((count, level) => {
    const x = counts.length === 1 ? width / 2 : size / 2 + 22 + (level / (counts.length - 1)) * (width - size - 46);
    const gap = Math.min((height - 26) / count, size + 58);
    return Array.from({ length: count }, (_, index) => [x, 22 + (height - 26) / 2 + (index - (count - 1) / 2) * gap]);
  });
  return { size, places, crowded };
}

// Makes the neurons and links; `on` has the callbacks hover, pick and leave.
function buildGraph(host, shape, on) {
  host.replaceChildren();
  const svg = drawn("svg", { class: "links", "aria-hidden": "true" });
  const links = drawn("g");
  const texts = drawn("g", { class: "numbers" });
  svg.append(links, texts);
  svg.style.setProperty("--link-opacity", shape.nWeights > 400 ? "0.45" : "0.75");
  host.append(svg);
  const graph = { host, svg, shape, neurons: [], links: [], biases: [], size: 0 };
  shape.layers.forEach((layer, l) => {
    for (let to = 0; to < layer.nOut; to += 1) {
      for (let from = 0; from < layer.nIn; from += 1) {
        const at = weightAt(layer, from, to);
        const name = `${neuronName(shape, l, from)} → ${neuronName(shape, l + 1, to)}`;
        const line = drawn("path", { class: "link" });
        const grip = drawn("path", { class: "grip", "data-weight": at });
        const text = drawn("text", { class: "number" });
        grip.onpointerenter = () => on.hover?.({ kind: "weight", at, layer: l, from, to });
        grip.onpointerleave = () => on.leave?.();
        grip.onclick = () => on.pick?.({ kind: "weight", at, layer: l, from, to });
        links.append(line, grip);
        texts.append(text);
        graph.links.push({ at, layer: l, from, to, line, grip, text, name });
      }
    }
  });
  [shape.features.length, ...shape.layers.map((layer) => layer.nOut)].forEach((count, level) => {
    graph.neurons.push(Array.from({ length: count }, (_, index) => {
      const box = element("button", "neuron");
      box.type = "button";
      box.setAttribute("aria-label", `Neuron ${neuronName(shape, level, index)}`);
      const map = element("canvas");
      const label = element("span", "label", neuronName(shape, level, index));
      const value = element("span", "value");
      const note = element("span", "note");
      box.append(map, label, value, note);
      const what = { kind: "neuron", level, index };
      box.onpointerenter = box.onfocus = () => on.hover?.(what);
      box.onpointerleave = box.onblur = () => on.leave?.();
      box.onclick = () => on.pick?.(what);
      host.append(box);
      if (level > 0) {
        const layer = shape.layers[level - 1];
        const bias = element("button", "bias");
        bias.type = "button";
        bias.tabIndex = -1;
        const chosen = { kind: "bias", at: layer.biases + index, layer: level - 1, to: index };
        bias.onpointerenter = () => on.hover?.(chosen);
        bias.onpointerleave = () => on.leave?.();
        bias.onclick = () => on.pick?.(chosen);
        const text = drawn("text", { class: "number bias-number" });
        host.append(bias);
        texts.append(text);
        graph.biases.push({ ...chosen, node: bias, text });
      }
      return { box, map, label, value, note, level, index };
    }));
  });
  return graph;
}

function placeGraph(graph) {
  const width = Math.max(graph.host.clientWidth, 200);
  const height = Math.max(graph.host.clientHeight, 120);
  if (graph.width === width && graph.height === height) return;
  Object.assign(graph, { width, height });
  const { size, places, crowded } = placesOf(graph.shape, width, height);
  Object.assign(graph, { size, places, crowded });
  graph.host.classList.toggle("crowded", crowded);
  graph.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const neuron of graph.neurons.flat()) {
    const [x, y] = places[neuron.level][neuron.index];
    Object.assign(neuron.box.style, {
      left: `${x - size / 2}px`, top: `${y - size / 2}px`, width: `${size}px`, height: `${size}px`,
    });
    neuron.box.classList.toggle("small", crowded);
    neuron.box.classList.toggle("unnamed", crowded && neuron.level > 0 && neuron.level < graph.shape.layers.length);
    neuron.box.title = neuronName(graph.shape, neuron.level, neuron.index);
  }
  for (const bias of graph.biases) {
    const [x, y] = places[bias.layer + 1][bias.to];
    Object.assign(bias.node.style, { left: `${x - size / 2 - 5}px`, top: `${y + size / 2 - 5}px` });
    bias.text.setAttribute("x", x - size / 2 - 7);
    bias.text.setAttribute("y", y + size / 2 + 12);
  }
  for (const link of graph.links) {
    const [x1, y1] = places[link.layer][link.from];
    const [x2, y2] = places[link.layer + 1][link.to];
    const [a, b] = [x1 + size / 2, x2 - size / 2];
    const bend = (b - a) * 0.45;
    const path = `M${a},${y1} C${a + bend},${y1} ${b - bend},${y2} ${b},${y2}`;
    link.line.setAttribute("d", path);
    link.grip.setAttribute("d", path);
    // Numbers of neighbouring links stand at different places along their links; where there is no
    // room beside each other, one below the other.
    const nIn = graph.shape.layers[link.layer].nIn;
    const share = b - a < 90 ? 0.3 : nIn > 1 ? 0.3 + (0.4 * link.from) / (nIn - 1) : 0.5;
    const [p, q] = [1 - share, share];
    const mix = (c0, c1, c2, c3) => p ** 3 * c0 + 3 * p * p * q * c1 + 3 * p * q * q * c2 + q ** 3 * c3;
    link.text.setAttribute("x", mix(a, a + bend, b - bend, b));
    link.text.setAttribute("y", mix(y1, y1, y2, y2) - 4);
  }
}

// `seen`: weights, run (of the grid), side, colours, picked, numbers on links, values on neurons.
function drawGraph(graph, seen) {
  placeGraph(graph);
  const { weights, colours, picked } = seen;
  for (const link of graph.links) {
    const value = seen.linkValues ? seen.linkValues[link.at] : weights[link.at];
    const known = value !== undefined && value !== null;
    const number = known ? value : weights[link.at];
    link.line.setAttribute("stroke", number >= 0 ? colours.positiveInk : colours.negativeInk);
    link.line.setAttribute("stroke-width", linkWidth(weights[link.at], graph.links.length));
    const lit = seen.lit?.has(link.at);
    const isPicked = picked && picked.kind !== "neuron" && picked.at === link.at;
    link.line.classList.toggle("picked", Boolean(isPicked || lit));
    link.line.classList.toggle("faint", Boolean(seen.lit && !lit));
    const inFocus = seen.focus && link.layer + 1 === seen.focus.level && link.to === seen.focus.index;
    link.text.textContent = known && (seen.numbers || isPicked || lit || inFocus) ? shown(value) : "";
  }
  for (const { node, at, text, layer, to } of graph.biases) {
    const value = seen.linkValues ? seen.linkValues[at] : weights[at];
    const inFocus = seen.focus && layer + 1 === seen.focus.level && to === seen.focus.index;
    const known = value !== undefined && value !== null;
    text.textContent = known && (seen.numbers || inFocus || seen.lit?.has(at)) ? `b ${shown(value)}` : "";
    node.style.background = (value ?? weights[at]) >= 0 ? colours.positiveInk : colours.negativeInk;
    node.style.opacity = String(0.35 + 0.65 * Math.min(1, Math.abs(weights[at]) / 2));
    node.classList.toggle("picked", Boolean((picked && picked.kind !== "neuron" && picked.at === at) || seen.lit?.has(at)));
    node.title = `bias ${shown(weights[at])}`;
    node.setAttribute("aria-label", node.title);
  }
  for (const neuron of graph.neurons.flat()) {
    const { level, index } = neuron;
    const values = seen.run.values[level][index];
    const span = seen.spans?.[level] ?? spanOf(level ? graph.shape.layers[level - 1].activation : "linear", values);
    paintMap(neuron.map, seen.side, values, span, colours, false);
    neuron.box.classList.toggle("picked", Boolean(picked && picked.kind === "neuron" &&
      picked.level === level && picked.index === index));
    neuron.box.classList.toggle("active", Boolean(seen.active?.(level, index)));
    neuron.value.textContent = seen.valueOf ? seen.valueOf(level, index) : "";
    neuron.note.textContent = seen.noteOf ? seen.noteOf(level, index) : "";
  }
}

// Line pieces along which a map crosses a level, in shares of its side: the decision boundary.
function crossings(values, side, level) {
  const pieces = [];
  const at = (row, column) => values[row * side + column] - level;
  const between = (a, b) => (a === b ? 0.5 : a / (a - b));
  for (let row = 0; row + 1 < side; row += 1) {
    for (let column = 0; column + 1 < side; column += 1) {
      const corners = [at(row, column), at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)];
      if (!corners.every(Number.isFinite)) continue;
      const points = [];
      const sides = [[0, 1, 0, 0, 1, 0], [1, 2, 1, 0, 0, 1], [3, 2, 0, 1, 1, 0], [0, 3, 0, 0, 0, 1]];
      for (const [p, q, x, y, dx, dy] of sides) {
        if (corners[p] >= 0 === corners[q] >= 0) continue;
        const share = between(corners[p], corners[q]);
        points.push([(column + 0.5 + x + share * dx) / side, (row + 0.5 + y + share * dy) / side]);
      }
      for (let i = 0; i + 1 < points.length; i += 2) pieces.push([points[i], points[i + 1]]);
    }
  }
  return pieces;
}
