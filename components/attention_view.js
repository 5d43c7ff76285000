// The attention of a model as it is touched: hover a token, pick a head, open a cell.

const kept = new WeakMap();
const NOTHING = { query: null, key: null };

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function shapeOf(pen, state, view) {
  return state.settings.drawing === "matrix"
    ? matrixShape(pen, state.maps, view, state.zoom, state.theme)
    : lineShape(pen, state.maps, view, state.settings, state.zoom, state.theme);
}

function paint(pen, shape, view, state) {
  const { maps, shown, theme, settings } = state;
  const active = state.hover;
  if (!shown) {
    pen.fillStyle = theme.quiet;
    pen.font = `14px ${theme.font}`;
    pen.textAlign = "center";
    pen.fillText("Fetching this layer…", view.x + view.width / 2, view.y + view.height / 2);
    return;
  }
  if (shape.kind === "matrix") {
    state.image ??= matrixImage(maps, shown, theme);
    drawMatrix(pen, shape, maps, state.image, theme, view, active, settings);
    return;
  }
  const { size } = maps;
  const weight = (query, key) => shown[query * size + key];
  const colour = theme.line.join();
  pen.font = `${shape.across || shape.step >= 17 ? 13 : 11}px ${theme.font}`;
  const places = Array.from({ length: size }, (_, place) => place);
  if (active.query !== null) {
    places.forEach((key) => weight(active.query, key) > 0.003 && drawLine(pen, shape, active.query, key, colour, weight(active.query, key)));
  } else if (active.key !== null) {
    places.forEach((query) => weight(query, active.key) > 0.003 && drawLine(pen, shape, query, active.key, colour, weight(query, active.key)));
  } else {
    state.lines ??= strongLines(shown, size);
    // A thousand lines to one token would be a solid wall.
    pen.globalAlpha = Math.max(0.1, Math.min(0.85, 8 / Math.sqrt(state.lines.length + 1)));
    for (const [query, key] of state.lines) drawLine(pen, shape, query, key, colour, weight(query, key));
    pen.globalAlpha = 1;
    drawLine(pen, shape, settings.query, settings.key, rgb(theme.marked).join(), Math.max(0.25, weight(settings.query, settings.key)));
  }
  drawTokens(pen, shape, maps, theme, (side, place) => {
    const marked = place === (side ? settings.key : settings.query);
    if (active.query !== null) return { weight: side ? weight(active.query, place) : place === active.query ? 0.3 : null, marked };
    if (active.key !== null) return { weight: side ? (place === active.key ? 0.3 : null) : weight(place, active.key), marked };
    return { weight: 0, marked };
  }, view);
}

function draw(state) {
  const { parts } = state;
  const began = performance.now();
  const { scroller, main } = parts;
  const view = { x: 0, y: 0, width: scroller.clientWidth, height: scroller.clientHeight };
  if (!state.maps || view.width < 40) return;
  const theme = readThemeOnce(state);
  const shapeKey = [view.width, view.height, state.zoom, state.settings.drawing, state.settings.across, state.token, theme.id].join();
  if (state.shapeKey !== shapeKey) {
    state.shapeKey = shapeKey;
    state.shape = shapeOf(main.getContext("2d"), state, view);
    parts.space.style.width = `${Math.max(state.shape.width, 10)}px`;
    parts.space.style.height = `${Math.max(state.shape.height, 10)}px`;
  }
  const inner = { ...view, width: scroller.clientWidth, height: scroller.clientHeight };
  Object.assign(inner, { x: scroller.scrollLeft, y: scroller.scrollTop });
  state.view = inner;
  const pen = fit(main, inner.width, inner.height);
  pen.translate(-inner.x, -inner.y);
  paint(pen, state.shape, inner, state);
  const took = performance.now() - began;
  parts.root.dataset.drawMs = took.toFixed(1);
}

function readThemeOnce(state) {
  const style = getComputedStyle(state.parts.root);
  const id = style.getPropertyValue("--st-text-color").trim() + style.getPropertyValue("--st-background-color").trim();
  if (state.theme?.id !== id) {
    state.theme = { ...readTheme(state.parts.root, state.maps.colours), id };
    state.image = state.atlas = undefined;
  }
  return state.theme;
}

function drawHeads(state) {
  const { maps, parts, settings } = state;
  if (!maps || parts.heads.clientWidth < 40) return;
  const theme = readThemeOnce(state);
  state.thumbnails ??= thumbnailBytes(maps);
  state.atlas ??= atlasOf(maps, state.thumbnails, theme);
  const isWide = parts.heads.clientHeight > 380;
  state.overview = overviewShape(maps, parts.heads.clientWidth - 2, isWide ? parts.heads.clientHeight - 4 : 1e6);
  const pen = fit(parts.overview, state.overview.width, state.overview.height);
  const side = Math.round((state.overview.cell - GUTTER.gap) * (parts.overview.width / state.overview.width));
  if (state.small?.asked !== side || state.small.atlas !== state.atlas) {
    const few = pooled(state.thumbnails, side);
    state.small = { asked: side, atlas: state.atlas, side: few.side, image: atlasOf(maps, few, theme) };
  }
  drawOverview(pen, maps, state.small.image, state.small.side, state.overview, theme, settings, state.hoveredHead);
  parts.overview.setAttribute("aria-label",
    `${maps.layers} layers of ${maps.heads} heads, one small matrix each; chosen: ${headTitle(state)}`);
}

function refresh(state) {
  state.shown = shownWeights(state.maps, state.settings);
  state.image = state.lines = undefined;
  drawHeads(state);
  draw(state);
  tell(state);
  pressed(state);
}

function soon(state) {
  if (state.frame) return;
  state.frame = requestAnimationFrame(() => {
    state.frame = 0;
    draw(state);
    tell(state);
  });
}

// Says in words what the picture shows of one token: what it looks at, and who looks at it.
function tell(state) {
  const { maps, parts, settings, shown } = state;
  const { size } = maps;
  parts.title.textContent = headTitle(state);
  const place = state.hover.query ?? state.hover.key ?? settings.query;
  const lists = shown
    ? [
        ["looks at", strongest(6, (key) => shown[place * size + key], size)],
        ["is looked at by", strongest(6, (query) => shown[query * size + place], size)],
      ]
    : [];
  parts.told.replaceChildren(...lists.map(([verb, found]) => {
    const row = element("div", "row");
    const name = element("span", "subject");
    name.append(element("b", "", maps.tokens[place]), element("span", "place", `${place}`), ` ${verb}`);
    row.append(name, ...found.map(([other, weight]) => {
      const chip = element("span", "chip");
      chip.append(element("span", "", maps.tokens[other]), element("span", "weight", share(weight)));
      const [r, g, b] = state.theme.line;
      chip.style.background = `rgba(${r},${g},${b},${0.06 + 0.5 * weight})`;
      return chip;
    }));
    if (!found.length) row.append(element("span", "place", "nothing that is shown"));
    return row;
  }));
  const weight = shown ? share(shown[settings.query * size + settings.key]) : "";
  parts.main.setAttribute("aria-label",
    `${maps.alt}, ${headTitle(state)}. Chosen: ${maps.tokens[settings.query]} (token ${settings.query}) looks at `
    + `${maps.tokens[settings.key]} (token ${settings.key}) with ${weight}`);
  tip(state);
}

function tip(state) {
  const { maps, parts, hover, shown } = state;
  const { size } = maps;
  const isCell = shown && hover.query !== null && hover.key !== null;
  parts.tip.hidden = !isCell;
  if (!isCell) return;
  const isHidden = maps.causal && hover.key > hover.query;
  parts.tip.textContent = `${maps.tokens[hover.query]} → ${maps.tokens[hover.key]}  `
    + (isHidden ? "hidden by the mask" : share(shown[hover.query * size + hover.key]));
  const frame = parts.stage.getBoundingClientRect();
  const [x, y] = [state.pointer.x - frame.left, state.pointer.y - frame.top];
  const room = frame.width - parts.tip.offsetWidth - 8;
  parts.tip.style.left = `${Math.max(4, Math.min(x + 14, room))}px`;
  parts.tip.style.top = `${Math.max(2, y - 38)}px`;
}

function pressed(state) {
  const { settings, parts, maps } = state;
  for (const button of parts.root.querySelectorAll("[data-set]")) {
    const [name, value] = button.dataset.set.split("=");
    button.setAttribute("aria-pressed", String(String(settings[name]) === value));
  }
  parts.turning.hidden = settings.drawing === "matrix";
  parts.sink.checked = settings.sink;
  parts.sinkLabel.hidden = !maps.sinks.length;
  parts.sinkText.textContent = maps.causal ? "hide the first token" : "hide special tokens";
  parts.part.value = settings.part;
  parts.part.hidden = !maps.segments.includes(1);
}

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

async function receive(state, bytes, began) {
  const parcel = readHeader(bytes);
  const { header } = parcel;
  if (state.parcelId !== header.id) {
    state.parcelId = header.id;
    const maps = await readMaps(header, parcel.parts);
    if (state.parcelId !== header.id) return; // a newer parcel came while this one was opened
    Object.assign(state, { maps, parcel, token: header.id, shapeKey: null, hover: NOTHING, hoveredHead: null });
    state.thumbnails = state.atlas = state.theme = undefined;
  }
  const isTold = state.nonce !== header.told.nonce;
  if (isTold) {
    const { nonce, ...settings } = header.told;
    Object.assign(state, { nonce, settings });
  }
  state.parts.heads.hidden = !header.hasOverview;
  connect(state);
  refresh(state);
  if (isTold) bringIntoView(state);
  state.parts.root.dataset.paintMs ??= (performance.now() - began).toFixed(1);
  state.parts.root.dataset.ready = header.id;
}

function mount({ data, parentElement, setTriggerValue }, save) {
  const began = performance.now();
  let state = kept.get(parentElement);
  if (!state) {
    state = { zoom: 1, hover: NOTHING, settings: {}, pointer: { x: 0, y: 0 } };
    kept.set(parentElement, state);
  }
  state.parts = {};
  for (const node of parentElement.querySelectorAll("[data-part]")) state.parts[node.dataset.part] = node;
  state.send = setTriggerValue;
  state.savePage = save;
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  receive(state, bytes, began).catch((problem) => {
    state.parts.told.textContent = `This browser cannot draw the attention: ${problem.message}`;
  });
  return () => state.watcher?.disconnect();
}
