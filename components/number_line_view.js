// Numbers on the upper rail, the grid's marks on the lower one, and a line from each to its mark.

const SVG = "http://www.w3.org/2000/svg";
const UPPER = 52, LOWER = 128, HEIGHT = 190, SIDE = 34;

function digits(value, count = 4) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size < 1e-4 || size >= 1e6
    ? value.toExponential(count - 1)
    : value.toLocaleString("en", { maximumSignificantDigits: count });
  return text.replaceAll("-", "−");
}

const signed = (value) => (value >= 0 ? "+" : "") + digits(value, 3);

function draw(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

function windowOf(data) {
  // What was left out of the scale may lie far away: it gets an arrow at the edge.
  const counted = data.values.map((_, place) => place).filter((place) => !data.leftOut.includes(place));
  const seen = counted.flatMap((place) => [data.values[place], data.restored[place]]);
  const ends = [data.lowest, data.highest].map((code) => (code - data.zeroPoint) * data.scale);
  const low = Math.min(...seen, 0), high = Math.max(...seen, 0);
  const pad = 0.06 * (high - low) || 1;
  return { low: Math.max(low - pad, Math.min(ends[0], low) - pad), high: Math.min(high + pad, Math.max(ends[1], high) + pad) };
}

function drawMarks(svg, data, view, px, width) {
  const first = Math.max(data.lowest, Math.ceil(view.low / data.scale) + data.zeroPoint);
  const last = Math.min(data.highest, Math.floor(view.high / data.scale) + data.zeroPoint);
  const apart = (width - 2 * SIDE) * data.scale / (view.high - view.low);
  const every = Math.max(1, 2 ** Math.ceil(Math.log2(26 / apart)));
  for (let code = first; code <= last; code += 1) {
    const x = px((code - data.zeroPoint) * data.scale);
    const named = (code - data.zeroPoint) % every === 0;
    const reach = named ? 9 : 6;
    draw(svg, "line", { class: "mark", x1: x, x2: x, y1: LOWER - reach, y2: LOWER + reach, "stroke-width": apart > 6 ? 1.4 : 0.7 });
    if (named) draw(svg, "text", { class: "code", x, y: LOWER + 26 }, digits(code));
  }
}

// A label keeps inside the picture; a sign of the code font is about 7.3 pixels wide.
function label(parent, text, x, y, width) {
  const half = 3.7 * text.length;
  draw(parent, "text", { class: "value", x: Math.min(Math.max(x, half), width - half), y }, text);
}

function drawNumber(svg, data, place, px, view, width, choose) {
  const value = data.values[place], kept = data.restored[place];
  const chosen = place === data.chosen;
  const far = value > view.high ? 1 : value < view.low ? -1 : 0;
  const x = far > 0 ? width - 12 : far < 0 ? 12 : px(value);
  const group = draw(svg, "g", { class: "number" });
  draw(group, "line", { class: "jump", x1: x, y1: UPPER + 6, x2: px(kept), y2: LOWER - 4 });
  const shape = chosen ? "have chosen" : "have";
  if (far) draw(group, "path", { class: shape, d: `M${x + 9 * far},${UPPER} l${-14 * far},-7 v14 z` });
  else draw(group, "circle", { class: shape, cx: x, cy: UPPER, r: chosen ? 8 : 6 });
  draw(group, "circle", { class: chosen ? "kept chosen" : "kept", cx: px(kept), cy: LOWER, r: chosen ? 7 : 5 });
  if (chosen) {
    label(group, digits(value, 5), x, UPPER - 14, width);
    label(group, `comes back as ${digits(kept, 5)}`, px(kept), LOWER + 46, width);
  }
  group.addEventListener("click", () => choose(place));
}

function picture(svg, data, choose) {
  const width = svg.clientWidth || 700;
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.replaceChildren();
  const view = windowOf(data);
  const px = (value) => SIDE + (Math.min(Math.max(value, view.low), view.high) - view.low) / (view.high - view.low) * (width - 2 * SIDE);
  draw(svg, "text", { class: "lane", x: 2, y: 16 }, "Your numbers");
  draw(svg, "text", { class: "lane", x: 2, y: LOWER - 16 }, "The grid");
  for (const y of [UPPER, LOWER]) draw(svg, "line", { class: "rail", x1: SIDE / 2, x2: width - SIDE / 2, y1: y, y2: y });
  drawMarks(svg, data, view, px, width);
  const order = data.values.map((_, place) => place).sort((a, b) => (a === data.chosen) - (b === data.chosen));
  for (const place of order) drawNumber(svg, data, place, px, view, width, choose);
  svg.setAttribute("aria-label", `${data.values.length} numbers and the marks of a grid, one mark every ${digits(data.scale)}.`);
}

function arithmetic(data, place) {
  const value = data.values[place], code = data.codes[place], kept = data.restored[place];
  const z = data.zeroPoint;
  const shift = z === 0 ? "" : ` + ${z}`;
  const wish = digits(value / data.scale + z, 4);
  const stored = data.clipped[place] ? `${digits(code)} (the grid ends here)` : digits(code);
  const back = z === 0 ? digits(code) : `(${digits(code)} − ${z})`;
  return `${digits(value, 5)} ÷ ${digits(data.scale)}${shift} = ${wish} → ${stored}.  `
    + `Back: ${back} × ${digits(data.scale)} = ${digits(kept, 5)}, off by ${signed(kept - value)}.`;
}

function tabulate(table, data, choose) {
  const lines = [
    ["Number", data.values.map((value) => digits(value, 5))],
    ["Stored", data.codes.map((code) => digits(code))],
    ["Comes back", data.restored.map((value) => digits(value, 4))],
    ["Error", data.restored.map((value, place) => signed(value - data.values[place]))],
  ];
  table.replaceChildren(...lines.map(([name, cells]) => {
    const line = document.createElement("tr");
    line.className = name === "Error" ? "error" : "";
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    line.append(head, ...cells.map((text, place) => {
      const cell = document.createElement("td");
      cell.textContent = text;
      cell.dataset.chosen = place === data.chosen ? "yes" : "no";
      cell.onclick = () => choose(place);
      if (name === "Number") {
        cell.tabIndex = 0;
        cell.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(place); } };
      }
      return cell;
    }));
    return line;
  }));
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const host = parentElement.host ?? parentElement;
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);
  const find = (name) => parentElement.querySelector(name);
  const svg = find(".line"), say = find(".say"), table = find("table");
  const shown = { ...data };
  const show = () => {
    picture(svg, shown, choose);
    say.textContent = arithmetic(shown, shown.chosen);
    tabulate(table, shown, choose);
  };
  function choose(place) {
    shown.chosen = place;
    show();
    setTriggerValue("chosen", place);
  }
  const watcher = new ResizeObserver(() => picture(svg, shown, choose));
  watcher.observe(svg);
  show();
  return () => watcher.disconnect();
}
