// Paints the matrix of a head: one cell per pair of tokens, names in the margins.

function matrixShape(pen, maps, view, zoom, theme) {
  pen.font = `12px ${theme.font}`;
  const widest = Math.min(110, Math.max(...maps.tokens.map((token) => pen.measureText(token).width)) + 10);
  const { size } = maps;
  const bare = Math.min(view.width - 20, view.height - 20) / size;
  const named = Math.min(view.width - widest - 4, view.height - widest - 4) / size;
  const cell = Math.max(2, Math.min(40, named >= 11 ? named : bare)) * zoom;
  const gutter = cell >= 11 ? widest : 18;
  return {
    kind: "matrix", cell, gutter, isNamed: cell >= 11,
    width: gutter + cell * size + 2, height: gutter + cell * size + 2,
  };
}

function drawMatrix(pen, shape, maps, image, theme, view, active, pinned) {
  const { cell, gutter } = shape;
  const { size } = maps;
  pen.save();
  pen.beginPath();
  pen.rect(view.x + gutter, view.y + gutter, view.width, view.height);
  pen.clip();
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, gutter, gutter, cell * size, cell * size);
  if (cell >= 9) {
    pen.strokeStyle = theme.paper;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let n = 1; n < size; n += 1) {
      pen.moveTo(gutter + n * cell, gutter);
      pen.lineTo(gutter + n * cell, gutter + size * cell);
      pen.moveTo(gutter, gutter + n * cell);
      pen.lineTo(gutter + size * cell, gutter + n * cell);
    }
    pen.stroke();
  }
  const frame = (query, key, colour, width) => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.strokeRect(gutter + key * cell, gutter + query * cell, cell, cell);
  };
  if (active.query !== null) {
    pen.strokeStyle = theme.text;
    pen.lineWidth = 1;
    pen.globalAlpha = cell < 6 ? 0.4 : 1;
    pen.strokeRect(gutter, gutter + active.query * cell, size * cell, cell);
    if (active.key !== null) pen.strokeRect(gutter + active.key * cell, gutter, cell, size * cell);
    pen.globalAlpha = 1;
  }
  frame(pinned.query, pinned.key, theme.marked, 2.5);
  pen.restore();
  drawMatrixNames(pen, shape, maps, theme, view, active, pinned);
}

function drawMatrixNames(pen, shape, maps, theme, view, active, pinned) {
  const { cell, gutter } = shape;
  pen.font = `${Math.min(12, cell - 1)}px ${theme.font}`;
  pen.textBaseline = "middle";
  const name = (place, kind) => {
    const isActive = active[kind] === place || pinned[kind] === place;
    if (!shape.isNamed && !isActive) return null;
    pen.fillStyle = active[kind] === place ? theme.text : pinned[kind] === place ? theme.marked : theme.quiet;
    return shape.isNamed ? clip(pen, maps.tokens[place], gutter - 8) : "▸";
  };
  for (let place = 0; place < maps.size; place += 1) {
    const along = gutter + (place + 0.5) * cell;
    const row = along - view.y > gutter - cell && name(place, "query");
    if (row) {
      pen.textAlign = "right";
      pen.fillText(row, view.x + gutter - 5, along);
    }
    const column = along - view.x > gutter - cell && name(place, "key");
    if (column) {
      pen.save();
      pen.translate(along, view.y + gutter - 5);
      pen.rotate(shape.isNamed ? -Math.PI / 2 : Math.PI / 2);
      pen.textAlign = shape.isNamed ? "left" : "right";
      pen.fillText(column, 0, 0);
      pen.restore();
    }
  }
}
