// Bytes on the left, numbers on the right. All text goes in through textContent.

const remembered = new WeakMap();
const hex = (byte) => byte.toString(16).padStart(2, "0");

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

// For every bit of the block: the run it belongs to.
function ownersOf(data) {
  const owners = data.bytes.map(() => new Array(8).fill(null));
  for (const run of data.runs) {
    const [, , byte, low, n] = run;
    for (let bit = low; bit < low + n; bit += 1) owners[byte][bit] = run;
  }
  return owners;
}

// How strong a tint is: neighbouring weights differ a little, so that one sees where each ends.
const strength = (run) => (run[1] === "weight" ? [20, 34][run[0] % 2] : 42);

function nibbleTint(owners, low, data) {
  const run = owners[low + 3] ?? owners[low];
  if (!run) return "transparent";
  return `color-mix(in srgb, ${data.colours[run[1]]} ${strength(run)}%, transparent)`;
}

function drawBytes(box, data, owners, choose) {
  const cells = data.bytes.map((byte, place) => {
    const cell = element("button", "byte", "");
    cell.type = "button";
    cell.role = "gridcell";
    cell.tabIndex = -1;
    const digits = hex(byte);
    [4, 0].forEach((low, at) => {
      const half = element("span", "nibble", digits[at]);
      half.style.background = nibbleTint(owners[place], low, data);
      half.dataset.low = String(low);
      half.onmouseenter = () => choose(owners[place][low][0]);
      cell.append(half);
    });
    const names = [...new Set(owners[place].filter(Boolean).map((run) => data.items[run[0]].title))];
    cell.title = `byte ${place}: ${names.join(", ")}`;
    cell.setAttribute("aria-label", `byte ${place}, ${digits}: ${names.join(", ")}`);
    cell.onclick = (event) => choose(owners[place][Number(event.target.dataset.low ?? 0)][0]);
    return cell;
  });
  box.replaceChildren(...cells);
  return cells;
}

function drawNumbers(box, data, choose) {
  const numbers = data.items.map((item, place) => ({ ...item, place })).filter((item) => item.role === "weight");
  const most = Math.max(...numbers.map((item) => Math.abs(item.value ?? 0)), 1e-30);
  const cells = numbers.map((item, at) => {
    const cell = element("button", "number", item.shown);
    cell.type = "button";
    cell.role = "gridcell";
    cell.tabIndex = -1;
    const colour = (item.value ?? 0) < 0 ? data.negative : data.positive;
    const share = Math.round((42 * Math.abs(item.value ?? 0)) / most);
    cell.style.background = `color-mix(in srgb, ${colour} ${share}%, transparent)`;
    cell.title = item.title;
    cell.setAttribute("aria-label", `${item.title}: ${item.shown}`);
    cell.dataset.item = String(item.place);
    if (data.group) cell.dataset.edge = at % data.group === 0 ? "yes" : "no";
    cell.onmouseenter = () => choose(item.place);
    cell.onclick = () => choose(item.place);
    return cell;
  });
  box.replaceChildren(...cells);
  return cells;
}

// One byte as eight bits, those of the chosen number marked.
function drawBits(byte, place, data, owners, item) {
  const box = element("span", "octet", "");
  box.append(element("span", "place", `byte ${place}`));
  for (let bit = 7; bit >= 0; bit -= 1) {
    const run = owners[place][bit];
    const cell = element("span", "bit", String((byte >> bit) & 1));
    const mine = run && run[0] === item;
    // The parts of a float keep their own colours; a number of one part is marked as a whole.
    const parted = mine && ["sign", "exponent", "fraction"].includes(run[1]) && data.items[item].role === "weight";
    cell.dataset.mine = parted ? "part" : mine ? "yes" : "no";
    if (run) cell.style.setProperty("--tint", data.colours[run[1]]);
    box.append(cell);
  }
  return box;
}

function drawReading(box, data, owners, chosen) {
  const item = data.items[chosen];
  const places = [...new Set(data.runs.filter((run) => run[0] === chosen).map((run) => run[2]))].sort((a, b) => a - b);
  const bits = element("div", "octets", "");
  // The highest byte of a number first, as one writes it.
  const order = item.role === "weight" || item.role === "scale" || item.role === "minimum" ? [...places].reverse() : places;
  bits.append(...order.slice(0, 8).map((place) => drawBits(data.bytes[place], place, data, owners, chosen)));
  box.replaceChildren(
    element("div", "title", item.title),
    bits,
    ...item.lines.map((line) => element("div", "line", line)),
  );
}

// The halves of bytes that some numbers have bits in.
function halvesOf(data, items) {
  return new Set(data.runs.filter((run) => items.includes(run[0])).flatMap(([, , byte, low, n]) =>
    (low + n > 4 ? [`${byte}-4`] : []).concat(low < 4 ? [`${byte}-0`] : [])));
}

function drawLegend(box, data) {
  box.replaceChildren(...data.legend.map(([role, words]) => {
    const entry = element("span", "entry", words);
    entry.style.setProperty("--tint", data.colours[role]);
    return entry;
  }));
}

// Arrow keys walk over a grid; its columns are read off the layout.
function walk(cells, choose, itemOf) {
  if (!cells.length) return;
  cells[0].tabIndex = 0;
  cells.forEach((cell, at) => {
    cell.onfocus = () => {
      cells.forEach((other) => { other.tabIndex = -1; });
      cell.tabIndex = 0;
      if (cell.matches(":focus-visible")) choose(itemOf(at));
    };
    cell.onkeydown = (event) => {
      const top = cells[0].offsetTop;
      const columns = Math.max(1, cells.filter((other) => other.offsetTop === top).length);
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
      const next = by && cells[at + by];
      if (next) { event.preventDefault(); next.focus(); }
    };
  });
}

export default function (component) {
  const { data, parentElement } = component;
  const find = (part) => parentElement.querySelector(`[data-part="${part}"]`);
  const host = parentElement.host ?? parentElement;
  host.style.setProperty("--marked", data.marked);
  const identity = JSON.stringify([data.bytes, data.items.length, data.start]);
  const before = remembered.get(parentElement);
  const state = before && before.identity === identity ? before : { identity, chosen: data.chosen };
  remembered.set(parentElement, state);

  const owners = ownersOf(data);
  find("bytesHeading").textContent = data.heading;
  find("numbersHeading").textContent = data.numbersHeading;
  find("right").hidden = !data.numbersHeading;
  drawLegend(find("legend"), data);

  let bytes = [];
  let numbers = [];
  const choose = (item) => {
    state.chosen = item;
    const mine = halvesOf(data, [item]);
    const used = halvesOf(data, data.items[item].uses ?? []);
    bytes.forEach((cell, place) => {
      for (const half of cell.children) {
        const name = `${place}-${half.dataset.low}`;
        half.dataset.mine = mine.has(name) ? "yes" : used.has(name) ? "used" : "no";
      }
    });
    numbers.forEach((cell) => { cell.dataset.mine = Number(cell.dataset.item) === item ? "yes" : "no"; });
    drawReading(find("reading"), data, owners, item);
  };
  bytes = drawBytes(find("bytes"), data, owners, choose);
  numbers = drawNumbers(find("numbers"), data, choose);
  walk(bytes, choose, (at) => owners[at][0][0]);
  walk(numbers, choose, (at) => Number(numbers[at].dataset.item));
  choose(Math.min(state.chosen, data.items.length - 1));
}
