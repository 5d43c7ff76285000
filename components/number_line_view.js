// Numbers on the upper rail, the grid's marks on the lower one, and a line from each to its mark.

const SVG = "http://www.w3.org/2000/svg";
const UPPER = 52, LOWER = 128, HEIGHT = 190, SIDE = 34;

function digits(value, count = 4) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size < 1e-4 || size >= 1e6
    ? Number(value.toPrecision(count)).toExponential()
    : value.toLocaleString("en", { maximumSignificantDigits: count });
  return text.replaceAll("-", "−");
}

const signed = (value) => (value > 0 ? "+" : "") + digits(value, 3);
const miss = (error) => (error === 0 ? "exactly" : `off by ${signed(error)}`);

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
  const seen = [...counted.map((place) => data.values[place]), ...data.restored];
  const ends = [data.marks[0], data.marks[data.marks.length - 1]];
  const low = Math.min(...seen, 0), high = Math.max(...seen, 0);
  const pad = 0.06 * (high - low) || 1;
  return { low: Math.max(low - pad, Math.min(ends[0], low) - pad), high: Math.min(high + pad, Math.max(ends[1], high) + pad) };
}

function drawMarks(svg, data, view, px, width) {
  const apart = (width - 2 * SIDE) * data.scale / (view.high - view.low);
  const every = Math.max(1, 2 ** Math.ceil(Math.log2(26 / apart)));
  let lastNamed = -Infinity;
  data.marks.forEach((mark, place) => {
    if (mark < view.low || mark > view.high) return;
    const code = data.lowest + place, x = px(mark);
    // Even marks are named at regular codes, uneven ones wherever there is room.
    const named = data.levels ? x - lastNamed > 24 : (code - data.zeroPoint) % every === 0;
    const reach = named ? 9 : 6;
    const thick = data.levels || apart > 6 ? 1.4 : 0.7;
    draw(svg, "line", { class: "mark", x1: x, x2: x, y1: LOWER - reach, y2: LOWER + reach, "stroke-width": thick });
    if (!named) return;
    draw(svg, "text", { class: "code", x, y: LOWER + 26 }, digits(code));
    lastNamed = x;
  });
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
  svg.setAttribute("aria-label", `${data.values.length} numbers and the marks of a grid, ${data.levels ? "closer together near 0" : `one mark every ${digits(data.scale)}`}.`);
}

function arithmetic(data, place) {
  const value = data.values[place], code = data.codes[place], kept = data.restored[place];
  const z = data.zeroPoint;
  if (data.levels) {
    const level = digits(data.levels[code]);
    return `${digits(value, 5)} ÷ ${digits(data.scale)} = ${digits(value / data.scale)} → nearest level ${level}, stored as ${code}.  `
      + `Back: ${level} × ${digits(data.scale)} = ${digits(kept, 5)}, ${miss(kept - value)}.`;
  }
  const shift = z === 0 ? "" : ` + ${z}`;
  const wish = digits(value / data.scale + z, 4);
  const stored = data.clipped[place] ? `${digits(code)} (the grid ends here)` : digits(code);
  const back = z === 0 ? digits(code) : `(${digits(code)} − ${z})`;
  return `${digits(value, 5)} ÷ ${digits(data.scale)}${shift} = ${wish} → ${stored}.  `
    + `Back: ${back} × ${digits(data.scale)} = ${digits(kept, 5)}, ${miss(kept - value)}.`;
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
