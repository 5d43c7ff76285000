// What a pointer or the keyboard does: hover, pick a token, a cell or a head, save.

function change(state, changed) {
  Object.assign(state.settings, changed);
  refresh(state);
  clearTimeout(state.reporting);
  // Arrow keys held down are told once, at the end.
  state.reporting = setTimeout(() => state.send("picked", { ...state.settings }), 160);
}

// The token or the cell under the pointer.
function hit(state, event) {
  const { shape, view, maps } = state;
  if (!shape || !state.shown) return NOTHING;
  const frame = state.parts.main.getBoundingClientRect();
  const x = event.clientX - frame.left + view.x;
  const y = event.clientY - frame.top + view.y;
  const inside = (place) => (place >= 0 && place < maps.size ? place : null);
  if (shape.kind === "matrix") {
    const query = inside(Math.floor((y - shape.gutter) / shape.cell));
    const key = inside(Math.floor((x - shape.gutter) / shape.cell));
    if (x - view.x < shape.gutter) return { query, key: null };
    if (y - view.y < shape.gutter) return { query: null, key };
    return query === null || key === null ? NOTHING : { query, key };
  }
  const [depth, along] = shape.across ? [y, x] : [x, y];
  const place = inside(shape.at(along));
  if (depth < shape.low + 14) return { query: place, key: null };
  return depth > shape.high - 14 ? { query: null, key: place } : NOTHING;
}

function pick(state, spot) {
  const { size } = state.maps;
  if (spot.query !== null && spot.key !== null) return change(state, spot);
  if (spot.query !== null) {
    const best = strongest(1, (key) => state.shown[spot.query * size + key], size)[0];
    return change(state, { query: spot.query, key: best ? best[0] : spot.query });
  }
  return spot.key === null ? undefined : change(state, { key: spot.key });
}

function bringIntoView(state) {
  const { shape, settings, parts, view } = state;
  if (!shape || !view) return;
  const centre = (place) => (shape.kind === "matrix" ? shape.gutter + (place + 0.5) * shape.cell : shape.centre(place));
  const along = (name, spot, start, room) => {
    const lead = shape.kind === "matrix" ? shape.gutter : 0;
    if (spot < start + lead + 20 || spot > start + room - 20) parts.scroller[name] = spot - (room + lead) / 2;
  };
  if (shape.kind === "matrix" || !shape.across) along("scrollTop", centre(settings.query), view.y, view.height);
  if (shape.kind === "matrix") along("scrollLeft", centre(settings.key), view.x, view.width);
  else if (shape.across) along("scrollLeft", centre(settings.query), view.x, view.width);
}

function headAt(state, event) {
  const frame = state.parts.overview.getBoundingClientRect();
  const head = Math.floor((event.clientX - frame.left - GUTTER.left) / state.overview.cell);
  const layer = Math.floor((event.clientY - frame.top - GUTTER.top) / state.overview.cell);
  const { maps } = state;
  return head >= 0 && head < maps.heads && layer >= 0 && layer < maps.layers ? { layer, head } : null;
}

// A small square under the pointer is shown large beside it.
function showLens(state) {
  const { parts, thumbnails, hoveredHead, theme } = state;
  parts.lens.hidden = !hoveredHead;
  if (!hoveredHead) return;
  const { side } = thumbnails;
  const pen = fit(parts.lensImage, 150, 150);
  pen.imageSmoothingEnabled = false;
  pen.fillStyle = theme.paper;
  pen.fillRect(0, 0, 150, 150);
  pen.drawImage(state.atlas, hoveredHead.head * side, hoveredHead.layer * side, side, side, 0, 0, 150, 150);
  parts.lensName.textContent = `layer ${hoveredHead.layer} · head ${hoveredHead.head}`;
  const frame = parts.stage.getBoundingClientRect();
  const x = state.pointer.x - frame.left + 18;
  const y = Math.min(Math.max(state.pointer.y - frame.top - 80, 0), frame.height - 182);
  parts.lens.style.left = `${Math.min(x, frame.width - 170)}px`;
  parts.lens.style.top = `${y}px`;
}

function connectHeads(state) {
  const { overview } = state.parts;
  overview.onpointermove = (event) => {
    if (!state.overview || event.pointerType === "touch") return;
    state.pointer = { x: event.clientX, y: event.clientY };
    state.hoveredHead = headAt(state, event);
    drawHeads(state);
    showLens(state);
  };
  overview.onpointerleave = () => {
    state.hoveredHead = null;
    if (state.maps) drawHeads(state);
    state.parts.lens.hidden = true;
  };
  overview.onclick = (event) => {
    const found = state.overview && headAt(state, event);
    if (found) change(state, { ...found, scope: "head" });
  };
  overview.onkeydown = (event) => {
    const hop = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!hop || !state.maps) return;
    event.preventDefault();
    const within = (place, count) => Math.min(Math.max(place, 0), count - 1);
    change(state, {
      layer: within(state.settings.layer + hop[0], state.maps.layers),
      head: within(state.settings.head + hop[1], state.maps.heads),
      scope: "head",
    });
  };
}

function connect(state) {
  const { parts } = state;
  parts.scroller.onscroll = () => soon(state);
  parts.main.onpointermove = (event) => {
    if (!state.maps || event.pointerType === "touch") return;
    state.pointer = { x: event.clientX, y: event.clientY };
    const found = hit(state, event);
    const isSame = found.query === state.hover.query && found.key === state.hover.key;
    state.hover = found;
    if (!isSame) soon(state);
    else if (!parts.tip.hidden) tip(state);
  };
  parts.main.onpointerleave = () => {
    state.hover = NOTHING;
    if (state.maps) soon(state);
  };
  parts.main.onclick = (event) => {
    if (!state.maps) return;
    state.pointer = { x: event.clientX, y: event.clientY };
    pick(state, hit(state, event));
  };
  parts.scroller.onkeydown = (event) => {
    const hop = { ArrowUp: ["query", -1], ArrowDown: ["query", 1], ArrowLeft: ["key", -1], ArrowRight: ["key", 1] }[event.key];
    if (!hop || !state.maps) return;
    event.preventDefault();
    const [name, step] = hop;
    state.hover = NOTHING;
    change(state, { [name]: Math.min(Math.max(state.settings[name] + step, 0), state.maps.size - 1) });
    bringIntoView(state);
  };
  for (const button of parts.root.querySelectorAll("[data-set]")) {
    button.onclick = () => {
      const [name, value] = button.dataset.set.split("=");
      change(state, { [name]: value === "true" ? true : value === "false" ? false : value });
    };
  }
  parts.sink.onchange = () => change(state, { sink: parts.sink.checked });
  parts.part.onchange = () => change(state, { part: parts.part.value });
  parts.zoom.oninput = () => {
    state.zoom = 2 ** Number(parts.zoom.value);
    draw(state);
    bringIntoView(state);
  };
  parts.png.onclick = () => saveImage(state);
  parts.page.hidden = !state.savePage;
  parts.page.onclick = () => state.savePage(state);
  connectHeads(state);
  state.watcher?.disconnect();
  state.watcher = new ResizeObserver(() => {
    drawHeads(state);
    draw(state);
  });
  state.watcher.observe(parts.scroller);
  state.watcher.observe(parts.heads);
}
