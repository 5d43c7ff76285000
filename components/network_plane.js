// The loss over two directions of the weights, with the training's path on it.

const kept = new WeakMap();

function read(data) {
  const heights = floatsOf(data.plane.losses);
  const sorted = Float32Array.from(heights.filter(Number.isFinite)).sort();
  const path = floatsOf(data.plane.path);
  return {
    grid: {
      shape: data.plane.shape, heights, limits: bandLimits(heights),
      low: sorted[0], high: sorted[Math.floor(0.97 * (sorted.length - 1))], top: sorted[sorted.length - 1],
    },
    path, losses: floatsOf(data.plane.path_losses), off: floatsOf(data.plane.off_plane), n: path.length / 2,
  };
}

function themeOf(state) {
  const style = getComputedStyle(state.parts.lab);
  const text = style.getPropertyValue("--st-text-color").trim() || style.color;
  if (text === state.text) return;
  Object.assign(state, { text, ink: [...rgb(state.data.colours.before)].slice(0, 3), imageSize: "" });
  state.paper = style.getPropertyValue("--st-background-color").trim() || "#fff";
}

function drawPath(state, pen, placeOf) {
  const { read: run, frame, data: { colours } } = state;
  const points = [];
  for (let i = 0; i < run.n; i += 1) points.push(placeOf(i));
  const line = (until, alpha, width) => {
    pen.globalAlpha = alpha;
    pen.lineWidth = width;
    pen.strokeStyle = colours.positive;
    pen.beginPath();
    for (let i = 0; i <= until; i += 1) pen.lineTo(...points[i]);
    pen.stroke();
  };
  line(run.n - 1, 0.35, 1.5);
  line(frame, 1, 2.8);
  const ring = (at, fill, radius) => {
    pen.beginPath();
    pen.arc(...points[at], radius, 0, 7);
    pen.fillStyle = fill;
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = state.text;
    pen.stroke();
  };
  ring(0, colours.before, 5);
  ring(frame, colours.positive, 6.5);
}

function show(state) {
  themeOf(state);
  const { parts, data: { plane }, read: run } = state;
  const { pen, width, height, ratio } = fit(parts.plane);
  const { grid } = run;
  const [across, up] = [plane.first, plane.second];
  grid.paper = state.paper;
  if (state.relief) {
    const project = turn(state.yaw, state.pitch, width, height);
    drawRelief(pen, grid, project, state.ink);
    drawPath(state, pen, (i) => {
      const [u, v] = [(run.path[2 * i] - across[0]) / (across[1] - across[0]), (run.path[2 * i + 1] - up[0]) / (up[1] - up[0])];
      const [px, py] = project(u, v, rise(grid, heightAt(grid, u, v)) + 0.02);
      return [clipped(px), clipped(py)];
    });
  } else {
    const box = frameOf(width, height);
    const size = `${box.width}x${box.height}x${ratio}x${state.text}`;
    if (state.imageSize !== size) {
      state.image = mapImage(grid, box.width, box.height, ratio, state.ink);
      state.imageSize = size;
    }
    pen.drawImage(state.image, box.x, box.y, box.width, box.height);
    pen.save();
    pen.beginPath();
    pen.rect(box.x, box.y, box.width, box.height);
    pen.clip();
    drawPath(state, pen, (i) => [
      clipped(box.x + ((run.path[2 * i] - across[0]) / (across[1] - across[0])) * box.width),
      clipped(box.y + box.height - ((run.path[2 * i + 1] - up[0]) / (up[1] - up[0])) * box.height),
    ]);
    pen.restore();
    pen.globalAlpha = 1;
    drawAxes(pen, box, across, up, state.text);
  }
  parts.labels.textContent = `Across: ${plane.labels[0]}. Up: ${plane.labels[1]}. Dark is low.`;
  parts.frame.value = String(state.frame);
  parts.count.textContent = `step ${plane.steps[state.frame].toLocaleString("en")}`;
  const off = run.off[state.frame];
  parts.told.textContent = `Loss of the network at this moment: ${shown(run.losses[state.frame])}. ` + (off < 1e-6
    ? "It lies exactly on this picture."
    : `All its other weights together are ${shown(off)} away from this picture, so the ground under the dot is not quite its own.`);
}

export default function (component) {
  const { data, parentElement } = component;
  const state = kept.get(parentElement) ?? { relief: false, yaw: 0.6, pitch: 0.75 };
  kept.set(parentElement, state);
  state.parts = {};
  for (const node of parentElement.querySelectorAll("[data-part]")) state.parts[node.dataset.part] = node;
  state.data = data;
  const { parts } = state;
  if (state.token !== data.token) {
    state.token = data.token;
    state.read = read(data);
    state.frame = state.read.n - 1;
    state.imageSize = "";
    parts.frame.max = String(state.frame);
    parts.plane.setAttribute("aria-label", data.alt);
  }
  parts.frame.oninput = () => { state.frame = Number(parts.frame.value); show(state); };
  parts.relief.setAttribute("aria-pressed", String(state.relief));
  parts.relief.onclick = () => {
    state.relief = !state.relief;
    parts.relief.setAttribute("aria-pressed", String(state.relief));
    show(state);
  };
  let grip = null;
  parts.plane.onpointerdown = (event) => {
    if (!state.relief) return;
    grip = { x: event.clientX, y: event.clientY, yaw: state.yaw, pitch: state.pitch };
    parts.plane.setPointerCapture(event.pointerId);
  };
  parts.plane.onpointermove = (event) => {
    if (!grip) return;
    state.yaw = grip.yaw + (event.clientX - grip.x) / 120;
    state.pitch = Math.max(0.15, Math.min(1.4, grip.pitch + (event.clientY - grip.y) / 150));
    show(state);
  };
  parts.plane.onpointerup = () => { grip = null; };
  parts.plane.onkeydown = (event) => {
    const hop = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!hop) return;
    event.preventDefault();
    if (state.relief) state.yaw += 0.2 * hop;
    else state.frame = Math.max(0, Math.min(state.read.n - 1, state.frame + hop));
    show(state);
  };
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => show(state));
  state.watcher.observe(parts.plane);
  show(state);
  return () => state.watcher.disconnect();
}
