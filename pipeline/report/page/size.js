// The size of a layer's output, worked.

// axisOf is the geometry of rows (axis 0) or columns (axis 1).
function axisOf(layer, plan, axis) {
  const [n, before, after] = [plan.in[1 + axis], plan.pad[axis], plan.pad[axis + 2]];
  const span = layer.dilation[axis] * (layer.kernel[axis] - 1) + 1,
    stride = layer.stride[axis],
    out = plan.out[1 + axis];
  return {
    n, before, after, span, stride, out,
    kernel: layer.kernel[axis],
    dilation: layer.dilation[axis],
    room: n + before + after - span, // places at stride 1, less one
    left: Math.max(0, n + before + after - span - (out - 1) * stride),
    ceil: layer.ceilMode,
  };
}

const sameAxis = (a, b) => Object.keys(a).every((k) => a[k] === b[k]);

// rule is the formula in letters.
function rule(layer, plan) {
  const [a, b] = [axisOf(layer, plan, 0), axisOf(layer, plan, 1)];
  const K = a.dilation > 1 || b.dilation > 1 ? "K'" : "K",
    P = a.before === a.after && b.before === b.after ? "2P" : "P + P'";
  return layer.ceilMode ? `O = ⌈(W − ${K} + ${P})/S⌉ + 1` : `O = (W − ${K} + ${P})/S + 1`;
}

// worked is the formula with the numbers of an axis.
function worked(a) {
  const pad = a.before === a.after ? `2·${a.before}` : `${a.before} + ${a.after}`;
  const text = `(${a.n} − ${a.span} + ${pad})/${a.stride} + 1 = ${a.room}/${a.stride} + 1`;
  if (a.room % a.stride === 0) return `${text} = ${a.out}`;
  const quotient = String(Number((a.room / a.stride).toFixed(2)));
  return `${text} = ${a.ceil ? `⌈${quotient}⌉` : `⌊${quotient}⌋`} + 1 = ${a.out}${a.left > 0 ? `, ${a.left} left over` : ""}`;
}

// fitting are the strides from 1 to 16 that leave nothing over.
const fitting = (a) => Array.from({ length: 16 }, (_, i) => i + 1).filter((s) => a.room % s === 0 && s <= Math.max(1, a.room));

// uncoveredText says how many rows and columns no output covers, and which strides cover all.
function uncoveredText(rows, columns) {
  if (!rows.left && !columns.left) return "";
  const of = [
    rows.left && plural(rows.left, "row"),
    columns.left && (rows.left === columns.left ? "column" + (columns.left > 1 ? "s" : "") : plural(columns.left, "column")),
  ].filter(Boolean);
  const fit = fitting(rows.left ? rows : columns).filter((s) => !rows.left || !columns.left || columns.room % s === 0);
  return `${of.join(" and ")} uncovered; ${fit.length > 1 ? "strides" : "stride"} ${fit.slice(0, 6).join(", ")} ${fit.length > 1 ? "fit" : "fits"}`;
}

// sizeLines are the size of a layer's output, its volume, weights and cost, in lines of a name
// and a text.
function sizeLines(layer, plan) {
  const rows = axisOf(layer, plan, 0),
    columns = axisOf(layer, plan, 1),
    both = sameAxis(rows, columns);
  const lines = [];
  const [c, height, width] = plan.in,
    [k, outHeight, outWidth] = plan.out;
  if (layer.norm || layer.up || layer.inputs.length > 1 || layer.kernel === undefined) return [["volume", `${shape(plan.in)} → ${shape(plan.out)}`]];
  lines.push(["rule", rule(layer, plan)]);
  for (const [name, a] of both ? [["rows and columns", rows]] : [["rows", rows], ["columns", columns]]) {
    if (a.dilation > 1 && (a === rows || rows.dilation !== a.dilation || rows.kernel !== a.kernel)) lines.push(["dilation", `K' = ${a.dilation}·(${a.kernel} − 1) + 1 = ${a.span}`]);
    lines.push([name, worked(a)]);
  }
  const left = uncoveredText(rows, columns);
  if (left) lines.push(["uncovered", left]);
  const padded = plan.pad.some((p) => p > 0)
    ? `, padded ${shape([c, height + rows.before + rows.after, width + columns.before + columns.after])}`
    : "";
  if (layer.kind !== "conv") {
    lines.push(["volume", `${shape(plan.in)}${padded}, windows of ${size2(layer.kernel)} → ${shape(plan.out)}`]);
    return lines;
  }
  const each = c / layer.groups,
    taps = each * layer.kernel[0] * layer.kernel[1];
  lines.push(
    ["volume", `${shape(plan.in)}${padded}, ${plural(k, "filter")} of ${shape([each, ...layer.kernel])} → ${shape(plan.out)}`],
    ["weights", `${k}·(${each}·${layer.kernel[0]}·${layer.kernel[1]}) + ${k} ${k === 1 ? "bias" : "biases"} = ${k * taps + k}`],
    ["multiply-adds", `${k}·${outHeight}·${outWidth}·${taps} = ${k * outHeight * outWidth * taps}`],
  );
  return lines;
}
