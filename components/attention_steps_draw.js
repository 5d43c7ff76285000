// Matrices on canvases: one cell per number, coloured by its size, with the number where it fits.

const GAP = 22;
const NAMES = "10px sans-serif";
const FULL_NUMBERS = 27; // pixels a cell needs to carry its number

function arrayOf(parcel) {
  const bytes = Uint8Array.from(atob(parcel.values), (sign) => sign.charCodeAt(0));
  const values = new Float32Array(bytes.buffer);
  const [heads, rows, cols] = parcel.shape;
  return { heads, rows, cols, at: (head, row, col) => values[(Math.min(head, heads - 1) * rows + row) * cols + col] };
}

function cellText(value, isTight, isFine) {
  if (value === -Infinity) return "−∞";
  const size = Math.abs(value);
  if (isFine && size > 0 && size < 0.005) return value.toExponential(0).replace(/-/g, "−");
  const places = size >= 100 ? 0 : size >= 10 || (isTight && value <= -1) ? 1 : 2;
  let text = value.toFixed(places);
  if (places) text = text.replace(/\.?0+$/, "");
  if (isTight && value < 0) text = text.replace("-0.", "-.");
  return (text === "-0" ? "0" : text).replace("-", "−");
}

function shorten(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  const signs = [...text];
  while (signs.length > 1 && pen.measureText(`${signs.join("")}…`).width > width) signs.pop();
  return `${signs.join("")}…`;
}

// Two shorter lines where one would be too narrow for its numbers, and again where those are.
function splitLine(matrices, width) {
  const need = matrices.reduce((sum, one) => sum + GAP + 2 + one.cols * (one.cols > 16 ? 3 : FULL_NUMBERS), 62);
  if (need <= width || matrices.length < 2) return [matrices];
  const half = Math.ceil(matrices.length / 2);
  return [...splitLine(matrices.slice(0, half), width), ...splitLine(matrices.slice(half), width)];
}

// How wide the cells of a line of matrices may be, so that the line fits and numbers stay readable.
function fitLine(matrices, width) {
  const pen = document.createElement("canvas").getContext("2d");
  const gutter = matrices.reduce((sum, one) => sum + one.gutter, 0);
  const small = matrices.filter((one) => one.cols <= 16);
  const wide = matrices.filter((one) => one.cols > 16 && !one.square);
  const square = matrices.filter((one) => one.cols > 16 && one.square);
  const gaps = (GAP + 2) * matrices.length + gutter;
  const count = (some) => some.reduce((sum, one) => sum + one.cols, 0);
  const thin = Math.max(2, Math.min(5, Math.floor(((wide.length === matrices.length ? width - gaps : width * 0.3) / Math.max(1, count(wide))))));
  const rest = width - gaps - thin * count(wide);
  const cell = Math.floor(rest / Math.max(1, count(small) + count(square)));
  for (const one of matrices) {
    const alone = Math.floor((width - one.gutter - 4) / one.cols);
    if (wide.includes(one)) one.cw = Math.max(2, Math.min(thin, alone));
    else if (square.includes(one)) one.cw = Math.max(6, Math.min(cell, 26, 1.6 * (one.ch ?? 16), alone));
    else one.cw = Math.max(9, Math.min(Math.max(cell, FULL_NUMBERS), 46, alone));
    one.top = headHeight(pen, one);
  }
}

function headHeight(pen, matrix) {
  if (!matrix.colNames) return 4;
  pen.font = NAMES;
  const widest = Math.max(...matrix.colNames.map((name) => pen.measureText(name).width));
  matrix.turned = widest > matrix.cw + 4;
  return matrix.turned ? Math.min(58, 0.72 * Math.min(widest, 66) + 12) : 15;
}

function hueOf(matrix, value, colours) {
  if (matrix.kind === "share") return [colours.share, Math.min(1, value) ** 0.75];
  return [value < 0 ? colours.negative : colours.positive, 0.88 * Math.min(1, Math.abs(value) / matrix.largest)];
}

// A table is drawn once; pointing at a cell only puts other marks on the finished picture.
function drawMatrix(matrix, look, marks) {
  const key = JSON.stringify(marks);
  if (matrix.drawn === key) return;
  matrix.drawn = key;
  const { canvas } = matrix;
  const pen = canvas.getContext("2d");
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = matrix.gutter + matrix.cols * matrix.cw + 2 + (matrix.turned ? GAP : 0);
  const height = matrix.top + matrix.rows * matrix.ch + 3;
  if (matrix.turned) canvas.dataset.turned = "";
  else delete canvas.dataset.turned;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  if (!matrix.picture) {
    matrix.picture = document.createElement("canvas");
    matrix.picture.width = canvas.width;
    matrix.picture.height = canvas.height;
    const brush = matrix.picture.getContext("2d");
    brush.scale(ratio, ratio);
    brush.textBaseline = "middle";
    drawNames(brush, matrix, look);
    drawCells(brush, matrix, look);
  }
  pen.drawImage(matrix.picture, 0, 0);
  pen.scale(ratio, ratio);
  for (const mark of marks) drawMark(pen, matrix, mark, look);
}

function drawCells(pen, matrix, look) {
  const fits = matrix.cw >= FULL_NUMBERS && matrix.ch >= 17;
  const gap = matrix.cw >= 9 ? 1 : 0;
  const isFine = matrix.say === "change" && matrix.id === "change";
  pen.font = `${matrix.cw >= 34 ? 12 : 10.5}px ${look.mono}`;
  pen.textAlign = "center";
  for (let row = 0; row < matrix.rows; row += 1) {
    for (let col = 0; col < matrix.cols; col += 1) {
      const value = matrix.at(row, col);
      const [x, y] = [matrix.gutter + col * matrix.cw, matrix.top + row * matrix.ch];
      pen.globalAlpha = 1;
      pen.fillStyle = look.ground;
      pen.fillRect(x, y, matrix.cw - gap, matrix.ch - 1);
      const isHidden = value === -Infinity || (matrix.hidden && matrix.hidden(row, col));
      const [hue, strength] = isHidden ? [look.ground, 0] : hueOf(matrix, value, look.colours);
      pen.globalAlpha = strength;
      pen.fillStyle = hue;
      pen.fillRect(x, y, matrix.cw - gap, matrix.ch - 1);
      if (isHidden && !fits) {
        pen.fillStyle = look.text;
        pen.globalAlpha = 0.16;
        pen.fillRect(x + matrix.cw / 2 - 1, y + matrix.ch / 2 - 1, 2, 2);
      }
      if (fits) {
        pen.globalAlpha = isHidden ? 0.4 : 1;
        pen.fillStyle = strength > 0.52 ? "#ffffff" : look.text;
        pen.fillText(cellText(value, matrix.cw < 40, isFine), x + (matrix.cw - gap) / 2, y + matrix.ch / 2 + 0.5);
      }
    }
  }
  pen.globalAlpha = 1;
}

function drawNames(pen, matrix, look) {
  pen.fillStyle = look.text;
  pen.globalAlpha = 0.85;
  pen.font = `${Math.min(12, matrix.ch)}px sans-serif`;
  pen.textAlign = "right";
  if (matrix.gutter) {
    matrix.rowNames.forEach((name, row) => {
      pen.fillText(shorten(pen, name, matrix.gutter - 8), matrix.gutter - 6, matrix.top + (row + 0.5) * matrix.ch);
    });
  }
  if (!matrix.colNames) return;
  pen.font = NAMES;
  const every = matrix.turned ? Math.ceil(11 / matrix.cw) : 1;
  matrix.colNames.forEach((name, col) => {
    if (col % every) return;
    const x = matrix.gutter + (col + 0.5) * matrix.cw;
    pen.save();
    pen.translate(x, matrix.top - (matrix.turned ? 5 : 8));
    if (matrix.turned) pen.rotate(-0.8);
    pen.textAlign = matrix.turned ? "left" : "center";
    pen.fillText(shorten(pen, name, matrix.turned ? 66 : matrix.cw + 4), 0, 0);
    pen.restore();
  });
}

function drawMark(pen, matrix, mark, look) {
  const from = { row: mark.row ?? 0, col: mark.col ?? mark.from ?? 0 };
  const to = { row: mark.row ?? matrix.rows - 1, col: mark.col ?? mark.to ?? matrix.cols - 1 };
  pen.strokeStyle = look.colours[mark.hue];
  pen.lineWidth = mark.hue === "chosen" ? 2.5 : 2;
  if (mark.faint) pen.setLineDash([3, 3]);
  pen.strokeRect(
    matrix.gutter + from.col * matrix.cw - 0.5, matrix.top + from.row * matrix.ch - 0.5,
    (to.col - from.col + 1) * matrix.cw, (to.row - from.row + 1) * matrix.ch,
  );
  pen.setLineDash([]);
}

function cellAt(matrix, event) {
  const frame = matrix.canvas.getBoundingClientRect();
  const col = Math.floor((event.clientX - frame.left - matrix.gutter) / matrix.cw);
  const row = Math.floor((event.clientY - frame.top - matrix.top) / matrix.ch);
  const inside = row >= 0 && row < matrix.rows && col >= 0 && col < matrix.cols;
  return inside ? { id: matrix.id, row, col } : null;
}

// Let the arithmetic float at the lower edge of the screen while its cell stays in view above it.
function floatBelow(say, matrix, cell) {
  say.classList.remove("floating");
  if (!cell) return;
  const frame = matrix.canvas.getBoundingClientRect();
  const bottom = frame.top + matrix.top + (cell.row + 1) * matrix.ch;
  const edge = window.innerHeight;
  const { top, height } = say.getBoundingClientRect();
  say.classList.toggle("floating", top + height > edge && bottom + 10 < edge - height);
}

// A small picture of a head's shares for its button.
function drawThumbnail(canvas, weights, head, look) {
  const n = weights.rows;
  const pen = canvas.getContext("2d");
  canvas.width = canvas.height = n;
  for (let row = 0; row < n; row += 1) {
    for (let col = 0; col < n; col += 1) {
      pen.globalAlpha = 1;
      pen.fillStyle = look.ground;
      pen.fillRect(col, row, 1, 1);
      pen.globalAlpha = Math.min(1, weights.at(head, row, col)) ** 0.75;
      pen.fillStyle = look.colours.share;
      pen.fillRect(col, row, 1, 1);
    }
  }
}
