// Draws a text once per tokenizer, as tokens. A character that is pointed at lights the tokens that
// hold it in every row. All text goes in through textContent.

const whole = new Intl.NumberFormat("en");
const HINT = "Point at a character to see its token everywhere. Click a token to open it.";

function characters(text) {
  // What the eye sees as one character can be many code points; spans count code points, as Python.
  const parts = Intl.Segmenter
    ? Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), (one) => one.segment)
    : Array.from(text);
  let start = 0;
  return parts.map((part) => {
    const stop = start + Array.from(part).length;
    const found = { part, start, stop };
    start = stop;
    return found;
  });
}

function touches(span, start, stop) {
  return span[0] < stop && span[1] > start;
}

function describe(row, index) {
  const bytes = row.bytes[index] ? `, bytes ${row.bytes[index]}` : "";
  return `${row.shown[index]}, id ${row.token_ids[index]}${bytes}`;
}

function inform(row, lit) {
  if (!lit.length) return "in no token";
  if (lit.length === 1) return describe(row, lit[0]);
  const names = lit.slice(0, 6).map((index) => `${row.shown[index]} ${row.token_ids[index]}`);
  return `${whole.format(lit.length)} tokens: ${names.join("  ")}${lit.length > 6 ? " …" : ""}`;
}

function drawText(host, text, onPoint) {
  const drawn = characters(text).map((one) => {
    const element = document.createElement("span");
    element.className = "char";
    element.textContent = one.part;
    element.onmouseenter = () => onPoint(one.start, one.stop);
    element.onclick = () => onPoint(one.start, one.stop);
    return { element, span: [one.start, one.stop] };
  });
  host.replaceChildren(...drawn.map((one) => one.element));
  return drawn;
}

function drawToken(row, index, data) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "token";
  button.dir = "auto";
  button.tabIndex = index === 0 ? 0 : -1;
  button.dataset.kind = row.kinds[index];
  const place = row.first + index;
  button.style.setProperty("--hue", data.hues[place % data.hues.length]);
  button.setAttribute("aria-label", describe(row, index));
  return button;
}

function drawRow(row, number, data, onPoint, pick) {
  const element = document.createElement("div");
  element.className = "row";
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", `${row.title}: ${row.note}`);
  const head = document.createElement("div");
  head.className = "head";
  const [title, note, info] = ["title", "note", "info"].map((name) => {
    const part = document.createElement("span");
    part.className = name;
    head.append(part);
    return part;
  });
  title.textContent = row.title;
  note.textContent = row.note;
  const line = document.createElement("div");
  line.className = "tokens";
  const tokens = row.token_ids.map((_, index) => {
    const button = drawToken(row, index, data);
    const chosen = data.picked && data.picked[0] === number && data.picked[1] === row.first + index;
    button.setAttribute("aria-pressed", String(Boolean(chosen)));
    const open = () => onPoint(...row.spans[index], number, index);
    button.onmouseenter = open;
    button.onfocus = open;
    button.onclick = () => pick([number, row.first + index]);
    line.append(button);
    if (row.shown[index].includes("↵")) line.append(document.createElement("br"));
    return button;
  });
  element.append(head, line);
  return { element, info, tokens, row };
}

function connectKeys(rows) {
  rows.forEach((one, number) => one.tokens.forEach((token, index) => {
    token.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const jump = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      let target = step ? one.tokens[index + step] : undefined;
      const other = jump ? rows[number + jump] : undefined;
      if (other) {
        const [start, stop] = one.row.spans[index];
        target = other.tokens.find((_, place) => touches(other.row.spans[place], start, stop));
      }
      if (!target) return;
      event.preventDefault();
      token.tabIndex = -1;
      target.tabIndex = 0;
      target.focus();
    };
  }));
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const board = parentElement.querySelector(".board");
  board.style.setProperty("--marked", data.marked);
  board.style.setProperty("--damaged", data.damaged);
  parentElement.querySelector(".hint").textContent = HINT;
  let text = [];
  let rows = [];

  const clear = () => {
    board.querySelectorAll("[data-lit]").forEach((one) => delete one.dataset.lit);
    rows.forEach((one) => { one.info.textContent = ""; });
  };
  // A token that stands for no text touches no character, but still tells what it is.
  const point = (start, stop, number, index) => {
    clear();
    text.forEach((one) => { if (touches(one.span, start, stop)) one.element.dataset.lit = "yes"; });
    rows.forEach((one, place) => {
      const lit = [];
      one.row.spans.forEach((span, position) => {
        if (touches(span, start, stop) || (place === number && position === index)) lit.push(position);
      });
      lit.forEach((position) => { one.tokens[position].dataset.lit = "yes"; });
      const asked = place === number ? [index] : lit;
      one.info.textContent = start === stop && place !== number ? "" : inform(one.row, asked);
    });
  };

  text = drawText(parentElement.querySelector(".text"), data.text, point);
  rows = data.rows.map((row, number) =>
    drawRow(row, number, data, point, (token) => setTriggerValue("picked", token)));
  parentElement.querySelector(".rows").replaceChildren(...rows.map((one) => one.element));
  connectKeys(rows);
  board.onmouseleave = clear;

  const show = (what) => {
    board.dataset.show = what;
    parentElement.querySelectorAll(".switch button").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.show === what));
      button.onclick = () => show(button.dataset.show);
    });
    rows.forEach((one) => one.tokens.forEach((token, index) => {
      token.textContent = what === "ids" ? one.row.token_ids[index] : one.row.shown[index];
    }));
  };
  show(board.dataset.show ?? "text");
}
