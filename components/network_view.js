// A training as it is seen: play, step and scrub one payload; touch a weight and see what it does.

const kept = new WeakMap();
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function read({ run }) {
  const shape = shapeOf(run);
  const places = floatsOf(run.points);
  const targets = floatsOf(run.targets);
  const points = [...targets].map((target, i) =>
    ({ x: places[2 * i], y: places[2 * i + 1], target, isTest: Boolean(run.is_test[i]) }));
  const isClassification = run.task === "classification";
  return {
    shape, points, isClassification, nFrames: run.n_frames, window: run.window,
    frames: {
      steps: run.steps, epochs: run.epochs, weights: floatsOf(run.weights),
      trainLoss: floatsOf(run.train_losses), testLoss: floatsOf(run.test_losses),
      trainAccuracy: floatsOf(run.train_accuracies), testAccuracy: floatsOf(run.test_accuracies),
    },
    grid: gridOf(shape, run.window),
    inputs: inputsAt(shape, points.map((one) => one.x), points.map((one) => one.y)),
    hasTest: points.some((one) => one.isTest),
    targetSpan: isClassification ? [0.5, 0.5] : spanOf("linear", targets),
  };
}

const frameWeights = ({ shape, frames }, frame) =>
  frames.weights.subarray(frame * shape.nWeights, (frame + 1) * shape.nWeights);

const weightsNow = (state) => state.edited ?? frameWeights(state.read, state.frame);

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

function themeOf(state) {
  const style = getComputedStyle(state.parts.lab);
  const text = style.getPropertyValue("--st-text-color").trim() || style.color;
  if (text === state.theme?.text) return;
  const { colours } = state.data;
  state.theme = {
    text, paper: style.getPropertyValue("--st-background-color").trim() || "#fff",
    positive: rgb(colours.positive), negative: rgb(colours.negative), before: rgb(colours.before),
    positiveInk: colours.positive, negativeInk: colours.negative, marked: colours.marked, train: colours.train, test: colours.test,
  };
  state.parts.lab.style.setProperty("--marked", colours.marked);
}

// What is looked at: what the mouse is on, else what was clicked, else the output.
function lookedAt(state) {
  return state.hovered ?? state.picked ?? { kind: "neuron", level: state.read.shape.layers.length, index: 0 };
}

function mappedNeuron(state) {
  const what = lookedAt(state);
  const { shape } = state.read;
  if (what.kind === "neuron") return what;
  return { kind: "neuron", level: shape.layers.length, index: 0 };
}

function drawPoints(state, pen, place) {
  const { points, targetSpan } = state.read;
  const { theme } = state;
  const radius = points.length > 150 ? 3.2 : points.length > 20 ? 4.2 : 7;
  const outputs = state.pointRun.values[state.pointRun.values.length - 1][0];
  points.forEach((point, i) => {
    if (point.isTest && !state.showTest) return;
    const [x, y] = place(point.x, point.y);
    const level = Math.max(-1, Math.min(1, (point.target - targetSpan[0]) / targetSpan[1]));
    pen.beginPath();
    // The two classes differ in shape as well as in colour.
    if (state.read.isClassification && level < 0) pen.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    else pen.arc(x, y, radius, 0, 7);
    pen.fillStyle = theme.paper;
    pen.globalAlpha = 1;
    pen.fill();
    pen.fillStyle = level >= 0 ? theme.positiveInk : theme.negativeInk;
    pen.globalAlpha = state.read.isClassification ? 1 : 0.25 + 0.75 * Math.abs(level);
    pen.fill();
    pen.globalAlpha = 1;
    pen.lineWidth = 1.4;
    pen.strokeStyle = point.isTest ? theme.text : theme.paper;
    pen.stroke();
    const wrong = state.read.isClassification && outputs[i] > 0.5 !== point.target > 0.5;
    if (wrong && points.length <= 60) {
      pen.strokeStyle = theme.text;
      pen.lineWidth = 2;
      pen.beginPath();
      for (const turn of [1, -1]) {
        pen.moveTo(x - radius - 3, y - turn * (radius + 3));
        pen.lineTo(x + radius + 3, y + turn * (radius + 3));
      }
      pen.stroke();
    }
  });
}

function drawPlane(state) {
  const { parts, theme, read: { grid, window: [[left, right], [low, high]], shape } } = state;
  const { pen, width, height } = fit(parts.map);
  const side = Math.min(width, height) - 18;
  const box = { x: (width - side) / 2 + 8, y: 2, side };
  const { level, index } = mappedNeuron(state);
  const values = state.gridRun.values[level][index];
  const isOutput = level === shape.layers.length;
  const span = isOutput ? state.read.targetSpan : spanOf(level ? shape.layers[level - 1].activation : "linear", values);
  state.brush ??= document.createElement("canvas");
  paintMap(state.brush, grid.side, values, span, theme, state.discrete && isOutput);
  pen.imageSmoothingEnabled = !state.discrete;
  pen.drawImage(state.brush, box.x, box.y, side, side);
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1.6;
  pen.globalAlpha = 0.85;
  pen.beginPath();
  for (const [[x1, y1], [x2, y2]] of crossings(values, grid.side, span[0])) {
    pen.moveTo(box.x + x1 * side, box.y + y1 * side);
    pen.lineTo(box.x + x2 * side, box.y + y2 * side);
  }
  pen.stroke();
  pen.globalAlpha = 0.7;
  pen.fillStyle = theme.text;
  pen.font = "11px sans-serif";
  pen.textBaseline = "top";
  for (const [share, value, align] of [[0, left, "left"], [0.5, (left + right) / 2, "center"], [1, right, "right"]]) {
    pen.textAlign = align;
    pen.fillText(shown(value), box.x + share * side, box.y + side + 4);
  }
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const [share, value] of [[0.97, low], [0.5, (low + high) / 2], [0.03, high]]) {
    pen.fillText(shown(value), box.x - 4, box.y + share * side);
  }
  pen.globalAlpha = 1;
  const place = (x, y) => [
    box.x + ((x - left) / (right - left)) * side, box.y + ((high - y) / (high - low)) * side,
  ];
  state.toPoint = (px, py) => [
    left + ((px - box.x) / side) * (right - left), high - ((py - box.y) / side) * (high - low),
  ];
  pen.save();
  pen.beginPath();
  pen.rect(box.x, box.y, side, side);
  pen.clip();
  drawPoints(state, pen, place);
  const [x, y] = place(...state.probe);
  pen.strokeStyle = theme.marked;
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.arc(x, y, 10, 0, 7);
  pen.stroke();
  pen.restore();
  parts.scaleLow.textContent = shown(span[0] - span[1], 2);
  parts.scaleHigh.textContent = shown(span[0] + span[1], 2);
  parts.ramp.style.background = `linear-gradient(to right, ${theme.negativeInk}, ${theme.paper}, ${theme.positiveInk})`;
  const name = neuronName(shape, level, index);
  parts.mapTitle.textContent = isOutput
    ? state.read.isClassification ? "Output: the chance of blue" : "Output over the plane"
    : `What ${name} says over the plane`;
}

function drawCurve(state, canvas, series, { top, zero }) {
  const { pen, width, height } = fit(canvas);
  const { theme, read: { frames } } = state;
  const box = { x: 40, y: 6, width: width - 48, height: height - 22 };
  const first = frames.steps[0];
  const last = Math.max(frames.steps[frames.steps.length - 1], first + 1);
  const place = (frame, value) => [
    box.x + ((frames.steps[frame] - first) / (last - first)) * box.width,
    box.y + box.height - Math.max(0, Math.min(1.02, (value - zero) / (top - zero))) * box.height,
  ];
  pen.font = "11px sans-serif";
  pen.fillStyle = theme.text;
  pen.globalAlpha = 0.72;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    pen.fillText(shown(zero + share * (top - zero), 2), box.x - 5, box.y + (1 - share) * box.height);
  }
  pen.textBaseline = "top";
  pen.textAlign = "left";
  pen.fillText(`step ${first.toLocaleString("en")}`, box.x, box.y + box.height + 4);
  pen.textAlign = "right";
  pen.fillText(last.toLocaleString("en"), box.x + box.width, box.y + box.height + 4);
  for (const { values, colour, dashed } of series) {
    pen.strokeStyle = colour;
    pen.setLineDash(dashed ? [5, 3] : []);
    for (const [alpha, until] of [[0.3, state.read.nFrames - 1], [1, state.frame]]) {
      pen.globalAlpha = alpha;
      pen.lineWidth = 1.8;
      pen.beginPath();
      for (let i = 0; i <= until; i += 1) if (Number.isFinite(values[i])) pen.lineTo(...place(i, values[i]));
      pen.stroke();
    }
  }
  pen.setLineDash([]);
  pen.globalAlpha = 0.6;
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1;
  const now = place(state.frame, zero)[0];
  pen.beginPath();
  pen.moveTo(now, box.y);
  pen.lineTo(now, box.y + box.height);
  pen.stroke();
  pen.globalAlpha = 1;
}

function drawCurves(state) {
  const { theme, parts, read: { frames, hasTest } } = state;
  const losses = [...frames.trainLoss, ...(hasTest ? frames.testLoss : [])].filter(Number.isFinite).sort((a, b) => a - b);
  // A single wild frame must not flatten the rest of the curve.
  const top = Math.min(losses[losses.length - 1] ?? 1, 4 * (losses[Math.floor(losses.length * 0.9)] || 1)) || 1;
  const both = (train, test) => [
    ...(hasTest ? [{ values: test, colour: theme.test, dashed: true }] : []),
    { values: train, colour: theme.train, dashed: false },
  ];
  drawCurve(state, parts.losses, both(frames.trainLoss, frames.testLoss), { top, zero: 0 });
  parts.accuracyBlock.hidden = !state.read.isClassification;
  if (state.read.isClassification) {
    drawCurve(state, parts.accuracies, both(frames.trainAccuracy, frames.testAccuracy), { top: 1, zero: 0 });
  }
}

function showFigures(state) {
  const { parts, data, read: { points, hasTest } } = state;
  const body = [];
  const confusion = [];
  for (const isTest of hasTest ? [false, true] : [false]) {
    const figures = figuresOf(data.run.training.loss, state.read.isClassification, state.pointRun, points, isTest);
    const row = element("tr");
    const name = element("th", "", isTest ? "test " : "training ");
    const key = element("span", "", isTest ? "- -" : "—");
    key.style.color = isTest ? state.theme.test : state.theme.train;
    name.append(key);
    row.append(name, element("td", "", shown(figures.loss)));
    if (state.read.isClassification) row.append(element("td", "", `${figures.right} of ${figures.n}`));
    else row.append(element("td", "", String(figures.n)));
    row.dataset.loss = String(figures.loss);
    body.push(row);
    if (state.read.isClassification) {
      ["orange", "blue"].forEach((colour, truth) => {
        const line = element("tr");
        line.append(element("th", "", `${isTest ? "test" : "training"}, ${colour}`),
          element("td", "", String(figures.counts[truth][0])), element("td", "", String(figures.counts[truth][1])));
        confusion.push(line);
      });
    }
  }
  parts.figuresHead.lastElementChild.textContent = state.read.isClassification ? "right" : "examples";
  parts.figures.replaceChildren(...body);
  parts.confusionBlock.hidden = !state.read.isClassification;
  parts.confusion.replaceChildren(...confusion);
}

function signed(value) {
  return value < 0 ? `(${shown(value)})` : shown(value);
}

function neuronFormula(state, { level, index }) {
  const { shape } = state.read;
  const name = neuronName(shape, level, index);
  const values = state.probeRun.values;
  const here = `At the ringed place, x = ${shown(state.probe[0])} and y = ${shown(state.probe[1])}:`;
  if (level === 0) {
    return [here, `${name} = ${shown(values[0][index][0])}. An input has no weights of its own: it passes on what it is given.`];
  }
  const layer = shape.layers[level - 1];
  const weights = weightsNow(state);
  const squash = ACTIVATION_NAMES[layer.activation];
  const terms = [];
  const worked = [];
  for (let from = 0; from < layer.nIn; from += 1) {
    terms.push(`w·${neuronName(shape, level - 1, from)}`);
    worked.push(`${signed(weights[weightAt(layer, from, index)])} · ${signed(values[level - 1][from][0])}`);
  }
  const total = state.probeRun.sums[level][index][0];
  const wrap = (inside) => (squash ? `${squash}(${inside})` : inside);
  const lines = [
    here,
    `${name} = ${wrap(`${terms.join(" + ")} + bias`)}`,
    `= ${wrap(`${worked.join(" + ")} + ${signed(weights[layer.biases + index])}`)}`,
    squash ? `= ${squash}(${shown(total)}) = ${shown(values[level][index][0])}` : `= ${shown(total)}`,
  ];
  const target = state.read.points[state.example]?.target;
  if (level === shape.layers.length && target !== undefined) {
    lines.push(state.read.isClassification
      ? `It should say ${shown(target)} here: ${values[level][0][0] > 0.5 === target > 0.5 ? "right" : "wrong"}.`
      : `It should say ${shown(target)} here.`);
  }
  return lines;
}

function weightFormula(state, what) {
  const { shape } = state.read;
  const layer = shape.layers[what.layer];
  const value = weightsNow(state)[what.at];
  const target = neuronName(shape, what.layer + 1, what.to);
  if (what.kind === "bias") {
    return [`The bias of ${target} is ${shown(value)}: what its sum starts from, whatever comes in.`];
  }
  const source = neuronName(shape, what.layer, what.from);
  const input = state.probeRun.values[what.layer][what.from][0];
  return [
    `The weight from ${source} to ${target} is ${shown(value)}: how much ${target} listens to ${source}, and with which sign.`,
    `At the ringed place ${source} = ${shown(input)}, so this link adds ${signed(value)} · ${signed(input)} = ${shown(value * input)} to the sum of ${target}${layer.activation === "linear" ? "" : " before it is bent"}.`,
  ];
}

// The arithmetic beside what the mouse is on, so that nobody has to scroll to it.
function showTip(state, lines) {
  const { parts: { tip }, hovered, graph } = state;
  tip.hidden = !hovered;
  if (!hovered) return;
  tip.replaceChildren(...lines.map((line) => element("div", "", line)));
  let [x, y, gap] = [0, 0, 12];
  if (hovered.kind === "neuron") {
    [x, y] = graph.places[hovered.level][hovered.index];
    gap = graph.size / 2 + 10;
  } else if (hovered.kind === "bias") {
    [x, y] = graph.places[hovered.layer + 1][hovered.to];
    gap = graph.size / 2 + 10;
  } else {
    const { text } = graph.links.find((link) => link.at === hovered.at);
    [x, y] = [Number(text.getAttribute("x")), Number(text.getAttribute("y")) + 10];
  }
  const room = graph.width - tip.offsetWidth;
  const left = x < graph.width / 2 ? x + gap : x - gap - tip.offsetWidth;
  tip.style.left = `${Math.max(0, Math.min(left, room))}px`;
  tip.style.top = `${Math.max(-20, Math.min(y - tip.offsetHeight / 2, graph.height - tip.offsetHeight + 60))}px`;
}

function showInspector(state) {
  const { parts, read: { shape } } = state;
  const what = lookedAt(state);
  const lines = what.kind === "neuron" ? neuronFormula(state, what) : weightFormula(state, what);
  parts.formula.replaceChildren(...lines.map((line) => element("div", "", line)));
  showTip(state, lines);
  parts.inspectTitle.textContent = what.kind === "neuron"
    ? `Neuron ${neuronName(shape, what.level, what.index)}`
    : what.kind === "bias" ? "Bias" : "Weight";
  const chosen = state.picked && state.picked.kind !== "neuron" ? state.picked : null;
  parts.editor.hidden = !chosen;
  if (chosen) {
    const value = weightsNow(state)[chosen.at];
    const active = parts.editor.getRootNode().activeElement;
    if (active !== parts.weight) parts.weight.value = String(Number(Number(value).toPrecision(6)));
    const reach = Math.max(8, Math.ceil(Math.min(Math.abs(value), 1e3) * 1.5));
    if (active !== parts.weightRange) {
      parts.weightRange.min = String(-reach);
      parts.weightRange.max = String(reach);
      parts.weightRange.value = String(value);
    }
  }
  parts.chooser.value = chosen ? String(chosen.at) : "";
  parts.edited.hidden = !state.edited;
}

function show(state) {
  const { parts, read: run } = state;
  themeOf(state);
  const weights = weightsNow(state);
  state.gridRun = forward(run.shape, weights, run.grid.inputs);
  state.pointRun = forward(run.shape, weights, run.inputs);
  showProbe(state, weights);
  parts.range.value = String(state.frame);
  const step = run.frames.steps[state.frame];
  parts.count.textContent = `step ${step.toLocaleString("en")} · epoch ${shown(run.frames.epochs[state.frame], 4)}`;
  parts.range.setAttribute("aria-valuetext", `step ${step}, loss ${shown(run.frames.trainLoss[state.frame])}`);
  parts.play.textContent = state.timer ? "❚❚" : "▶";
  parts.play.setAttribute("aria-label", state.timer ? "Pause" : "Play");
  drawCurves(state);
  showFigures(state);
  const isEnd = state.frame === run.nFrames - 1;
  parts.stop.textContent = isEnd && !state.edited ? state.data.run.outcome.sentence : "";
}

// The part that follows the mouse: nothing about the whole data set changes.
function showProbe(state, weights = weightsNow(state)) {
  const { read: run } = state;
  state.probeRun = forward(run.shape, weights, inputsAt(run.shape, [state.probe[0]], [state.probe[1]]));
  const spans = run.shape.names.map(() => undefined);
  spans[spans.length - 1] = run.targetSpan;
  drawGraph(state.graph, {
    weights, run: state.gridRun, side: run.grid.side, colours: state.theme, spans,
    picked: state.picked, numbers: state.numbers,
    focus: state.hovered?.kind === "neuron" ? state.hovered : null,
    valueOf: (level, index) => shown(state.probeRun.values[level][index][0], 2),
  });
  drawPlane(state);
  showInspector(state);
}

function pause(state) {
  cancelAnimationFrame(state.timer);
  state.timer = 0;
}

function play(state) {
  if (state.frame >= state.read.nFrames - 1) state.frame = 0;
  state.edited = null;
  let before = performance.now();
  let share = state.frame;
  const tick = (now) => {
    if (!state.parts.lab.isConnected) return pause(state);
    // The whole training takes eight seconds at normal speed, however long it was, or less if short.
    const duration = Math.min(8000, 120 * state.read.nFrames);
    share += ((now - before) / duration) * state.read.nFrames * state.speed;
    before = now;
    const frame = Math.max(0, Math.min(Math.floor(share), state.read.nFrames - 1));
    const moved = frame !== state.frame;
    state.frame = frame;
    state.timer = frame < state.read.nFrames - 1 ? requestAnimationFrame(tick) : 0;
    if (moved || !state.timer) show(state);
  };
  state.timer = requestAnimationFrame(tick);
}

function goTo(state, frame) {
  pause(state);
  state.edited = null;
  state.frame = Math.max(0, Math.min(frame, state.read.nFrames - 1));
  show(state);
}

// Moves by training steps; where the payload has no such frame, the server is asked for one.
function hop(state, steps) {
  const { frames: { steps: known }, nFrames } = state.read;
  const wanted = Math.max(0, Math.min(known[state.frame] + steps, state.data.run.last_step));
  const frame = known.indexOf(wanted);
  if (frame >= 0) return goTo(state, frame);
  if (wanted === known[state.frame] || state.frame > nFrames) return goTo(state, state.frame);
  pause(state);
  state.send("window", { at: wanted });
  return undefined;
}

function setWeight(state, value) {
  const chosen = state.picked;
  if (!chosen || chosen.kind === "neuron" || !Number.isFinite(value)) return;
  pause(state);
  state.edited = Float64Array.from(weightsNow(state));
  state.edited[chosen.at] = value;
  show(state);
}

function tools(state) {
  const { parts, data } = state;
  parts.tools.hidden = !data.drawing;
  if (!data.drawing) state.tool = "look";
  for (const button of parts.tools.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.tool === state.tool));
    button.onclick = () => { state.tool = button.dataset.tool; tools(state); };
  }
}

function nearest(state, px, py, reach) {
  const [x0, y0] = state.toPoint(px, py);
  const [x1] = state.toPoint(px + reach, py);
  let [best, distance] = [-1, Math.abs(x1 - x0)];
  state.read.points.forEach((point, i) => {
    if (point.isTest && !state.showTest) return;
    const away = Math.hypot(point.x - x0, point.y - y0);
    if (away <= distance) [best, distance] = [i, away];
  });
  return best;
}

function touchPlane(state, px, py) {
  const [[left, right], [low, high]] = state.read.window;
  const point = state.toPoint(px, py);
  const inside = point[0] >= left && point[0] <= right && point[1] >= low && point[1] <= high;
  if (!inside) return;
  const near = nearest(state, px, py, 12);
  if (state.tool === "erase") {
    if (near >= 0) {
      const [gone] = state.read.points.slice(near, near + 1);
      state.send("draw", { erase: [gone.x, gone.y] });
    }
  } else if (state.tool === "blue" || state.tool === "orange") {
    const low = state.read.isClassification ? 0 : -1;
    state.send("draw", { add: [...point, state.tool === "blue" ? 1 : low] });
  } else {
    state.example = near >= 0 ? near : undefined;
    state.probe = near >= 0 ? [state.read.points[near].x, state.read.points[near].y] : point;
    showProbe(state);
  }
}

function drawBars(state) {
  const { parts, read: { shape } } = state;
  placeGraph(state.graph);
  const hidden = shape.layers.length - 1;
  const pair = (less, more, text, left) => {
    const bar = element("div", "bar");
    const make = (sign, what, payload) => {
      const button = element("button", "", sign);
      button.type = "button";
      button.setAttribute("aria-label", what);
      button.onclick = () => state.send("reshape", payload);
      return button;
    };
    bar.append(make("−", ...less), element("span", "", text), make("+", ...more));
    bar.style.left = `${left}px`;
    return bar;
  };
  const bars = shape.layers.slice(0, -1).map((layer, l) => pair(
    [`One neuron less in hidden layer ${l + 1}`, { layer: l, change: -1 }],
    [`One neuron more in hidden layer ${l + 1}`, { layer: l, change: 1 }],
    hidden <= 3 ? `${layer.nOut} ${ACTIVATION_NAMES[layer.activation] || "linear"}` : String(layer.nOut),
    state.graph.places[l + 1][0][0],
  ));
  bars.unshift(pair(["One hidden layer less", { change: -1 }], ["One hidden layer more", { change: 1 }],
    hidden <= 3 ? `${hidden} hidden` : `${hidden} hidden`, hidden <= 3 ? 52 : 34));
  parts.bars.classList.toggle("tight", hidden > 3);
  parts.bars.replaceChildren(...bars);
}

function fillChooser(state) {
  const { parts, graph } = state;
  const first = element("option", "", "Choose a weight or bias …");
  first.value = "";
  const options = [
    ...graph.links.map((link) => [link.at, `weight ${link.name}`]),
    ...graph.biases.map((bias) => [bias.at, `bias of ${neuronName(state.read.shape, bias.layer + 1, bias.to)}`]),
  ].map(([at, text]) => {
    const option = element("option", "", text);
    option.value = String(at);
    return option;
  });
  parts.chooser.replaceChildren(first, ...options);
  parts.chooser.onchange = () => {
    const at = Number(parts.chooser.value);
    const link = graph.links.find((one) => one.at === at && parts.chooser.value !== "");
    const bias = graph.biases.find((one) => one.at === at && parts.chooser.value !== "");
    state.picked = link ? { kind: "weight", at, layer: link.layer, from: link.from, to: link.to }
      : bias ? { kind: "bias", at, layer: bias.layer, to: bias.to } : null;
    showProbe(state);
  };
}

function start(state) {
  const { parts, data } = state;
  pause(state);
  state.read = read(data);
  const { shape, points, nFrames } = state.read;
  Object.assign(state, { theme: undefined, edited: null, hovered: null });
  const shapeName = JSON.stringify([data.run.features, data.run.widths]);
  if (shapeName !== state.shapeName) state.picked = null;
  state.shapeName = shapeName;
  const tallest = Math.max(...shape.names.map((level) => level.length));
  parts.graph.style.height = `${tallest <= 3 ? 226 : tallest <= 8 ? 300 : 380}px`;
  parts.testToggle.hidden = !state.read.hasTest;
  state.graph = buildGraph(parts.graph, shape, {
    hover: (what) => { state.hovered = what; showProbe(state); },
    leave: () => { state.hovered = null; showProbe(state); },
    pick: (what) => {
      const same = JSON.stringify(what) === JSON.stringify(state.picked);
      state.picked = same ? null : what;
      showProbe(state);
    },
  });
  state.numbers = shape.nWeights <= 24 || state.wantsNumbers === true;
  parts.numbers.checked = state.numbers;
  if (!state.probe || state.example !== undefined) {
    state.example = Math.min(state.example ?? 0, points.length - 1);
    state.probe = [points[state.example].x, points[state.example].y];
  }
  parts.range.max = String(nFrames - 1);
  parts.map.setAttribute("aria-label", data.alt);
  parts.graph.setAttribute("aria-label", `The network: ${shape.names.map((level) => level.length).join(", then ")} neurons, layer by layer`);
  fillChooser(state);
  drawBars(state);
  if (data.openAt !== null) state.frame = data.run.steps.findLastIndex((step) => step <= data.openAt);
  else state.frame = STILL ? nFrames - 1 : 0;
  state.frame = Math.max(0, state.frame);
  if (data.openAt === null && !STILL) play(state);
}

function connect(state) {
  const { parts } = state;
  parts.play.onclick = () => {
    if (state.timer) pause(state);
    else play(state);
    show(state);
  };
  parts.first.onclick = () => {
    if (state.read.frames.steps[0] === 0) goTo(state, 0);
    else state.send("window", { whole: true, at: 0 });
  };
  parts.back.onclick = () => goTo(state, state.frame - 1);
  parts.step.onclick = () => hop(state, 1);
  parts.epoch.onclick = () => hop(state, state.data.run.steps_per_epoch);
  parts.last.onclick = () => goTo(state, state.read.nFrames - 1);
  parts.whole.onclick = () => state.send("window", { whole: true, at: state.read.frames.steps[state.frame] });
  parts.whole.hidden = !state.data.isWindow;
  parts.reseed.onclick = () => state.send("reseed", true);
  parts.range.oninput = () => goTo(state, Number(parts.range.value));
  parts.speed.onchange = () => { state.speed = Number(parts.speed.value); };
  parts.showTest.onchange = () => { state.showTest = parts.showTest.checked; show(state); };
  parts.discrete.onchange = () => { state.discrete = parts.discrete.checked; show(state); };
  parts.numbers.onchange = () => { state.numbers = state.wantsNumbers = parts.numbers.checked; show(state); };
  parts.weight.oninput = () => {
    if (parts.weight.value !== "") setWeight(state, Number(parts.weight.value));
  };
  parts.weightRange.oninput = () => setWeight(state, Number(parts.weightRange.value));
  parts.undo.onclick = () => { state.edited = null; show(state); };
  parts.trainFrom.onclick = () => state.send("start", { weights: [...state.edited], walk: false });
  parts.walkEdited.onclick = () => state.send("start", { weights: [...state.edited], walk: true });
  parts.walk.onclick = () => state.send("walk", {
    step: state.read.frames.steps[state.frame], x: state.probe[0], y: state.probe[1], example: state.example ?? -1,
  });
  parts.map.onclick = (event) => {
    const frame = parts.map.getBoundingClientRect();
    touchPlane(state, event.clientX - frame.left, event.clientY - frame.top);
  };
  parts.map.onkeydown = (event) => {
    const hops = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!hops) return;
    event.preventDefault();
    const reach = state.read.window.map(([low, high]) => (high - low) / 24);
    state.example = undefined;
    state.probe = state.probe.map((value, axis) => Math.max(state.read.window[axis][0],
      Math.min(state.read.window[axis][1], value + hops[axis] * reach[axis])));
    showProbe(state);
  };
  tools(state);
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => { drawBars(state); show(state); });
  state.watcher.observe(parts.graph);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let state = kept.get(parentElement);
  if (!state) {
    state = { speed: 1, showTest: true, discrete: false, timer: 0, tool: "look", example: 1 };
    kept.set(parentElement, state);
  }
  state.parts = {};
  for (const node of parentElement.querySelectorAll("[data-part]")) state.parts[node.dataset.part] = node;
  state.data = data;
  state.send = setTriggerValue;
  if (state.token !== data.token) {
    state.token = data.token;
    start(state);
  }
  connect(state);
  show(state);
  return () => {
    pause(state);
    state.watcher.disconnect();
  };
}
