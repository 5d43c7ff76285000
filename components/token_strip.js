// Draws a text as tokens coloured by probability. All text goes in through textContent.

const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en");

function describe(token) {
  const lines = [`${token.shown}   id ${token.token_id}`];
  lines.push(`probability ${short.format(100 * token.prob)} %`);
  lines.push(`rank ${whole.format(token.rank)} of ${whole.format(token.vocab_size)}`);
  lines.push(`surprisal ${short.format(token.surprisal_bits)} bits`);
  return lines.join("\n");
}

function place(card, anchor, strip) {
  const box = anchor.getBoundingClientRect();
  const frame = strip.getBoundingClientRect();
  const widest = Math.max(0, frame.width - card.offsetWidth);
  card.style.left = `${Math.min(Math.max(0, box.left - frame.left), widest)}px`;
  card.style.top = `${box.bottom - frame.top + 4}px`;
}

function drawToken(token, index, data, card, strip, pick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "token";
  button.dir = "auto";
  button.dataset.kind = token.kind;
  // Square root: a probability of 1 % is still seen.
  button.style.setProperty("--share", `${6 + 56 * Math.sqrt(token.prob)}%`);
  button.textContent = token.text;
  button.setAttribute("aria-pressed", String(index === data.selected));
  button.setAttribute("aria-label", describe(token));
  const open = () => {
    card.textContent = describe(token);
    card.dataset.open = "yes";
    place(card, button, strip);
  };
  const close = () => { card.dataset.open = "no"; };
  button.onmouseenter = open;
  button.onmouseleave = close;
  button.onfocus = open;
  button.onblur = close;
  button.onclick = () => pick(index);
  button.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tokens = strip.querySelectorAll(".token");
    if (step && tokens[index + step]) tokens[index + step].focus();
  };
  return button;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const strip = parentElement.querySelector(".strip");
  const card = parentElement.querySelector(".card");
  const host = parentElement.host ?? parentElement;
  host.style.setProperty("--strip-hue", data.hue);
  host.style.setProperty("--strip-marked", data.marked);
  const pick = (index) => setTriggerValue("picked", index);

  const prompt = document.createElement("span");
  prompt.className = "prompt";
  prompt.dir = "auto";
  prompt.textContent = data.prompt;
  const tokens = data.tokens.map((token, index) => drawToken(token, index, data, card, strip, pick));
  strip.replaceChildren(prompt, ...tokens, card);
  if (data.running) {
    const cursor = document.createElement("span");
    cursor.className = "cursor";
    strip.insertBefore(cursor, card);
  }
  card.dataset.open = "no";
}
