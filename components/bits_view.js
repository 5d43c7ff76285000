// Bits as switches. What they mean is worked out here, from the layout of the format.

function digits(value, count) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  if (value === 0) return Object.is(value, -0) ? "−0" : "0";
  const size = Math.abs(value);
  const text = size < 1e-4 || size >= 1e7
    ? Number(value.toPrecision(Math.min(count, 6))).toExponential()
    : value.toLocaleString("en", { maximumSignificantDigits: count });
  return text.replaceAll("-", "−");
}

// Bit operations in JavaScript are 32 bits wide and signed, so the parts are taken by division.
function takeApart(format, code) {
  const { exponentBits, fractionBits, bias } = format;
  const half = 2 ** (exponentBits + fractionBits);
  const sign = code >= half ? 1 : 0;
  const body = code - sign * half;
  const exponent = Math.floor(body / 2 ** fractionBits);
  const fraction = body % 2 ** fractionBits;
  const leading = exponent > 0 ? 1 : 0;
  const power = Math.max(exponent, 1) - bias;
  const factor = leading + fraction / 2 ** fractionBits;
  let value = (sign ? -1 : 1) * factor * 2 ** power;
  if (body > format.largestCode) {
    const isInfinite = format.hasInfinity && body === format.largestCode + 1;
    value = isInfinite ? (sign ? -Infinity : Infinity) : NaN;
  }
  return { sign, exponent, power, factor, value };
}

const raised = (power) => [...String(power)].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)])).join("");

function describe(line, format, code, wanted) {
  const parts = takeApart(format, code);
  const bold = document.createElement("b");
  bold.textContent = digits(parts.value, 9);
  const off = document.createElement("span");
  off.className = "off";
  const error = parts.value - wanted;
  off.textContent = Number.isFinite(error) ? `  off by ${error === 0 ? "0" : digits(error, 3)}` : "";
  const sign = parts.sign ? "−" : "+";
  const how = Number.isFinite(parts.value)
    ? `${sign} ${digits(parts.factor, 8)} × 2${raised(parts.power)} = `
    : `exponent ${parts.exponent}, all ones, means `;
  line.replaceChildren(how, bold, off);
}

function formatRow(format, wanted) {
  const row = document.createElement("div");
  row.className = "format";
  const title = document.createElement("span");
  title.className = "title";
  title.textContent = format.title;
  const bits = document.createElement("div");
  bits.className = "bits";
  bits.setAttribute("role", "group");
  bits.setAttribute("aria-label", `Bits of ${format.title}`);
  const sum = document.createElement("div");
  sum.className = "sum";
  let code = format.code;
  const n = 1 + format.exponentBits + format.fractionBits;
  for (let place = 0; place < n; place += 1) {
    const worth = 2 ** (n - 1 - place);
    const part = place === 0 ? "sign" : place <= format.exponentBits ? "exponent" : "fraction";
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.part = part;
    if (place === format.exponentBits) button.className = "last-exponent";
    const label = () => {
      const on = Math.floor(code / worth) % 2;
      button.textContent = String(on);
      button.setAttribute("aria-pressed", on ? "true" : "false");
      button.setAttribute("aria-label", `${format.title}, ${part} bit ${place + 1} of ${n}: ${on}`);
    };
    button.onclick = () => {
      code += Math.floor(code / worth) % 2 ? -worth : worth;
      label();
      describe(sum, format, code, wanted);
    };
    label();
    bits.append(button);
  }
  describe(sum, format, code, wanted);
  row.append(title, bits, sum);
  return row;
}

export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.host ?? parentElement;
  for (const [name, colour] of Object.entries(data.colours)) host.style.setProperty(`--view-${name}`, colour);
  const box = parentElement.querySelector(".formats");
  // A rerun that changes nothing keeps the bits the reader has flipped.
  const shown = JSON.stringify(data.formats);
  if (host.dataset.shown === shown && box.childElementCount) return;
  host.dataset.shown = shown;
  box.replaceChildren(...data.formats.map((format) => formatRow(format, data.value)));
}
