// Paints heads on canvases: colours, thumbnails, lines between two rows of tokens.

function fit(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

function rgb(colour) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

const mix = (from, to, amount) => from.map((one, n) => Math.round(one + (to[n] - one) * amount));

// Colours follow the page's theme; attention is one hue that leaves the paper behind.
function readTheme(node, colours) {
  const style = getComputedStyle(node);
  const text = style.getPropertyValue("--st-text-color").trim() || "#222";
  const paper = style.getPropertyValue("--st-background-color").trim() || "#fff";
  const [ground, ink] = [rgb(paper), rgb(text)];
  const isDark = ground[0] + ground[1] + ground[2] < 384;
  const stops = isDark
    ? [mix(ground, rgb(colours.ramp[3]), 0.2), ...[4, 3, 2, 1, 0].map((n) => rgb(colours.ramp[n]))]
    : [mix(ground, rgb(colours.ramp[0]), 0.45), ...colours.ramp.map(rgb)];
  const ramp = Array.from({ length: 256 }, (_, byte) => {
    const at = (byte / 255) * (stops.length - 1);
    const stop = Math.min(Math.floor(at), stops.length - 2);
    return mix(stops[stop], stops[stop + 1], at - stop);
  });
  return {
    id: text + paper, text, paper, ramp, isDark,
    quiet: `rgba(${mix(ink, ground, 0.35)},1)`,
    faint: `rgba(${mix(ink, ground, 0.8)},1)`,
    line: rgb(isDark ? colours.ramp[2] : colours.looks),
    marked: colours.marked,
    font: style.fontFamily || "sans-serif",
  };
}

const shade = (weight) => Math.min(255, Math.round(255 * weight ** 0.65));
const SHADE_OF_BYTE = Array.from(WEIGHT, shade);

function imageOf(width, height, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(width, height);
  paint((x, y, [r, g, b]) => {
    const at = 4 * (y * width + x);
    pixels.data[at] = r;
    pixels.data[at + 1] = g;
    pixels.data[at + 2] = b;
    pixels.data[at + 3] = 255;
  });
  pen.putImageData(pixels, 0, 0);
  return canvas;
}

function atlasOf(maps, thumbnails, theme) {
  const { side, bytes } = thumbnails;
  return imageOf(maps.heads * side, maps.layers * side, (dot) => {
    let at = 0;
    for (let layer = 0; layer < maps.layers; layer += 1) {
      for (let head = 0; head < maps.heads; head += 1) {
        for (let row = 0; row < side; row += 1) {
          for (let column = 0; column < side; column += 1, at += 1) {
            if (maps.causal && column > row) continue;
            dot(head * side + column, layer * side + row, theme.ramp[SHADE_OF_BYTE[bytes[at]]]);
          }
        }
      }
    }
  });
}

function matrixImage(maps, shown, theme) {
  const { size } = maps;
  return imageOf(size, size, (dot) => {
    for (let query = 0; query < size; query += 1) {
      const last = maps.causal ? query : size - 1;
      for (let key = 0; key <= last; key += 1) dot(key, query, theme.ramp[shade(shown[query * size + key])]);
    }
  });
}

const GUTTER = { left: 24, top: 16, gap: 2 };

// How large a thumbnail is, so that all heads stand in the given width.
function overviewShape(maps, width, height) {
  const room = Math.min((width - GUTTER.left) / maps.heads, (height - GUTTER.top) / maps.layers);
  const cell = Math.max(13, Math.min(44, Math.floor(room)));
  return {
    cell,
    width: GUTTER.left + cell * maps.heads + 2,
    height: GUTTER.top + cell * maps.layers + 2,
  };
}

function drawOverview(pen, maps, atlas, side, shape, theme, settings, hovered) {
  const { cell } = shape;
  const inner = cell - GUTTER.gap;
  pen.fillStyle = theme.quiet;
  pen.font = `${Math.min(11, cell - 3)}px ${theme.font}`;
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  for (let head = 0; head < maps.heads; head += 1) {
    pen.fillText(String(head), GUTTER.left + cell * (head + 0.5), GUTTER.top / 2);
  }
  pen.textAlign = "right";
  const place = (layer, head) => [GUTTER.left + head * cell + 1, GUTTER.top + layer * cell + 1];
  pen.imageSmoothingEnabled = false;
  for (let layer = 0; layer < maps.layers; layer += 1) {
    pen.fillText(String(layer), GUTTER.left - 5, GUTTER.top + cell * (layer + 0.5));
    for (let head = 0; head < maps.heads; head += 1) {
      pen.drawImage(atlas, head * side, layer * side, side, side, ...place(layer, head), inner, inner);
    }
  }
  const outline = (layer, head, width, colour) => {
    const [x, y] = place(layer, head);
    pen.lineWidth = width;
    pen.strokeStyle = colour;
    pen.strokeRect(x - 1, y - 1, inner + 2, inner + 2);
  };
  if (hovered) outline(hovered.layer, hovered.head, 1.5, theme.text);
  if (settings.scope === "layer") {
    pen.lineWidth = 2.5;
    pen.strokeStyle = theme.marked;
    pen.strokeRect(GUTTER.left, GUTTER.top + settings.layer * cell, cell * maps.heads, cell);
  } else outline(settings.layer, settings.head, 2.5, theme.marked);
}

function clip(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  const signs = [...text];
  while (signs.length > 1 && pen.measureText(`${signs.join("")}…`).width > room) signs.pop();
  return `${signs.join("")}…`;
}

// Where tokens stand in the line picture; `across` puts the two rows one above the other.
function lineShape(pen, maps, view, settings, zoom, theme) {
  pen.font = `13px ${theme.font}`;
  const widths = maps.tokens.map((token) => Math.min(150, pen.measureText(token).width));
  const { size } = maps;
  if (settings.across) {
    const starts = [];
    const total = widths.reduce((sum, width) => sum + width, 0);
    const gap = Math.max(5, Math.min(14, (view.width - total - 12) / size));
    let x = 6;
    for (const width of widths) {
      starts.push(x);
      x += Math.max(width * Math.min(zoom, 1) + gap, 10 + gap) * Math.max(zoom, 1);
    }
    const spare = Math.max(0, view.width - x - 4) / 2;
    const ends = [...starts.slice(1), x];
    return {
      kind: "lines", across: true, width: Math.max(x + 4, view.width), height: view.height,
      low: 34, high: view.height - 34,
      centre: (place) => spare + (starts[place] + ends[place]) / 2,
      room: (place) => ends[place] - starts[place] - 3,
      at: (spot) => ends.findIndex((end) => spot - spare < end),
      first: spare + starts[0],
    };
  }
  const step = Math.max(17, Math.min(28, (view.height - 12) / size)) * zoom;
  const column = Math.min(Math.max(...widths) + 18, view.width * 0.36);
  const top = Math.max(6, (view.height - step * size) / 2);
  return {
    kind: "lines", across: false, width: view.width, height: Math.max(step * size + 12, view.height),
    low: column, high: view.width - column, step, top,
    centre: (place) => top + step * (place + 0.5),
    room: () => column - 12,
    at: (spot) => Math.floor((spot - top) / step),
    first: top,
  };
}

function drawLine(pen, shape, query, key, colour, weight) {
  const { low, high, across } = shape;
  const [from, to] = [shape.centre(query), shape.centre(key)];
  const bend = (high - low) * 0.4;
  pen.strokeStyle = `rgba(${colour},${Math.min(1, 0.06 + 0.94 * weight ** 0.6)})`;
  pen.lineWidth = 0.75 + 3.5 * weight;
  pen.beginPath();
  if (across) {
    pen.moveTo(from, low);
    pen.bezierCurveTo(from, low + bend, to, high - bend, to, high);
  } else {
    pen.moveTo(low, from);
    pen.bezierCurveTo(low + bend, from, high - bend, to, high, to);
  }
  pen.stroke();
}

function drawTokens(pen, shape, maps, theme, shades, view) {
  const { across, low, high } = shape;
  pen.textBaseline = "middle";
  pen.textAlign = across ? "center" : "right";
  for (const side of [0, 1]) {
    for (let place = 0; place < maps.size; place += 1) {
      const centre = shape.centre(place);
      const along = centre - (across ? view.x : view.y);
      if (along < -80 || along > (across ? view.width : view.height) + 80) continue;
      const room = shape.room(place);
      const text = clip(pen, maps.tokens[place], room);
      const { weight, marked } = shades(side, place);
      const box = across
        ? [centre - room / 2 - 1, side ? high + 4 : low - 26, room + 2, 22]
        : [side ? high + 3 : low - room - 9, centre - Math.min(11, shape.step / 2), room + 6, Math.min(22, shape.step)];
      if (weight > 0.004) {
        const [r, g, b] = theme.line;
        pen.fillStyle = `rgba(${r},${g},${b},${0.08 + 0.55 * weight ** 0.7})`;
        pen.fillRect(...box);
      }
      if (marked) {
        pen.strokeStyle = theme.marked;
        pen.lineWidth = 2;
        pen.strokeRect(...box);
      }
      pen.fillStyle = theme.text;
      pen.globalAlpha = weight === null ? 0.45 : 1;
      if (across) pen.fillText(text, centre, side ? high + 15 : low - 15);
      else {
        pen.textAlign = side ? "left" : "right";
        pen.fillText(text, side ? high + 6 : low - 6, centre);
      }
      pen.globalAlpha = 1;
    }
  }
}
