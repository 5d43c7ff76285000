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
