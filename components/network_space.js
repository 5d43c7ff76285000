// The plane as a hidden layer sees it: grid, points and border move there together.

const kept = new WeakMap();
const LINES = 12;
const DOTS = 36;

function themeOf(state) {
  const style = getComputedStyle(state.parts.lab);
  state.text = style.getPropertyValue("--st-text-color").trim() || style.color;
  state.paper = style.getPropertyValue("--st-background-color").trim() || "#fff";
}

function fit(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = Math.max(canvas.clientWidth, 60);
  const height = Math.max(canvas.clientHeight, 60);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { pen, width, height };
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const unit = (a) => {
  const length = Math.sqrt(dot(a, a));
  return length > 1e-12 ? a.map((value) => value / length) : a.map((value, i) => (i === 0 ? 1 : 0));
};

// Two directions in the hidden layer. Two neurons are their own axes. Of more, the output's own
// direction comes first, so that its border stays one straight line, and then the widest spread.
function axesOf(shape, weights, level, rows) {
  const layer = shape.layers[level - 1];
  const names = shape.names[level];
  if (layer.nOut <= 2) {
    const axes = [[1, 0], [0, 1]].slice(0, layer.nOut).map((axis) => axis.slice(0, layer.nOut));
    return { axes, names: [...names, ""].slice(0, 2), exact: true };
  }
  const next = shape.layers[level];
  const isLast = level === shape.layers.length - 1;
  const middle = rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  const centred = rows.map((row) => row.map((value, j) => value - middle[j]));
  const widest = (taken) => {
    let guess = unit(names.map((_, j) => Math.cos(1 + 2 * j)));
    for (let i = 0; i < 60; i += 1) {
      const sum = names.map(() => 0);
      for (const row of centred) {
        const along = dot(row, guess);
        row.forEach((value, j) => { sum[j] += value * along; });
      }
      for (const axis of taken) {
        const along = dot(sum, axis);
        sum.forEach((_, j) => { sum[j] -= along * axis[j]; });
      }
      guess = unit(sum);
    }
    return guess;
  };
  const first = isLast
    ? unit(names.map((_, from) => weights[weightAt(next, from, 0)])) : widest([]);
  return {
    axes: [first, widest([first])], exact: isLast,
    names: isLast ? ["towards what the output listens to", "widest spread beside it"] : ["widest spread", "second widest"],
  };
}

// The output's border in the picture, as a·across + b·up + c = 0.
function borderOf(shape, weights, level, axes) {
  const next = shape.layers[level];
  const listens = shape.names[level].map((_, from) => weights[weightAt(next, from, 0)]);
  const shift = weights[next.biases];
  return [dot(listens, axes[0]), axes[1] ? dot(listens, axes[1]) : 0, shift];
}

function rowsOf(values) {
  return values[0].length ? [...values[0]].map((_, i) => values.map((one) => one[i])) : [];
}

function positionsAt(state, xs, ys) {
  const { shape } = state.read;
  const run = forward(shape, state.weights, inputsAt(shape, xs, ys));
  return rowsOf(run.values[state.level]);
}

function rangeOf(values, least) {
  const seen = values.filter(Number.isFinite);
  let [low, high] = [Math.min(...seen), Math.max(...seen)];
  if (!(high - low > least)) [low, high] = [(low + high) / 2 - least / 2, (low + high) / 2 + least / 2];
  return [low - 0.06 * (high - low), high + 0.06 * (high - low)];
}

function prepare(state) {
  const { shape, points, window: [[left, right], [low, high]], frames } = state.read;
  state.weights = frames.subarray(state.frame * shape.nWeights, (state.frame + 1) * shape.nWeights);
  const curves = [];
  for (let line = 0; line <= LINES; line += 1) {
    for (const isRow of [true, false]) {
      const xs = [];
      const ys = [];
      for (let i = 0; i <= DOTS; i += 1) {
        const [a, b] = isRow ? [i / DOTS, line / LINES] : [line / LINES, i / DOTS];
        xs.push(left + a * (right - left));
        ys.push(low + b * (high - low));
      }
      curves.push({ kind: "grid", xs, ys });
    }
  }
  const run = forward(shape, state.weights, state.read.grid.inputs);
  const output = run.values[shape.layers.length][0];
  const level = state.data.run.task === "classification" ? 0.5 : 0;
  const pieces = crossings(output, state.read.grid.side, level);
  for (const piece of pieces) {
    curves.push({
      kind: "border",
      xs: piece.map(([u]) => left + u * (right - left)),
      ys: piece.map(([, v]) => high - v * (high - low)),
    });
  }
  const hidden = positionsAt(state, points.map((one) => one.x), points.map((one) => one.y));
  const { axes, names, exact } = axesOf(shape, state.weights, state.level, hidden);
  const project = (row) => [dot(row, axes[0]), axes[1] ? dot(row, axes[1]) : 0];
  const seen = hidden.map(project);
  for (const curve of curves) curve.hidden = positionsAt(state, curve.xs, curve.ys).map(project);
  const all = [...seen, ...curves.filter((one) => one.kind === "grid").flatMap((one) => one.hidden)];
  state.border = exact && state.level === shape.layers.length - 1
    ? borderOf(shape, state.weights, state.level, axes) : null;
  Object.assign(state, {
    curves, seen, names, exact,
    ranges: [0, 1].map((axis) => rangeOf(all.map((one) => one[axis]), 0.02)),
  });
}

// Fades in as the plane arrives in the hidden layer: the line, and the side that each class is on.
function drawBorder(state, pen, box) {
  if (!state.border) return;
  const [a, b, c] = state.border;
  const [across, up] = state.ranges;
  const says = (u, v) => a * (across[0] + u * (across[1] - across[0])) + b * (up[0] + v * (up[1] - up[0])) + c;
  const { colours } = state.data;
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
  const sides = { positive: [], negative: [] };
  const ends = [];
  corners.forEach((corner, i) => {
    const next = corners[(i + 1) % 4];
    const [here, there] = [says(...corner), says(...next)];
    sides[here >= 0 ? "positive" : "negative"].push(corner);
    if (here >= 0 === there >= 0) return;
    const t = here / (here - there);
    const cut = [corner[0] + t * (next[0] - corner[0]), corner[1] + t * (next[1] - corner[1])];
    sides.positive.push(cut);
    sides.negative.push(cut);
    ends.push(cut);
  });
  const spot = ([u, v]) => [box.x + u * box.width, box.y + box.height - v * box.height];
  for (const [side, polygon] of Object.entries(sides)) {
    if (polygon.length < 3) continue;
    pen.globalAlpha = 0.13 * state.share ** 3;
    pen.fillStyle = colours[side];
    pen.beginPath();
    polygon.forEach((point) => pen.lineTo(...spot(point)));
    pen.fill();
  }
  if (ends.length < 2) return;
  pen.globalAlpha = 0.9 * state.share ** 3;
  pen.strokeStyle = colours.marked;
  pen.lineWidth = 3;
  pen.beginPath();
  ends.forEach((point) => pen.lineTo(...spot(point)));
  pen.stroke();
}

function show(state) {
  themeOf(state);
  const { parts, data, read: { points, window: [[left, right], [low, high]], shape } } = state;
  const { pen, width, height } = fit(parts.space);
  const box = { x: 46, y: 8, width: width - 58, height: height - 44 };
  const [across, up] = state.ranges;
  const share = state.share;
  const place = (x, y, [h, k]) => {
    const [a, b] = [(x - left) / (right - left), (y - low) / (high - low)];
    const [c, d] = [(h - across[0]) / (across[1] - across[0]), (k - up[0]) / (up[1] - up[0])];
    const [u, v] = [a + share * (c - a), b + share * (d - b)];
    return [box.x + u * box.width, box.y + box.height - v * box.height];
  };
  const stroke = (curve, colour, thickness, alpha) => {
    pen.strokeStyle = colour;
    pen.lineWidth = thickness;
    pen.globalAlpha = alpha;
    pen.beginPath();
    curve.xs.forEach((x, i) => {
      const spot = place(x, curve.ys[i], curve.hidden[i]);
      if (spot.every(Number.isFinite)) pen.lineTo(...spot);
    });
    pen.stroke();
  };
  for (const curve of state.curves) {
    if (curve.kind === "grid") stroke(curve, state.text, 0.8, 0.22);
    else stroke(curve, data.colours.marked, 3, 0.95);
  }
  drawBorder(state, pen, box);
  pen.globalAlpha = 1;
  const radius = points.length > 60 ? 4 : 9;
  points.forEach((point, i) => {
    const [x, y] = place(point.x, point.y, state.seen[i]);
    pen.beginPath();
    if (point.target > state.middle) pen.arc(x, y, radius, 0, 7);
    else pen.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    pen.fillStyle = point.target > state.middle ? data.colours.positive : data.colours.negative;
    pen.fill();
    pen.strokeStyle = state.paper;
    pen.lineWidth = 1.5;
    pen.stroke();
    if (points.length <= 8) {
      pen.fillStyle = state.text;
      pen.font = "12px sans-serif";
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      const lift = (i % 2 ? 1 : -1) * (radius + 3);
      pen.fillText(`${shown(point.x)}, ${shown(point.y)}`, x + radius - 2, y + lift);
    }
  });
  pen.fillStyle = state.text;
  pen.globalAlpha = 0.75;
  pen.font = "12px sans-serif";
  const isPlane = share < 0.5;
  const ranges = isPlane ? [[left, right], [low, high]] : [across, up];
  const names = isPlane ? ["x", "y"] : state.names;
  pen.textBaseline = "top";
  [["left", 0], ["right", 1]].forEach(([align, end]) => {
    pen.textAlign = align;
    pen.fillText(shown(ranges[0][end], 2), box.x + end * box.width, box.y + box.height + 5);
  });
  pen.textAlign = "center";
  pen.fillText(names[0], box.x + box.width / 2, box.y + box.height + 5);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  [[0.98, 0], [0.02, 1]].forEach(([down, end]) => pen.fillText(shown(ranges[1][end], 2), box.x - 5, box.y + down * box.height));
  pen.save();
  pen.translate(14, box.y + box.height / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.fillText(names[1], 0, 0);
  pen.restore();
  pen.globalAlpha = 1;
  parts.share.value = String(share);
  parts.frame.value = String(state.frame);
  const layerName = shape.layers.length > 2 ? `hidden layer ${state.level}` : "the hidden layer";
  parts.told.textContent = isPlane
    ? "The plane as it is. Amber: the border between the network's two answers."
    : `The same points as ${layerName} passes them on. Amber: the same border${state.exact && state.level === shape.layers.length - 1 ? ", now one straight line: all that the output neuron can draw" : ""}.`;
  parts.count.textContent = `step ${data.run.steps[state.frame].toLocaleString("en")}`;
}

function morph(state, goal) {
  cancelAnimationFrame(state.timer);
  const [from, start] = [state.share, performance.now()];
  const tick = (now) => {
    if (!state.parts.lab.isConnected) return;
    const t = Math.max(0, Math.min(1, (now - start) / 1800));
    state.share = from + (goal - from) * (t * t * (3 - 2 * t));
    state.timer = t < 1 ? requestAnimationFrame(tick) : 0;
    show(state);
  };
  state.timer = requestAnimationFrame(tick);
}

export default function (component) {
  const { data, parentElement } = component;
  const state = kept.get(parentElement) ?? { share: 0, timer: 0 };
  kept.set(parentElement, state);
  state.parts = {};
  for (const node of parentElement.querySelectorAll("[data-part]")) state.parts[node.dataset.part] = node;
  state.data = data;
  const { parts } = state;
  if (state.token !== data.token) {
    state.token = data.token;
    const { run } = data;
    const shape = shapeOf(run);
    const places = floatsOf(run.points);
    const points = [...floatsOf(run.targets)].map((target, i) => ({ x: places[2 * i], y: places[2 * i + 1], target }));
    state.read = { shape, points, window: run.window, frames: floatsOf(run.weights), grid: gridOf(shape, run.window) };
    state.middle = run.task === "classification" ? 0.5 : 0;
    state.level = shape.layers.length - 1;
    state.frame = run.n_frames - 1;
    state.share = 0;
    parts.frame.max = String(state.frame);
    parts.layer.replaceChildren(...shape.layers.slice(0, -1).map((layer, l) => {
      const option = element("option", "", `hidden layer ${l + 1}: ${layer.nOut} ${ACTIVATION_NAMES[layer.activation] || "linear"}`);
      option.value = String(l + 1);
      return option;
    }));
    parts.layer.value = String(state.level);
    parts.space.setAttribute("aria-label", data.alt);
    prepare(state);
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) state.share = 1;
    else setTimeout(() => state.token === data.token && morph(state, 1), 700);
  }
  const touch = (change) => () => {
    cancelAnimationFrame(state.timer);
    change();
    show(state);
  };
  parts.share.oninput = touch(() => { state.share = Number(parts.share.value); });
  parts.frame.oninput = touch(() => { state.frame = Number(parts.frame.value); prepare(state); });
  parts.layer.onchange = touch(() => { state.level = Number(parts.layer.value); prepare(state); });
  parts.toPlane.onclick = () => morph(state, 0);
  parts.toSpace.onclick = () => morph(state, 1);
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => show(state));
  state.watcher.observe(parts.space);
  show(state);
  return () => {
    cancelAnimationFrame(state.timer);
    state.watcher.disconnect();
  };
}
