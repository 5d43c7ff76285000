// One example on its way through the network and back: every stage lights up what it is about.

const kept = new WeakMap();
const PHASES = [["forward", "Forward"], ["loss", "Loss"], ["backward", "Backward"], ["update", "Update"]];
const MS_PER_STAGE = 1600;

function themeOf(state) {
  const style = getComputedStyle(state.parts.lab);
  const text = style.getPropertyValue("--st-text-color").trim() || style.color;
  if (text === state.theme?.text) return;
  const { colours } = state.data;
  state.theme = {
    text, positive: rgb(colours.positive), negative: rgb(colours.negative), before: rgb(colours.before),
    positiveInk: colours.positive, negativeInk: colours.negative,
  };
  state.parts.lab.style.setProperty("--marked", colours.marked);
}

// What the stages up to now have worked out: outputs, then errors, then gradients, then new weights.
function known(state) {
  const { walk } = state.data;
  const seen = { outputs: new Set(), deltas: new Set(), gradients: new Set(), updated: new Set() };
  for (const stage of walk.stages.slice(0, state.stage + 1)) {
    for (const [level, index] of stage.active) {
      if (stage.phase === "forward") seen.outputs.add(`${level},${index}`);
      if (stage.phase === "backward") seen.deltas.add(`${level},${index}`);
    }
    for (const at of stage.lit) {
      if (stage.phase === "backward") seen.gradients.add(at);
      if (stage.phase === "update") seen.updated.add(at);
    }
  }
  return seen;
}

function show(state) {
  themeOf(state);
  const { parts, data: { walk }, shape, grid } = state;
  const stage = walk.stages[state.stage];
  const seen = known(state);
  const lit = new Set(stage.lit);
  const linkValues = {};
  if (stage.phase === "backward") for (const at of seen.gradients) linkValues[at] = walk.gradient[at];
  else if (stage.phase === "update") {
    for (let at = 0; at < shape.nWeights; at += 1) linkValues[at] = seen.updated.has(at) ? walk.updated[at] : walk.weights[at];
  } else for (let at = 0; at < shape.nWeights; at += 1) linkValues[at] = walk.weights[at];
  drawGraph(state.graph, {
    weights: walk.weights, run: state.gridRun, side: grid.side, colours: state.theme, lit,
    linkValues, numbers: shape.nWeights <= 24,
    active: (level, index) => stage.active.some(([l, i]) => l === level && i === index),
    valueOf: (level, index) => (level === 0 || seen.outputs.has(`${level},${index}`) ? shown(walk.outputs[level][index]) : ""),
    noteOf: (level, index) => (seen.deltas.has(`${level},${index}`) ? `δ ${shown(walk.deltas[level - 1][index], 2)}` : ""),
  });
  for (const neuron of state.graph.neurons.flat()) {
    const flag = neuron.level > 0 && seen.outputs.has(`${neuron.level},${neuron.index}`) && walk.flags[neuron.level - 1][neuron.index];
    neuron.box.classList.toggle("flagged", Boolean(flag));
    neuron.box.title = flag || "";
  }
  parts.title.textContent = stage.title;
  parts.lines.replaceChildren(...stage.lines.map(([kind, text]) => element("div", kind, text)));
  parts.count.textContent = `${state.stage + 1} of ${walk.stages.length}`;
  parts.range.value = String(state.stage);
  parts.range.setAttribute("aria-valuetext", stage.title);
  parts.play.textContent = state.timer ? "❚❚" : "▶";
  parts.play.setAttribute("aria-label", state.timer ? "Pause" : "Play");
  for (const button of parts.phases.children) {
    button.setAttribute("aria-pressed", String(button.dataset.phase === stage.phase));
  }
  parts.meaning.textContent = {
    forward: "On the links: weights. In the neurons: what they say.",
    loss: "On the links: weights. In the neurons: what they say.",
    backward: "On the links: gradients, how fast the loss grows with each weight. Under the neurons: δ.",
    update: "On the links: the weights, each updated one as it is after the step.",
  }[stage.phase];
}

function pause(state) {
  clearInterval(state.timer);
  state.timer = 0;
}

function goTo(state, stage) {
  state.stage = Math.max(0, Math.min(stage, state.data.walk.stages.length - 1));
  show(state);
}

function connect(state) {
  const { parts, data: { walk } } = state;
  parts.play.onclick = () => {
    if (state.timer) pause(state);
    else {
      if (state.stage === walk.stages.length - 1) state.stage = -1;
      state.timer = setInterval(() => {
        if (!parts.lab.isConnected || state.stage >= walk.stages.length - 1) pause(state);
        goTo(state, state.stage + (state.timer ? 1 : 0));
      }, MS_PER_STAGE);
      state.stage += 1;
    }
    goTo(state, state.stage);
  };
  parts.back.onclick = () => { pause(state); goTo(state, state.stage - 1); };
  parts.forward.onclick = () => { pause(state); goTo(state, state.stage + 1); };
  parts.range.oninput = () => { pause(state); goTo(state, Number(parts.range.value)); };
  parts.range.max = String(walk.stages.length - 1);
  parts.phases.replaceChildren(...PHASES.map(([phase, title]) => {
    const button = element("button", "", title);
    button.type = "button";
    button.dataset.phase = phase;
    button.onclick = () => { pause(state); goTo(state, walk.stages.findIndex((stage) => stage.phase === phase)); };
    return button;
  }));
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => show(state));
  state.watcher.observe(parts.graph);
}

export default function (component) {
  const { data, parentElement } = component;
  let state = kept.get(parentElement);
  if (!state) {
    state = { stage: 0, timer: 0 };
    kept.set(parentElement, state);
  }
  state.parts = {};
  for (const node of parentElement.querySelectorAll("[data-part]")) state.parts[node.dataset.part] = node;
  state.data = data;
  if (state.token !== data.token) {
    pause(state);
    const before = state.walkedShape;
    Object.assign(state, { token: data.token, theme: undefined, walkedShape: JSON.stringify(data.walk.names) });
    // Another example or another moment of the same network: stay at the stage that was looked at.
    if (before !== state.walkedShape) state.stage = 0;
    state.stage = Math.min(state.stage, data.walk.stages.length - 1);
    state.shape = shapeOf(data.walk);
    state.grid = gridOf(state.shape, data.walk.window);
    state.gridRun = forward(state.shape, data.walk.weights, state.grid.inputs);
    const tallest = Math.max(...data.walk.names.map((level) => level.length));
    state.parts.graph.style.height = `${tallest <= 3 ? 280 : tallest <= 8 ? 360 : 460}px`;
    const stageOf = (match) => {
      const later = data.walk.stages.findIndex((stage, place) => place > state.stage && match(stage));
      return later >= 0 ? later : data.walk.stages.findIndex(match);
    };
    state.graph = buildGraph(state.parts.graph, state.shape, {
      pick: (what) => {
        pause(state);
        const found = what.kind === "neuron"
          ? stageOf((stage) => stage.active.some(([l, i]) => l === what.level && i === what.index))
          : stageOf((stage) => stage.lit.includes(what.at));
        if (found >= 0) goTo(state, found);
      },
    });
  }
  connect(state);
  show(state);
  return () => {
    pause(state);
    state.watcher.disconnect();
  };
}
