// Values as pictures and as cells with numbers.

const mostPixels = 1200; // longest side of a canvas that shows values

// paint draws height×width values on a canvas: gray from 0 to top, or orange above 0 and blue
// below. zeroed marks values that an activation has made 0. Larger maps show every n-th value.
function paint(canvas, values, height, width, { top = largest(values), signed = true, zeroed } = {}) {
  const every = Math.ceil(Math.max(height, width) / mostPixels),
    h1 = Math.ceil(height / every),
    w1 = Math.ceil(width / every);
  canvas.width = w1;
  canvas.height = h1;
  const context = canvas.getContext("2d"),
    image = context.createImageData(w1, h1),
    pixels = image.data;
  for (let y = 0, at = 0; y < h1; y++) {
    for (let x = 0; x < w1; x++, at += 4) {
      const v = values[y * every * width + x * every],
        strength = Math.min(1, Math.abs(v) / (top || 1));
      if (signed) {
        const [r, g, b] = v > 0 ? positive : negative;
        pixels[at] = r;
        pixels[at + 1] = g;
        pixels[at + 2] = b;
        pixels[at + 3] = 255 * strength || 0;
      } else {
        pixels[at] = pixels[at + 1] = pixels[at + 2] = v > 0 ? 255 * strength : 0;
        pixels[at + 3] = 255;
      }
      if (zeroed?.[y * every * width + x * every]) pixels.set([...negative, 44], at);
    }
  }
  context.putImageData(image, 0, 0);
}

// mapCanvas is a canvas with values, in the shape of a frame.
function mapCanvas(values, height, width, options) {
  const canvas = h("canvas", {
    class: "values",
    role: "img",
    "aria-label": options.label,
    style: { "aspect-ratio": `${width} / ${height}` },
  });
  paint(canvas, values, height, width, options);
  return canvas;
}

// cellText is a number short enough for a cell.
function cellText(v, room = 4) {
  if (v - v !== 0) return minus(exact(v));
  if (Number.isInteger(v) && Math.abs(v) < 10 ** (room - 1)) return minus(Object.is(v, -0) ? "-0" : String(v));
  const size = Math.abs(v);
  if (size < 1e-3 || size >= 10 ** room) return minus(v.toExponential(0).replace("e+", "e"));
  const digits = Math.max(0, Math.min(room - 2, room - 1 - Math.floor(Math.log10(size)) - (size < 1 ? 1 : 0)));
  return minus(v.toFixed(Math.min(digits, room - 1)).replace(/^(-?)0\./, "$1."));
}

// gridTable is a table of cells with numbers. cell(y, x) gives {v, text, cls, style, title}.
// Row and column headers count from first. Without heads they are there for screen readers.
function gridTable(height, width, cell, { label, first = [0, 0], heads = false, cls = "" }) {
  const header = (v, scope) => h("th", { scope }, minus(String(v)));
  return h(
    "table",
    {
      class: `grid ${heads ? "" : "headless"} ${cls}`,
      "aria-label": label,
      style: { width: `calc(var(--c) * ${width + (heads ? 1 : 0)} + 1px)` },
    },
    h("thead", null, h("tr", null, h("td"), range(0, width).map((x) => header(x + first[1], "col")))),
    h(
      "tbody",
      null,
      range(0, height).map((y) =>
        h(
          "tr",
          null,
          header(y + first[0], "row"),
          range(0, width).map((x) => {
            const { text, cls, style, title } = cell(y, x);
            return h("td", { class: [cls, text.length > 4 && "long"].filter(Boolean).join(" ") || undefined, style, title }, text);
          }),
        ),
      ),
    ),
  );
}

// channelInks are the colours of the picture's channels.
const channelInks = [
  [224, 52, 43],
  [31, 158, 74],
  [47, 111, 224],
];
const inkOf = (c) => (page.channels.length === 3 ? channelInks[c] : undefined);

// shade is the background of a cell. Values above 0 have the colour ink, if it is given.
const shade = (v, top, ink) =>
  v && v === v
    ? { background: ink && v > 0 ? tint(ink, 0.45 * Math.min(1, v / (top || 1))) : colour(v, top, true, 0.75) }
    : undefined;
