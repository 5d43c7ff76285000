// Takes the picture along: as an image, and as a page that needs nothing but a browser.

const THEME_NAMES = [
  "--st-text-color", "--st-background-color", "--st-secondary-background-color",
  "--st-border-color", "--st-primary-color", "--st-base-radius", "--st-font",
];
const MOST_PIXELS = 8000;

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function fileName(state, ending) {
  const { layer, head, scope } = state.settings;
  return `attention_layer${layer}_${scope === "layer" ? "all_heads" : `head${head}`}.${ending}`;
}

function headTitle(state) {
  const { layer, head, scope } = state.settings;
  return scope === "layer" ? `layer ${layer} · mean of all heads` : `layer ${layer} · head ${head}`;
}

function saveImage(state) {
  const { maps, theme, settings } = state;
  const title = 34;
  const asked = { x: 0, y: 0, width: state.view.width, height: state.view.height };
  const canvas = document.createElement("canvas");
  const shape = shapeOf(canvas.getContext("2d"), state, asked);
  const [width, height] = [Math.max(shape.width, 320), shape.height + title];
  const scale = Math.min(2, MOST_PIXELS / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.fillStyle = theme.paper;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = theme.text;
  pen.font = `600 14px ${theme.font}`;
  pen.textBaseline = "middle";
  pen.fillText(`${maps.title} · ${headTitle(state)}${settings.sink ? " · sink hidden" : ""}`, 10, title / 2);
  pen.translate(0, title);
  paint(pen, shape, { x: 0, y: 0, width: shape.width, height: shape.height }, state);
  canvas.toBlob((blob) => download(blob, fileName(state, "png")), "image/png");
}

function asBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

function parcelAgain(state) {
  const header = { ...state.parcel.header, told: { nonce: "saved", ...state.settings } };
  const words = new TextEncoder().encode(JSON.stringify(header));
  const parts = [new Uint8Array(new Uint32Array([words.length]).buffer), words, ...state.parcel.parts];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => {
    bytes.set(part, at);
    return at + part.length;
  }, 0);
  return bytes;
}

// Nothing of a text may end the script it stands in; base64 has no "<" and the rest is escaped.
function savePage(state, library, page) {
  const style = getComputedStyle(state.parts.root);
  const theme = THEME_NAMES.map((name) => `${name}:${style.getPropertyValue(name).replace(/[<>{};]/g, "")}`);
  const safe = (code) => code.replace(/<(?=[/!])/g, "\\x3c");
  const css = `:root{${theme.join(";")};font-family:${style.fontFamily.replace(/[<>{};]/g, "")}}
body{margin:1rem;background:var(--st-background-color);color:var(--st-text-color)}${page.css}`;
  const text = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Attention</title><style>${css}</style></head>
<body>${page.html}<script>
const { mount } = (${safe(library.toString())})();
const bytes = Uint8Array.from(atob("${asBase64(parcelAgain(state))}"), (sign) => sign.charCodeAt(0));
mount({ data: bytes, parentElement: document.body, setTriggerValue() {} });
</${"script"}></body></html>`;
  download(new Blob([text], { type: "text/html" }), fileName(state, "html"));
}
