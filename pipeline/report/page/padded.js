// Pictures with the padding around them, and the strips that no output covers.

// extentOf is how far a layer's outputs see along an axis of the picture: padding before and
// after it, and where the last window ends. For layers that read others, padding is what the
// outputs' fields have outside the picture.
function extentOf(plan, layer, axis, n) {
  const before = Math.max(0, -plan.start[axis]),
    end = plan.start[axis] + (plan.out[1 + axis] - 1) * plan.jump[axis] + plan.field[axis];
  const after = layer.inputs.every((from) => from < 0) ? plan.pad[axis + 2] : Math.max(0, end - n);
  return { before, after, end: Math.min(end, n + after), n };
}

// paddedParts draws the frame of the padding and the hatched strips, in pixels of the picture.
function paddedParts(rows, columns) {
  const [x0, x1, y0, y1] = [-columns.before, columns.n + columns.after, -rows.before, rows.n + rows.after];
  const unit = Math.max(x1 - x0, y1 - y0) / 70,
    id = `hatch-${unit}`;
  const strips = [];
  if (columns.end < x1) strips.push({ x: columns.end, y: y0, width: x1 - columns.end, height: y1 - y0 });
  if (rows.end < y1) strips.push({ x: x0, y: rows.end, width: columns.end - x0, height: y1 - rows.end });
  const padded = x0 < 0 || y0 < 0 || x1 > columns.n || y1 > rows.n;
  return [
    strips.length > 0 &&
      s(
        "pattern",
        { id, width: unit, height: unit, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        s("rect", { class: "hatch-ground", width: unit, height: unit }),
        s("rect", { class: "hatch-line", width: unit * 0.4, height: unit }),
      ),
    strips.map((box) => s("rect", { class: "strip-of", fill: `url("#${id}")`, ...box })),
    padded && s("rect", { class: "padding-frame", x: x0, y: y0, width: x1 - x0, height: y1 - y0 }),
  ];
}

// paddedFrame is a picture with its padding to scale. Coordinates of the overlay are pixels of
// the picture.
function paddedFrame(src, [, height, width], rows, columns, label, overlay) {
  const full = [columns.before + width + columns.after, rows.before + height + rows.after];
  const element = frame(src, [0, full[1], full[0]], label, [paddedParts(rows, columns), ...overlay]);
  const picture = element.firstChild;
  element.querySelector(".overlay").setAttribute("viewBox", `${-columns.before} ${-rows.before} ${full[0]} ${full[1]}`);
  if (picture.matches("img")) {
    picture.classList.add("inset");
    picture.classList.toggle("coarse", Math.max(width, height) <= 300);
    const part = (v, all) => `${(100 * v) / all}%`;
    Object.assign(picture.style, {
      left: part(columns.before, full[0]),
      top: part(rows.before, full[1]),
      width: part(width, full[0]),
      height: part(height, full[1]),
    });
  }
  return element;
}

// layerFrame is a layer's input with the layer's own padding.
function layerFrame(layer, plan, src, label, overlay) {
  const [rows, columns] = [0, 1].map((axis) => {
    const { before, after, n, left } = axisOf(layer, plan, axis);
    return { before, after, n, end: n + after - left };
  });
  return paddedFrame(src, plan.in, rows, columns, label, overlay);
}

// windowOf is the box of a layer's input that an output reads.
function windowOf(layer, plan, { y, x }) {
  const along = (axis, o) => {
    const { stride, before, span: n } = axisOf(layer, plan, axis);
    if (!layer.up) return [o * stride - before, n];
    const { inputs } = span(layer, plan, axis, [o]);
    return [inputs[0], inputs.length];
  };
  const [[top, height], [left, width]] = [along(0, y), along(1, x)];
  return { x: left, y: top, width, height };
}

// unpadded is the box of the outputs whose windows touch no padding, or null if all do or none.
function unpadded(layer, plan) {
  const along = (axis) => {
    const a = axisOf(layer, plan, axis),
      from = Math.ceil(a.before / a.stride),
      to = Math.min(a.out, Math.floor((a.n + a.before - a.span) / a.stride) + 1);
    return [from, to];
  };
  if (layer.norm || layer.up) return null;
  const [y0, y1] = along(0),
    [x0, x1] = along(1);
  if (x1 <= x0 || y1 <= y0 || (y1 - y0 === plan.out[1] && x1 - x0 === plan.out[2])) return null;
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}
