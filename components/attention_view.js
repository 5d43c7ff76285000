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
        ["looks at", strongest(5, (key) => shown[place * size + key], size)],
        ["is looked at by", strongest(5, (query) => shown[query * size + place], size)],
      ]
    : [];
  parts.told.replaceChildren(...lists.map(([verb, found]) => {
    const row = element("div", "row");
    const name = element("span", "subject");
    name.append(element("b", "isolated", maps.tokens[place]), element("span", "place", `${place}`), ` ${verb}`);
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
