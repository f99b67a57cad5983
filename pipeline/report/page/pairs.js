// Maps before and after their activation, side by side.

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

// wholeButton offers the whole map, or outputs around the place, whichever is possible.
function wholeButton({ cost, possible, near, box }, what, press) {
  if (!possible && box) return h("p.muted", `${around}×${around} outputs around the place: ${what} would take about ${amount(cost)} multiply-adds.`);
  if (!possible && near > most) return h("p.muted", `Even ${around}×${around} outputs take about ${amount(near)} multiply-adds, too many for a page.`);
  return h(
    "p.pair-of",
    h("button.small", { onclick: press }, `Compute ${possible ? what : `${around}×${around} outputs`} (about ${amount(possible ? cost : near)} multiply-adds)`),
    box && h("span.muted", `${around}×${around} outputs around the place are shown.`),
  );
}

// Pairs shows the filters of a layer, some at a time.
class Pairs {
  constructor(view) {
    this.view = view;
    this.element = h("div.pairs");
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
    else this.element.replaceChildren(h("h3", "The maps"), this.offer);
  }

  async compute(at, last, pressed) {
    const { of, chosen } = this,
      [y0, x0, y1, x1] = chosen.box,
      waits = h("p.muted", "Computing…");
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
      plane = (y1 - y0) * (x1 - x0),
      pair = layer.activation && layer.activation !== "none",
      after = pair && activated(layer, this.view.probe.stacks[at.st].arrays[at.l], this.first, plane, this.before),
      top = largest(this.before);
    this.maps = [];
    const rows = range(this.first, last).map((k) => {
      const name = layer.filters[k],
        part = [(k - this.first) * plane, (k - this.first + 1) * plane],
        before = this.before.subarray(...part),
        below = before.reduce((n, v) => n + (v < 0), 0);
      const one = (values, of, zeroed) => {
        const map = new ValueMap(values, this.box, (place) => this.view.select({ ...at, k, ...place }), { room: 330, top, label: `${of} of ${name}`, zeroed });
        this.maps.push([k, map]);
        return map.element;
      };
      const now = pair && after.subarray(...part);
      return h(
        "div.pair",
        h("p", h("span.index", k), h("b", name), pair && h("span.muted", ` ${whole(below)} of ${whole(plane)} below 0${layer.activation.startsWith("relu") && below ? ", now 0" : ""}`)),
        one(before, pair ? "before" : "map"),
        pair && [h("span.sign", "→"), one(now, "after", now.map((v, i) => v === 0 && before[i] < 0))],
      );
    });
    const { length } = layer.filters;
    redraw(
      this.element,
      h(
        "header.row.head",
        h("h3", pair ? `Before and after ${activationName(layer)}` : "The maps"),
        !this.chosen.whole && h("span.muted", `rows ${y0}–${y1 - 1}, columns ${x0}–${x1 - 1}`),
        pager("filters", `filters ${this.first}–${last - 1} of ${length}`, this.first / pairsShown, Math.ceil(length / pairsShown), (by) => this.view.select({ ...this.view.at, k: this.first + by * pairsShown })),
      ),
      h("div.pair-list", rows),
      this.offer,
    );
  }

// mark marks a place.
  mark(at) {
    for (const [k, map] of this.maps ?? []) {
      map.mark(at);
      map.win.classList.toggle("other", k !== at.k);
    }
  }

// show follows the place, and builds anew if other filters are chosen.
  show(at) {
    const of = `${at.st} ${at.l} ${Math.floor(at.k / pairsShown) * pairsShown}`;
    if (of !== this.of || (this.box && !this.chosen.whole && outOf(this.chosen.box ?? this.box, at))) {
      if (of !== this.of) this.maps = [];
      this.build(at);
    } else {
      this.mark(at);
    }
  }
}
