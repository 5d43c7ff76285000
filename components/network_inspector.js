// What is pointed at, in words and with its numbers; and the weight that is being changed.

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
