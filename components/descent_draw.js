// Paints a landscape, the walks on it and their heights on canvases.

const EDGE = { left: 50, right: 8, top: 8, bottom: 22 };
const BANDS = 16;

function shortNumber(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1).replace("e+", "e").replace("-", "−");
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

function powerOfTen(power) {
  if (power > -2.5 && power < 4.5) return shortNumber(10 ** power);
  return (10 ** power).toExponential(0).replace("e+", "e").replace("-", "−");
}

function fit(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = Math.max(canvas.clientWidth, 60);
  const height = Math.max(canvas.clientHeight, 60);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height, ratio };
}

function rgb(colour) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return pen.getImageData(0, 0, 1, 1).data;
}

// Heights that split the window into bands of equal area: every landscape gets readable lines.
function bandLimits(heights) {
  const sorted = Float32Array.from(heights.filter(Number.isFinite)).sort();
  const limits = [];
  for (let i = 1; i < BANDS; i += 1) limits.push(sorted[Math.floor((i / BANDS) ** 1.4 * sorted.length)]);
  return limits;
}

function bandOf(height, limits) {
  let band = 0;
  while (band < limits.length && height > limits[band]) band += 1;
  return band;
}

function heightAt(grid, u, v) {
  const [rows, columns] = grid.shape;
  const x = Math.min(Math.max(u, 0), 1) * (columns - 1);
  const y = Math.min(Math.max(v, 0), 1) * (rows - 1);
  const i = Math.min(Math.floor(x), columns - 2);
  const j = Math.min(Math.floor(y), rows - 2);
  const [p, q] = [x - i, y - j];
  const at = j * columns + i;
  const low = grid.heights[at] * (1 - p) + grid.heights[at + 1] * p;
  return low * (1 - q) + (grid.heights[at + columns] * (1 - p) + grid.heights[at + columns + 1] * p) * q;
}

function shade(band, ink) {
  return { colour: ink, alpha: 0.5 - 0.44 * (band / (BANDS - 1)) };
}

// The coloured map, as an image that is made once per size and theme.
function mapImage(grid, width, height, ratio, ink) {
  const image = document.createElement("canvas");
  image.width = Math.round(width * ratio);
  image.height = Math.round(height * ratio);
  const pen = image.getContext("2d");
  const pixels = pen.createImageData(image.width, image.height);
  const bands = new Uint8Array(image.width * image.height);
  for (let row = 0; row < image.height; row += 1) {
    for (let column = 0; column < image.width; column += 1) {
      const level = heightAt(grid, column / (image.width - 1), 1 - row / (image.height - 1));
      bands[row * image.width + column] = Number.isFinite(level) ? 1 + bandOf(level, grid.limits) : 0;
    }
  }
  for (let at = 0; at < bands.length; at += 1) {
    const band = bands[at];
    if (!band) continue;
    const isLine = (bands[at + 1] && bands[at + 1] !== band) ||
      (bands[at + image.width] && bands[at + image.width] !== band);
    const { alpha } = shade(band - 1, ink);
    pixels.data.set([ink[0], ink[1], ink[2], 255 * (isLine ? Math.min(alpha + 0.22, 1) : alpha)], 4 * at);
  }
  pen.putImageData(pixels, 0, 0);
  return image;
}

function frameOf(width, height) {
  return {
    x: EDGE.left, y: EDGE.top,
    width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom,
  };
}

function drawAxes(pen, box, across, up, text, { upText = shortNumber, ticks = 4 } = {}) {
  pen.fillStyle = text;
  pen.globalAlpha = 0.75;
  pen.font = "11px sans-serif";
  pen.textBaseline = "top";
  for (let i = 0; i <= ticks; i += 1) {
    pen.textAlign = i === 0 ? "left" : i === ticks ? "right" : "center";
    const value = across[0] + (i / ticks) * (across[1] - across[0]);
    pen.fillText(shortNumber(value), box.x + (i / ticks) * box.width, box.y + box.height + 6);
  }
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (let i = 0; i <= ticks; i += 1) {
    const value = up[0] + (i / ticks) * (up[1] - up[0]);
    const y = box.y + box.height - (i / ticks) * box.height;
    pen.fillText(upText(value), box.x - 5, Math.min(Math.max(y, box.y + 6), box.y + box.height - 6));
  }
  pen.globalAlpha = 1;
}

function drawTrail(pen, points, last, racer, isFocus, text) {
  if (!points.length) return;
  const until = Math.min(last, points.length - 1);
  pen.strokeStyle = racer.colour;
  pen.lineWidth = isFocus ? 2.6 : 1.8;
  pen.setLineDash(racer.dashed ? [5, 4] : []);
  pen.beginPath();
  pen.moveTo(...points[0]);
  for (let i = 1; i <= until; i += 1) pen.lineTo(...points[i]);
  pen.stroke();
  pen.setLineDash([]);
  if (until < 80 || isFocus) {
    pen.fillStyle = racer.colour;
    for (let i = 0; i <= until; i += 1) {
      pen.beginPath();
      pen.arc(...points[i], 1.8, 0, 7);
      pen.fill();
    }
  }
  pen.beginPath();
  pen.arc(...points[until], isFocus ? 6.5 : 5, 0, 7);
  pen.fillStyle = racer.colour;
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = text;
  pen.stroke();
}

function drawArrow(pen, from, to, colour, width) {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 3) return;
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(...to);
  for (const turn of [2.6, -2.6]) {
    pen.lineTo(to[0] + 9 * Math.cos(angle + turn), to[1] + 9 * Math.sin(angle + turn));
  }
  pen.fill();
}

const clipped = (value) => Math.max(-1e5, Math.min(1e5, value));

// One object per term: the slope to go against, the memory of slopes, the memory of squares.
function drawTerms(pen, spot, values, largest, colours) {
  const arrow = (term, sign) => {
    const [x, y] = [sign * values[0][term], -sign * (values[1]?.[term] ?? 0)];
    const size = Math.hypot(x, y);
    if (!(size > 0)) return null;
    const length = 22 + 58 * Math.sqrt(size / largest);
    return [spot[0] + (x / size) * length, spot[1] + (y / size) * length];
  };
  for (const term of ["square", "square_sum"]) {
    if (!(term in values[0])) continue;
    const roots = [0, 1].map((axis) => Math.sqrt(values[axis]?.[term] ?? values[0][term]));
    const widest = Math.max(...roots);
    pen.strokeStyle = colours.square;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.ellipse(...spot, 4 + (28 * roots[0]) / widest || 4, 4 + (28 * roots[1]) / widest || 4, 0, 0, 7);
    pen.stroke();
  }
  const slope = arrow("gradient", -1);
  if (slope) drawArrow(pen, spot, slope, colours.gradient, 2.5);
  for (const term of ["velocity", "momentum"]) {
    const memory = typeof values[0][`${term}_before`] === "number" && arrow(term, -1);
    if (memory) drawArrow(pen, spot, memory, colours.memory, 2.5);
  }
}

// The landscape from the side: a turning grid of quadrilaterals, painted from back to front.
function turn(yaw, pitch, width, height) {
  const [c, s, k, l] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const scale = Math.min(width / 1.55, height / 1.25);
  return (u, v, z) => {
    const [a, b] = [u - 0.5, v - 0.5];
    const x = a * c - b * s;
    const depth = a * s + b * c;
    const lift = 0.55 * (z - 0.4);
    return [width / 2 + scale * x, height / 2 - scale * (depth * l + lift * k), depth];
  };
}

function rise(grid, height) {
  const share = (height - grid.low) / (grid.high - grid.low || 1);
  return Math.max(0, Math.min(share, 1.15)) ** 0.6;
}

function drawRelief(pen, grid, project, ink) {
  const [rows, columns] = grid.shape;
  const hop = Math.max(1, Math.round((columns - 1) / 40));
  const faces = [];
  for (let j = 0; j + hop < rows; j += hop) {
    for (let i = 0; i + hop < columns; i += hop) {
      const corners = [[i, j], [i + hop, j], [i + hop, j + hop], [i, j + hop]];
      const heights = corners.map(([a, b]) => grid.heights[b * columns + a]);
      if (!heights.every(Number.isFinite)) continue;
      const points = corners.map(([a, b], n) =>
        project(a / (columns - 1), b / (rows - 1), rise(grid, heights[n])));
      const mean = heights.reduce((sum, one) => sum + one, 0) / 4;
      const depth = points.reduce((sum, one) => sum + one[2], 0);
      faces.push({ points, depth, band: bandOf(mean, grid.limits) });
    }
  }
  faces.sort((a, b) => b.depth - a.depth);
  for (const { points, band } of faces) {
    pen.beginPath();
    points.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = grid.paper;
    pen.fill();
    pen.fillStyle = `rgba(${ink[0]},${ink[1]},${ink[2]},${shade(band).alpha})`;
    pen.fill();
    pen.strokeStyle = `rgba(${ink[0]},${ink[1]},${ink[2]},0.16)`;
    pen.lineWidth = 0.6;
    pen.stroke();
  }
}
