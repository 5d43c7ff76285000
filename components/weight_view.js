// A window of a matrix on a canvas. Before, after and error are switched here, and so is the weight
// one points at: all its numbers came in one parcel.

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) out[i] = raw.charCodeAt(i);
  return out;
}
const floats = (text) => (text ? new Float32Array(bytes(text).buffer) : null);
const integers = (text) => new Int32Array(bytes(text).buffer);
const places = (text) => new Uint32Array(bytes(text).buffer);

function digits(value, count = 4) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size < 1e-4 || size >= 1e6
    ? Number(value.toPrecision(count)).toExponential()
    : value.toLocaleString("en", { maximumSignificantDigits: count });
  return text.replaceAll("-", "−");
}

function rgb(hex) {
  return [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
}

function open(data) {
  return {
    ...data,
    weights: floats(data.weights), restored: floats(data.restored), codes: integers(data.codes),
    group: places(data.group), scales: floats(data.scales), zeros: floats(data.zeros),
    mins: floats(data.mins), levels: floats(data.levels), columnScales: floats(data.columnScales),
  };
}

// A weight of three standard deviations gets the full colour; the outliers beyond look alike.
function paintWindow(canvas, view, layer, ground, hues) {
  const { height, width } = view;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const full = layer === "error" ? view.spread : 3 * view.spread;
  for (let i = 0; i < height * width; i += 1) {
    const after = view.restored[i], before = view.weights[i];
    const value = layer === "before" ? before : layer === "after" ? after : after - before;
    const share = Math.min(1, Math.abs(value) / full || 0) ** 0.8;
    const hue = layer === "error" || value < 0 ? hues.negative : hues.positive;
    for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = ground[c] + share * (hue[c] - ground[c]);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function paintMap(canvas, view, layer, ground, hues) {
  const map = layer === "error" ? view.errorMap : view.weightMap;
  const squares = bytes(map.squares);
  canvas.width = map.width;
  canvas.height = map.height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(map.width, map.height);
  const hue = layer === "error" ? hues.negative : hues.neutral;
  squares.forEach((size, i) => {
    for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = ground[c] + size / 255 * (hue[c] - ground[c]);
    image.data[4 * i + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

// The frame is drawn on top in real pixels, so that it stays thin however large a cell is.
function frame(figure, box, colour) {
  let mark = figure.querySelector(".frame");
  if (!mark) {
    mark = document.createElement("div");
    mark.className = "frame";
    mark.style.cssText = "position:absolute;pointer-events:none;box-sizing:border-box";
    figure.style.position = "relative";
    figure.append(mark);
  }
  const canvas = figure.querySelector("canvas");
  mark.style.border = `2px solid ${colour}`;
  mark.style.boxShadow = "0 0 0 1px rgba(255,255,255,0.6)";
  mark.style.left = `${box.x * canvas.clientWidth - 2}px`;
  mark.style.top = `${box.y * canvas.clientHeight - 2}px`;
  mark.style.width = `${box.width * canvas.clientWidth + 4}px`;
  mark.style.height = `${box.height * canvas.clientHeight + 4}px`;
}

function story(view, row, col) {
  const i = row * view.width + col;
  const code = view.codes[i], group = view.group[i];
  const scale = view.scales[group], zero = view.zeros ? view.zeros[group] : 0, minimum = view.mins ? view.mins[group] : 0;
  const level = view.levels ? view.levels[code] : code;
  let inner = view.levels ? `level ${digits(level)}` : digits(code);
  if (zero) inner = `(${inner} − ${digits(zero)})`;
  else if (level < 0) inner = `(${inner})`;
  const offset = minimum ? ` ${minimum < 0 ? "−" : "+"} ${digits(Math.abs(minimum))}` : "";
  const undo = view.columnScales ? `, divided by the column's ${digits(view.columnScales[col])}` : "";
  const error = view.restored[i] - view.weights[i];
  const isChanged = view.top + row === view.row && view.left + col === view.col && view.original !== view.weights[i];
  const was = isChanged ? `${digits(view.original)}, changed to ` : "";
  const made = view.isFloat ? `stored as ${digits(view.restored[i], 6)}` : `stored integer ${digits(code)}: ${digits(scale)} × ${inner}${offset}${undo} = ${digits(view.restored[i])}`;
  return `Row ${view.top + row}, column ${view.left + col}: ${was}${digits(view.weights[i])} · ${made} · error ${digits(error, 3)} `
    + `(${digits(Math.abs(error) / view.spread, 2)} σ)`;
}

const LEGENDS = {
  before: "Blue: above 0. Vermilion: below. The full colour is 3 standard deviations (σ).",
  after: "The same colours, after it was stored and brought back.",
  error: "Vermilion: how far each weight moved. The full colour is 1 σ of the weights.",
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const host = parentElement.host ?? parentElement;
  const find = (name) => parentElement.querySelector(name);
  const whole = find(".map"), part = find(".weights"), say = find(".say");
  const view = open(data);
  const hues = Object.fromEntries(Object.entries(data.colours).map(([name, hex]) => [name, rgb(hex)]));
  let row = view.row - view.top, col = view.col - view.left;
  let layer = host.dataset.layer ?? "after";

  const ground = () => {
    const shown = getComputedStyle(whole).backgroundColor.match(/[\d.]+/g);
    return shown ? shown.slice(0, 3).map(Number) : [240, 242, 246];
  };
  const outline = () => {
    frame(part.parentElement, { x: col / view.width, y: row / view.height, width: 1 / view.width, height: 1 / view.height }, data.colours.marked);
    frame(whole.parentElement, { x: view.left / view.cols, y: view.top / view.rows, width: view.width / view.cols, height: view.height / view.rows }, data.colours.marked);
  };
  const tell = (r, c) => { say.textContent = story(view, r, c); };
  const show = () => {
    paintWindow(part, view, layer, ground(), hues);
    paintMap(whole, view, layer, ground(), hues);
    whole.style.aspectRatio = "2 / 1";
    part.style.aspectRatio = `${view.width} / ${view.height}`;
    for (const button of parentElement.querySelectorAll("[data-layer]")) button.setAttribute("aria-pressed", String(button.dataset.layer === layer));
    find(".legend").textContent = LEGENDS[layer];
    const [mapNote, partNote] = parentElement.querySelectorAll("figcaption");
    mapNote.textContent = `The whole matrix, ${view.rows.toLocaleString("en")} × ${view.cols.toLocaleString("en")}. Click to go there.`;
    partNote.textContent = `Rows ${view.top} to ${view.top + view.height - 1}, columns ${view.left} to ${view.left + view.width - 1}: one square, one weight. Point at one, or walk with the arrow keys.`;
    whole.setAttribute("aria-label", `${data.title}, the whole matrix in little, ${layer}.`);
    part.setAttribute("aria-label", `${data.title}, a window weight by weight, ${layer}. Arrow keys walk, Enter chooses.`);
    outline();
    tell(row, col);
  };
  const cell = (event, canvas, rows, cols) => {
    const box = canvas.getBoundingClientRect();
    const at = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
    return [at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, cols)];
  };
  const choose = () => setTriggerValue("picked", [view.top + row, view.left + col]);

  for (const button of parentElement.querySelectorAll("[data-layer]")) {
    button.onclick = () => { layer = button.dataset.layer; host.dataset.layer = layer; show(); };
  }
  part.onmousemove = (event) => tell(...cell(event, part, view.height, view.width));
  part.onmouseleave = () => tell(row, col);
  part.onclick = (event) => { [row, col] = cell(event, part, view.height, view.width); outline(); tell(row, col); choose(); };
  part.onkeydown = (event) => {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (event.key === "Enter") choose();
    if (!by) return;
    event.preventDefault();
    row = Math.min(view.height - 1, Math.max(0, row + by[0]));
    col = Math.min(view.width - 1, Math.max(0, col + by[1]));
    outline();
    tell(row, col);
  };
  whole.onclick = (event) => setTriggerValue("picked", cell(event, whole, view.rows, view.cols));
  const watcher = new ResizeObserver(outline);
  watcher.observe(part);
  show();
  return () => watcher.disconnect();
}
