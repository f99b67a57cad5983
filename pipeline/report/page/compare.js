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
    const choice = (text, change) => {
      const button = h("button", { type: "button", class: "small", "aria-pressed": "false", onclick: () => { button.setAttribute("aria-pressed", String(change())); this.draw(); } }, text);
      return button;
    };
    const { why } = view.data.with ?? {};
    this.figures = h("div", { class: "compare-maps" });
    this.offer = h("div", { class: "offer" });
    this.values = h("p", { class: "compare-values", role: "status", "aria-live": "polite" });
    this.element = h(
      "div",
      { class: "compare" },
      h("header", { class: "row" }, h("h3", null, "with"), this.layer, this.filter, h("button", { type: "button", class: "small", onclick: () => this.swap() }, "swap"), choice("each its own scale", () => (this.own = !this.own))),
      why && h("p", { class: "note" }, `${page.with.run}: ${why}.`),
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
    this.figures.replaceChildren(h("p", { class: "muted" }, "Computing…"));
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
      const { box, whole: all } = chosen[i],
        job = { st: m.st, l: m.l, k0: m.k, k1: m.k + 1, rows: [box[0], box[2]], columns: [box[1], box[3]] };
      crew.run(probe, `compare ${i}`, job, (done) => pressed && this.offer.replaceChildren(`Computing… ${share(done, chosen[i].cost)}`)).then((values) => {
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
      top = Math.max(...tops),
      sizes = this.maps.map(({ box }) => [box[2] - box[0], box[3] - box[1]]);
    this.marks = [];
    const canvasOf = (i) => mapCanvas(this.maps[i].values, ...sizes[i], { top: this.own ? tops[i] : top, label: this.title(i) });
    const holder = (map, ...shown) => {
      const box = h("i", { class: "win" }),
        element = h("span", { class: "board drawn", onclick: (e) => this.pick(e, element, map) }, shown, box);
      this.marks.push({ box, map });
      return element;
    };
    const figure = (title, note, content) => h("figure", null, h("figcaption", null, h("b", null, title), h("span", { class: "muted" }, note)), content);
    const note = (i) => `${size2(sizes[i])}${this.maps[i].all ? "" : ", around the place"} · to ${six(tops[i])}`;
    const all = [0, 1].map((i) => figure(this.title(i), note(i), holder(this.maps[i], canvasOf(i))));
    const [a, b] = this.maps;
    if (sizes[0].join() === sizes[1].join() && a.box.join() === b.box.join()) {
      const difference = a.values.map((v, i) => v - b.values[i]),
        biggest = largest(difference),
        differ = difference.reduce((n, v) => n + (v !== 0), 0);
      all.push(figure("Difference", biggest ? `${whole(differ)} of ${whole(difference.length)} differ, by up to ${six(biggest)}` : "none", holder(a, mapCanvas(difference, ...sizes[0], { top: biggest || 1, label: "difference" }))));
    }
    const over = canvasOf(0),
      under = canvasOf(1);
    over.classList.add("over-other");
    const wipe = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "wipe from the first map to the other", oninput: () => put() });
    const put = () => (over.style.clipPath = `inset(0 ${100 - wipe.value}% 0 0)`);
    put();
    all.push(figure("Wipe", "left of the line the first, right of it the other", [holder(b, under, over), wipe]));
    this.figures.replaceChildren(...all);
    this.mark();
  }

  title(i) {
    const { at } = this.maps[i],
      layer = this.probe.layer(at);
    return `${at.st >= page.stacks.length ? `${page.with.run}: ` : ""}${layer.name} ${at.k} ${layer.filters[at.k]}`;
  }

  pick(e, element, { at, box: [y0, x0, y1, x1] }) {
    const b = element.getBoundingClientRect(),
      place = { ...at, y: y0 + Math.floor(((e.clientY - b.top) / b.height) * (y1 - y0)), x: x0 + Math.floor(((e.clientX - b.left) / b.width) * (x1 - x0)) };
    const { st, l } = this.view.at,
      own = at.st === st && at.l === l ? { y: place.y, x: place.x } : this.probe.corresponding(place, st, l);
    this.view.select({ ...this.view.at, ...own });
  }

// mark marks the place in all maps, and says both values.
  mark() {
    if (!this.maps?.every(Boolean) || !this.marks) return;
    const { at } = this.view,
      places = this.maps.map((m) => (m.at.st === at.st && m.at.l === at.l ? at : this.probe.corresponding(at, m.at.st, m.at.l)));
    const part = (v, n) => `${(100 * v) / n}%`;
    for (const { box, map } of this.marks) {
      const [y0, x0, y1, x1] = map.box,
        { y, x } = places[this.maps.indexOf(map)];
      box.hidden = outOf(map.box, { y, x });
      Object.assign(box.style, { left: part(x - x0, x1 - x0), top: part(y - y0, y1 - y0), width: part(1, x1 - x0), height: part(1, y1 - y0) });
    }
    const values = this.maps.map(({ box: [y0, x0, y1, x1], values }, i) => {
      const { y, x } = places[i];
      return y < y0 || y >= y1 || x < x0 || x >= x1 ? undefined : values[(y - y0) * (x1 - x0) + x - x0];
    });
    const text = (i) => values[i] !== undefined && h("span", null, `${this.title(i)}, row ${places[i].y}, column ${places[i].x}: `, h("b", { title: exact(values[i]) }, six(values[i])));
    const both = values.every((v) => v !== undefined);
    this.values.replaceChildren(...[text(0), text(1), both && h("span", null, "difference ", h("b", null, six(values[0] - values[1])))].filter(Boolean));
  }

  key() {
    return false;
  }
  close() {}
}
