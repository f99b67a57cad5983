// Maps before and after their activation, side by side.

const smallMap = 12; // maps up to this side are shown with numbers
const pairsShown = 4; // filters at a time
const around = 64; // outputs a side that are shown of maps too large to compute

// activated applies a layer's activation to values.
function activated(layer, values) {
  const apply = activations[layer.activation] ?? activations.none,
    slope = Math.fround(layer.slope);
  return values.map((v) => apply(v, slope));
}

// nearBox is the box y0, x0, y1, x1 of outputs around a place.
function nearBox([, height, width], { y, x }) {
  const from = (v, n) => Math.max(0, Math.min(n - around, v - around / 2));
  const [y0, x0] = [from(y, height), from(x, width)];
  return [y0, x0, Math.min(height, y0 + around), Math.min(width, x0 + around)];
}

// mapJob is the job for a map: the whole map, or outputs around the place if it is too large.
function mapJob(probe, at) {
  const { out } = probe.plan(at),
    arithmetic = probe.all[at.st],
    cost = arithmetic.cost(at.l, at.k, at.k + 1, out[1], out[2]),
    whole = cost <= most && arithmetic.held(at.l, at.k, at.k + 1, out[1], out[2]) <= mostFloats,
    box = whole ? [0, 0, out[1], out[2]] : nearBox(out, at);
  return { cost, whole, box, job: { st: at.st, l: at.l, k0: at.k, k1: at.k + 1, rows: [box[0], box[2]], columns: [box[1], box[3]] } };
}

// Pairs shows the filters of a layer, some at a time.
class Pairs {
  constructor(view) {
    this.view = view;
    this.element = h("div", { class: "pairs" });
  }

// build shows the filters around the one that is chosen.
  build(at) {
    const { probe } = this.view,
      plan = probe.plan(at);
    this.first = Math.floor(at.k / pairsShown) * pairsShown;
    this.of = `${at.st} ${at.l} ${this.first}`;
    this.box = [0, 0, plan.out[1], plan.out[2]]; // y0, x0, y1, x1
    const arithmetic = probe.stacks[at.st],
      last = Math.min(plan.out[0], this.first + pairsShown),
      size = [this.first, last, plan.out[1], plan.out[2]];
    const cost = arithmetic.cost(at.l, ...size);
    if (cost <= liveCost) return this.compute(at, last);
    const fits = cost <= most && arithmetic.held(at.l, ...size) <= mostFloats;
    this.element.replaceChildren(
      h("h3", null, "The whole maps"),
      h(
        "button",
        {
          type: "button",
          onclick: () => {
            if (!fits) this.box = nearBox(plan.out, this.view.at);
            this.compute(at, last, cost);
          },
        },
        fits
          ? `Compute ${plural(last - this.first, "map")} (about ${amount(cost)} multiply-adds)`
          : `Compute ${around}×${around} outputs around the place`,
      ),
    );
  }

  async compute(at, last, cost) {
    const { of } = this,
      [y0, x0, y1, x1] = this.box,
      waits = h("p", { class: "muted" }, "Computing…");
    if (cost || !this.before) this.element.replaceChildren(waits);
    const job = { st: at.st, l: at.l, k0: this.first, k1: last, rows: [y0, y1], columns: [x0, x1], before: true };
    const values = await crew.run(this.view.probe, "pairs", job, (done) => {
      if (cost) waits.textContent = `Computing… ${share(done, cost)}`;
    });
    if (of !== this.of) return;
    this.before = values;
    this.draw(at, last);
    this.mark(this.view.at);
  }

  draw(at, last) {
    const layer = this.view.probe.layer(at),
      [y0, x0, y1, x1] = this.box,
      [height, width] = [y1 - y0, x1 - x0],
      plane = height * width,
      pair = layer.activation && layer.activation !== "none",
      after = pair ? activated(layer, this.before) : this.before,
      top = largest(this.before);
    this.marks = [];
    const name = pair ? activationName(layer) : "";
    const one = (values, before, k, of) => {
      const own = values.subarray((k - this.first) * plane, (k - this.first + 1) * plane),
        was = before?.subarray((k - this.first) * plane, (k - this.first + 1) * plane),
        zeroed = was && own.map((v, i) => v === 0 && was[i] < 0),
        label = `${of} of ${layer.filters[k]}`;
      const shown =
        height <= smallMap && width <= smallMap
          ? gridTable(
              height,
              width,
              (y, x) => {
                const v = own[y * width + x];
                return { text: cellText(v), title: exact(v), style: shade(v, top), cls: zeroed?.[y * width + x] ? "zeroed" : "" };
              },
              { label, first: [y0, x0] },
            )
          : mapCanvas(own, height, width, { label, top, zeroed });
      const box = h("i", { class: "win" }),
        holder = h("span", { class: shown.matches("table") ? "board" : "board drawn", onclick: (e) => this.pick(e, holder, at, k) }, shown, box);
      this.marks.push({ box, k, grid: shown.matches("table") });
      return holder;
    };
    const rows = range(this.first, last).map((k) => {
      const own = this.before.subarray((k - this.first) * plane, (k - this.first + 1) * plane),
        below = own.reduce((n, v) => n + (v < 0), 0);
      return h(
        "div",
        { class: "pair" },
        h("p", null, h("span", { class: "index" }, k), h("b", null, layer.filters[k]), pair && h("span", { class: "muted" }, ` ${whole(below)} of ${whole(plane)} below 0${layer.activation.startsWith("relu") && below ? ", now 0" : ""}`)),
        one(this.before, undefined, k, pair ? "before" : "map"),
        pair && [h("span", { class: "sign" }, "→"), one(after, this.before, k, "after")],
      );
    });
    const { length } = layer.filters,
      whole2 = height * width === this.view.probe.plan(at).out[1] * this.view.probe.plan(at).out[2];
    this.element.replaceChildren(
      h(
        "header",
        { class: "row head" },
        h("h3", null, pair ? `Before and after ${name}` : "The maps"),
        !whole2 && h("span", { class: "muted" }, `rows ${y0}–${y1 - 1}, columns ${x0}–${x1 - 1}`),
        length > pairsShown && h("span", { class: "muted pager" }, `filters ${this.first}–${last - 1} of ${length}`, this.turn(at, -1), this.turn(at, 1)),
      ),
      h("div", { class: "pair-list", style: { "--n": Math.max(height, width) } }, rows),
    );
  }

// turn is a button that leads to the filters before or after.
  turn(at, by) {
    const { length } = this.view.probe.layer(at).filters,
      k = this.first + by * pairsShown;
    return h(
      "button",
      {
        type: "button",
        class: "small",
        disabled: k < 0 || k >= length,
        "aria-label": by < 0 ? "filters before" : "filters after",
        onclick: () => this.view.select({ ...this.view.at, k }),
      },
      by < 0 ? "←" : "→",
    );
  }

  pick(e, holder, at, k) {
    const [y0, x0, y1, x1] = this.box,
      cell = e.target.closest("td");
    let [y, x] = [0, 0];
    if (cell) {
      [y, x] = [cell.parentElement.rowIndex - 1 + y0, cell.cellIndex - 1 + x0];
    } else {
      const b = holder.getBoundingClientRect();
      y = y0 + Math.floor(((e.clientY - b.top) / b.height) * (y1 - y0));
      x = x0 + Math.floor(((e.clientX - b.left) / b.width) * (x1 - x0));
    }
    const inside = (v, from, to) => Math.max(from, Math.min(to - 1, v));
    this.view.select({ st: at.st, l: at.l, k, y: inside(y, y0, y1), x: inside(x, x0, x1) });
  }

// mark marks a place.
  mark({ k, y, x }) {
    const [y0, x0, y1, x1] = this.box ?? [0, 0, 0, 0];
    for (const { box, k: own, grid } of this.marks ?? []) {
      box.hidden = y < y0 || y >= y1 || x < x0 || x >= x1;
      box.classList.toggle("other", own !== k);
      if (grid) {
        Object.assign(box.style, { left: `calc(var(--c) * ${x - x0})`, top: `calc(var(--c) * ${y - y0})`, width: "var(--c)", height: "var(--c)" });
        continue;
      }
      const part = (v, n) => `${(100 * v) / n}%`;
      Object.assign(box.style, { left: part(x - x0, x1 - x0), top: part(y - y0, y1 - y0), width: part(1, x1 - x0), height: part(1, y1 - y0) });
    }
  }

// show follows the place, and builds anew if other filters are chosen.
  show(at) {
    const of = `${at.st} ${at.l} ${Math.floor(at.k / pairsShown) * pairsShown}`;
    if (of !== this.of) {
      this.marks = [];
      this.build(at);
    } else {
      this.mark(at);
    }
  }
}
