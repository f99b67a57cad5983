// The stack as a diagram, and the view of a layer.

const stackTitle = (stack) => stack.name || "Stack";
const layerPath = (st, l) => `#/l/${st}/${l}`;

// channelNames are the names of the channels that the filters of a layer read: colours, or
// the maps of the layer before.
function channelNames(st, l, k = 0) {
  const { layers } = page.stacks[st],
    layer = layers[l];
  const all = channelsInto(layers, l);
  if (layer.groups === 1) return all;
  const each = all.length / layer.groups,
    group = Math.floor(k / (layer.filters.length / layer.groups));
  return all.slice(group * each, (group + 1) * each);
}

// sourceNames are the names of the layers that a layer reads.
const sourceNames = ({ layers }, { inputs }) => [...new Set(inputs)].map((from) => (from < 0 ? "the picture" : layers[from].name)).join(", ");

// describe says in a few words what a layer does.
function describe(layer) {
  switch (layer.kind) {
    case "conv":
      return `conv ${size2(layer.kernel)}`;
    case "max_pool":
      return `max pool ${size2(layer.kernel)}`;
    case "avg_pool":
      return `average pool ${size2(layer.kernel)}`;
    case "local_response_norm":
      return `local response norm over ${layer.norm.size}`;
  }
  return layer.kind;
}

function activationName(layer) {
  const names = { relu: "ReLU", none: "none", leaky_relu: `leaky ReLU ${exact(layer.slope)}`, relu6: "ReLU6" };
  return names[layer.activation] ?? layer.activation;
}

const windows = ["conv", "max_pool", "avg_pool"]; // kinds with a kernel and a stride

const layerFacts = (layer, plan) =>
  facts([
    [
      "kernel",
      layer.kind === "conv"
        ? `${shape([layer.filters.length, plan.in[0] / layer.groups])}×${size2(layer.kernel)}`
        : windows.includes(layer.kind)
          ? size2(layer.kernel)
          : "",
    ],
    ["stride", windows.includes(layer.kind) ? pair(layer.stride) : ""],
    ["padding", windows.includes(layer.kind) ? padding(plan.pad, layer.mode) : ""],
    ["enlarged", layer.up ? `${size2(layer.up)} times` : ""],
    ["dilation", layer.dilation.some((d) => d > 1) ? pair(layer.dilation) : ""],
    ["groups", layer.kind === "conv" && layer.groups > 1 ? whole(layer.groups) : ""],
    ["activation", layer.activation && activationName(layer)],
    ["size rounded", layer.ceilMode ? "up" : ""],
    ["padding counts", layer.kind === "avg_pool" ? (layer.excludePadding ? "no" : "yes") : ""],
    ["alpha", layer.norm && exact(layer.norm.alpha)],
    ["beta", layer.norm && exact(layer.norm.beta)],
    ["k", layer.norm && exact(layer.norm.k)],
    ["receptive field", size2(plan.field)],
    ["parameters", whole(layer.parameters)],
    ["multiply-adds", amount(plan.macs)],
  ]);

function diagram(st, plans, input) {
  const stack = page.stacks[st];
  const volume = (dims, name) =>
    h("div.volume", block(dims), h("b", shape(dims)), h("span.muted", name));
  const steps = stack.layers.map((layer, l) =>
    h(
      "li",
      h(
        layer.inputs.includes(l - 1) ? "a.layer" : "a.layer.branch",
        { href: layerPath(st, l) },
        h("h4", layer.name),
        h("p", describe(layer)),
        layer.inputs.join() !== String(l - 1) && h("p.muted", `reads ${sourceNames(stack, layer)}`),
        layerFacts(layer, plans[l]),
        layer.kind === "conv" && strip(layer),
        plans[l].uncovered && h("p.warning", plans[l].uncovered),
      ),
      volume(plans[l].out, layer.written ? plural(layer.filters.length, "map") : "not written"),
    ),
  );
  const list = h(
    "ol.diagram",
    { "aria-label": `layers of ${stackTitle(stack)}` },
    h("li", volume(input, "input")),
    steps,
  );
  drawSkips(list, stack.layers);
  return list;
}

// skipLanes places the layers that later layers read past others: each lane has pairs of such a
// layer and its last reader. Pairs of a lane do not overlap. Short pairs come first.
function skipLanes(layers) {
  const last = new Map(),
    lanes = [];
  layers.forEach(({ inputs }, l) => inputs.forEach((from) => from < l - 1 && last.set(from, l)));
  for (const [from, to] of [...last].sort((a, b) => a[1] - a[0] - b[1] + b[0])) {
    const free = lanes.find((lane) => lane.every(([a, b]) => b <= from || to <= a));
    if (free) free.push([from, to]);
    else lanes.push([[from, to]]);
  }
  return lanes;
}

// drawSkips draws a line from the output of each such layer to each layer that reads it past others,
// below a row of boxes or beside a column. The eye cannot follow more than eight lanes, so a
// graph that needs more has none.
function drawSkips(list, layers) {
  const lanes = skipLanes(layers),
    path = s("path"),
    svg = h("svg.skips", { "aria-hidden": "true" }, path);
  if (!lanes.length || lanes.length > 8) return;
  list.style.setProperty("--lanes", lanes.length);
  list.firstChild.append(svg);
  const draw = () => {
    // at is the point with these coordinates along the list and across it.
    const column = getComputedStyle(list).flexDirection === "column",
      { left, top } = svg.getBoundingClientRect(),
      at = (along, across) => (column ? [across, along] : [along, across]);
    // ends are a box's begin and end along the list, and its far side across it.
    const ends = (element) => {
      const b = element.getBoundingClientRect();
      return column ? [b.top - top, b.bottom - top, b.right - left] : [b.left - left, b.right - left, b.bottom - top];
    };
    const line = (from, to) => {
      const n = lanes.findIndex((lane) => lane.some(([a]) => a === from)),
        parts = [...list.children[from + 1].querySelector(".volume").children].map(ends),
        [begin, end, side] = ends(list.children[to + 1].firstChild),
        lane = ends(list.firstChild)[2] + 12 + 10 * n,
        x = (parts[0][0] + parts[0][1]) / 2,
        y = Math.max(...parts.map((p) => p[2])) + 2,
        into = begin + ((end - begin) * (n + 1)) / (lanes.length + 1);
      return `M${at(x, y)}L${at(x, lane - 6)}Q${at(x, lane)},${at(x + 6, lane)}L${at(into - 6, lane)}Q${at(into, lane)},${at(into, lane - 6)}L${at(into, side)}M${at(into - 4, side + 5)}L${at(into, side)},${at(into + 4, side + 5)}`;
    };
    path.setAttribute("d", layers.flatMap(({ inputs }, l) => [...new Set(inputs)].filter((from) => from < l - 1).map((from) => line(from, l))).join(""));
  };
  new ResizeObserver(draw).observe(list);
}

// strip shows the first kernels of a layer, small: each channel apart if there are up to three,
// or else their mean.
function strip(layer) {
  const line = h("div.strip", { "aria-hidden": "true" }),
    [kH, kW] = layer.kernel,
    plane = kH * kW;
  arrays(layer).then(
    ({ weights }) => {
      const taps = weights.length / layer.filters.length,
        apart = taps <= 3 * plane ? taps / plane : 1;
      for (let k = 0; k < Math.min(Math.floor(9 / apart), layer.filters.length); k++) {
        const parts = Array.from({ length: apart }, () => new Float32Array(plane));
        for (let t = 0; t < taps; t++) parts[Math.floor(t / plane) % apart][t % plane] += weights[k * taps + t];
        const top = largest(parts.flatMap((p) => [...p]));
        line.append(h("span", parts.map((p) => cells(p, kH, kW, { top }))));
      }
    },
    () => {},
  ); // an ornament; views that need the weights report the error
  return line;
}

// stackView shows all stacks for one of the sizes.
function stackView() {
  if (!page.sizes.length)
    return h("section", h("h2", "Stack"), h("p", "No picture has gone through it."));
  const body = h("div");
  const draw = (at) =>
    body.replaceChildren(
      ...page.stacks.map((stack, st) =>
        h(
          "section.stack",
          page.stacks.length > 1 && h("h3", stackTitle(stack)),
          diagram(st, page.sizes[at].plans[st], page.sizes[at].in),
        ),
      ),
    );
  draw(0);
  const choice =
    page.sizes.length > 1 &&
    h(
      "label.choice",
      "for pictures of ",
      h(
        "select",
        { onchange: (e) => draw(Number(e.target.value)) },
        page.sizes.map((size, i) =>
          h("option", { value: i }, `${shape(size.in)} (${plural(size.pictures, "picture")})`),
        ),
      ),
      page.rest > 0 && ` and ${plural(page.rest, "other size")}, shown with their pictures`,
    );
  return h(
    "section",
    { "aria-labelledby": "stack-title" },
    h("header.row", h("h2", { id: "stack-title" }, page.stacks.length > 1 ? "Stacks" : "Stack"), choice),
    body,
  );
}

// layerView shows a layer's filters: their kernels, and their statistics over the run.
async function layerView(st, l) {
  const stack = page.stacks[st],
    layer = stack?.layers[l];
  if (!layer) return missing("There is no such layer.");
  const [values, gallery] = await Promise.all([arrays(layer), load("gallery")]);
  const plan = page.sizes[0]?.plans[st][l];
  const list = h(
    "ul.filters",
    layer.filters.map((name, k) => filterCard(st, l, k, values, gallery)),
  );
  const n = layer.stats?.[0]?.pictures;
  return h(
    "article",
    h(
      "nav.crumbs",
      { "aria-label": "where" },
      h("a", { href: "#/" }, "Overview"),
      page.stacks.length > 1 && h("span", stackTitle(stack)),
      l > 0 && h("a", { href: layerPath(st, l - 1), rel: "prev" }, `← ${stack.layers[l - 1].name}`),
      l + 1 < stack.layers.length &&
        h("a", { href: layerPath(st, l + 1), rel: "next" }, `${stack.layers[l + 1].name} →`),
    ),
    h("h1", { tabindex: -1 }, layer.name),
    h(
      "p.lead",
      `${describe(layer)}, ${plural(layer.filters.length, "filter")}`,
      plan && `, ${shape(plan.in)} → ${shape(plan.out)} for pictures of ${shape(page.sizes[0].in)}`,
    ),
    plan && layerFacts(layer, plan),
    h(
      "p.muted",
      layer.written
        ? `Ranges, means and zeros are over ${plural(n ?? 0, "picture")}.`
        : "The run did not write the maps of this layer. Use --layers all to get the maps and their statistics.",
    ),
    list,
  );
}

function filterCard(st, l, k, values, gallery) {
  const layer = page.stacks[st].layers[l],
    stats = layer.stats?.[k];
  return h(
    "li.filter",
    values?.weights && kernel(layer, channelNames(st, l, k), values, k, { most: 16 }),
    h(
      "div",
      h("h3", h("span.index", k), layer.filters[k]),
      values?.bias && values.bias[k] !== 0 && h("p", `bias ${exact(values.bias[k])}`),
      stats && stats.pictures > 0 && statsText(layer, stats),
      stats && strongest(stats, st, l, k, gallery),
    ),
  );
}

// strongest links to the pictures that a filter answers to most.
const strongest = (stats, st, l, k, gallery) =>
  stats.top?.length > 0 &&
  h(
    "ol.strongest",
    { "aria-label": "strongest in" },
    stats.top.map((t) =>
      h(
        "li",
        h(
          "a",
          { href: `#/p/${t.picture}/${st}/${l}/${k}`, title: `${gallery[t.picture].name}: up to ${short(t.max)}`, "aria-label": `${gallery[t.picture].name}, up to ${short(t.max)}` },
          thumb(gallery[t.picture]),
        ),
      ),
    ),
  );

function statsText(layer, stats) {
  return [
    h(
      "p.numbers",
      stats.values > stats.notFinite &&
        `${short(stats.min, 3)} … ${short(stats.max, 3)} · mean ${short(stats.mean, 3)} · `,
      `${share(stats.zeros, stats.values)} zeros`,
    ),
    !layer.signed &&
      stats.silent > 0 &&
      h(
        "p",
        { class: stats.silent === stats.pictures ? "warning" : "muted" },
        stats.silent === stats.pictures ? "never above 0" : `nowhere above 0 in ${plural(stats.silent, "picture")}`,
      ),
    stats.notFinite > 0 && h("p.warning", `${plural(stats.notFinite, "value")} not finite`),
  ];
}
