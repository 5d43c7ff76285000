// Attention in four pictures; every cell opens to its arithmetic. Nothing is asked of the server
// until a number is changed.

const kept = new WeakMap();
const EDITS = { x: "E", W_Q: "Q", W_K: "K", W_V: "V", W_O: "O" };

function read(data) {
  const arrays = Object.fromEntries(Object.entries(data.parcel.arrays).map(([name, one]) => [name, arrayOf(one)]));
  return { ...data.parcel, arrays };
}

function linesOf(state) {
  const { arrays, columns, names } = state.read;
  const own = columns ?? null;
  const layer = Boolean(columns);
  const dims = layer && state.data.named ? own : null;
  const size = state.read.headSize;
  const ofHead = dims?.slice(state.head * size, (state.head + 1) * size) ?? null;
  const turned = state.read.turns ? null : ofHead;
  const first = layer ? 2 : 1;
  const lines = [[
    ...(layer ? [["x", "1 Words", arrays.codes ? "+ places" : "as numbers", own]] : []),
    ["q", `${first} Q`, "looks for", turned], ["k", "K", "offers", turned], ["v", "V", "hands over", ofHead],
  ]];
  if (layer && state.weights) {
    lines.push(["W_Q", "W_K", "W_V", "W_O"].map((id) => [id, id, "weights", null]));
  }
  lines.push([
    ["scores", `${first + 1} Compare`, `Q·Kᵀ${state.read.scaled ? "/√D" : ""}`, names],
    ["weights", `${first + 2} Share out`, "softmax", names],
    layer
      ? ["joined", `${first + 3} Mix`, arrays.weights.heads > 1 ? "all heads" : "shares·V", dims]
      : ["z", `${first + 3} Mix`, "shares·V", null],
    ...(layer ? [["y", "Output", "Mix·W_O", own]] : []),
  ]);
  return lines;
}

function matrixOf(state, [id, title, what, colNames]) {
  const { arrays, names, columns, headSize } = state.read;
  const array = arrays[id];
  const isWeight = id.startsWith("W_");
  const at = (row, col) => array.at(state.head, row, col);
  let largest = id === "scores" ? 1 : 1e-9;
  for (let row = 0; row < array.rows; row += 1) {
    for (let col = 0; col < array.cols; col += 1) {
      const size = Math.abs(at(row, col));
      if (Number.isFinite(size) && size > largest) largest = size;
    }
  }
  const scores = arrays.scores;
  return {
    id, title, what, at, largest, rows: array.rows, cols: array.cols,
    colNames: colNames && colNames.length === array.cols ? colNames : null,
    rowNames: isWeight ? (id === "W_O" ? listOf(array.rows, (place) => `head ${Math.floor(place / headSize) + 1}`) : columns) : names,
    kind: id === "weights" ? "share" : "signed",
    hidden: id === "weights" ? (row, col) => scores.at(state.head, row, col) === -Infinity : null,
    square: id === "scores" || id === "weights",
  };
}

function lay(state) {
  const width = state.parts.stages.clientWidth;
  const long = state.read.names.length > 14;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px sans-serif";
  const widest = (names) => Math.min(96, 10 + Math.max(...names.map((name) => pen.measureText(name).width)));
  state.matrices = new Map();
  const lines = linesOf(state).map((parts) => parts.map((part) => matrixOf(state, part)));
  const blocks = lines.flatMap((line) => splitLine(line, width)).map((all) => {
    all.forEach((matrix, place) => {
      const labelled = place === 0 || matrix.id === "W_O";
      matrix.gutter = labelled ? widest(matrix.rowNames) : 0;
      matrix.ch = matrix.id.startsWith("W_") || !long ? 22 : Math.max(11, Math.min(16, 460 / matrix.rows));
    });
    fitLine(all, width);
    return all;
  });
  state.parts.stages.replaceChildren(...blocks.map((matrices) => {
    const block = node("div", "block");
    block.append(...matrices.map((matrix) => figureOf(state, matrix)));
    return block;
  }));
  state.width = width;
}

function figureOf(state, matrix) {
  const figure = node("figure");
  const canvas = node("canvas");
  canvas.tabIndex = 0;
  canvas.dataset.matrix = matrix.id;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", `${matrix.title} ${matrix.what}, ${matrix.rows} rows, ${matrix.cols} columns. Arrow keys walk; the arithmetic is read below.`);
  matrix.canvas = canvas;
  state.matrices.set(matrix.id, matrix);
  const caption = node("figcaption");
  caption.style.paddingLeft = `${matrix.gutter}px`;
  caption.append(node("b", "", matrix.title), ` ${matrix.what}`);
  figure.append(caption, canvas);
  canvas.onpointermove = (event) => point(state, cellAt(matrix, event));
  canvas.onpointerleave = () => point(state, null);
  canvas.onpointerdown = (event) => {
    const cell = cellAt(matrix, event);
    state.touched = true;
    if (cell) pin(state, cell);
  };
  canvas.onfocus = () => {
    state.touched = true;
    if (state.pinned.id !== matrix.id) pin(state, { ...state.pinned, id: matrix.id });
  };
  canvas.onkeydown = (event) => {
    const hop = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (event.key === "Enter") state.parts.say.querySelector("input")?.select();
    if (!hop && event.key !== "Enter") return;
    event.preventDefault();
    if (hop) pin(state, { id: matrix.id, row: state.pinned.row + hop[0], col: state.pinned.col + hop[1] });
  };
  return figure;
}

function point(state, cell) {
  const before = JSON.stringify(state.hover);
  if (JSON.stringify(cell) === before) return;
  state.hover = cell;
  state.touched = cell !== null;
  paint(state);
}

function pin(state, cell) {
  const matrix = state.matrices.get(cell.id) ?? state.matrices.get("weights");
  const clamp = (value, end) => Math.max(0, Math.min(value, end - 1));
  state.pinned = { id: matrix.id, row: clamp(cell.row, matrix.rows), col: clamp(cell.col, matrix.cols) };
  if (matrix.id === "joined") chooseHead(state, Math.floor(state.pinned.col / state.read.headSize));
  state.hover = null;
  paint(state);
}

function chooseHead(state, head) {
  if (state.head === head) return;
  state.head = head;
  lay(state);
  drawHeads(state);
}

function paint(state) {
  const cell = state.hover ?? state.pinned;
  const explained = EXPLAIN[cell.id]({ ...state.read, head: state.head }, cell);
  const marks = [...explained.marks.map((one) => ({ ...one })), { ...cell, hue: "chosen" }];
  const { headSize, arrays } = state.read;
  if (arrays.joined && arrays.weights.heads > 1) {
    marks.unshift({ id: "joined", from: state.head * headSize, to: (state.head + 1) * headSize - 1, hue: "ink", faint: true });
    for (const mark of marks) {
      if (mark.id === "z") Object.assign(mark, { id: "joined", col: mark.col + state.head * headSize });
    }
  }
  for (const matrix of state.matrices.values()) {
    drawMatrix(matrix, state.look, marks.filter((mark) => mark.id === matrix.id));
  }
  say(state, cell, explained);
  floatBelow(state.parts.say, state.matrices.get(cell.id), state.touched ? cell : null);
}

function say(state, cell, explained) {
  const { say: place } = state.parts;
  const title = node("div", "cell-title", explained.title);
  const edit = EDITS[cell.id];
  place.replaceChildren(title, ...explained.lines);
  if (!edit || !state.data.editable || state.hover) return;
  const label = node("label", "edit", "Change it ");
  const field = node("input");
  const own = cell.id === "x" ? (state.read.arrays.embeddings ?? state.read.arrays.x) : state.read.arrays[cell.id];
  field.type = "number";
  field.step = "0.5";
  field.min = "-100";
  field.max = "100";
  field.value = String(Number(own.at(0, cell.row, cell.col).toPrecision(6)));
  field.onchange = () => {
    const value = Number(field.value);
    if (field.value === "" || !Number.isFinite(value) || Math.abs(value) > 100) return;
    state.send("changed", { matrix: edit, row: cell.row, column: cell.col, value });
  };
  label.append(field);
  place.append(label);
}

function drawHeads(state) {
  const { heads } = state.read.arrays.weights;
  const { heads: place } = state.parts;
  place.hidden = heads < 2;
  const hadFocus = place.contains(place.getRootNode().activeElement);
  const shares = new Set(state.read.kvHeads).size < heads;
  place.replaceChildren(...listOf(heads, (head) => {
    const button = node("button", "head");
    button.type = "button";
    button.setAttribute("aria-pressed", String(head === state.head));
    const picture = node("canvas");
    drawThumbnail(picture, state.read.arrays.weights, head, state.look);
    button.append(picture, `head ${head + 1}${shares ? ` · keys ${state.read.kvHeads[head] + 1}` : ""}`);
    button.onclick = () => {
      chooseHead(state, head);
      paint(state);
    };
    return button;
  }));
  if (hadFocus) place.children[state.head]?.focus();
}

function lookOf(state, host) {
  const style = getComputedStyle(host);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: read("--st-text-color", "#222"),
    ground: read("--st-secondary-background-color", "#eee"),
    mono: read("--st-code-font", "monospace"),
    colours: { ...state.data.colours, ink: read("--st-text-color", "#222") },
  };
}

function show(state, host) {
  state.look = lookOf(state, host);
  lay(state);
  drawHeads(state);
  pin(state, state.pinned);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const host = parentElement.host ?? parentElement;
  let state = kept.get(parentElement);
  if (!state) {
    state = { head: 0, weights: false, hover: null, pinned: null, parts: {} };
    kept.set(parentElement, state);
  }
  for (const part of parentElement.querySelectorAll("[data-part]")) state.parts[part.dataset.part] = part;
  state.data = data;
  state.send = setTriggerValue;
  state.read = read(data);
  if (state.subject !== data.subject) {
    state.subject = data.subject;
    const [id, row, col] = data.start;
    state.pinned = { id, row, col };
    state.head = 0;
  }
  state.head = Math.min(state.head, state.read.arrays.weights.heads - 1);
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);
  state.parts.showWeights.parentElement.hidden = !data.parcel.columns;
  state.parts.showWeights.checked = state.weights;
  state.parts.showWeights.onchange = () => {
    state.weights = state.parts.showWeights.checked;
    show(state, host);
  };
  show(state, host);
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => {
    if (state.parts.stages.clientWidth !== state.width) show(state, host);
  });
  state.watcher.observe(state.parts.stages);
  return () => state.watcher.disconnect();
}
