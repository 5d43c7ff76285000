// Tables of numbers side by side; every cell opens to what it was made of.

const tablesKept = new WeakMap();

// One sentence per kind of table. `at(id)` reads another table of the same view.
const SAY = {
  plain: (state, table, row, col) => [line("Number", result(table.at(row, col)))],
  wave(state, table, row, col) {
    const speed = state.data.turns[Math.floor(col / 2)];
    const name = col % 2 ? "cos" : "sin";
    return [line(name === "sin" ? "Sine" : "Cosine", `${name}(place ${row} · ${digits(speed)}) = `, result(table.at(row, col)),
      ` · this wave repeats every ${digits((2 * Math.PI) / speed)} places`)];
  },
  product(state, table, row, col) {
    const codes = state.tables.get(table.of);
    const read = (place) => listOf(codes.cols, (one) => codes.at(place, one));
    return [sayProducts("Code · code", read(row), read(col), table.at(row, col))];
  },
  likeness: (state, table, row, col) => [line("Likeness", "cosine of the two whole rows = ", result(table.at(row, col)))],
  turned: (state, table, row, col) => [line("q · k", `query at place ${row}, key at place ${col}, distance ${row - col}: `, result(table.at(row, col)))],
  penalty: (state, table, row, col) => [col > row && table.at(row, col) === -Infinity
    ? line("Mask", "the key comes later: ", result(-Infinity))
    : line("Penalty", `−${digits(state.data.slope)} · ${Math.abs(row - col)} = `, result(table.at(row, col)))],
  change(state, table, row, col) {
    const [before, after] = ["before", "after"].map((id) => state.tables.get(id).at(row, col));
    return [line("Output", `before ${digits(before)}, after ${digits(after)}: change `, result(after - before))];
  },
  share: (state, table, row, col) => [line("Share", result(table.at(row, col)))],
};

function tableOf(one) {
  const array = arrayOf(one.array);
  const at = (row, col) => array.at(0, row, col);
  let largest = one.largest ?? 1e-9;
  if (!one.largest) {
    for (let row = 0; row < array.rows; row += 1) {
      for (let col = 0; col < array.cols; col += 1) {
        if (Number.isFinite(at(row, col))) largest = Math.max(largest, Math.abs(at(row, col)));
      }
    }
  }
  return {
    ...one, at, largest, rows: array.rows, cols: array.cols, rowNames: one.rows, colNames: one.columns,
    kind: one.say === "share" ? "share" : "signed", square: array.rows === array.cols, hidden: null,
  };
}

function layTables(state) {
  const { place } = state.parts;
  const width = place.clientWidth;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px sans-serif";
  state.tables = new Map(state.data.tables.map((one) => [one.id, tableOf(one)]));
  place.replaceChildren(...splitLine([...state.tables.values()], width).map((line) => {
    line.forEach((one, at) => {
      one.gutter = at ? 0 : Math.min(96, 10 + Math.max(...one.rowNames.map((name) => pen.measureText(name).width)));
      one.ch = one.rows <= 14 ? 22 : Math.max(9, Math.min(14, 340 / one.rows));
    });
    fitLine(line, width);
    const block = node("div", "block");
    block.append(...line.map((one) => tableFigure(state, one)));
    return block;
  }));
  state.width = width;
}

function tableFigure(state, table) {
  const figure = node("figure");
  const canvas = node("canvas");
  table.canvas = canvas;
  canvas.tabIndex = 0;
  canvas.dataset.matrix = table.id;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", `${table.title}, ${table.rows} rows, ${table.cols} columns. ${state.data.alt} Arrow keys walk; the numbers are read below.`);
  const caption = node("figcaption");
  caption.style.paddingLeft = `${table.gutter}px`;
  caption.append(node("b", "", table.title));
  figure.append(caption, canvas);
  const choose = (cell) => {
    const clamp = (value, end) => Math.max(0, Math.min(value, end - 1));
    state.pinned = { id: table.id, row: clamp(cell.row, table.rows), col: clamp(cell.col, table.cols) };
    state.hover = null;
    paintTables(state);
  };
  canvas.onpointermove = (event) => {
    state.hover = cellAt(table, event);
    paintTables(state);
  };
  canvas.onpointerleave = () => {
    state.hover = null;
    paintTables(state);
  };
  canvas.onpointerdown = (event) => {
    const cell = cellAt(table, event);
    if (cell) choose(cell);
  };
  canvas.onfocus = () => {
    if (state.pinned.id !== table.id) choose(state.pinned);
  };
  canvas.onkeydown = (event) => {
    const hop = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!hop) return;
    event.preventDefault();
    choose({ row: state.pinned.row + hop[0], col: state.pinned.col + hop[1] });
  };
  return figure;
}

function paintTables(state) {
  const cell = state.hover ?? state.pinned;
  const now = JSON.stringify(cell);
  if (now === state.painted) return;
  state.painted = now;
  const chosen = state.tables.get(cell.id);
  for (const table of state.tables.values()) {
    const marks = table === chosen ? [{ ...cell, hue: "chosen" }] : [];
    if (table !== chosen && chosen.say === "change" && table.say === "change") marks.push({ row: cell.row, col: cell.col, hue: "chosen", faint: true });
    if (chosen.of === table.id) marks.push({ row: cell.row, hue: "first" }, { row: cell.col, hue: "second" });
    drawMatrix(table, state.look, marks);
  }
  const name = (names, at) => names?.[at] ?? `number ${at + 1}`;
  const title = `${name(chosen.rowWords ?? chosen.rowNames, cell.row)} · ${name(chosen.colNames ?? chosen.columnWords, cell.col)}`;
  const { say: words } = state.parts;
  words.replaceChildren(node("div", "cell-title", title), ...SAY[chosen.say](state, chosen, cell.row, cell.col));
  floatBelow(words, chosen, state.hover);
}

export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.host ?? parentElement;
  let state = tablesKept.get(parentElement);
  if (!state) {
    state = { pinned: null, hover: null };
    tablesKept.set(parentElement, state);
  }
  state.data = data;
  state.parts = { place: parentElement.querySelector(".stages"), say: parentElement.querySelector(".say") };
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);
  const ids = data.tables.map((one) => one.id);
  if (!state.pinned || !ids.includes(state.pinned.id)) {
    const [id, row, col] = data.start;
    state.pinned = { id, row, col };
  }
  const show = () => {
    const style = getComputedStyle(host);
    const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
    state.look = {
      text: read("--st-text-color", "#222"), ground: read("--st-secondary-background-color", "#eee"),
      mono: read("--st-code-font", "monospace"), colours: data.colours,
    };
    state.painted = null;
    layTables(state);
    const { rows, cols } = state.tables.get(state.pinned.id);
    state.pinned.row = Math.min(state.pinned.row, rows - 1);
    state.pinned.col = Math.min(state.pinned.col, cols - 1);
    paintTables(state);
  };
  show();
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => {
    if (state.parts.place.clientWidth !== state.width) show();
  });
  state.watcher.observe(state.parts.place);
  return () => state.watcher.disconnect();
}
