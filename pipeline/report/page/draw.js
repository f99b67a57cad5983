// Drawings: kernels and patches as cells, histograms, volumes.

const positive = [217, 72, 15],
  negative = [28, 100, 214];

const tint = ([r, g, b], strength) => `rgb(${r} ${g} ${b} / ${Math.round(100 * Math.min(1, strength))}%)`;

// colour is the colour of a cell: orange above 0 and blue below, with an opacity that suits both
// themes. Values above 0 have the colour ink, if it is given.
const colour = (v, top, most = 1, ink = positive) => tint(v > 0 ? ink : negative, most * Math.min(1, Math.abs(v) / (top || 1)));

function largest(values) {
  let top = 0;
  for (const v of values) if (Math.abs(v) > top && v - v === 0) top = Math.abs(v);
  return top;
}

// cells draws height×width values, each as a square.
function cells(values, height, width, { label, ...options } = {}) {
  const canvas = h("canvas.cells", { role: "img", "aria-label": label, style: { "--ratio": width / height } });
  paint(canvas, values, height, width, options);
  return canvas;
}

// kernel draws a filter's weights, one grid of cells for each channel that it reads.
function kernel(layer, channelNames, { weights }, k, { most = 64 } = {}) {
  const [kH, kW] = layer.kernel,
    plane = kH * kW;
  const channels = channelNames.length;
  const all = weights.subarray(k * channels * plane, (k + 1) * channels * plane);
  const top = largest(all);
  const part = (c) => all.subarray(c * plane, (c + 1) * plane);
  const same = Array.from({ length: channels }, (_, c) => part(c)).every((p) => p.every((v, i) => v === all[i]));
  if (same && channels > 1) {
    return h(
      "div.kernel.one",
      h("figure", cells(part(0), kH, kW, { top, label: `kernel of all ${channels} channels` }), h("figcaption", `all ${channels} alike`)),
    );
  }
  const shown = Math.min(channels, most);
  return h(
    "div",
    { class: "kernel" + (channels > 4 ? " many" : channels === 1 ? " one" : "") },
    Array.from({ length: shown }, (_, c) =>
      h(
        "figure",
        { title: channelNames[c] },
        cells(part(c), kH, kW, { top, label: `kernel of channel ${channelNames[c]}` }),
        channels > 1 && channels <= 4 && h("figcaption", channelNames[c]),
      ),
    ),
    shown < channels && h("span.muted", `and ${channels - shown} more`),
  );
}

// histogram draws a map's bins and a mark at a value. Heights are square roots of the
// counts, so that rare values are visible beside common ones.
function histogram(map, { label } = {}) {
  const bins = map.bins,
    top = Math.max(1, ...bins);
  const width = 256,
    height = 72,
    step = width / bins.length;
  const tall = (n) => Math.max(1, Math.sqrt(n / top) * height);
  const x = (v) => (map.max > map.min ? ((v - map.min) / (map.max - map.min)) * width : 0);
  const mark = s("line", { class: "mark", y1: 0, y2: height, hidden: true });
  const drawn = s(
    "svg",
    {
      class: "histogram",
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    },
    bins.map(
      (n, i) =>
        n > 0 &&
        s("rect", {
          x: i * step,
          width: step * 0.86,
          y: height - tall(n),
          height: tall(n),
        }),
    ),
    map.min < 0 &&
      map.max > 0 &&
      s("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: height }),
    mark,
  );
  const figure = h(
    "figure.histogram-of",
    drawn,
    h(
      "figcaption",
      h("span", short(map.min)),
      h("span", short(map.max)),
      h("span.muted", "√ of counts, zeros left out"),
    ),
  );
  return {
    figure,
    mark(v) {
      mark.toggleAttribute("hidden", !(v >= map.min && v <= map.max));
      mark.setAttribute("x1", x(v));
      mark.setAttribute("x2", x(v));
    },
  };
}

// stretch makes the filter that shows a gray PNG, whose levels stand for the range of, on the
// range shown.
function stretch(id, [lo, hi], [from, to]) {
  const linear = { type: "linear", slope: (hi - lo) / (to - from), intercept: (lo - from) / (to - from) };
  return s(
    "filter",
    { id, x: 0, y: 0, width: 1, height: 1, "color-interpolation-filters": "sRGB" },
    s(
      "feComponentTransfer",
      null,
      ["R", "G", "B"].map((c) => s("feFunc" + c, linear)),
    ),
  );
}

// block draws a volume as a box. Its sides grow with the logarithm of the volume's.
function block([c, height, width]) {
  const edge = (n, least, most) => Math.max(least, Math.min(most, least + 6.2 * Math.log2(Math.max(1, n))));
  const w = edge(width, 5, 74),
    t = edge(height, 5, 74),
    d = edge(c, 2, 60) * 0.55;
  const up = d * 0.55;
  return s(
    "svg",
    {
      class: "block",
      width: w + d + 2,
      height: t + up + 2,
      viewBox: `-1 -1 ${w + d + 2} ${t + up + 2}`,
      "aria-hidden": "true",
    },
    s("path", { class: "top", d: `M0 ${up} l${d} ${-up} h${w} l${-d} ${up} z` }),
    s("path", { class: "side", d: `M${w} ${up} l${d} ${-up} v${t} l${-d} ${up} z` }),
    s("rect", { class: "front", x: 0, y: up, width: w, height: t }),
  );
}
