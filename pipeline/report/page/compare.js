// The tab Compare: two maps of the picture side by side, also of two runs.

class CompareTab {
  constructor(view) {
    this.view = view;
    this.own = false; // each map on a scale of its own
    this.layer = h("select", { "aria-label": "layer of the other map", onchange: () => this.go(this.layer.value) });
    this.filter = h("select", { "aria-label": "other map", onchange: () => this.set({ ...this.other, k: Number(this.filter.value) }) });
    const runs = [[page.stacks, page.with ? `${page.run}: ` : ""]];
    if (view.probe.others.length) runs.push([page.with.stacks, `${page.with.run}: `]);
    let st = 0;
    for (const [stacks, run] of runs) {
      for (const stack of stacks) {
        stack.layers.forEach((layer, l) => this.layer.append(h("option", { value: `${st} ${l}` }, run + (stacks.length > 1 ? `${stackTitle(stack)} / ` : "") + layer.name)));
        st++;
      }
    }
    const scales = toggle("each its own scale", false, () => {
      this.own = !this.own;
      scales.setAttribute("aria-pressed", String(this.own));
      this.draw();
    });
    const { why } = view.data.with ?? {};
    this.figures = h("div.compare-maps");
    this.offer = h("div.offer");
    this.values = h("p.compare-values", { role: "status", "aria-live": "polite" });
    this.element = h(
      "div.compare",
      h("header.row", h("h3", "with"), this.layer, this.filter, h("button.small", { onclick: () => this.swap() }, "swap"), scales),
      why && h("p.note", `${page.with.run}: ${why}.`),
      this.values,
      this.figures,
      this.offer,
    );
  }

  get probe() {
    return this.view.probe;
  }

// first is the map that is compared with at first: the same of the other run, or a neighbour.
  first(at) {
    const { name, filters } = this.probe.layer(at),
      offset = page.stacks.length;
    for (let i = 0; i < this.probe.others.length; i++) {
      const l = page.with.stacks[i].layers.findIndex((layer) => layer.name === name);
      if (l >= 0) return { st: offset + i, l, k: Math.min(at.k, page.with.stacks[i].layers[l].filters.length - 1) };
    }
    return { st: at.st, l: at.l, k: at.k + 1 < filters.length ? at.k + 1 : Math.max(0, at.k - 1) };
  }

  go(layer) {
    const [st, l] = layer.split(" ").map(Number);
    this.set({ st, l, k: Math.min(this.other.k, this.probe.layer({ st, l }).filters.length - 1) });
  }

  set(other) {
    this.other = other;
    this.of = undefined;
    this.show(this.view.at);
  }

// swap exchanges the two maps. A map of the other run stays where it is.
  swap() {
    const { st, l, k } = this.view.at;
    if (this.other.st >= page.stacks.length) return;
    const to = { ...this.other, ...this.probe.corresponding(this.view.at, this.other.st, this.other.l) };
    this.other = { st, l, k };
    this.view.select(to);
  }

  show(at) {
    this.other ??= this.first(at);
    const { other } = this,
      of = [at.st, at.l, at.k, other.st, other.l, other.k].join();
    if (this.of === of) {
      if (this.chosen?.some((c) => !c.whole) && this.maps[0] && outOf(this.maps[0].box, at)) this.begin();
      return this.mark();
    }
    this.of = of;
    this.layer.value = `${other.st} ${other.l}`;
    this.filter.replaceChildren(...this.probe.layer(other).filters.map((name, i) => h("option", { value: i, selected: i === other.k }, `${i} ${name}`)));
    this.maps = [undefined, undefined];
    this.figures.replaceChildren(h("p.muted", "Computing…"));
    this.begin();
  }

// begin has both maps computed, whole or around the place.
  begin(pressed) {
    const { of, probe, other } = this,
      { at } = this.view,
      maps = [at, { ...other, ...probe.corresponding(at, other.st, other.l) }];
    this.chosen = maps.map((m) => mapBox(probe.all[m.st], m.l, m.k, m.k + 1, probe.plan(m).out, m, pressed));
    const part = this.chosen.find((c) => !c.whole);
    this.offer.replaceChildren(part ? wholeButton(part, "whole maps", () => this.begin(true)) : "");
    if (this.chosen.some((c) => !c.box)) return this.figures.replaceChildren();
    const { chosen } = this;
    const ready = [];
    maps.forEach((m, i) => {
      const { box, whole: all } = chosen[i];
      crew.run(probe, `compare ${i}`, jobOf(m, box), (done) => pressed && this.offer.replaceChildren(`Computing… ${share(done, chosen[i].cost)}`)).then((values) => {
        if (of !== this.of || chosen !== this.chosen) return;
        if (pressed) this.offer.replaceChildren();
        ready[i] = { at: m, box, values, all };
        if (!ready[0] || !ready[1]) return;
        this.maps = ready;
        this.draw();
      }).catch(failed(this.figures));
    });
  }

  draw() {
    if (!this.maps?.every(Boolean)) return;
    const tops = this.maps.map((m) => largest(m.values)),
      top = Math.max(...tops);
    const mapOf = (i) => {
      const { at, box, values } = this.maps[i];
      const map = new ValueMap(values, box, (place) => this.pick({ ...at, ...place }), { room: 420, top: this.own ? tops[i] : top, label: this.title(i) });
      return Object.assign(map, { of: i });
    };
    const [a, b] = (this.drawn = [mapOf(0), mapOf(1)]);
    const note = (i) => `${size2(this.drawn[i].size)}${this.maps[i].all ? "" : ", around the place"} · to ${six(tops[i])}`;
    const all = [0, 1].map((i) => mapFigure(this.title(i), note(i), this.drawn[i].element));
    const apart = difference(a, b, (place) => this.pick({ ...this.maps[0].at, ...place }), 420);
    if (apart) {
      const biggest = largest(apart.values),
        differ = apart.values.reduce((n, v) => n + (v !== 0), 0);
      this.drawn.push(Object.assign(apart, { of: 0 }));
      all.push(mapFigure("Difference", biggest ? `${whole(differ)} of ${whole(apart.values.length)} differ, by up to ${six(biggest)}` : "none", apart.element));
    }
    const [over, under] = [mapOf(0), mapOf(1)];
    over.shown.classList.add("over-other");
    under.element.insertBefore(over.shown, under.win);
    this.drawn.push(under);
    const wipe = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "wipe from the first map to the other", oninput: () => put() });
    const put = () => (over.shown.style.clipPath = `inset(0 ${100 - wipe.value}% 0 0)`);
    put();
    all.push(mapFigure("Wipe", "left of the line the first, right of it the other", under.element, wipe));
    this.figures.replaceChildren(...all);
    this.mark();
  }

  title(i) {
    const { at } = this.maps[i],
      layer = this.probe.layer(at);
    return `${at.st >= page.stacks.length ? `${page.with.run}: ` : ""}${layer.name} ${at.k} ${layer.filters[at.k]}`;
  }

// pick goes to the place of an output of either map.
  pick(place) {
    this.view.select({ ...this.view.at, ...this.placeIn(this.view.at, place) });
  }

// placeIn is the place in a map's layer that corresponds to an output.
  placeIn({ st, l }, { y, x, ...at }) {
    return at.st === st && at.l === l ? { y, x } : this.probe.corresponding({ ...at, y, x }, st, l);
  }

// mark marks the place in all maps, and says both values.
  mark() {
    if (!this.maps?.every(Boolean) || !this.drawn) return;
    const places = this.maps.map((m) => this.placeIn(m.at, this.view.at));
    for (const map of this.drawn) map.mark(places[map.of]);
    const values = places.map((place, i) => this.drawn[i].at(place));
    const text = (i) => values[i] !== undefined && h("span", `${this.title(i)}, row ${places[i].y}, column ${places[i].x}: `, h("b", { title: exact(values[i]) }, six(values[i])));
    const both = values.every((v) => v !== undefined);
    this.values.replaceChildren(...[text(0), text(1), both && h("span", "difference ", h("b", six(values[0] - values[1])))].filter(Boolean));
  }
}
