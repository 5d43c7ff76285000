// A small network as arrays of numbers: what a neuron computes, for one point or for a whole plane.

function floatsOf(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

const FEATURES = {
  x: (x) => x,
  y: (x, y) => y,
  x2: (x) => x * x,
  y2: (x, y) => y * y,
  xy: (x, y) => x * y,
  sin_x: (x) => Math.sin(x),
  sin_y: (x, y) => Math.sin(y),
};

const ACTIVATIONS = {
  sigmoid: (z) => 0.5 * (1 + Math.tanh(0.5 * z)),
  tanh: Math.tanh,
  relu: (z) => (z > 0 ? z : Number.isNaN(z) ? z : 0),
  leaky_relu: (z) => (z > 0 ? z : 0.01 * z),
  gelu: (z) => (z / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))),
  linear: (z) => z,
};

const ACTIVATION_NAMES = {
  sigmoid: "sigmoid", tanh: "tanh", relu: "ReLU", leaky_relu: "leaky ReLU", gelu: "GELU", linear: "",
};

// Where the weights of each layer lie in the flat list: all weights row by row, then the biases.
function shapeOf(run) {
  let offset = 0;
  const layers = run.activations.map((activation, l) => {
    const [nIn, nOut] = [run.widths[l], run.widths[l + 1]];
    const layer = { nIn, nOut, activation, weights: offset, biases: offset + nIn * nOut };
    offset += (nIn + 1) * nOut;
    return layer;
  });
  return { features: run.features, layers, names: run.names, nWeights: offset };
}

const weightAt = (layer, from, to) => layer.weights + from * layer.nOut + to;

function inputsAt(shape, xs, ys) {
  return shape.features.map((name) => {
    const values = new Float64Array(xs.length);
    for (let i = 0; i < xs.length; i += 1) values[i] = FEATURES[name](xs[i], ys[i]);
    return values;
  });
}

// Runs the network on many points at once; gives, per layer and neuron, one value per point.
function forward(shape, weights, inputs) {
  const all = [inputs];
  const sums = [null];
  for (const layer of shape.layers) {
    const before = all[all.length - 1];
    const squash = ACTIVATIONS[layer.activation];
    const summed = [];
    const outputs = [];
    for (let to = 0; to < layer.nOut; to += 1) {
      const n = inputs[0].length;
      const sum = new Float64Array(n).fill(weights[layer.biases + to]);
      for (let from = 0; from < layer.nIn; from += 1) {
        const weight = weights[weightAt(layer, from, to)];
        const values = before[from];
        for (let i = 0; i < n; i += 1) sum[i] += weight * values[i];
      }
      summed.push(sum);
      outputs.push(sum.map(squash));
    }
    sums.push(summed);
    all.push(outputs);
  }
  return { values: all, sums };
}

// The middle and the half-width of what a neuron says, for its colours.
function spanOf(activation, values) {
  if (activation === "sigmoid") return [0.5, 0.5];
  if (activation === "tanh") return [0, 1];
  let largest = 0;
  for (const value of values) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return [0, largest || 1];
}

function shown(value, digits = 3) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e5 || size < 1e-3) {
    const [mantissa, power] = value.toExponential(digits - 1).split("e");
    return `${mantissa}e${Number(power)}`.replace(/-/g, "−");
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

const neuronName = (shape, level, index) => shape.names[level][index];

const ERRORS = {
  squared_error: (p, z, t) => 0.5 * (p - t) ** 2,
  cross_entropy: (p, z, t) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z))),
};

// Loss, share right and confusion counts of some examples, from a forward pass over all of them.
function figuresOf(loss, isClassification, run, points, isTest) {
  const last = run.values.length - 1;
  const [outputs, sums] = [run.values[last][0], run.sums[last][0]];
  const counts = [[0, 0], [0, 0]];
  let [total, n, right] = [0, 0, 0];
  points.forEach((point, i) => {
    if (point.isTest !== isTest) return;
    n += 1;
    total += ERRORS[loss](outputs[i], sums[i], point.target);
    if (!isClassification) return;
    const said = outputs[i] > 0.5 ? 1 : 0;
    counts[point.target > 0.5 ? 1 : 0][said] += 1;
    if (said === (point.target > 0.5 ? 1 : 0)) right += 1;
  });
  return { n, loss: total / n, right, accuracy: right / n, counts };
}
