// Maps of computed values, on which a place is marked and picked.

// ValueMap is a box of outputs y0, x0, y1, x1: cells with numbers where each has room for one, or
// else a canvas. room is the width in pixels that it may take, and pick gets the place that is
// clicked. zeroed marks values that an activation has made 0.
class ValueMap {
  constructor(values, box, pick, { room, label, top = largest(values) || 1, zeroed }) {
    const [y0, x0, y1, x1] = box,
      [height, width] = [y1 - y0, x1 - x0],
      cell = Math.min(44, Math.floor(room / Math.max(height, width)));
    Object.assign(this, { values, box, size: [height, width] });
    const text = (y, x) => {
      const i = y * width + x;
      return { text: cellText(values[i]), title: exact(values[i]), style: shade(values[i], top), cls: zeroed?.[i] ? "zeroed" : "" };
    };
    const numbers = cell >= numbersFrom;
    this.shown = numbers ? gridTable(height, width, text, { label, first: [y0, x0] }) : mapCanvas(values, height, width, { label, top, zeroed });
    this.win = h("i.win");
    this.element = h("span", { class: `board ${numbers ? "" : "drawn"}`, style: { "--c": `${cell}px` }, onclick: (e) => pick(this.under(e)) }, this.shown, this.win);
  }

// at is the value of an output, undefined outside the box.
  at({ y, x }) {
    const [y0, x0] = this.box;
    return outOf(this.box, { y, x }) ? undefined : this.values[(y - y0) * this.size[1] + x - x0];
  }

// under is the output below the pointer.
  under(e) {
    const cell = e.target.closest("td"),
      b = this.element.getBoundingClientRect(),
      place = cell ? [cell.parentElement.rowIndex - 1, cell.cellIndex - 1] : [((e.clientY - b.top) / b.height) * this.size[0], ((e.clientX - b.left) / b.width) * this.size[1]],
      [y, x] = place.map((v, axis) => this.box[axis] + Math.max(0, Math.min(this.size[axis] - 1, Math.floor(v))));
    return { y, x };
  }

// mark marks an output.
  mark(at) {
    const [height, width] = this.size,
      part = (v, n) => `${(100 * v) / n}%`;
    this.win.hidden = outOf(this.box, at);
    Object.assign(this.win.style, { left: part(at.x - this.box[1], width), top: part(at.y - this.box[0], height), width: part(1, width), height: part(1, height) });
  }
}

const outOf = ([y0, x0, y1, x1], { y, x }) => y < y0 || y >= y1 || x < x0 || x >= x1;

// jobOf is the job that computes a box of a map.
const jobOf = ({ st, l, k }, [y0, x0, y1, x1], more) => ({ st, l, k0: k, k1: k + 1, rows: [y0, y1], columns: [x0, x1], ...more });

// mapFigure is a map with its title and a note.
const mapFigure = (title, note, ...shown) => h("figure", h("figcaption", h("b", title), h("span.muted", note)), shown);

// difference is a map of one map's values less another's of the same box, undefined for others.
function difference(a, b, pick, room) {
  if (a?.box.join() !== b?.box.join()) return undefined;
  return new ValueMap(a.values.map((v, i) => v - b.values[i]), a.box, pick, { room, label: "difference" });
}
