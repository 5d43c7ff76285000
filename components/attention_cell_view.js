// The arithmetic of one attention weight, written out; every number comes from the model.

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function digits(value, n = 3) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) return value.toExponential(n - 1).replace("-", "−").replace("e+", "e");
  return String(Number(value.toPrecision(n))).replace("-", "−");
}

function name({ token, place }) {
  const node = element("span", "token");
  // A token written from right to left must not take its number along to its other side.
  node.append(element("bdi", "", token), element("sub", "", String(place)));
  return node;
}

function showWho(parts, data) {
  const size = data.q.length;
  const shared = data.nKvHead < data.nHead
    ? ` Query head ${data.head} shares key/value head ${data.keyHead} with others: ${data.nHead} query heads, ${data.nKvHead} key/value heads.`
    : "";
  parts.who.replaceChildren(
    name(data.query), " asks with a query of ", `${size} numbers, `, name(data.key),
    ` answers with a key of ${size} numbers.${shared}`,
  );
}

// Three rows of D small squares; the one under the pointer or the cursor is spelled out.
function showStrip(parts, data) {
  const rows = [["q", data.q], ["k", data.k], ["q · k", data.products]];
  const size = data.q.length;
  parts.strip.style.gridTemplateColumns = `3rem repeat(${size}, minmax(0, 1fr))`;
  const nodes = [];
  for (const [label, values] of rows) {
    const largest = Math.max(...values.map(Math.abs)) || 1;
    nodes.push(element("span", "label", label));
    values.forEach((value, n) => {
      const square = element("span", "square");
      const share = Math.round(100 * Math.sqrt(Math.abs(value) / largest));
      const colour = value < 0 ? data.colours.negative : data.colours.positive;
      square.style.background = `color-mix(in srgb, ${colour} ${share}%, var(--st-secondary-background-color))`;
      square.dataset.n = String(n);
      nodes.push(square);
    });
  }
  parts.strip.replaceChildren(...nodes);
  const biggest = data.products.reduce((best, value, n) => (Math.abs(value) > Math.abs(data.products[best]) ? n : best), 0);
  const say = (n) => {
    const sum = data.products.slice(0, n + 1).reduce((a, b) => a + b, 0);
    parts.said.textContent = `number ${n} of 0 to ${size - 1}:  ${digits(data.q[n])} × ${digits(data.k[n])} = `
      + `${digits(data.products[n])}, sum so far ${digits(sum)}`
      + (n === biggest ? " · the largest product of all" : "");
    for (const square of parts.strip.querySelectorAll(".square")) {
      square.classList.toggle("chosen", Number(square.dataset.n) === n);
    }
    parts.strip.dataset.at = String(n);
  };
  parts.strip.onpointermove = parts.strip.onclick = (event) => {
    if (event.target.dataset.n) say(Number(event.target.dataset.n));
  };
  parts.strip.tabIndex = 0;
  parts.strip.onkeydown = (event) => {
    const hop = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!hop) return;
    event.preventDefault();
    say(Math.min(Math.max(Number(parts.strip.dataset.at) + hop, 0), size - 1));
  };
  parts.strip.setAttribute("aria-label",
    `Query, key and their ${size} products; arrow keys go from number to number`);
  say(biggest);
}

function step(title, ...content) {
  const node = element("li");
  node.append(element("span", "title", title), ...content);
  return node;
}

function formula(text) {
  return element("span", "formula", text);
}

function showSteps(parts, data) {
  const size = data.q.length;
  const first = [0, 1].filter((n) => n < size).map((n) => `${digits(data.q[n])} × ${digits(data.k[n])}`).join(" + ");
  const isRoot = Math.abs(data.scaling - size ** -0.5) < 1e-9;
  const steps = [
    step(`Multiply ${size} pairs and add them`, formula(`${first}${size > 2 ? " + …" : ""} = ${digits(data.total, 5)}`)),
    step(isRoot ? `Divide by √${size}` : "Scale",
      formula(`${digits(data.total, 5)} ${isRoot ? `÷ ${digits(Math.sqrt(size))}` : `× ${digits(data.scaling)}`} = ${digits(data.scaled, 5)}`)),
    step("Mask", formula(data.isVisible
      ? `token ${data.key.place} may be seen from token ${data.query.place}: the score stays`
      : `token ${data.key.place} comes after token ${data.query.place}: the score becomes −∞`)),
    step("Softmax over the row", formula(data.isVisible
      ? `e^(${digits(data.scaled)} − ${digits(data.rowTop)}) ÷ ${digits(data.rowSum, 4)} = ${data.weight.toFixed(7)}`
      : "e^−∞ = 0")),
    step("What the model itself says", formula(`${data.modelWeight.toFixed(7)}, a difference of ${digits(data.difference, 2)}`)),
  ];
  const check = element("span", data.isSame ? "same" : "differs", data.isSame ? "the same to 1e-5" : "not the same");
  steps[4].append(check);
  if (data.totalBefore !== null) {
    steps[0].append(element("span", "note",
      `Query and key have been turned by their positions (RoPE); before that their product was ${digits(data.totalBefore)}.`));
  }
  steps[3].append(element("span", "note",
    `${digits(data.rowTop)} is the largest score of the row; ${digits(data.rowSum, 4)} is the sum of e^(score − ${digits(data.rowTop)}) over the ${data.nVisible} tokens that may be seen.`));
  parts.steps.replaceChildren(...steps);
}

function showRow(parts, data) {
  const largest = Math.max(...data.row.map((one) => one.weight)) || 1;
  const shown = data.row.reduce((sum, one) => sum + one.weight, 0);
  const rows = data.row.map((one) => {
    const row = element("div", `bar${one.place === data.key.place ? " chosen" : ""}`);
    const track = element("span", "track");
    const fill = element("span", "fill");
    fill.style.width = `${(100 * one.weight) / largest}%`;
    fill.style.background = one.place === data.key.place ? data.colours.marked : data.colours.positive;
    track.append(fill);
    row.append(name(one), element("span", "score", one.score === null ? "−∞" : digits(one.score)), track,
      element("span", "weight", digits(one.weight)));
    return row;
  });
  const head = element("div", "bar head");
  head.append(element("span", "", "token"), element("span", "score", "score"), element("span", "", ""), element("span", "weight", "weight"));
  const rest = data.nVisible - data.row.length;
  const note = element("div", "note", rest > 0 ? `and ${rest} more tokens with ${digits(Math.max(0, 1 - shown), 2)} together` : "The weights of the row sum to 1.");
  parts.row.replaceChildren(head, ...rows, note);
  parts.row.setAttribute("aria-label", `Scores and weights of the row of ${data.query.token}`);
}

export default function ({ data, parentElement }) {
  const parts = {};
  for (const node of parentElement.querySelectorAll("[data-part]")) parts[node.dataset.part] = node;
  showWho(parts, data);
  showStrip(parts, data);
  showSteps(parts, data);
  showRow(parts, data);
}
