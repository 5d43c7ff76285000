// Works out the terms of an update rule from its packed trees, and typesets them as MathML.

function numbersOf(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

const operations = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  negate: (a) => -a,
  sqrt: Math.sqrt,
};

function evaluate(tree, values) {
  if (typeof tree === "number") return tree;
  if (typeof tree === "string") return values[tree];
  return operations[tree[0]](...tree.slice(1).map((part) => evaluate(part, values)));
}

// Replays a whole walk: for every step and coordinate, each term by name.
function replay(racer) {
  const { settings, memory, lines } = racer.rule;
  const [nPositions, dim] = racer.shape;
  const given = Object.entries(racer.given);
  const steps = [];
  let before = Array.from({ length: dim }, () => {
    const start = { product_before: 1 };
    for (const term of memory) start[`${term}_before`] = 0;
    return start;
  });
  for (let n = 0; n < nPositions - 1; n += 1) {
    const row = [];
    for (let axis = 0; axis < dim; axis += 1) {
      const at = n * dim + axis;
      const values = { ...settings, ...before[axis], t: n + 1 };
      values.gradient = racer.gradients[at];
      values.position = racer.positions[at];
      values.rate = racer.rates[n];
      for (const [term, series] of given) values[term] = series[at];
      for (const [term, tree] of lines) values[term] = evaluate(tree, values);
      row.push(values);
    }
    steps.push(row);
    before = row.map((values) => {
      const kept = {};
      for (const [term] of lines) kept[`${term}_before`] = values[term];
      return kept;
    });
  }
  return steps;
}

// Letter, accent above, subscript.
const symbols = {
  gradient: ["g"], position: ["θ"], rate: ["η"], step: ["Δθ"], velocity: ["v"],
  look_ahead: ["g", "~"], momentum: ["m"], square: ["s"], square_sum: ["s"],
  step_square: ["d"], scaled: ["u"], momentum_fair: ["m", "^"], square_fair: ["s", "^"],
  beta1: ["β", "", "1"], beta2: ["β", "", "2"], decay: ["ρ"], damping: ["λ"], eps: ["ε"],
  weight_decay: ["ω"], momentum_decay: ["ψ"], shrink: ["θ", "", "shrink"], share: ["μ"],
  share_next: ["μ", "", "t+1"], product: ["Πμ"], certainty: ["ρ", "", "t"],
  certainty_limit: ["ρ", "", "∞"], rectify: ["r"], waiting: ["w"], t: ["t"],
};

function math(tag, ...children) {
  const node = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  node.append(...children);
  return node;
}

function mathNumber(value) {
  if (!Number.isFinite(value)) return math("mtext", Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞");
  const size = Math.abs(value);
  const sign = value < 0 ? [math("mo", "−")] : [];
  if (size === 0 || (size >= 1e-3 && size < 1e6)) {
    return math("mrow", ...sign, math("mn", String(Number(size.toPrecision(4)))));
  }
  const [mantissa, exponent] = size.toExponential(2).split("e");
  const power = math("msup", math("mn", "10"), math("mn", String(Number(exponent)).replace("-", "−")));
  return math("mrow", ...sign, math("mn", String(Number(mantissa))), math("mo", "·"), power);
}

function mathSymbol(name, lines) {
  if (name === "newton") {
    const inverse = math("msup", math("mrow", math("mo", "("), math("mi", "H"), math("mo", "+"),
      math("mi", "λ"), math("mi", "I"), math("mo", ")")), math("mn", "−1"));
    return math("mrow", inverse, math("mi", "g"));
  }
  const isSetting = name === "momentum" && !lines.some(([term]) => term === name);
  const base = name.replace(/_before$/, "");
  const [letter, accent, below] = isSetting ? ["β"] : symbols[base] ?? [base];
  let node = math("mi", letter);
  if (accent) {
    node = math("mover", node, math("mo", accent));
    node.setAttribute("accent", "true");
  }
  if (base !== name) {
    return math("msub", node, math("mrow", math("mi", "t"), math("mo", "−"), math("mn", "1")));
  }
  return below ? math("msub", node, math("mi", below)) : node;
}

const strength = { "+": 1, "-": 1, "*": 2, negate: 2, "/": 4, "^": 3, sqrt: 4 };

function bracketed(node) {
  return math("mrow", math("mo", "("), node, math("mo", ")"));
}

// A leaf is typeset by `leaf(name)`; `weakest` is how tightly its neighbours pull.
function typeset(tree, leaf, weakest = 0, isFirst = true) {
  if (typeof tree !== "object") {
    const isNumber = typeof tree === "number";
    const { node, negative } = isNumber ? { node: mathNumber(tree), negative: tree < 0 } : leaf(tree);
    return negative && (weakest > 2 || !isFirst) ? bracketed(node) : node;
  }
  const [name, a, b] = tree;
  const own = strength[name];
  let node;
  if (name === "/") node = math("mfrac", typeset(a, leaf), typeset(b, leaf));
  else if (name === "sqrt") node = math("msqrt", typeset(a, leaf));
  else if (name === "negate") node = math("mrow", math("mo", "−"), typeset(a, leaf, 2, false));
  else if (name === "^") node = math("msup", typeset(a, leaf, 4), typeset(b, leaf));
  else {
    const sign = { "+": "+", "-": "−", "*": "·" }[name];
    const right = typeset(b, leaf, own + (name === "-" ? 0.5 : 0), false);
    node = math("mrow", typeset(a, leaf, own, isFirst), math("mo", sign), right);
  }
  return own < weakest ? bracketed(node) : node;
}

function formulaSymbols(term, tree, lines) {
  const leaf = (name) => ({ node: mathSymbol(name, lines), negative: false });
  return math("math", mathSymbol(term, lines), math("mo", "="), typeset(tree, leaf));
}

function formulaNumbers(term, tree, values) {
  const leaf = (name) => ({ node: mathNumber(values[name]), negative: values[name] < 0 });
  return math("math", typeset(tree, leaf), math("mo", "="), mathNumber(values[term]));
}
