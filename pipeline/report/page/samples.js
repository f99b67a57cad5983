// Reading the PNGs of the data. A canvas is not used, since some browsers blur the pixels
// that it returns to prevent fingerprinting, and here every bit counts.

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

const floatsFromBase64 = (text) => new Float32Array(fromBase64(text).buffer);

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// decodePNG decodes a PNG of 8 or 16 bits that is not interlaced: gray, palette indices or
// RGB, with or without alpha.
async function decodePNG(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [];
  let width, height, depth, channels;
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at),
      type = view.getUint32(at + 4);
    if (type === 0x49484452) {
      // IHDR
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      depth = bytes[at + 16];
      channels = [1, 0, 3, 1, 2, 0, 4][bytes[at + 17]];
    } else if (type === 0x49444154) {
      // IDAT
      parts.push(bytes.subarray(at + 8, at + 8 + length));
    }
    at += length + 12;
  }
  const packed = await inflate(await new Blob(parts).arrayBuffer());
  const pixel = (channels * depth) / 8,
    line = width * pixel;
  const samples = new Uint8Array(height * line);
  for (let y = 0; y < height; y++) unfilter(samples, packed, y, line, pixel);
  return { width, height, channels, top: depth === 16 ? 65535 : 255, samples };
}

// unfilter undoes the filter of a row (PNG specification, 9.2).
function unfilter(out, packed, y, line, pixel) {
  const filter = packed[y * (line + 1)],
    from = y * (line + 1) + 1,
    to = y * line;
  for (let i = 0; i < line; i++) {
    const left = i >= pixel ? out[to + i - pixel] : 0;
    const up = y > 0 ? out[to + i - line] : 0;
    let guess = 0;
    switch (filter) {
      case 1:
        guess = left;
        break;
      case 2:
        guess = up;
        break;
      case 3:
        guess = (left + up) >> 1;
        break;
      case 4: {
        const corner = i >= pixel && y > 0 ? out[to + i - line - pixel] : 0;
        const p = left + up - corner;
        const a = Math.abs(p - left),
          b = Math.abs(p - up),
          c = Math.abs(p - corner);
        guess = a <= b && a <= c ? left : b <= c ? up : corner;
      }
    }
    out[to + i] = packed[from + i] + guess;
  }
}

// openLevels reads a gray or palette PNG as level(y, x).
async function openLevels(png) {
  const { width, top, samples } = await decodePNG(fromBase64(png));
  const level = (y, x) => {
    const at = y * width + x;
    return top === 255 ? samples[at] : (samples[2 * at] << 8) | samples[2 * at + 1];
  };
  return { level, top };
}

// openSamples decodes a prepared picture into an object that a worker can be sent.
async function openSamples(data, [, height, width], mean, std) {
  if (data.depth === 32) {
    const volume = new Float32Array((await inflate(fromBase64(data.floats))).buffer);
    return { height, width, volume };
  }
  const { samples, channels, top } = await decodePNG(fromBase64(data.png));
  const table = mean.map((m, c) =>
    Float32Array.from({ length: top + 1 }, (_, i) =>
      Math.fround(Math.fround(Math.fround(i / top) - Math.fround(m)) / Math.fround(std[c])),
    ),
  );
  return { height, width, samples, channels, top, table };
}

// reader reads values of such a picture: read(c, y, x) is a value of the volume that the first
// layer gets, v/top, normalised, each step rounded to float32.
function reader({ height, width, volume, samples, channels, top, table }) {
  if (volume) return { read: (c, y, x) => volume[(c * height + y) * width + x] };
  if (top === 255) return { read: (c, y, x) => table[c][samples[(y * width + x) * channels + c]] };
  return {
    read: (c, y, x) => {
      const at = 2 * ((y * width + x) * channels + c);
      return table[c][(samples[at] << 8) | samples[at + 1]];
    },
  };
}
