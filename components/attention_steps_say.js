// The arithmetic of one cell, written out. Text only ever goes in as text.

const FEW = 12; // products that stand in one line; more of them become a list that scrolls

function digits(value) {
  if (value === -Infinity) return "−∞";
  if (!Number.isFinite(value)) return "no number";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-4 || size >= 1e6)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
  return text.replace(/-/g, "−");
}

const guarded = (value) => (value < 0 ? `(${digits(value)})` : digits(value));
const short = (value) => digits(Number(value.toPrecision(3)));

function node(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function line(label, ...parts) {
  const row = node("div", "line");
  const sum = node("div", "sum");
  sum.append(...parts);
  row.append(node("div", "what", label), sum);
  return row;
}

// Products of two lists, the first factor in one colour, the second in another.
function productsOf(firsts, seconds) {
  const many = firsts.length > FEW;
  const box = node("span", many ? "products many" : "products");
  firsts.forEach((first, place) => {
    const term = node("span", firsts[place] * seconds[place] === 0 ? "term idle" : "term");
    const factor = (value) => (many && value < 0 ? `(${short(value)})` : many ? short(value) : guarded(value));
    term.append(node("span", "first", factor(first)), "·", node("span", "second", factor(seconds[place])));
    if (place && !many) box.append(" + ");
    if (many) term.append(node("span", "made", ` = ${short(first * seconds[place])}`));
    box.append(term);
  });
  return box;
}

const listOf = (count, read) => Array.from({ length: count }, (_, place) => read(place));
const result = (value) => node("b", "result", digits(value));

function sayProducts(label, firsts, seconds, value) {
  return line(label, productsOf(firsts, seconds), " = ", result(value));
}

// What the number in a cell was made of: lines of arithmetic, and the cells it came from.
const EXPLAIN = {
  x(read, { row, col }) {
    const { arrays, columns } = read;
    const title = `${read.names[row]} · ${columns[col]}`;
    if (!arrays.codes) {
      return { title, marks: [], lines: [line("Number", "the word’s own: ", result(arrays.x.at(0, row, col)))] };
    }
    const own = arrays.embeddings.at(0, row, col);
    const code = arrays.codes.at(0, row, col);
    return {
      title, marks: [],
      lines: [line("Word + place", `${digits(own)} + ${guarded(code)} = `, result(arrays.x.at(0, row, col)),
        ` (place ${row}, a ${col % 2 ? "cosine" : "sine"})`)],
    };
  },
  q: (read, cell) => projected(read, cell, "q", "W_Q", read.head),
  k: (read, cell) => projected(read, cell, "k", "W_K", read.kvHeads[read.head] ?? 0),
  v: (read, cell) => projected(read, cell, "v", "W_V", read.kvHeads[read.head] ?? 0),
  scores: (read, cell) => shared(read, cell),
  weights: (read, cell) => shared(read, cell),
  z(read, { row, col }) {
    const { arrays, head, names } = read;
    const shares = listOf(names.length, (place) => arrays.weights.at(head, row, place));
    const values = listOf(names.length, (place) => arrays.v.at(head, place, col));
    return {
      title: `What ${names[row]} takes home, number ${col + 1}`,
      marks: [{ id: "weights", row, hue: "first" }, { id: "v", col, hue: "second" }],
      lines: [sayProducts("Shares × values", shares, values, arrays.z.at(head, row, col))],
    };
  },
  joined(read, { row, col }) {
    const head = Math.floor(col / read.headSize);
    const made = EXPLAIN.z({ ...read, head }, { row, col: col % read.headSize });
    if (read.arrays.weights.heads > 1) made.title += ` of head ${head + 1}`;
    return made;
  },
  y(read, { row, col }) {
    const { arrays, names, columns } = read;
    const width = arrays.joined.cols;
    return {
      title: `Output · ${names[row]} · ${columns[col]}`,
      marks: [{ id: "joined", row, hue: "first" }, { id: "W_O", col, hue: "second" }],
      lines: [sayProducts("All heads · W_O", listOf(width, (place) => arrays.joined.at(0, row, place)),
        listOf(width, (place) => arrays.W_O.at(0, place, col)), arrays.y.at(0, row, col))],
    };
  },
};

for (const [id, letter] of [["W_Q", "q"], ["W_K", "k"], ["W_V", "v"], ["W_O", "output"]]) {
  EXPLAIN[id] = (read, { row, col }) => ({
    title: `${id} · row ${row + 1}, column ${col + 1}`,
    marks: [],
    lines: [line("Weight", result(read.arrays[id].at(0, row, col)), id === "W_O"
      ? ` · how much number ${row + 1} of the heads adds to ${read.columns[col]} of the ${letter}`
      : ` · how much “${read.columns[row]}” of a word adds to number ${col + 1} of ${letter}`)],
  });
}

const ROLES = { q: "looks for", k: "offers", v: "hands over" };

function projected(read, { row, col }, id, matrix, group) {
  const { arrays, names, headSize, turns } = read;
  const before = arrays[`${id}_before`];
  const head = read.head;
  const lines = [];
  const marks = [];
  if (arrays[matrix]) {
    const inner = arrays.x.cols;
    const column = group * headSize + col;
    const straight = (before ?? arrays[id]).at(head, row, col);
    lines.push(sayProducts(`Word · ${matrix}`, listOf(inner, (place) => arrays.x.at(0, row, place)),
      listOf(inner, (place) => arrays[matrix].at(0, place, column)), straight));
    marks.push({ id: "x", row, hue: "first" }, { id: matrix, col: column, hue: "second" });
  } else {
    lines.push(line("From the model", "its weights made ", result((before ?? arrays[id]).at(head, row, col)),
      before ? " before the turn" : " of this token"));
  }
  if (before) {
    const half = headSize / 2;
    const isFirst = col < half;
    const [a, b] = [before.at(head, row, col % half), before.at(head, row, (col % half) + half)];
    const angle = row * turns[col % half];
    const [one, other] = isFirst ? [a, b] : [b, a];
    lines.push(line("Turn by place",
      `angle ${row} · ${digits(turns[col % half])} = ${digits(angle)} rad:  ${guarded(one)}·cos ${isFirst ? "−" : "+"} ${guarded(other)}·sin = `,
      result(arrays[id].at(head, row, col))));
    marks.push({ id, row, col: (col + half) % headSize, hue: "second", faint: true });
  }
  return { title: `${id} of ${names[row]}, number ${col + 1}: what it ${ROLES[id]}`, lines, marks };
}

function shared(read, { row, col }) {
  const { arrays, names, head, headSize, temperature, scaled, slopes } = read;
  const q = listOf(headSize, (place) => arrays.q.at(head, row, place));
  const k = listOf(headSize, (place) => arrays.k.at(head, col, place));
  const product = arrays.products.at(head, row, col);
  const lines = [sayProducts("q · k", q, k, product)];
  let now = product;
  if (scaled || temperature !== 1) {
    const divisors = [scaled ? `√${headSize}` : "", temperature === 1 ? "" : digits(temperature)].filter(Boolean);
    now = product / ((scaled ? Math.sqrt(headSize) : 1) * temperature);
    lines.push(line("Scale", `${digits(product)} / ${divisors.join(" / ")} = `, result(now)));
  } else lines.push(line("Scale", "switched off: ", result(now)));
  if (slopes) {
    const distance = Math.abs(row - col);
    lines.push(line("Distance", `${digits(now)} − ${digits(slopes[head])} · ${distance} = `, result(now - slopes[head] * distance)));
  }
  const hidden = arrays.scores.at(head, row, col) === -Infinity;
  if (hidden) lines.push(line("Mask", `${names[col]} comes later, so the score becomes `, result(-Infinity)));
  lines.push(softmaxLine(read, row, col));
  if (arrays.model) {
    const own = arrays.model.at(0, row, col);
    const gap = Math.abs(own - arrays.weights.at(head, row, col));
    lines.push(line("The model", "gives ", result(own), ` · difference ${gap < 1e-7 ? "under 1e−7" : gap.toExponential(0).replace("-", "−")}`));
  }
  return {
    title: `${names[row]} looks at ${names[col]}`,
    marks: [
      { id: "q", row, hue: "first" }, { id: "k", row: col, hue: "second" },
      { id: "scores", row, hue: "first", faint: true }, { id: "scores", row, col, hue: "chosen" },
      { id: "weights", row, col, hue: "chosen" },
    ],
    lines,
  };
}

function softmaxLine(read, row, col) {
  const { arrays, names, head } = read;
  const scores = listOf(names.length, (place) => arrays.scores.at(head, row, place));
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, one) => sum + one, 0);
  const share = node("b", "result share", `${digits(100 * arrays.weights.at(head, row, col))} %`);
  const shift = digits(top).replace(/^−/, "");
  const minus = top < 0 ? "+" : "−";
  const open = scores.filter((score) => score !== -Infinity).length;
  const sum = open <= 7
    ? powers.filter((_, place) => scores[place] !== -Infinity).map(digits).join(" + ")
    : `the row’s ${open} powers`;
  return line("Share",
    `e^(${digits(scores[col])} ${minus} ${shift}) / (${sum}) = ${digits(powers[col])} / ${digits(total)} = `, share);
}
