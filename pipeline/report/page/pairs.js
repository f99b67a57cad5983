// Maps before and after their activation, side by side.

const smallMap = 12; // maps up to this side are shown with numbers
const pairsShown = 4; // filters at a time
const around = 64; // outputs a side that are shown of maps too large to compute

// activated applies a layer's activation to the values of its filters from k0 on, plane of each.
function activated(layer, arrays, k0, plane, values) {
  const apply = activations[layer.activation] ?? activations.none;
  return values.map((v, i) => apply(v, slopeOf(layer, arrays, k0 + Math.floor(i / plane))));
}

// nearBox is the box y0, x0, y1, x1 of outputs around a place.
function nearBox([, height, width], { y, x }) {
  const from = (v, n) => Math.max(0, Math.min(n - around, v - around / 2));
  const [y0, x0] = [from(y, height), from(x, width)];
  return [y0, x0, Math.min(height, y0 + around), Math.min(width, x0 + around)];
}

// mapBox is the box of filters k0 ≤ k < k1 that is computed: the whole maps if they are cheap,
// or if a button is pressed and they are possible; or else outputs around the place, if those
// are cheap or a button is pressed.
function mapBox(arithmetic, l, k0, k1, out, place, pressed) {
  const cost = arithmetic.cost(l, k0, k1, out[1], out[2]),
    possible = cost <= most && arithmetic.held(l, k0, k1, out[1], out[2]) <= mostFloats,
    whole = possible && (cost <= liveCost || pressed),
    box = whole ? [0, 0, out[1], out[2]] : nearBox(out, place),
    near = arithmetic.cost(l, k0, k1, box[2] - box[0], box[3] - box[1]);
  return { cost, possible, whole, near, box: whole || near <= liveCost || (pressed && near <= most) ? box : undefined };
}

const outOf = ([y0, x0, y1, x1], { y, x }) => y < y0 || y >= y1 || x < x0 || x >= x1;

// wholeButton offers the whole map, or outputs around the place, whichever is possible.
function wholeButton({ cost, possible, near, box }, what, press) {
  if (!possible && box) return h("p", { class: "muted" }, `${around}×${around} outputs around the place: ${what} would take about ${amount(cost)} multiply-adds.`);
  if (!possible && near > most) return h("p", { class: "muted" }, `Even ${around}×${around} outputs take about ${amount(near)} multiply-adds, too many for a page.`);
  return h(
    "p",
    { class: "pair-of" },
    h("button", { type: "button", class: "small", onclick: press }, `Compute ${possible ? what : `${around}×${around} outputs`} (about ${amount(possible ? cost : near)} multiply-adds)`),
    box && h("span", { class: "muted" }, `${around}×${around} outputs around the place are shown.`),
  );
}

// Pairs shows the filters of a layer, some at a time.
class Pairs {
  constructor(view) {
    this.view = view;
    this.element = h("div", { class: "pairs" });
  }

// build shows the filters around the one that is chosen.
  build(at, pressed) {
    const { probe } = this.view,
      { out } = probe.plan(at);
    this.first = Math.floor(at.k / pairsShown) * pairsShown;
    this.of = `${at.st} ${at.l} ${this.first}`;
    const last = Math.min(out[0], this.first + pairsShown);
    this.chosen = mapBox(probe.stacks[at.st], at.l, this.first, last, out, at, pressed);
    this.offer = this.chosen.whole ? "" : wholeButton(this.chosen, last - this.first > 1 ? `${last - this.first} whole maps` : "the whole map", () => this.build(this.view.at, true));
    if (this.chosen.box) this.compute(at, last, pressed).catch(failed(this.element));
    else this.element.replaceChildren(h("h3", null, "The maps"), this.offer);
  }

  async compute(at, last, pressed) {
    const { of, chosen } = this,
      [y0, x0, y1, x1] = chosen.box,
      waits = h("p", { class: "muted" }, "Computing…");
    if (pressed || !this.before) this.element.replaceChildren(waits);
    const job = { st: at.st, l: at.l, k0: this.first, k1: last, rows: [y0, y1], columns: [x0, x1], before: true };
    const values = await crew.run(this.view.probe, "pairs", job, (done) => {
      if (pressed) waits.textContent = `Computing… ${share(done, chosen.cost)}`;
    });
    if (of !== this.of || chosen !== this.chosen) return;
    this.before = values;
    this.box = chosen.box; // y0, x0, y1, x1
    this.draw(at, last);
    this.mark(this.view.at);
  }

  draw(at, last) {
    const layer = this.view.probe.layer(at),
      [y0, x0, y1, x1] = this.box,
      [height, width] = [y1 - y0, x1 - x0],
      plane = height * width,
      pair = layer.activation && layer.activation !== "none",
      after = pair ? activated(layer, this.view.probe.stacks[at.st].arrays[at.l], this.first, plane, this.before) : this.before,
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
    const { length } = layer.filters;
    this.element.replaceChildren(
      h(
        "header",
        { class: "row head" },
        h("h3", null, pair ? `Before and after ${name}` : "The maps"),
        !this.chosen.whole && h("span", { class: "muted" }, `rows ${y0}–${y1 - 1}, columns ${x0}–${x1 - 1}`),
        length > pairsShown && h("span", { class: "muted pager" }, `filters ${this.first}–${last - 1} of ${length}`, this.turn(at, -1), this.turn(at, 1)),
      ),
      h("div", { class: "pair-list" }, rows),
      this.offer,
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
    if (!this.box) return;
    const [y0, x0, y1, x1] = this.box;
    for (const { box, k: own, grid } of this.marks ?? []) {
      box.hidden = outOf(this.box, { y, x });
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
    if (of !== this.of || (this.box && !this.chosen.whole && outOf(this.chosen.box ?? this.box, at))) {
      if (of !== this.of) this.marks = [];
      this.build(at);
    } else {
      this.mark(at);
    }
  }
}
