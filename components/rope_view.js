// RoPE as dials: each pair of numbers is a hand that turns with the word's place.

const SVG = "http://www.w3.org/2000/svg";
const ropeKept = new WeakMap();

const shown = (value, places = 3) => (Object.is(value, -0) || Math.abs(value) < 5e-4 ? 0 : value).toFixed(places).replace("-", "−");

function drawn(tag, values) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(values)) made.setAttribute(name, String(value));
  return made;
}

function hand(length, angle, colour, faint) {
  const [x, y] = [length * Math.cos(angle), -length * Math.sin(angle)];
  return drawn("line", {
    x1: 0, y1: 0, x2: x, y2: y, stroke: colour, "stroke-width": faint ? 1.2 : 3.2,
    "stroke-linecap": "round", "stroke-dasharray": faint ? "2 3" : "none", opacity: faint ? 0.6 : 1,
  });
}

function pairOf(vector, place) {
  const half = vector.length / 2;
  return { length: Math.hypot(vector[place], vector[place + half]), angle: Math.atan2(vector[place + half], vector[place]) };
}

function showRope(state) {
  const { data, parts } = state;
  const shift = Number(parts.both.value);
  const [m, n] = [Number(parts.query.value) + shift, Number(parts.key.value) + shift];
  const reach = Math.max(...data.turns.map((_, place) => Math.max(pairOf(data.q, place).length, pairOf(data.k, place).length)));
  let total = 0;
  parts.dials.replaceChildren(...data.turns.map((turn, place) => {
    const [q, k] = [pairOf(data.q, place), pairOf(data.k, place)];
    const [qAngle, kAngle] = [q.angle + m * turn, k.angle + n * turn];
    const product = q.length * k.length * Math.cos(qAngle - kAngle);
    total += product;
    const box = document.createElement("figure");
    const picture = drawn("svg", { viewBox: "-50 -50 100 100", class: "dial", "aria-hidden": "true" });
    picture.append(
      drawn("circle", { r: 47, class: "rim" }),
      hand((44 * k.length) / reach, k.angle, data.colours.key, true),
      hand((44 * q.length) / reach, q.angle, data.colours.query, true),
      hand((44 * k.length) / reach, kAngle, data.colours.key, false),
      hand((44 * q.length) / reach, qAngle, data.colours.query, false),
    );
    const caption = document.createElement("figcaption");
    const degrees = ((((qAngle - kAngle) * 180) / Math.PI) % 360 + 360) % 360;
    caption.textContent = `${shown((turn * 180) / Math.PI, turn < 0.01 ? 4 : 2)}° per place\napart ${degrees.toFixed(1)}°\nproduct ${shown(product)}`;
    box.append(picture, caption);
    return box;
  }));
  parts.queryOut.textContent = String(m);
  parts.keyOut.textContent = String(n);
  parts.bothOut.textContent = `+${shift}`;
  const sum = document.createElement("b");
  sum.textContent = shown(total, 4);
  parts.total.replaceChildren(
    `query at place ${m}, key at place ${n}, distance ${m - n}:  q · k = `, sum,
    state.before !== undefined && state.moved === "both" ? `  (${Math.abs(total - state.before) < 1e-9 ? "unchanged" : "changed"})` : "",
  );
  state.before = total;
}

export default function (component) {
  const { data, parentElement } = component;
  let state = ropeKept.get(parentElement);
  const isNew = !state;
  if (isNew) {
    state = {};
    ropeKept.set(parentElement, state);
  }
  state.data = data;
  state.parts = {};
  for (const part of parentElement.querySelectorAll("[data-part]")) state.parts[part.dataset.part] = part;
  const host = parentElement.host ?? parentElement;
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);
  for (const name of ["query", "key", "both"]) {
    const slider = state.parts[name];
    if (isNew) slider.value = String(data.start[name]);
    slider.oninput = () => {
      state.moved = name;
      showRope(state);
    };
  }
  state.before = undefined;
  showRope(state);
}
