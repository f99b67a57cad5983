// Values as pictures and as cells with numbers.

const mostPixels = 1200; // longest side of a canvas that shows values

// paint draws height×width values on a canvas: ink above 0 and blue below, clear for 0. zeroed
// marks values that an activation has made 0. Larger maps show every n-th value.
function paint(canvas, values, height, width, { top = largest(values), ink = positive, zeroed }) {
  const every = Math.ceil(Math.max(height, width) / mostPixels);
  canvas.width = Math.ceil(width / every);
  canvas.height = Math.ceil(height / every);
  const context = canvas.getContext("2d"),
    image = context.createImageData(canvas.width, canvas.height);
  for (let y = 0, at = 0; y < height; y += every) {
    for (let x = 0; x < width; x += every, at += 4) {
      const i = y * width + x,
        v = values[i];
      image.data.set(v > 0 ? ink : negative, at);
      image.data[at + 3] = zeroed?.[i] ? 44 : 255 * Math.min(1, Math.abs(v) / (top || 1)) || 0;
    }
  }
  context.putImageData(image, 0, 0);
}

// mapCanvas is a canvas with values, in the shape of a frame.
function mapCanvas(values, height, width, options) {
  const canvas = h("canvas.values", {
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
  if (size < 0.01 || size >= 10 ** room) return minus(v.toExponential(0).replace("e+", "e"));
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
    h("thead", h("tr", h("td"), range(0, width).map((x) => header(x + first[1], "col")))),
    h(
      "tbody",
      range(0, height).map((y) =>
        h(
          "tr",
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
const shade = (v, top, ink) => (v && v === v ? { background: colour(v, top, ink && v > 0 ? 0.45 : 0.75, ink) } : undefined);
