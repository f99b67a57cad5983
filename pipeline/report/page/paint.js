// Values as pictures and as cells with numbers.

const mostPixels = 1200; // longest side of a canvas that shows values

const smallSquare = 8; // pixels of a square

// paint draws height×width values on a canvas: ink above 0 and blue below, clear for 0. zeroed
// marks values that an activation has made 0. Larger maps show every n-th value. Negative squares
// are marked if the page shows squares with at least signed pixels.
function paint(canvas, values, height, width, { top = largest(values), ink = positive, zeroed, signed = 1 }) {
  const every = Math.ceil(Math.max(height, width) / mostPixels);
  let zoom; // pixels of a square with a sign, or 0
  canvas.redraw = (again) => {
    const room = Math.min(canvas.clientWidth / width, mostPixels / Math.max(height, width)),
      before = zoom;
    zoom = room < signed ? 0 : Math.floor(room);
    if (zoom === before && !again) return;
    const side = zoom || 1;
    canvas.width = Math.ceil(width / every) * side;
    canvas.height = Math.ceil(height / every) * side;
    const context = canvas.getContext("2d"),
      image = context.createImageData(canvas.width, canvas.height);
    for (let y = 0, at = 0; y < canvas.height; y++) {
      for (let x = 0; x < canvas.width; x++, at += 4) {
        const i = every * (((y / side) | 0) * width + ((x / side) | 0)),
          v = values[i];
        image.data.set(v > 0 ? ink : negative, at);
        image.data[at + 3] = zeroed?.[i] ? 44 : 255 * Math.min(1, Math.abs(v) / (top || 1)) || 0;
      }
    }
    context.putImageData(image, 0, 0);
    if (zoom) signs(context, values, width, zoom, top);
  };
  canvas.redraw();
  reshown.observe(canvas);
}

// reshown draws canvases anew when their size on the page changes. recolour draws all anew in the
// theme's colours.
const reshown = new ResizeObserver((all) => all.forEach(({ target }) => target.redraw()));
const recolour = () => document.querySelectorAll("canvas").forEach((canvas) => canvas.redraw?.(true));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);

// signs marks negative values, so that signs do not depend on colours. Rows of values are squares
// of size pixels from x0, y0 on. A negative square has a bar, or hatching if it is too small for
// one. Of small squares only those beyond a sixth of the largest magnitude, top, are marked.
function signs(context, values, width, size, top, x0 = 0, y0 = 0) {
  const least = top / (size < smallSquare ? 6 : 256),
    part = (v) => Math.max(1, v - ((v + size) % 2)), // as odd or even as the square
    [length, thick] = [part(size >> 1), part(size >> 3)];
  context.fillStyle = getComputedStyle(context.canvas).color;
  values.forEach((v, i) => {
    if (!(v < -least)) return;
    const [x, y] = [x0 + (i % width) * size, y0 + Math.floor(i / width) * size];
    if (size > 2) return context.fillRect(x + ((size - length) >> 1), y + ((size - thick) >> 1), length, thick);
    for (let row = y; row < y + size; row++) // a line every three pixels
      for (let j = (2 * (x + row)) % 3; j < size; j += 3) context.fillRect(x + j, row, 1, 1);
  });
}

// mapCanvas is a canvas with values, in the shape of a frame.
function mapCanvas(values, height, width, options) {
  const canvas = h("canvas.values", {
    role: "img",
    "aria-label": options.label,
    style: { "aspect-ratio": `${width} / ${height}` },
  });
  paint(canvas, values, height, width, { signed: smallSquare, ...options });
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
