// Three tables. Pointing at a cell of the product lights its row, its column and its arithmetic.

const digits = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "−");
const guarded = (value) => (value < 0 ? `(${digits(value)})` : digits(value));

function table(rows, name) {
  const made = document.createElement("table");
  const title = document.createElement("caption");
  title.textContent = `${name}  (${rows.length} × ${rows[0].length})`;
  made.append(title);
  for (const row of rows) {
    const line = document.createElement("tr");
    for (const value of row) {
      const cell = document.createElement("td");
      cell.textContent = digits(value);
      line.append(cell);
    }
    made.append(line);
  }
  return made;
}

function sign(text) {
  const made = document.createElement("span");
  made.className = "sign";
  made.textContent = text;
  return made;
}

export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.host ?? parentElement;
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);
  const left = table(data.left, data.names[0]);
  const right = table(data.right, data.names[1]);
  const product = table(data.product, data.names[2]);
  parentElement.querySelector(".tables").replaceChildren(left, sign("·"), right, sign("="), product);
  const say = parentElement.querySelector(".say");

  const light = (row, column) => {
    for (const cell of parentElement.querySelectorAll("td[data-lit]")) delete cell.dataset.lit;
    for (const cell of left.rows[row].cells) cell.dataset.lit = "row";
    for (const line of right.rows) line.cells[column].dataset.lit = "column";
    product.rows[row].cells[column].dataset.lit = "cell";
    const terms = data.left[row].map((value, k) => `${guarded(value)}·${guarded(data.right[k][column])}`);
    say.textContent = `row ${row + 1} · column ${column + 1}:  ${terms.join(" + ")} = ${digits(data.product[row][column])}`;
  };
  [...product.rows].forEach((line, row) => [...line.cells].forEach((cell, column) => {
    cell.tabIndex = 0;
    cell.onmouseenter = () => light(row, column);
    cell.onclick = () => light(row, column);
    cell.onfocus = () => light(row, column);
    cell.onkeydown = (event) => {
      const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      const next = by && product.rows[row + by[0]]?.cells[column + by[1]];
      if (next) { event.preventDefault(); next.focus(); }
    };
  }));
  light(0, 0);
}
