// Forward values and backward slopes on a graph. Every step is in the payload; nothing is asked of
// the server while a reader plays or scrubs.

const SVG = "http://www.w3.org/2000/svg";
const COLUMN = 128, ROW = 84, BOX = { width: 104, height: 64 };

function digits(value) {
  if (value === null) return "no number";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2).replaceAll("-", "−");
  return value.toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "−");
}

function draw(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

function state(data, step) {
  // Step 0: nothing. 1..n: values. n+1: the output's own slope 1. Then one arrow per step.
  const n = data.nodes.length;
  const values = data.nodes.map((node, i) => (i < step ? node.value : undefined));
  const slopes = data.nodes.map(() => undefined);
  if (step > n) slopes[n - 1] = 1;
  const done = data.steps.slice(0, Math.max(0, step - n - 1));
  for (const arrow of done) slopes[arrow.receiver] = arrow.total;
  return { values, slopes, arrow: done[done.length - 1], node: step >= 1 && step <= n ? step - 1 : null };
}

function sentence(data, step, now) {
  const n = data.nodes.length;
  if (step === 0) return "Forwards first: every node computes its value from its inputs. Press Play, or step.";
  if (now.node !== null) {
    const node = data.nodes[now.node];
    if (!node.inputs.length) return `Forwards: ${node.name} is given, ${digits(node.value)}.`;
    const inputs = node.inputs.map((i) => `${data.nodes[i].name} = ${digits(data.nodes[i].value)}`);
    return `Forwards: ${node.name} = ${node.text} = ${digits(node.value)}, from ${[...new Set(inputs)].join(", ")}.`;
  }
  const output = data.nodes[n - 1];
  if (!now.arrow) return `Backwards: push ${output.name} by a little and ${output.name} moves as much. Its slope is 1.`;
  const from = data.nodes[now.arrow.node], to = data.nodes[now.arrow.receiver];
  const rule = from.rules[from.inputs.indexOf(now.arrow.receiver)];
  const before = now.arrow.total - now.arrow.contribution;
  const sum = Math.abs(before) > 1e-15
    ? ` It had ${digits(before)} from another path; the two are added: ${digits(now.arrow.total)}.` : "";
  return `Backwards: ${from.name} = ${from.text} hands ${to.name} its slope ${digits(now.arrow.upstream)} ` +
    `times ∂${from.name}/∂${to.name} = ${rule} = ${digits(now.arrow.local)}: ${digits(now.arrow.contribution)}.${sum}`;
}

function render(svg, data, step) {
  const now = state(data, step);
  const columns = 1 + Math.max(...data.nodes.map((node) => node.column));
  const tallest = Math.max(...data.nodes.map((one) => data.nodes.filter((other) => other.column === one.column).length));
  const size = { width: columns * COLUMN, height: Math.max(3, tallest) * ROW };
  svg.setAttribute("width", size.width);
  svg.setAttribute("height", size.height);
  svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  svg.replaceChildren();
  const centre = (node) => ({ x: node.column * COLUMN + COLUMN / 2, y: node.height * size.height });
  data.nodes.forEach((node, index) => {
    const end = centre(node);
    for (const input of node.inputs) {
      const start = centre(data.nodes[input]);
      const lit = now.arrow && now.arrow.node === index && now.arrow.receiver === input;
      const x1 = start.x + BOX.width / 2, x2 = end.x - BOX.width / 2, bend = (x2 - x1) / 2;
      draw(svg, "path", {
        class: "arrow", "data-now": lit ? "yes" : "no",
        d: `M${x1},${start.y}C${x1 + bend},${start.y} ${x2 - bend},${end.y} ${x2},${end.y}`,
      });
    }
  });
  data.nodes.forEach((node, index) => {
    const { x, y } = centre(node);
    const lit = now.node === index || (now.arrow && now.arrow.receiver === index);
    const group = draw(svg, "g", { class: "node", "data-now": lit ? "yes" : "no" });
    draw(group, "rect", { class: "box", x: x - BOX.width / 2, y: y - BOX.height / 2, width: BOX.width, height: BOX.height, rx: 8 });
    const title = node.inputs.length ? `${node.name} = ${node.text}` : node.name;
    const label = draw(group, "text", { x, y: y - 14 }, title.length > 13 ? `${title.slice(0, 12)}…` : title);
    draw(label, "title", {}, title);
    if (now.values[index] !== undefined) draw(group, "text", { class: "value", x, y: y + 6 }, digits(now.values[index]));
    if (now.slopes[index] !== undefined) draw(group, "text", { class: "slope", x, y: y + 24 }, `∂ ${digits(now.slopes[index])}`);
  });
  return sentence(data, step, now);
}

export default function (component) {
  const { data, parentElement } = component;
  const find = (name) => parentElement.querySelector(name);
  const host = parentElement.host ?? parentElement;
  const svg = find(".picture"), slider = find(".step"), play = find(".play"), say = find(".say"), phase = find(".phase");
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);
  const last = data.nodes.length + 1 + data.steps.length;
  slider.max = String(last);
  // A new formula or number opens finished: the result is what one asked for.
  slider.value = String(last);
  let timer = null;
  const show = () => {
    const step = Number(slider.value);
    say.textContent = render(svg, data, step);
    svg.setAttribute("aria-label", say.textContent);
    phase.textContent = `step ${step} of ${last}`;
  };
  const pause = () => { clearInterval(timer); timer = null; play.textContent = "Play"; };
  const move = (by) => {
    slider.value = String(Number(slider.value) + by);
    show();
    if (Number(slider.value) >= last) pause();
  };
  play.onclick = () => {
    if (timer) { pause(); return; }
    if (Number(slider.value) >= last) { slider.value = "0"; show(); }
    play.textContent = "Pause";
    timer = setInterval(() => move(1), 700);
  };
  find(".back").onclick = () => { pause(); move(-1); };
  find(".on").onclick = () => { pause(); move(1); };
  find(".frame").onkeydown = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) { event.preventDefault(); pause(); move(by); }
  };
  slider.oninput = () => { pause(); show(); };
  show();
  return pause;
}
