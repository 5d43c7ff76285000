// The plane with its points, the curves of the training, and its figures.

function fit(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = Math.max(canvas.clientWidth, 60);
  const height = Math.max(canvas.clientHeight, 60);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { pen, width, height };
}

function drawPoints(state, pen, place) {
  const { points, targetSpan } = state.read;
  const { theme } = state;
  const radius = points.length > 150 ? 3.2 : points.length > 20 ? 4.2 : 7;
  const outputs = state.pointRun.values[state.pointRun.values.length - 1][0];
  points.forEach((point, i) => {
    if (point.isTest && !state.showTest) return;
    const [x, y] = place(point.x, point.y);
    const level = Math.max(-1, Math.min(1, (point.target - targetSpan[0]) / targetSpan[1]));
    pen.beginPath();
    // The two classes differ in shape as well as in colour.
    if (state.read.isClassification && level < 0) pen.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    else pen.arc(x, y, radius, 0, 7);
    pen.fillStyle = theme.paper;
    pen.globalAlpha = 1;
    pen.fill();
    pen.fillStyle = level >= 0 ? theme.positiveInk : theme.negativeInk;
    pen.globalAlpha = state.read.isClassification ? 1 : 0.25 + 0.75 * Math.abs(level);
    pen.fill();
    pen.globalAlpha = 1;
    pen.lineWidth = 1.4;
    pen.strokeStyle = point.isTest ? theme.text : theme.paper;
    pen.stroke();
    const wrong = state.read.isClassification && outputs[i] > 0.5 !== point.target > 0.5;
    if (wrong && points.length <= 60) {
      pen.strokeStyle = theme.text;
      pen.lineWidth = 2;
      pen.beginPath();
      for (const turn of [1, -1]) {
        pen.moveTo(x - radius - 3, y - turn * (radius + 3));
        pen.lineTo(x + radius + 3, y + turn * (radius + 3));
      }
      pen.stroke();
    }
  });
}

function drawPlane(state) {
  const { parts, theme, read: { grid, window: [[left, right], [low, high]], shape } } = state;
  const { pen, width, height } = fit(parts.map);
  const side = Math.min(width, height) - 18;
  const box = { x: (width - side) / 2 + 8, y: 2, side };
  const { level, index } = mappedNeuron(state);
  const values = state.gridRun.values[level][index];
  const isOutput = level === shape.layers.length;
  const span = isOutput ? state.read.targetSpan : spanOf(level ? shape.layers[level - 1].activation : "linear", values);
  state.brush ??= document.createElement("canvas");
  paintMap(state.brush, grid.side, values, span, theme, state.discrete && isOutput);
  pen.imageSmoothingEnabled = !state.discrete;
  pen.drawImage(state.brush, box.x, box.y, side, side);
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1.6;
  pen.globalAlpha = 0.85;
  pen.beginPath();
  for (const [[x1, y1], [x2, y2]] of crossings(values, grid.side, span[0])) {
    pen.moveTo(box.x + x1 * side, box.y + y1 * side);
    pen.lineTo(box.x + x2 * side, box.y + y2 * side);
  }
  pen.stroke();
  pen.globalAlpha = 0.7;
  pen.fillStyle = theme.text;
  pen.font = "11px sans-serif";
  pen.textBaseline = "top";
  for (const [share, value, align] of [[0, left, "left"], [0.5, (left + right) / 2, "center"], [1, right, "right"]]) {
    pen.textAlign = align;
    pen.fillText(shown(value), box.x + share * side, box.y + side + 4);
  }
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const [share, value] of [[0.97, low], [0.5, (low + high) / 2], [0.03, high]]) {
    pen.fillText(shown(value), box.x - 4, box.y + share * side);
  }
  pen.globalAlpha = 1;
  const place = (x, y) => [
    box.x + ((x - left) / (right - left)) * side, box.y + ((high - y) / (high - low)) * side,
  ];
  state.toPoint = (px, py) => [
    left + ((px - box.x) / side) * (right - left), high - ((py - box.y) / side) * (high - low),
  ];
  pen.save();
  pen.beginPath();
  pen.rect(box.x, box.y, side, side);
  pen.clip();
  drawPoints(state, pen, place);
  const [x, y] = place(...state.probe);
  pen.strokeStyle = theme.marked;
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.arc(x, y, 10, 0, 7);
  pen.stroke();
  pen.restore();
  parts.scaleLow.textContent = shown(span[0] - span[1], 2);
  parts.scaleHigh.textContent = shown(span[0] + span[1], 2);
  parts.ramp.style.background = `linear-gradient(to right, ${theme.negativeInk}, ${theme.paper}, ${theme.positiveInk})`;
  const name = neuronName(shape, level, index);
  parts.mapTitle.textContent = isOutput
    ? state.read.isClassification ? "Output: the chance of blue" : "Output over the plane"
    : `What ${name} says over the plane`;
}

function drawCurve(state, canvas, series, { top, zero }) {
  const { pen, width, height } = fit(canvas);
  const { theme, read: { frames } } = state;
  const box = { x: 40, y: 6, width: width - 48, height: height - 22 };
  const first = frames.steps[0];
  const last = Math.max(frames.steps[frames.steps.length - 1], first + 1);
  const place = (frame, value) => [
    box.x + ((frames.steps[frame] - first) / (last - first)) * box.width,
    box.y + box.height - Math.max(0, Math.min(1.02, (value - zero) / (top - zero))) * box.height,
  ];
  pen.font = "11px sans-serif";
  pen.fillStyle = theme.text;
  pen.globalAlpha = 0.72;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    pen.fillText(shown(zero + share * (top - zero), 2), box.x - 5, box.y + (1 - share) * box.height);
  }
  pen.textBaseline = "top";
  pen.textAlign = "left";
  pen.fillText(`step ${first.toLocaleString("en")}`, box.x, box.y + box.height + 4);
  pen.textAlign = "right";
  pen.fillText(last.toLocaleString("en"), box.x + box.width, box.y + box.height + 4);
  for (const { values, colour, dashed } of series) {
    pen.strokeStyle = colour;
    pen.setLineDash(dashed ? [5, 3] : []);
    for (const [alpha, until] of [[0.3, state.read.nFrames - 1], [1, state.frame]]) {
      pen.globalAlpha = alpha;
      pen.lineWidth = 1.8;
      pen.beginPath();
      for (let i = 0; i <= until; i += 1) if (Number.isFinite(values[i])) pen.lineTo(...place(i, values[i]));
      pen.stroke();
    }
  }
  pen.setLineDash([]);
  pen.globalAlpha = 0.6;
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1;
  const now = place(state.frame, zero)[0];
  pen.beginPath();
  pen.moveTo(now, box.y);
  pen.lineTo(now, box.y + box.height);
  pen.stroke();
  pen.globalAlpha = 1;
}

function drawCurves(state) {
  const { theme, parts, read: { frames, hasTest } } = state;
  const losses = [...frames.trainLoss, ...(hasTest ? frames.testLoss : [])].filter(Number.isFinite).sort((a, b) => a - b);
  // A single wild frame must not flatten the rest of the curve.
  const top = Math.min(losses[losses.length - 1] ?? 1, 4 * (losses[Math.floor(losses.length * 0.9)] || 1)) || 1;
  const both = (train, test) => [
    ...(hasTest ? [{ values: test, colour: theme.test, dashed: true }] : []),
    { values: train, colour: theme.train, dashed: false },
  ];
  drawCurve(state, parts.losses, both(frames.trainLoss, frames.testLoss), { top, zero: 0 });
  parts.accuracyBlock.hidden = !state.read.isClassification;
  if (state.read.isClassification) {
    drawCurve(state, parts.accuracies, both(frames.trainAccuracy, frames.testAccuracy), { top: 1, zero: 0 });
  }
}

function showFigures(state) {
  const { parts, data, read: { points, hasTest } } = state;
  const body = [];
  const confusion = [];
  for (const isTest of hasTest ? [false, true] : [false]) {
    const figures = figuresOf(data.run.training.loss, state.read.isClassification, state.pointRun, points, isTest);
    const row = element("tr");
    const name = element("th", "", isTest ? "test " : "training ");
    const key = element("span", "", isTest ? "- -" : "—");
    key.style.color = isTest ? state.theme.test : state.theme.train;
    name.append(key);
    row.append(name, element("td", "", shown(figures.loss)));
    if (state.read.isClassification) row.append(element("td", "", `${figures.right} of ${figures.n}`));
    else row.append(element("td", "", String(figures.n)));
    row.dataset.loss = String(figures.loss);
    body.push(row);
    if (state.read.isClassification) {
      ["orange", "blue"].forEach((colour, truth) => {
        const line = element("tr");
        line.append(element("th", "", `${isTest ? "test" : "training"}, ${colour}`),
          element("td", "", String(figures.counts[truth][0])), element("td", "", String(figures.counts[truth][1])));
        confusion.push(line);
      });
    }
  }
  parts.figuresHead.lastElementChild.textContent = state.read.isClassification ? "right" : "examples";
  parts.figures.replaceChildren(...body);
  parts.confusionBlock.hidden = !state.read.isClassification;
  parts.confusion.replaceChildren(...confusion);
}
