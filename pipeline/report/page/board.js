// A channel of a layer's input as cells, with its padding, the window and the next window.

class Board {
  constructor(tab, at, c) {
    const { probe } = tab,
      layer = probe.layer(at),
      plan = probe.plan(at);
    Object.assign(this, { tab, layer, plan, c, source: tab.source(at, c) });
    this.axes = [axisOf(layer, plan, 0), axisOf(layer, plan, 1)];
    const [rows, columns] = this.axes;
    this.win = h("i.win");
    this.ghost = h("i.ghost");
    this.arrows = s("svg", { class: "arrows", "aria-hidden": "true" });
    this.scroller = h("div.board.heads");
    this.element = h("div.board-of", { tabindex: rows.n > 12 || columns.n > 12 ? 0 : undefined }, this.scroller);
    const height = rows.before + rows.n + rows.after,
      width = columns.before + columns.n + columns.after;
    const values = this.values(at);
    if (values.then) values.then((all) => this.fill(at, all, height, width)).catch(failed(this.scroller));
    else this.fill(at, values, height, width);
  }

// values are the channel's values: from the picture itself, or from the worker.
  values(at) {
    const [, height, width] = this.plan.in,
      { probe } = this.tab,
      { l, k } = this.source;
    if (l < 0) return probe.stacks[at.st].tile(-1, k, k + 1, range(0, height), range(0, width));
    const job = { st: at.st, l, k0: k, k1: k + 1, rows: [0, height], columns: [0, width] };
    return crew.run(probe, `board ${this.c}`, job);
  }

  fill(at, values, height, width) {
    const [rows, columns] = this.axes,
      top = largest(values),
      { mode } = this.layer;
    const table = gridTable(
      height,
      width,
      (i, j) => {
        const [y, x] = [i - rows.before, j - columns.before],
          [from, to] = [edge(mode, y, rows.n), edge(mode, x, columns.n)],
          inside = y >= 0 && y < rows.n && x >= 0 && x < columns.n,
          v = from < 0 || to < 0 ? 0 : values[from * columns.n + to],
          over = y >= rows.n + rows.after - rows.left || x >= columns.n + columns.after - columns.left;
        return {
          text: inside || mode !== "zeros" ? this.tab.inputText(v, this.source) : this.layer.kind === "max_pool" ? "" : "0",
          title: inside ? `${exact(v)} at row ${y}, column ${x}` : from < 0 || to < 0 ? "padding" : `padding, a copy of row ${from}, column ${to}: ${exact(v)}`,
          style: inside ? shade(v, top, this.source.l < 0 ? inkOf(this.source.k) : undefined) : undefined,
          cls: [!inside && "pad", over && "over"].filter(Boolean).join(" "),
        };
      },
      { label: `input of channel ${this.tab.probe.names(at)[this.c]}, with its padding`, first: [-rows.before, -columns.before], heads: true, cls: "input" },
    );
    this.cells = [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1));
    this.scroller.replaceChildren(table, this.ghost, this.win, this.arrows);
    if (this.last) this.show(...this.last);
  }

// show puts the window on a place, and its ghost on the next.
  show(at, part, next) {
    this.last = [at, part, next];
    if (!this.cells) return;
    const [rows, columns] = this.axes;
    const put = (box, place) => {
      const { x, y, width, height } = windowOf(this.layer, this.plan, place);
      for (const [key, n] of Object.entries({ left: 1 + x + columns.before, top: 1 + y + rows.before, width, height })) box.style[key] = `calc(var(--c) * ${n})`;
    };
    put(this.win, at);
    this.ghost.hidden = !next;
    if (next) put(this.ghost, next);
    for (const cell of this.tapped ?? []) cell.classList.remove("tap", "cur");
    this.tapped = [];
    const arrows = [];
    for (const t of part) {
      const [i, j] = this.layer.up ? [t.y, t.x] : [at.y * rows.stride + t.r * rows.dilation, at.x * columns.stride + t.s * columns.dilation],
        cell = this.cells[i]?.[j];
      if (!cell) continue;
      if (rows.dilation > 1 || columns.dilation > 1) cell.classList.add("tap");
      if (this.tab.play.unit === "term" && t.i === this.tab.play.term) cell.classList.add("cur");
      this.tapped.push(cell);
      if (cell.classList.contains("pad") && t.inside) arrows.push([j + 1.5, i + 1.5, t.x + columns.before + 1.5, t.y + rows.before + 1.5]);
    }
    this.point(arrows);
    this.follow(at);
  }

// point draws arrows from copied padding to its source.
  point(arrows) {
    const [rows, columns] = this.axes,
      degrees = 57.2958, // a radian
      size = [1 + columns.before + columns.n + columns.after, 1 + rows.before + rows.n + rows.after];
    this.arrows.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    this.arrows.replaceChildren(
      ...arrows.flatMap(([x1, y1, x2, y2]) => [
        s("line", { x1, y1, x2, y2 }),
        s("path", { d: "M0 0l-0.32-0.15v0.3z", transform: `translate(${x2} ${y2}) rotate(${degrees * Math.atan2(y2 - y1, x2 - x1)})` }),
      ]),
    );
  }

// follow keeps the window in sight.
  follow(at) {
    const box = this.element;
    if (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight) return;
    const w = this.win;
    box.scrollLeft = w.offsetLeft + w.offsetWidth / 2 - box.clientWidth / 2;
    box.scrollTop = w.offsetTop + w.offsetHeight / 2 - box.clientHeight / 2;
  }
}
