// The size of a layer's output, worked: the same texts as Go's package filters/formula.

// axisOf is the geometry of rows (axis 0) or columns (axis 1).
function axisOf(layer, plan, axis) {
  const [n, before, after] = [plan.in[1 + axis], plan.pad[axis], plan.pad[axis + 2]];
  const span = layer.dilation[axis] * (layer.kernel[axis] - 1) + 1,
    set = layer.after?.[axis] ?? after, // a window may reach beyond that
    stride = layer.stride[axis],
    out = plan.out[1 + axis];
  return {
    n, before, after, span, stride, out, set,
    kernel: layer.kernel[axis],
    dilation: layer.dilation[axis],
    room: n + before + set - span, // places at stride 1, less one
    left: Math.max(0, n + before + after - span - (out - 1) * stride),
    ceil: layer.ceilMode,
    auto: layer.auto,
  };
}

const sameAxis = (a, b) => Object.keys(a).every((k) => a[k] === b[k]);

const number = (n, one, many = one + "s") => `${n} ${n === 1 ? one : many}`;

// rule is the formula in letters.
function rule(a, b) {
  const K = a.dilation > 1 || b.dilation > 1 ? "K'" : "K",
    P = a.before === a.set && b.before === b.set ? "2P" : "P + P'";
  return a.ceil ? `O = ⌈(W − ${K} + ${P})/S⌉ + 1` : `O = (W − ${K} + ${P})/S + 1`;
}

// paddingText says where the amounts of padding: same and its relatives come from.
function paddingText(a) {
  const start = `${a.auto}: P + P' = `,
    total = `${a.before + a.set} = ${a.before} + ${a.set}`;
  if (a.stride === 1) return `${start}${a.span} − 1 = ${total}`;
  const sum = `(⌈${a.n}/${a.stride}⌉ − 1)·${a.stride} + ${a.span} − ${a.n}`;
  return start + ((a.out - 1) * a.stride + a.span < a.n ? `max(0, ${sum})` : sum) + ` = ${total}`;
}

// quotient writes room/stride, which is no whole number, with two digits. It is not rounded to a
// whole number that is rounded again to another one.
function quotient(a) {
  const size = Math.abs(a.room);
  let cents = Math.floor((200 * size + a.stride) / (2 * a.stride));
  const exactly = Math.floor(size / a.stride);
  if (cents === 100 * (exactly + 1) && !a.ceil) cents--;
  else if (cents === 100 * exactly && a.ceil) cents++;
  return (a.room < 0 ? "−" : "") + cents / 100;
}

// worked is the formula with the numbers of an axis.
function worked(a, name) {
  const pad = a.before === a.set ? `2·${a.before}` : `${a.before} + ${a.set}`;
  let text = `(${a.n} − ${a.span} + ${pad})/${a.stride} + 1 = ${minus(String(a.room))}/${a.stride} + 1`,
    whole = Math.trunc(a.room / a.stride);
  if (a.room % a.stride !== 0) {
    text += ` = ${a.ceil ? `⌈${quotient(a)}⌉` : `⌊${quotient(a)}⌋`} + 1`;
    if (a.ceil && a.room > 0) whole++;
  }
  if (a.out <= whole) text += ` = ${whole + 1} − ${whole + 1 - a.out}`;
  text += ` = ${a.out}`;
  if (a.out <= whole) text += ", since the last window would begin behind the input";
  if (a.after > a.set) text += `, the last window reaches ${a.after - a.set} past the ${a.set > 0 ? "padding" : "input"}`;
  return a.left > 0 ? `${text}, ${a.left} left over: ${uncoveredText(a, name)}` : text;
}

// uncoveredText says how much no output covers, and which strides would leave nothing over.
function uncoveredText(a, name) {
  const text = `${number(a.left, ...{ rows: ["row"], columns: ["column"] }[name] ?? ["row and column", "rows and columns"])} uncovered`;
  if (a.auto) return text; // the padding would change with the stride
  const fit = range(1, Math.min(16, a.room) + 1).filter((s) => a.room % s === 0).slice(0, 6);
  return `${text}; ${fit.length > 1 ? "strides" : "stride"} ${fit.join(", ")} ${fit.length > 1 ? "fit" : "fits"}`;
}

// sizeLines are the size of a layer's output, its volume, weights and cost, in lines of a name
// and a text, with true behind them if something is left over. shapes are the shapes of the
// layers that it reads.
function sizeLines(layer, plan, shapes = [plan.in]) {
  const rows = axisOf(layer, plan, 0),
    columns = axisOf(layer, plan, 1),
    [c, height, width] = plan.in,
    [k, outHeight, outWidth] = plan.out;
  const volume = ["volume", `${shape(plan.in)} → ${shape(plan.out)}`];
  const cost = (taps) => ["multiply-adds", `${[...plan.out, ...taps].join("·")} = ${taps.reduce((n, t) => n * t, k * outHeight * outWidth)}`];
  if (layer.up) {
    const [a, b] = [0, 1].map((axis) => `${layer.up[axis]}·${plan.in[1 + axis]} = ${plan.out[1 + axis]}`);
    return [["outputs", "O = F·W"], ...(a === b ? [["rows and columns", a]] : [["rows", a], ["columns", b]]), volume];
  }
  if (layer.kind === "add") return [["outputs", "O = W"], ["volume", `${shapes.map(shape).join(" + ")} → ${shape(plan.out)}`]];
  if (layer.kind === "concat") {
    return [
      ["outputs", `O = W, C = C₁ + C₂${shapes.length > 2 ? " + …" : ""}`],
      ["channels", `${shapes.map((s) => s[0]).join(" + ")} = ${k}`],
      ["volume", `${shapes.map(shape).join(", ")} → ${shape(plan.out)}`],
    ];
  }
  if (layer.kind === "scale") return [["outputs", "O = W"], volume, ["weights", `${number(c, "factor")} + ${number(c, "shift")} = ${2 * c}`], cost([])];
  if (layer.norm || layer.kind === "activation") return [["outputs", "O = W"], volume];
  const lines = [["outputs", rule(rows, columns)]];
  for (const [name, a] of sameAxis(rows, columns) ? [["rows and columns", rows]] : [["rows", rows], ["columns", columns]]) {
    if (a.dilation > 1 && (a === rows || rows.dilation !== a.dilation || rows.kernel !== a.kernel)) lines.push(["dilation", `K' = ${a.dilation}·(${a.kernel} − 1) + 1 = ${a.span}`]);
    if (a.auto && (a === rows || paddingText(a) !== paddingText(rows))) lines.push(["padding", paddingText(a)]);
    lines.push([name, worked(a, name), a.left > 0]);
  }
  const padded = [c, height + rows.before + rows.set, width + columns.before + columns.set];
  const from = shape(plan.in) + (shape(padded) === shape(plan.in) ? "" : `, padded ${shape(padded)}`);
  if (layer.kind !== "conv") return [...lines, ["volume", `${from}, windows of ${size2(layer.kernel)} → ${shape(plan.out)}`]];
  const each = [c / layer.groups, ...layer.kernel],
    taps = each.reduce((n, v) => n * v);
  return [
    ...lines,
    ["volume", `${from}, ${number(k, "filter")} of ${shape(each)}${layer.groups > 1 ? ` in ${layer.groups} groups` : ""} → ${shape(plan.out)}`],
    ["weights", `${k}·(${each.join("·")}) + ${number(k, "bias", "biases")} = ${k * taps + k}`],
    cost([taps]),
  ];
}

// sizeList draws the lines.
const sizeList = (lines) => h("dl", lines.map(([name, text, over]) => h("div", { class: over ? "warning" : "" }, h("dt", name), h("dd", text))));
