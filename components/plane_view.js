// The plane under a 2x2 matrix. Playing, scrubbing and dragging stay in the browser; only where a
// dragged arrow is let go is sent to the server.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 350, REACH = 3.2, FULL = 300;

function draw(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

const times = (m, n) => m.map((row) => [0, 1].map((j) => row[0] * n[0][j] + row[1] * n[1][j]));
const turn = (angle) => [[Math.cos(angle), -Math.sin(angle)], [Math.sin(angle), Math.cos(angle)]];
const between = (low, high, share) => low + (high - low) * share;
const within = (value) => Math.min(Math.max(value, 0), 1);

function partOfTheWay(data, share) {
  const m = data.matrix;
  if (!data.inMoves) return [[between(1, m[0][0], share), share * m[0][1]], [share * m[1][0], between(1, m[1][1], share)]];
  const [first, stretch, second] = [0, 1, 2].map((move) => within(3 * share - move));
  const sizes = data.stretches.map((size) => between(1, size, stretch));
  const stretched = times([[sizes[0], 0], [0, sizes[1]]], turn(first * data.angles[0]));
  return times(turn(second * data.angles[1]), stretched);
}

function phase(data, share) {
  if (share === 0) return "before";
  if (!data.inMoves) return share === 1 ? "after" : `${Math.round(100 * share)} % of the way`;
  const degrees = (angle) => `${Math.round((180 * angle) / Math.PI)}°`;
  if (share <= 1 / 3) return `1: rotate by ${degrees(data.angles[0])}`;
  if (share <= 2 / 3) return `2: stretch by ${data.stretches.map((size) => size.toFixed(2)).join(" and ")}`;
  return `3: rotate by ${degrees(data.angles[1])}`;
}

function render(svg, data, share, startDrag) {
  const width = svg.clientWidth || 700;
  const unit = HEIGHT / (2 * REACH);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const m = partOfTheWay(data, share);
  const moved = ([x, y]) => [m[0][0] * x + m[0][1] * y, m[1][0] * x + m[1][1] * y];
  const at = ([x, y]) => [width / 2 + unit * x, HEIGHT / 2 - unit * y];
  const trace = (points) => points.map((point) => at(point).map((n) => n.toFixed(1)).join(",")).join(" ");
  svg.replaceChildren();
  const segment = (kind, from, to) => {
    const [x1, y1] = at(from), [x2, y2] = at(to);
    return draw(svg, "line", { class: kind, x1, y1, x2, y2 });
  };
  for (const [from, to] of data.grid) segment("old", from, to);
  for (const [from, to] of data.grid) {
    const isAxis = (from[0] === 0 && to[0] === 0) || (from[1] === 0 && to[1] === 0);
    segment(isAxis ? "axis" : "new", moved(from), moved(to));
  }
  const determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
  draw(svg, "polygon", {
    class: "square", "data-flipped": determinant < 0 ? "yes" : "no",
    points: trace([[0, 0], [1, 0], [1, 1], [0, 1]].map(moved)),
  });
  draw(svg, "polyline", { class: "ring", points: trace(data.circle.map(moved)) });
  draw(svg, "polygon", { class: "own", points: trace(data.points.map(moved)) });
  for (const [x, y] of data.kept) segment("kept", [-9 * x, -9 * y], [9 * x, 9 * y]);
  [[1, 0], [0, 1]].forEach((basis, column) => {
    const end = moved(basis);
    segment("arrow", [0, 0], end);
    const [cx, cy] = at(end);
    const tip = draw(svg, "circle", {
      class: "tip", cx, cy, r: 8, tabindex: 0, role: "button",
      "aria-label": `Column ${column + 1} lands at ${end.map((n) => n.toFixed(2)).join(", ")}; arrow keys move it`,
    });
    draw(svg, "text", { x: cx + 12, y: cy - 8 }, column === 0 ? "(1, 0)" : "(0, 1)");
    startDrag(tip, column);
  });
  svg.setAttribute("aria-label", `The plane, ${phase(data, share)}. The unit square has area ${determinant.toFixed(2)}.`);
  return (x, y) => [(x - width / 2) / unit, (HEIGHT / 2 - y) / unit];
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const find = (name) => parentElement.querySelector(name);
  const host = parentElement.host ?? parentElement;
  const svg = find(".picture"), slider = find(".share"), play = find(".play"), said = find(".phase");
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);

  if (host.dataset.begun !== "yes") { slider.value = String(FULL); host.dataset.begun = "yes"; }
  let timer = null, toPlane = () => [0, 0];
  const send = () => setTriggerValue("dragged", data.matrix.flat());
  const put = (column, [x, y]) => {
    const snap = (value) => Math.round(20 * Math.min(Math.max(value, -data.limit), data.limit)) / 20;
    data.matrix[0][column] = snap(x);
    data.matrix[1][column] = snap(y);
    // While one drags, the moves and kept directions of the old matrix say nothing.
    data.inMoves = false;
    data.kept = [];
    slider.value = String(FULL);
    show();
  };
  const startDrag = (tip, column) => {
    tip.onpointerdown = (event) => {
      event.preventDefault();
      const follow = (moved) => {
        const box = svg.getBoundingClientRect();
        put(column, toPlane(moved.clientX - box.left, moved.clientY - box.top));
      };
      const drop = () => {
        window.removeEventListener("pointermove", follow);
        window.removeEventListener("pointerup", drop);
        send();
      };
      window.addEventListener("pointermove", follow);
      window.addEventListener("pointerup", drop);
    };
    tip.onkeydown = (event) => {
      const by = { ArrowRight: [0.05, 0], ArrowLeft: [-0.05, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] }[event.key];
      if (!by) return;
      event.preventDefault();
      put(column, [data.matrix[0][column] + by[0], data.matrix[1][column] + by[1]]);
      svg.querySelectorAll(".tip")[column].focus();
      send();
    };
  };
  const show = () => {
    const share = Number(slider.value) / FULL;
    toPlane = render(svg, data, share, startDrag);
    said.textContent = phase(data, share);
  };
  const pause = () => { clearInterval(timer); timer = null; play.textContent = "Play"; };
  play.onclick = () => {
    if (timer) { pause(); return; }
    if (Number(slider.value) >= FULL) slider.value = "0";
    play.textContent = "Pause";
    timer = setInterval(() => {
      slider.value = String(Number(slider.value) + 3);
      show();
      if (Number(slider.value) >= FULL) pause();
    }, 30);
  };
  slider.oninput = () => { pause(); show(); };
  const watcher = new ResizeObserver(show);
  watcher.observe(svg);
  show();
  return () => { pause(); watcher.disconnect(); };
}
