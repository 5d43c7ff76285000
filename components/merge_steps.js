// Steps through a byte-pair training. All text goes in through textContent.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const remembered = new WeakMap();
const N_BYTE_TOKENS = 256;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function drawText(box, data, made) {
  const next = data.steps[made];
  const nodes = [];
  const now = data.pieces.filter(([, , born, gone]) => born <= made && (gone === null || made < gone));
  const willMerge = (one) => next && one[3] === made + 1;
  now.forEach((piece) => {
    const [shown, id, born] = piece;
    const span = element("span", "piece", shown);
    span.style.setProperty("--tint", data.tints[id % data.tints.length]);
    span.dataset.new = made > 0 && born === made ? "yes" : "no";
    span.dataset.next = willMerge(piece) ? "yes" : "no";
    const origin = born ? `made by merge ${whole.format(born)}` : "a byte";
    span.title = `id ${id} · ${data.bytes[data.pieces.indexOf(piece)]} · ${origin}`;
    nodes.push(span);
    if (shown.endsWith("↵")) nodes.push(document.createElement("br"));
  });
  if (data.isExcerpt) nodes.push(element("span", "more", " … the beginning of the text"));
  box.replaceChildren(...nodes);
}

function drawPairs(box, heading, data, made) {
  const next = data.steps[made];
  if (!next) {
    heading.textContent = "The merges end here.";
    box.replaceChildren();
    return;
  }
  heading.textContent = "Pairs side by side now, counted in the whole text";
  const most = next.pairs.length ? next.pairs[0][2] : 1;
  box.replaceChildren(...next.pairs.map(([left, right, count], place) => {
    const row = element("div", "row", "");
    row.role = "listitem";
    row.dataset.chosen = place === 0 ? "yes" : "no";
    const name = element("span", "name", left);
    name.append(element("span", "plus", " + "), right);
    const bar = element("span", "bar", "");
    bar.style.width = `${(100 * count) / most}%`;
    row.append(name, bar, element("span", "count", whole.format(count)));
    return row;
  }));
}

function drawLearnt(box, data, made, go) {
  const chips = data.steps.slice(0, made).map((step, place) => {
    const chip = element("button", "chip", step.joined);
    chip.type = "button";
    chip.style.setProperty("--tint", data.tints[step.id % data.tints.length]);
    chip.title = `id ${step.id}, merge ${place + 1}: ${step.left} + ${step.right}, ${step.count} times`;
    chip.setAttribute("aria-current", String(place === made - 1));
    chip.onclick = () => go(place + 1);
    return chip;
  });
  box.replaceChildren(...chips);
  box.scrollTop = box.scrollHeight;
}

function sentence(data, made) {
  const next = data.steps[made];
  const last = data.steps[made - 1];
  const did = last
    ? `Merge ${whole.format(made)} joined ${last.left} and ${last.right} to ${last.joined}, token ${last.id}: it stood there ${whole.format(last.count)} times. `
    : `Every byte is a token of its own: ${data.opening.join(", ")}${data.nBytes > data.opening.length ? " …" : ""}. 256 tokens can write any text. `;
  if (!next) return did + data.ending;
  const ties = next.pairs.filter((pair) => pair[2] === next.count).length;
  const rule = ties > 1 ? " Others stand there as often: the pair with the oldest tokens, the lowest ids, goes first." : "";
  return `${did}Next: ${next.left} + ${next.right}, the most frequent pair, ${whole.format(next.count)} times.${rule}`;
}

function vocabSize(data, made) {
  return data.steps.slice(0, made).reduce((most, step) => Math.max(most, step.id + 1), N_BYTE_TOKENS);
}

export default function (component) {
  const { data, parentElement } = component;
  const find = (selector) => parentElement.querySelector(selector);
  const host = parentElement.host ?? parentElement;
  host.style.setProperty("--marked", data.marked);
  host.style.setProperty("--bar", data.bar);
  const before = remembered.get(parentElement);
  if (before) clearInterval(before.timer);
  const n = data.steps.length;
  // Another text is another training: begin at its bytes.
  const identity = JSON.stringify([n, data.nBytes, data.steps[0], data.steps[n - 1], data.pieces.length]);
  const same = before && before.identity === identity;
  const state = { identity, made: same ? Math.min(before.made, n) : 0, timer: null };
  remembered.set(parentElement, state);
  const scrub = find(".scrub");
  const play = find('[data-move="play"]');
  scrub.max = String(n);
  scrub.disabled = n === 0;

  const pause = () => {
    clearInterval(state.timer);
    state.timer = null;
    play.textContent = "Play";
    play.setAttribute("aria-label", "Play");
  };
  const draw = () => {
    const made = state.made;
    const last = data.steps[made - 1];
    const tokens = last ? last.tokens : data.nBytes;
    scrub.value = String(made);
    const numbers = {
      merges: `${whole.format(made)} of ${whole.format(n)}`,
      vocab: whole.format(vocabSize(data, made)),
      tokens: whole.format(tokens),
      ratio: short.format(data.nBytes / tokens),
      unused: whole.format(last ? last.unused : data.unused),
    };
    for (const [name, value] of Object.entries(numbers)) find(`[data-number="${name}"]`).textContent = value;
    find(".said").textContent = sentence(data, made);
    drawText(find(".text"), data, made);
    drawPairs(find(".table"), find(".pairs .heading"), data, made);
    drawLearnt(find(".learnt"), data, made, go);
    for (const name of ["first", "back"]) find(`[data-move="${name}"]`).disabled = made === 0;
    for (const name of ["forward", "last"]) find(`[data-move="${name}"]`).disabled = made === n;
    play.disabled = n === 0;
  };
  const show = (made) => {
    state.made = Math.max(0, Math.min(n, made));
    draw();
  };
  const go = (made) => {
    pause();
    show(made);
  };
  const start = () => {
    if (state.made === n) show(0);
    play.textContent = "Pause";
    play.setAttribute("aria-label", "Pause");
    state.timer = setInterval(() => {
      show(state.made + 1);
      if (state.made === n) pause();
    }, 700);
  };

  const moves = { first: () => go(0), back: () => go(state.made - 1), forward: () => go(state.made + 1), last: () => go(n) };
  for (const [name, move] of Object.entries(moves)) find(`[data-move="${name}"]`).onclick = move;
  play.onclick = () => (state.timer ? pause() : start());
  scrub.oninput = () => go(Number(scrub.value));
  pause();
  draw();
  return () => clearInterval(state.timer);
}
