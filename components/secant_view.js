// A curve, its tangent and one secant. All widths come in one payload; scrubbing stays here.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 300;
const MARGIN = { left: 44, right: 10, top: 8, bottom: 24 };

function digits(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2).replace("-", "−").replace("e−", "e−");
  return value.toLocaleString("en", { maximumSignificantDigits: 6 }).replace("-", "−");
}

function draw(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

function window2d(data) {
  // A pole must not flatten the rest: leave out the outermost heights, but keep the point.
  const sorted = data.y.filter((y) => y !== null).sort((a, b) => a - b);
  const low = sorted[Math.floor(0.02 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.98 * (sorted.length - 1))];
  const bottom = Math.min(low, data.value, 0), top = Math.max(high, data.value, 0);
  const pad = 0.08 * (top - bottom || 1);
  return { left: data.x[0], right: data.x[data.x.length - 1], bottom: bottom - pad, top: top + pad };
}

function ticks(low, high) {
  const raw = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) found.push(k * step);
  return found;
}

function path(data, px, py, view) {
  let text = "", pen = "M";
  data.y.forEach((y, i) => {
    if (y === null) { pen = "M"; return; }
    const far = 3 * (view.top - view.bottom);
    const inside = Math.min(Math.max(y, view.bottom - far), view.top + far);
    text += `${pen}${px(data.x[i]).toFixed(1)},${py(inside).toFixed(1)}`;
    pen = "L";
  });
  return text;
}

function line(parent, name, slope, data, view, px, py) {
  const at = (x) => data.value + slope * (x - data.at);
  return draw(parent, "line", {
    class: name, x1: px(view.left), y1: py(at(view.left)), x2: px(view.right), y2: py(at(view.right)),
  });
}

function render(svg, numbers, data, place) {
  const width = svg.clientWidth || 700;
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const view = window2d(data);
  const px = (x) => MARGIN.left + ((x - view.left) / (view.right - view.left)) * (width - MARGIN.left - MARGIN.right);
  const py = (y) => MARGIN.top + ((view.top - y) / (view.top - view.bottom)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  svg.replaceChildren();
  const clip = draw(draw(svg, "defs", {}), "clipPath", { id: "secant-window" });
  draw(clip, "rect", {
    x: MARGIN.left, y: MARGIN.top, width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom,
  });
  for (const x of ticks(view.left, view.right)) {
    draw(svg, "line", { class: "grid", x1: px(x), x2: px(x), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom });
    draw(svg, "text", { x: px(x), y: HEIGHT - 8, "text-anchor": "middle" }, digits(Number(x.toPrecision(6))));
  }
  for (const y of ticks(view.bottom, view.top)) {
    draw(svg, "line", { class: y === 0 ? "axis" : "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: py(y), y2: py(y) });
    draw(svg, "text", { x: MARGIN.left - 6, y: py(y) + 4, "text-anchor": "end" }, digits(Number(y.toPrecision(6))));
  }
  const plot = draw(svg, "g", { "clip-path": "url(#secant-window)" });
  draw(plot, "path", { class: "curve", d: path(data, px, py, view) });
  line(plot, "tangent", data.tangent, data, view, px, py);

  const h = data.widths[place], slope = data.slopes[place];
  if (h !== undefined) {
    const x2 = data.at + h, y2 = data.value + slope * h;
    line(plot, "secant", slope, data, view, px, py);
    draw(plot, "line", { class: "leg", x1: px(data.at), y1: py(data.value), x2: px(x2), y2: py(data.value) });
    draw(plot, "line", { class: "leg", x1: px(x2), y1: py(data.value), x2: px(x2), y2: py(y2) });
    draw(plot, "circle", { class: "second", cx: px(x2), cy: py(y2), r: 5 });
  }
  draw(plot, "circle", { class: "point", cx: px(data.at), cy: py(data.value), r: 6 });
  tell(numbers, data, h, slope);
  return (pixel) => view.left + ((pixel - MARGIN.left) / (width - MARGIN.left - MARGIN.right)) * (view.right - view.left);
}

function tell(numbers, data, h, slope) {
  const part = (colour, name, value) => {
    const span = document.createElement("span");
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = colour;
    const bold = document.createElement("b");
    bold.textContent = value;
    span.append(swatch, `${name} `, bold);
    return span;
  };
  const parts = [];
  if (h !== undefined) {
    parts.push(part(data.colours.secant, `Secant: rise ${digits(slope * h)} over run h = ${digits(h)} is`, digits(slope)));
  }
  parts.push(part(data.colours.tangent, "Tangent", digits(data.tangent)));
  if (h !== undefined) parts.push(part(data.colours.gap, "Gap", digits(slope - data.tangent)));
  numbers.replaceChildren(...parts);
  const picture = numbers.previousElementSibling;
  picture.setAttribute("aria-label", `Curve with its tangent. ${numbers.textContent}`);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const find = (name) => parentElement.querySelector(name);
  const svg = find(".picture"), slider = find(".width"), button = find(".play"), numbers = find(".numbers");
  const host = parentElement.host ?? parentElement;
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);

  const last = Math.max(data.widths.length - 1, 0);
  slider.max = String(last);
  if (host.dataset.begun !== "yes") { slider.value = "4"; host.dataset.begun = "yes"; }
  let toX = () => 0, timer = null;
  const show = () => { toX = render(svg, numbers, data, Number(slider.value)); };
  const pause = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
  const advance = () => {
    slider.value = String(Number(slider.value) + 1);
    show();
    if (Number(slider.value) >= last) pause();
  };
  button.onclick = () => {
    if (timer) { pause(); return; }
    if (Number(slider.value) >= last) slider.value = "0";
    button.textContent = "Pause";
    timer = setInterval(advance, 120);
  };
  slider.oninput = () => { pause(); show(); };
  svg.onclick = (event) => setTriggerValue("moved", toX(event.clientX - svg.getBoundingClientRect().left));
  const watcher = new ResizeObserver(show);
  watcher.observe(svg);
  show();
  return () => { pause(); watcher.disconnect(); };
}
