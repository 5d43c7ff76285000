// A wall of seeds: one square per network that was trained, coloured by what became of it.

const kept = new WeakMap();

function layout(state) {
  const { canvas } = state.parts;
  const n = state.data.codes.length;
  const width = Math.max(canvas.clientWidth, 200);
  const columns = Math.max(10, Math.floor(width / Math.max(8, Math.min(16, Math.sqrt((width * 300) / n)))));
  const size = width / columns;
  return { n, columns, size, width, height: Math.ceil(n / columns) * size };
}

function show(state) {
  const { canvas, told } = state.parts;
  const { codes, kinds, picked } = state.data;
  const place = layout(state);
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  canvas.style.height = `${place.height}px`;
  canvas.width = Math.round(place.width * ratio);
  canvas.height = Math.round(place.height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const ink = getComputedStyle(canvas).getPropertyValue("--st-text-color").trim();
  for (let seed = 0; seed < place.n; seed += 1) {
    const [x, y] = [(seed % place.columns) * place.size, Math.floor(seed / place.columns) * place.size];
    pen.fillStyle = kinds[codes.charCodeAt(seed) - 97].colour;
    pen.fillRect(x + 0.6, y + 0.6, place.size - 1.2, place.size - 1.2);
    if (seed === picked || seed === state.hovered) {
      pen.strokeStyle = ink;
      pen.lineWidth = seed === picked ? 2.4 : 1.2;
      pen.strokeRect(x + 0.6, y + 0.6, place.size - 1.2, place.size - 1.2);
    }
  }
  const seed = state.hovered ?? picked;
  told.textContent = seed >= 0 && seed < place.n ? `Seed ${seed}: ${kinds[codes.charCodeAt(seed) - 97].title}` : "";
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const state = kept.get(parentElement) ?? {};
  kept.set(parentElement, state);
  state.parts = {};
  for (const node of parentElement.querySelectorAll("[data-part]")) state.parts[node.dataset.part] = node;
  state.data = data;
  const { canvas, legend } = state.parts;
  legend.replaceChildren(...data.kinds.filter((kind) => kind.count > 0).map((kind) => {
    const item = document.createElement("span");
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.style.background = kind.colour;
    item.append(dot, `${kind.title}: ${kind.count}`);
    return item;
  }));
  const seedAt = (event) => {
    const frame = canvas.getBoundingClientRect();
    const place = layout(state);
    const column = Math.floor((event.clientX - frame.left) / place.size);
    const seed = Math.floor((event.clientY - frame.top) / place.size) * place.columns + column;
    return column < place.columns && seed >= 0 && seed < place.n ? seed : undefined;
  };
  canvas.setAttribute("aria-label", data.alt);
  canvas.onpointermove = (event) => { state.hovered = seedAt(event); show(state); };
  canvas.onpointerleave = () => { state.hovered = undefined; show(state); };
  canvas.onclick = (event) => {
    const seed = seedAt(event);
    if (seed !== undefined) setTriggerValue("seed", seed);
  };
  canvas.onkeydown = (event) => {
    const { columns, n } = layout(state);
    const hop = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!hop) return;
    event.preventDefault();
    setTriggerValue("seed", Math.max(0, Math.min(n - 1, data.picked + hop)));
  };
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => show(state));
  state.watcher.observe(canvas.parentElement);
  show(state);
  return () => state.watcher.disconnect();
}
