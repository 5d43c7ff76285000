// The race as it is seen: play, step and scrub one payload; nothing is asked of the server.

const kept = new WeakMap();
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function read(data) {
  const racers = data.race.racers.map((racer) => ({
    ...racer,
    colour: data.looks[racer.name].colour,
    dashed: data.looks[racer.name].dashed,
    positions: numbersOf(racer.positions),
    heights: numbersOf(racer.heights),
    losses: numbersOf(racer.losses),
    gradients: numbersOf(racer.gradients),
    rates: numbersOf(racer.rates),
    given: Object.fromEntries(Object.entries(racer.given).map(([term, text]) => [term, numbersOf(text)])),
  }));
  const heights = numbersOf(data.grid.heights);
  const sorted = Float32Array.from(heights.filter(Number.isFinite)).sort();
  const grid = {
    shape: data.grid.shape, heights, limits: bandLimits(heights),
    low: sorted[0], high: sorted[Math.floor(0.97 * (sorted.length - 1))], top: sorted[sorted.length - 1],
  };
  const nSteps = Math.max(...racers.map((racer) => racer.shape[0] - 1));
  return { racers, grid, nSteps, dim: data.race.window.length, replays: new Map() };
}

function termsOf(state, racer) {
  if (!state.read.replays.has(racer.name)) {
    const steps = replay(racer);
    let largest = 0;
    for (const row of steps) {
      for (const term of ["gradient", "velocity", "momentum"]) {
        const size = Math.hypot(...row.map((values) => (term in values ? values[term] : 0)));
        if (Number.isFinite(size)) largest = Math.max(largest, size);
      }
    }
    state.read.replays.set(racer.name, { steps, largest });
  }
  return state.read.replays.get(racer.name);
}

function focused(state) {
  const { racers } = state.read;
  return racers.find((racer) => racer.name === state.focus) ?? racers[0];
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function drawMap(state) {
  const { parts, data, read: race } = state;
  const { pen, width, height, ratio } = fit(parts.map);
  const ink = state.ink;
  const box = frameOf(width, height);
  const [across, up] = [data.race.window[0], data.race.window[1]];
  const flat = race.dim === 1;
  const levels = flat ? [race.grid.low, race.grid.top] : up;
  const pad = flat ? 0.06 * (levels[1] - levels[0] || 1) : 0;
  const seen = [levels[0] - pad, levels[1] + pad];
  const place = (x, y) => [
    clipped(box.x + ((x - across[0]) / (across[1] - across[0])) * box.width),
    clipped(box.y + box.height - ((y - seen[0]) / (seen[1] - seen[0])) * box.height),
  ];
  state.toPoint = (px, py) => {
    const point = [across[0] + ((px - box.x) / box.width) * (across[1] - across[0])];
    if (!flat) point.push(up[0] + ((box.y + box.height - py) / box.height) * (up[1] - up[0]));
    return point;
  };
  if (state.relief && !flat) return drawSide(state, pen, width, height);

  pen.save();
  pen.beginPath();
  pen.rect(box.x, box.y, box.width, box.height);
  pen.clip();
  if (flat) {
    const { heights } = race.grid;
    pen.strokeStyle = state.text;
    pen.globalAlpha = 0.6;
    pen.lineWidth = 2;
    pen.beginPath();
    heights.forEach((level, i) => {
      const x = across[0] + (i / (heights.length - 1)) * (across[1] - across[0]);
      pen.lineTo(...place(x, level));
    });
    pen.stroke();
    pen.globalAlpha = 1;
  } else {
    const size = `${box.width}x${box.height}x${ratio}x${ink.join()}`;
    if (state.imageSize !== size) {
      state.image = mapImage(race.grid, box.width, box.height, ratio, ink);
      state.imageSize = size;
    }
    pen.drawImage(state.image, box.x, box.y, box.width, box.height);
  }
  const pathOf = (racer) => {
    const points = [];
    for (let n = 0; n < racer.shape[0]; n += 1) {
      const x = racer.positions[n * race.dim];
      points.push(place(x, flat ? racer.losses[n] : racer.positions[n * race.dim + 1]));
    }
    return points;
  };
  drawMinima(state, pen, (point) => place(point[0], flat ? levelAt(race, across, point[0]) : point[1]));
  drawRacers(state, pen, pathOf, true);
  pen.restore();
  drawAxes(pen, box, across, seen, state.text);
}

function levelAt(race, across, x) {
  const { heights } = race.grid;
  const at = ((x - across[0]) / (across[1] - across[0])) * (heights.length - 1);
  const i = Math.min(Math.floor(at), heights.length - 2);
  return heights[i] + (at - i) * (heights[i + 1] - heights[i]);
}

function drawMinima(state, pen, place) {
  const { minima } = state.data.race;
  pen.font = "600 11px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  minima.forEach((point, index) => {
    const [x, y] = place(point);
    pen.fillStyle = state.paper;
    pen.strokeStyle = state.text;
    pen.lineWidth = 1.2;
    pen.beginPath();
    pen.arc(x, y, minima.length > 9 ? 3 : 8, 0, 7);
    pen.fill();
    pen.stroke();
    pen.fillStyle = state.text;
    if (minima.length <= 9) pen.fillText(String(index + 1), x, y + 0.5);
  });
}

function drawRacers(state, pen, pathOf, withTerms) {
  const main = focused(state);
  const order = state.read.racers.filter((racer) => racer !== main).concat(main);
  for (const racer of order) drawTrail(pen, pathOf(racer), state.step, racer, racer === main, state.text);
  const at = Math.min(Math.max(state.step, 1), main.shape[0] - 1) - 1;
  const { steps, largest } = termsOf(state, main);
  if (withTerms && state.arrows && at >= 0 && largest > 0) {
    const path = pathOf(main);
    drawTerms(pen, path[at], steps[at], largest, state.data.colours);
    drawArrow(pen, path[at], path[at + 1], state.data.colours.step, 3.5);
  }
}

function drawSide(state, pen, width, height) {
  const { read: race, data } = state;
  const [across, up] = data.race.window;
  const project = turn(state.yaw, state.pitch, width, height);
  race.grid.paper = state.paper;
  const size = `${width}x${height}x${state.yaw}x${state.pitch}x${state.text}`;
  if (state.reliefSize !== size) {
    const image = document.createElement("canvas");
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    image.width = width * ratio;
    image.height = height * ratio;
    const brush = image.getContext("2d");
    brush.scale(ratio, ratio);
    drawRelief(brush, race.grid, project, state.ink);
    Object.assign(state, { reliefImage: image, reliefSize: size });
  }
  pen.drawImage(state.reliefImage, 0, 0, width, height);
  const lift = (x, y, level) => {
    const [u, v] = [(x - across[0]) / (across[1] - across[0]), (y - up[0]) / (up[1] - up[0])];
    const [px, py] = project(u, v, rise(race.grid, level) + 0.015);
    return [clipped(px), clipped(py)];
  };
  drawMinima(state, pen, ([x, y]) => lift(x, y, heightAt(race.grid,
    (x - across[0]) / (across[1] - across[0]), (y - up[0]) / (up[1] - up[0]))));
  drawRacers(state, pen, (racer) => {
    const points = [];
    for (let n = 0; n < racer.shape[0]; n += 1) {
      points.push(lift(racer.positions[2 * n], racer.positions[2 * n + 1], racer.losses[n]));
    }
    return points;
  }, false);
}

function drawCurves(state) {
  const { pen, width, height } = fit(state.parts.curve);
  const box = frameOf(width, height);
  const { racers, nSteps } = state.read;
  const all = racers.flatMap((racer) => [...racer.heights]);
  const first = Math.max(...racers.map((racer) => racer.heights[0]), 1e-12);
  const top = Math.min(Math.max(...all), 3 * first) || 1;
  const positive = all.filter((one) => one > 0);
  const least = Math.max(positive.length ? Math.min(...positive) : 1e-12, 1e-12 * first);
  const scale = state.log
    ? (one) => Math.log10(Math.max(one, least))
    : (one) => Math.max(one, -0.1 * top);
  const range = state.log ? [Math.log10(least), Math.log10(top * 2)] : [0, top];
  if (range[1] - range[0] < 1e-9) range[0] -= 1;
  const place = (n, one) => [
    box.x + (n / Math.max(nSteps, 1)) * box.width,
    clipped(box.y + box.height - ((scale(one) - range[0]) / (range[1] - range[0])) * box.height),
  ];
  pen.save();
  pen.beginPath();
  pen.rect(box.x, box.y - 3, box.width, box.height + 6);
  pen.clip();
  const main = focused(state);
  for (const racer of racers.filter((one) => one !== main).concat(main)) {
    for (const [alpha, until] of [[0.25, racer.shape[0] - 1], [1, Math.min(state.step, racer.shape[0] - 1)]]) {
      pen.globalAlpha = alpha;
      pen.strokeStyle = racer.colour;
      pen.lineWidth = racer === main ? 2.6 : 1.6;
      pen.setLineDash(racer.dashed ? [5, 4] : []);
      pen.beginPath();
      for (let n = 0; n <= until; n += 1) pen.lineTo(...place(n, racer.heights[n]));
      pen.stroke();
    }
  }
  pen.setLineDash([]);
  pen.globalAlpha = 0.6;
  pen.strokeStyle = state.text;
  pen.lineWidth = 1;
  const now = place(state.step, 0)[0];
  pen.beginPath();
  pen.moveTo(now, box.y);
  pen.lineTo(now, box.y + box.height);
  pen.stroke();
  pen.restore();
  drawAxes(pen, box, [0, nSteps], range, state.text, {
    upText: state.log ? powerOfTen : shortNumber,
  });
}

function showRule(state) {
  const racer = focused(state);
  const { rule, title, parts } = { rule: racer.rule, title: racer.title, parts: state.parts };
  const step = Math.min(Math.max(state.step, 1), racer.shape[0] - 1);
  if (step < 1) {
    parts.ruleTitle.textContent = `${title}: the very first step left the numbers a computer can hold`;
    parts.rule.replaceChildren();
    return;
  }
  parts.ruleTitle.textContent = `${title}, step ${step}`;
  const rows = termsOf(state, racer).steps[step - 1];
  const colours = state.data.colours;
  const dots = {
    step: colours.step, velocity: colours.memory, momentum: colours.memory,
    square: colours.square, square_sum: colours.square,
  };
  const line = (term, formula, worked) => {
    const label = element("span", "term");
    const dot = element("span", "dot");
    if (dots[term] ?? (term === "gradient" && colours.gradient)) {
      dot.style.background = term === "gradient" ? colours.gradient : dots[term];
    }
    label.append(dot, state.data.words[term] ?? term.replace(/_/g, " "));
    const cell = element("span", "worked");
    cell.append(...worked.map((node, axis) => {
      const one = element("span");
      if (worked.length > 1) one.append(element("span", "along", "xy"[axis]));
      one.append(node);
      return one;
    }));
    const middle = element("span", "symbolic");
    middle.append(formula);
    return [label, middle, cell];
  };
  const head = ["what", "rule", "with the numbers of this step"].map((word) => element("span", "head", word));
  const slope = line("gradient", math("math", mathSymbol("gradient", rule.lines)),
    rows.map((values) => math("math", mathNumber(values.gradient))));
  const lines = rule.lines.flatMap(([term, tree]) => line(term,
    formulaSymbols(term, tree, rule.lines), rows.map((values) => formulaNumbers(term, tree, values))));
  parts.rule.replaceChildren(...head, ...slope, ...lines);
}

function show(state) {
  const { parts, read: race } = state;
  const style = getComputedStyle(parts.map);
  const text = style.getPropertyValue("--st-text-color").trim() || style.color;
  if (text !== state.text) {
    state.text = text;
    state.paper = style.getPropertyValue("--st-background-color").trim() || "#fff";
    state.ink = [...rgb(state.data.colours.ground)].slice(0, 3);
  }
  parts.range.value = String(state.step);
  for (const button of parts.legend.children) {
    // The verdict waits until the walk has been seen to its end.
    button.dataset.done = state.step >= Number(button.dataset.steps) ? "yes" : "no";
  }
  const racer = focused(state);
  const at = Math.min(state.step, racer.shape[0] - 1);
  parts.count.textContent = `step ${state.step} of ${race.nSteps}`;
  parts.range.setAttribute("aria-valuetext",
    `step ${state.step}, ${racer.title} at height ${shortNumber(racer.losses[at])}`);
  parts.play.textContent = state.timer ? "❚❚" : "▶";
  parts.play.setAttribute("aria-label", state.timer ? "Pause" : "Play");
  drawMap(state);
  drawCurves(state);
  showRule(state);
}

function pause(state) {
  cancelAnimationFrame(state.timer);
  state.timer = 0;
}

function play(state) {
  if (state.step >= state.read.nSteps) state.step = 0;
  let before = performance.now();
  let share = state.step;
  const tick = (now) => {
    if (!state.parts.map.isConnected) return pause(state);
    // A whole walk takes eight seconds at speed 1, whatever its length.
    share += ((now - before) / 8000) * state.read.nSteps * state.speed;
    before = now;
    state.step = Math.max(0, Math.min(Math.floor(share), state.read.nSteps));
    state.timer = state.step < state.read.nSteps ? requestAnimationFrame(tick) : 0;
    show(state);
  };
  state.timer = requestAnimationFrame(tick);
}

function goTo(state, step) {
  pause(state);
  state.step = Math.min(Math.max(step, 0), state.read.nSteps);
  show(state);
}

function drawLegend(state) {
  const buttons = state.read.racers.map((racer) => {
    const button = element("button", "racer");
    button.type = "button";
    const line = element("span", "swatch");
    line.style.borderTop = `4px ${racer.dashed ? "dashed" : "solid"} ${racer.colour}`;
    button.append(line, element("span", "name", racer.title), element("span", "verdict", racer.verdict));
    button.dataset.steps = String(racer.shape[0] - 1);
    button.setAttribute("aria-pressed", String(racer === focused(state)));
    button.onclick = () => {
      state.focus = racer.name;
      drawLegend(state);
      show(state);
    };
    return button;
  });
  const place = state.parts.legend;
  const hadFocus = place.contains(place.getRootNode().activeElement);
  place.replaceChildren(...buttons);
  if (hadFocus) buttons.find((one) => one.getAttribute("aria-pressed") === "true")?.focus();
}

function connect(state) {
  const { parts } = state;
  parts.play.onclick = () => {
    if (state.timer) pause(state);
    else play(state);
    show(state);
  };
  parts.back.onclick = () => goTo(state, state.step - 1);
  parts.forward.onclick = () => goTo(state, state.step + 1);
  parts.first.onclick = () => goTo(state, 0);
  parts.last.onclick = () => goTo(state, state.read.nSteps);
  parts.range.oninput = () => goTo(state, Number(parts.range.value));
  parts.speed.onchange = () => { state.speed = Number(parts.speed.value); };
  parts.log.onchange = () => { state.log = parts.log.checked; show(state); };
  parts.arrows.onchange = () => { state.arrows = parts.arrows.checked; show(state); };
  parts.relief.onclick = () => {
    state.relief = !state.relief;
    parts.relief.setAttribute("aria-pressed", String(state.relief));
    show(state);
  };
  let grip = null;
  parts.map.onpointerdown = (event) => {
    grip = { x: event.clientX, y: event.clientY, yaw: state.yaw, pitch: state.pitch };
    if (state.relief) parts.map.setPointerCapture(event.pointerId);
  };
  parts.map.onpointermove = (event) => {
    if (!grip || !state.relief) return;
    state.yaw = grip.yaw + (event.clientX - grip.x) / 120;
    state.pitch = Math.max(0.15, Math.min(1.4, grip.pitch + (event.clientY - grip.y) / 150));
    show(state);
  };
  parts.map.onpointerup = (event) => {
    const moved = grip && Math.hypot(event.clientX - grip.x, event.clientY - grip.y) > 5;
    grip = null;
    if (moved || state.relief) return;
    const frame = parts.map.getBoundingClientRect();
    const point = state.toPoint(event.clientX - frame.left, event.clientY - frame.top);
    const inside = point.every((one, axis) => {
      const [low, high] = state.data.race.window[axis];
      return one >= low && one <= high;
    });
    if (inside) state.send("start", point);
  };
  parts.map.onkeydown = (event) => {
    const hop = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!hop) return;
    event.preventDefault();
    if (state.relief) {
      state.yaw += 0.2 * hop;
      show(state);
    } else goTo(state, state.step + hop);
  };
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => show(state));
  state.watcher.observe(parts.map);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let state = kept.get(parentElement);
  if (!state) {
    state = { step: 0, speed: 1, log: true, arrows: true, relief: false, yaw: 0.6, pitch: 0.75, timer: 0 };
    kept.set(parentElement, state);
  }
  state.parts = {};
  for (const node of parentElement.querySelectorAll("[data-part]")) state.parts[node.dataset.part] = node;
  state.data = data;
  state.send = setTriggerValue;
  if (state.token !== data.token) {
    pause(state);
    state.token = data.token;
    state.imageSize = state.reliefSize = state.text = undefined;
    state.read = read(data);
    state.step = STILL ? state.read.nSteps : 0;
    state.parts.range.max = String(state.read.nSteps);
    state.parts.relief.hidden = state.read.dim === 1;
    if (state.read.dim === 1) state.relief = false;
    state.parts.relief.setAttribute("aria-pressed", String(state.relief));
    state.parts.map.setAttribute("aria-label", data.alt);
    drawLegend(state);
    if (!STILL) play(state);
  }
  connect(state);
  show(state);
  return () => {
    pause(state);
    state.watcher.disconnect();
  };
}
