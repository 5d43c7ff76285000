// From one parcel of bytes to attention weights: opening, looking up, averaging, hiding the sink.

const LEVELS = 112; // a byte is 112 · √weight, so that small weights keep their digits
const WEIGHT = Float32Array.from({ length: 256 }, (_, byte) => (byte / LEVELS) ** 2);
const MOST_LINES = 3000;
const LEAST_WEIGHT = 0.02;

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A parcel: length of the header, the header as JSON, the parts one after another.
function readHeader(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = 4 + length;
  const parts = header.parts.map((size) => bytes.subarray(at, (at += size)));
  return { header, parts };
}

async function readMaps(header, parts) {
  const [weights, thumbs] = await Promise.all(parts.map(inflate));
  const maps = { ...header, weights, thumbs, size: header.tokens.length };
  maps.cells = maps.causal ? (maps.size * (maps.size + 1)) / 2 : maps.size * maps.size;
  return maps;
}

function isHere(maps, layer) {
  return layer >= maps.firstLayer && layer < maps.firstLayer + maps.layersHere;
}

// Calls back with every weight of a head, key by key, as they lie in the parcel.
function eachByte(maps, layer, head, visit) {
  const { size, causal, weights } = maps;
  let at = ((layer - maps.firstLayer) * maps.heads + head) * maps.cells;
  for (let key = 0; key < size; key += 1) {
    for (let query = causal ? key : 0; query < size; query += 1, at += 1) visit(query, key, weights[at]);
  }
}

function addHead(maps, layer, head, into, share) {
  const { size } = maps;
  eachByte(maps, layer, head, (query, key, byte) => {
    into[query * size + key] += share * WEIGHT[byte];
  });
}

// What the picture shows, row by row: one head or the mean of a layer, with or without the sink.
function shownWeights(maps, settings) {
  if (!isHere(maps, settings.layer)) return null;
  const { size, segments } = maps;
  const shown = new Float32Array(size * size);
  if (settings.scope === "layer") {
    for (let head = 0; head < maps.heads; head += 1) addHead(maps, settings.layer, head, shown, 1 / maps.heads);
  } else addHead(maps, settings.layer, settings.head, shown, 1);

  if (settings.sink) {
    for (let query = 0; query < size; query += 1) {
      for (const key of maps.sinks) shown[query * size + key] = 0;
      const row = shown.subarray(query * size, (query + 1) * size);
      const left = row.reduce((sum, weight) => sum + weight, 0);
      if (left > 1e-4) row.forEach((weight, key) => { row[key] = weight / left; });
      else row.fill(0);
    }
  }
  if (settings.part !== "all") {
    const [from, to] = [...settings.part].map(Number);
    for (let query = 0; query < size; query += 1) {
      for (let key = 0; key < size; key += 1) {
        if (segments[query] !== from || segments[key] !== to) shown[query * size + key] = 0;
      }
    }
  }
  return shown;
}

// The lines worth drawing when no token is chosen, faint ones first.
function strongLines(shown, size) {
  const found = [];
  for (let at = 0; at < shown.length; at += 1) if (shown[at] >= LEAST_WEIGHT) found.push(at);
  found.sort((a, b) => shown[a] - shown[b]);
  return found.slice(-MOST_LINES).map((at) => [Math.floor(at / size), at % size]);
}

// One small square per head, side by side in one image: the largest weight of each block.
function thumbnailBytes(maps) {
  const side = maps.thumbs ? maps.thumbSize : Math.min(maps.size, 48);
  const bytes = new Uint8Array(maps.layers * maps.heads * side * side);
  if (maps.thumbs) return { side, bytes: maps.thumbs };
  for (let layer = 0; layer < maps.layers; layer += 1) {
    for (let head = 0; head < maps.heads; head += 1) {
      const start = (layer * maps.heads + head) * side * side;
      const block = (place) => Math.floor((place * side) / maps.size);
      eachByte(maps, layer, head, (query, key, byte) => {
        const at = start + block(query) * side + block(key);
        if (byte > bytes[at]) bytes[at] = byte;
      });
    }
  }
  return { side, bytes };
}

// Fewer pixels per head, each the largest weight under it: a thin line must not fade away.
function pooled(thumbnails, side) {
  if (side >= thumbnails.side) return thumbnails;
  const from = thumbnails.side;
  const count = thumbnails.bytes.length / (from * from);
  const bytes = new Uint8Array(count * side * side);
  const block = Array.from({ length: from }, (_, place) => Math.floor((place * side) / from));
  let at = 0;
  for (let one = 0; one < count; one += 1) {
    for (let row = 0; row < from; row += 1) {
      for (let column = 0; column < from; column += 1, at += 1) {
        const to = (one * side + block[row]) * side + block[column];
        if (thumbnails.bytes[at] > bytes[to]) bytes[to] = thumbnails.bytes[at];
      }
    }
  }
  return { side, bytes };
}

function strongest(count, weightOf, size) {
  const places = Array.from({ length: size }, (_, place) => place);
  return places
    .map((place) => [place, weightOf(place)])
    .filter(([, weight]) => weight > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, count);
}

// Two digits is what a byte can promise; the opened number below the picture is exact.
function share(weight) {
  const percent = 100 * weight;
  if (percent >= 99.1) return "> 99 %";
  if (percent >= 9.95) return `≈ ${Math.round(percent)} %`;
  if (percent >= 0.095) return `≈ ${percent.toFixed(1)} %`;
  return percent > 0 ? "< 0.1 %" : "0 %";
}
