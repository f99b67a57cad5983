// The tab What if: one layer with other settings or weights, beside the run's.

const chosenStrides = 8; // columns of the table of sizes
const chosenPaddings = 6; // its last row

class WhatIfTab {
  constructor(view) {
    this.view = view;
    this.controls = new Controls(this);
    this.note = h("p.failure", { role: "alert", hidden: true });
    this.figures = h("div.what-maps");
    this.offer = h("div.offer");
    this.size = h("div.card.worked");
    this.table = h("div.card.fits");
    this.facts = h("ul.card.what-facts");
    this.run = h("div.card.run-so");
    this.element = h(
      "div.what-if",
      this.controls.element,
      h("div.what", this.note, this.figures, this.offer, h("div.what-cards", this.size, this.facts, this.table), this.run),
    );
  }

  get probe() {
    return this.view.probe;
  }

  show(at) {
    const of = `${at.st} ${at.l} ${at.k}`;
    if (this.of === of) {
      if (this.valid && this.chosen?.box && !this.chosen.whole && outOf(this.chosen.box, this.placeIn(this.valid))) this.compute();
      return this.mark();
    }
    const layer = this.probe.layer(at);
    if (layer.kind !== "conv") {
      this.of = of;
      this.element.classList.add("none");
      this.note.hidden = false;
      this.note.textContent = `${layer.name} is ${describe(layer)}: only convolutions are changed here. Choose another layer above.`;
      return;
    }
    this.element.classList.remove("none");
    const same = this.of && this.layerOf === `${at.st} ${at.l}`;
    this.of = of;
    this.layerOf = `${at.st} ${at.l}`;
    this.layer = layer;
    this.plan = this.probe.plan(at);
    this.arithmetic = this.probe.stacks[at.st];
    if (same) return this.changed();
    this.result = undefined;
    this.figures.replaceChildren(h("p.muted", "Computing…"));
    this.reset();
  }

// reset goes back to the run's layer.
  reset() {
    this.change = changeOf(this.layer, this.plan, this.arithmetic.arrays[this.view.at.l]);
    this.changed();
  }

// set changes settings.
  set(settings) {
    this.change = { ...this.change, ...settings };
    this.changed();
  }

// planOf is the geometry of a change, with the rows and columns that it leaves uncovered.
  planOf(change) {
    const { plan, problem } = changedPlan(this.layer, this.plan, change, this.arithmetic.plans[this.layer.inputs[0]]);
    return { plan, problem, left: plan && [0, 1].map((axis) => axisOf(changedLayer(this.layer, change), plan, axis).left) };
  }

// changed shows the layer as it is changed now. Nonsense is said, and the maps stay.
  changed() {
    const { at } = this.view;
    const { plan, problem } = this.planOf(this.change);
    this.controls.show(this.change);
    this.note.hidden = !problem;
    this.note.textContent = problem ?? "";
    this.drawTable();
    if (problem) {
      this.valid = undefined;
      this.size.replaceChildren(h("h3", "Size, worked"), h("p", "There is no output."));
      this.run.replaceChildren();
      this.facts.replaceChildren();
      return;
    }
    this.valid = plan;
    this.now = changedLayer(this.layer, this.change);
    this.drawSize();
    this.drawFacts();
    this.drawRun();
    this.compute();
  }

// compute has the maps computed: whole, by a button, or around the place.
  compute(pressed) {
    const { at } = this.view,
      variant = this.arithmetic.variant(at.l, this.now, this.valid, this.change),
      chosen = mapBox(variant, at.l, at.k, at.k + 1, this.valid.out, this.placeIn(this.valid), pressed);
    this.chosen = chosen;
    this.offer.replaceChildren(chosen.whole ? "" : wholeButton(chosen, "the whole map", () => this.compute(true)));
    if (!chosen.box) return this.result || this.figures.replaceChildren();
    const wrong = (e) => {
      this.offer.replaceChildren();
      failed(this.figures)(e);
    };
    const { weights, bias, slopes } = this.change;
    const change = { layer: { ...this.now, weights: undefined, bias: undefined, slopes: undefined, stats: undefined }, plan: this.valid, arrays: { weights, bias, slopes } };
    const asked = { change: this.change, plan: this.valid, layer: this.now, arrays: change.arrays, k: at.k, box: chosen.box };
    const progress = (done) => pressed && this.offer.replaceChildren(`Computing… ${share(done, chosen.cost)}`);
    crew.run(this.probe, "what if", jobOf(at, chosen.box, { before: true, change }), progress).then((before) => {
      if (pressed) this.offer.replaceChildren();
      this.result = { ...asked, before };
      this.compare();
    }).catch(wrong);
    const run = mapBox(this.arithmetic, at.l, at.k, at.k + 1, this.plan.out, at, pressed),
      of = `${this.of} ${run.box}`;
    if (this.wasOf === of) return;
    this.wasOf = of;
    this.was = undefined;
    if (!run.box) return;
    crew.run(this.probe, "as run", jobOf(at, run.box, { before: true })).then((before) => {
      if (of !== this.wasOf) return;
      this.was = { before, plan: this.plan, layer: this.layer, arrays: this.arithmetic.arrays[at.l], k: at.k, box: run.box };
      this.compare();
    }).catch(wrong);
  }

// placeIn is the output of a geometry whose window has the place's centre.
  placeIn(plan) {
    return nearest(this.plan, this.view.at, plan);
  }

// compare draws the maps as run and as changed, on one scale.
  compare() {
    const { result, was } = this;
    if (!result) return;
    const after = ({ layer, arrays, k, before }) => activated(layer, arrays, k, before.length, before),
      now = after(result),
      top = Math.max(largest(result.before), was ? largest(was.before) : 0);
    const map = (of, values, label, zeroed) =>
      Object.assign(new ValueMap(values, of.box, (place) => this.pick(of.plan, place), { room: 150, top, label, zeroed }), { of });
    const figure = (title, one, note = size2(one.size)) => {
      this.maps.push(one);
      const [height, width] = one.size;
      if (width < height && one.element.matches(".drawn")) one.element.style.width = `${(100 * width) / height}%`;
      return mapFigure(title, note, one.element);
    };
    this.maps = [];
    const below = result.before.reduce((n, v) => n + (v < 0), 0),
      all = [this.inputFigure()],
      activation = activationName(result.layer),
      linear = result.layer.activation === "none";
    this.then = was && map(was, after(was), "as run");
    if (was) all.push(figure("As run", this.then));
    if (!linear) {
      const before = map(result, result.before, `before ${activation}`);
      all.push(figure(`Before ${activation}`, before, `${size2(before.size)} · ${share(below, result.before.length)} below 0`));
    }
    this.changedMap = map(result, now, "changed", now.map((v, i) => v === 0 && result.before[i] < 0));
    all.push(figure(linear ? "Changed" : `After ${activation}`, this.changedMap));
    const apart = difference(this.changedMap, this.then, (place) => this.pick(result.plan, place), 150);
    if (apart && result.plan.out.join() === was.plan.out.join()) {
      const biggest = largest(apart.values);
      all.push(figure("Difference", Object.assign(apart, { of: result }), biggest ? `up to ${six(Math.fround(biggest))}` : "none"));
    }
    this.figures.replaceChildren(...all);
    this.mark();
  }

// inputFigure is the layer's input with padding, strips and the window.
  inputFigure() {
    const { at, data } = this.view,
      { layer, plan } = this.result,
      map = layer.inputs[0] >= 0 ? data.maps[at.st][layer.inputs[0]][0] : undefined,
      src = layer.inputs[0] < 0 ? this.view.inputURL : map && this.view.address(map);
    this.window = outline();
    const padded = [0, 1].map((a) => plan.pad[a] + plan.in[1 + a] + plan.pad[a + 2]);
    return h(
      "figure",
      h("figcaption", h("b", "Input"), h("span.muted", `${shape(plan.in)}${plan.pad.some((p) => p) ? `, padded ${size2(padded)}` : ", no padding"}`)),
      layerFrame(layer, plan, src, layer.inputs[0] >= 0 ? `map ${this.probe.names(at)[0]}` : "the prepared input", this.window.parts),
      h("p.what-value"),
    );
  }

// pick goes to the run's output whose window has the centre of an output of another geometry.
  pick(from, place) {
    this.view.select({ ...this.view.at, ...nearest(from, place, this.plan) });
  }

// markInput puts the window of a changed output on the input.
  markInput(place) {
    const { layer, plan } = this.result;
    this.window.set(windowOf(layer, plan, place));
  }

// mark marks the place in all maps, and says its values.
  mark() {
    if (!this.result || !this.window) return;
    const { at } = this.view,
      there = this.placeIn(this.result.plan);
    this.markInput(there);
    for (const map of this.maps) map.mark(map.of.plan === this.plan ? at : there);
    const text = (what, value, { y, x }) => value !== undefined && h("span", `${what}, row ${y}, column ${x}: ${six(value)}`);
    const texts = [text("changed", this.changedMap.at(there), there), text("as run", this.then?.at(at), at)];
    this.figures.querySelector(".what-value")?.replaceChildren(...texts.filter(Boolean));
  }

  drawSize() {
    this.size.replaceChildren(
      h("h3", "Size, worked"),
      sizeList(sizeLines(this.now, this.valid)),
      stripView(axisOf(this.now, this.valid, 1)),
      h("p.muted", "The first and last columns. A bar is a window, under it the column of its output."),
    );
  }

// drawTable is the table of sizes by stride and padding.
  drawTable() {
    const { change } = this;
    const cell = (s, p) => {
      const to = { stride: [s, s], pad: [p, p, p, p] },
        { plan, left } = this.planOf({ ...change, ...to }),
        on = change.stride.every((v) => v === s) && change.pad.every((v) => v === p),
        out = plan ? pair(plan.out.slice(1)) : "–",
        same = plan?.out.slice(1).join() === this.plan.in.slice(1).join(),
        over = left?.some((v) => v > 0) && ` ✗${pair(left)}`;
      const label = `stride ${s}, padding ${p}: ${plan ? out : "no output"}${over ? `, ${pair(left)} uncovered` : same ? ", the input's size" : ""}`;
      return h(
        "td",
        { class: [(over || !plan) && "no", same && "same"].filter(Boolean).join(" ") || undefined },
        h("button", { "aria-pressed": String(on), "aria-label": label, onclick: () => this.set(to) }, out, over),
      );
    };
    redraw(
      this.table,
      h("h3", "Which strides and paddings fit"),
      h(
        "div.scroll-x",
        { tabindex: 0, role: "region", "aria-label": "sizes by stride and padding" },
        h(
          "table",
          h("thead", h("tr", h("td"), range(1, chosenStrides + 1).map((s) => h("th", { scope: "col" }, `S ${s}`)))),
          h("tbody", range(0, chosenPaddings + 1).map((p) => h("tr", h("th", { scope: "row" }, `P ${p}`), range(1, chosenStrides + 1).map((s) => cell(s, p))))),
        ),
      ),
      h("p.muted", `Tinted: keeps ${size2(this.plan.in.slice(1))}. ✗n: n rows and columns uncovered.`),
    );
  }

  drawFacts() {
    const { change, valid } = this,
      [a, b] = [0, 1].map((axis) => axisOf(this.now, valid, axis)),
      facts = [];
    const keeps = [a, b].map((x) => (x.span - 1) / 2);
    facts.push(
      keeps.every(Number.isInteger)
        ? `P = D·(K − 1)/2 = ${pair(keeps)} keeps the size at stride 1.`
        : `The kernel spans ${pair([a.span, b.span])}, an even number: no padding that is the same on both sides keeps the size.`,
    );
    const skips = [a, b].find((x) => x.stride > x.span);
    if (skips) facts.push(`S > K: each stride skips ${plural(skips.stride - skips.span, "row or column", "rows or columns")} that no output reads.`);
    facts.push(`An output sees ${size2(valid.field)} pixels of the picture.`, `${amount(valid.macs)} multiply-adds, ${amount(this.plan.macs)} as run.`);
    this.facts.replaceChildren(...facts.map((t) => h("li", t)));
  }

// drawRun shows the command that makes the changed layer's maps.
  async drawRun() {
    const { change } = this,
      source = await load("stack");
    if (change !== this.change || !this.valid) return;
    const { command, file, name } = runOf(source, this.view.at, this.arithmetic, change, this.view.entry.name);
    this.run.replaceChildren(
      h("h3", "Run it so"),
      h("code", { tabindex: 0 }, command),
      h(
        "p.choices",
        file &&
          h(
            "button",
            {
              onclick: () => {
                const url = URL.createObjectURL(new Blob([file], { type: "application/yaml" }));
                h("a", { href: url, download: "what-if.yaml" }).click();
                setTimeout(() => URL.revokeObjectURL(url), 1000);
              },
            },
            "Save what-if.yaml",
          ),
        h("button", { onclick: (e) => copy(e.target, command) }, "Copy the command"),
      ),
      file ? h("p.muted", `Save the stack file as ${name} first.`) : "",
    );
    this.file = file;
    this.command = command;
    this.commandOf = change;
  }
}

// stripView draws the first and last columns of the padded input, with the windows on them.
function stripView(a) {
  const n = a.before + a.n + a.after,
    unit = n > 999 ? 22 : 18,
    head = Math.min(n, 10),
    tail = n > 22 ? 12 : n - head,
    gap = n > 22 ? 26 : 0,
    covered = n - a.left;
  const x = (i) => (i < head ? i * unit : head * unit + gap + (i - (n - tail)) * unit),
    seen = (i) => i < head || i >= n - tail;
  const cellOf = (i) => [
    s("rect", { x: x(i), y: 1, width: unit, height: 16, class: i >= covered ? "over" : i < a.before || i >= a.before + a.n ? "pad" : "in" }),
    s("text", { x: x(i) + unit / 2, y: 12 }, i < a.before || i >= a.before + a.n ? "·" : i - a.before),
  ];
  const hidden = head * unit + gap / 2, // columns that are not seen are between head and tail
    left = (i) => (seen(i) ? x(i) : hidden + 3),
    right = (i) => (seen(i) ? x(i) + unit : hidden - 3),
    last = (o) => o * a.stride + a.span - 1,
    edges = Math.ceil(2 / a.stride); // windows at each end that may reach out of sight
  const windows = range(0, a.out).filter((o) => n <= 22 || last(o) < head || o * a.stride >= n - tail || (last(o) >= head && o < edges) || (o * a.stride < n - tail && o >= a.out - edges));
  const lanes = Math.min(4, Math.ceil(a.span / a.stride)),
    height = 22 + lanes * 14;
  return h(
    "div.scroll-x",
    { tabindex: 0, role: "img", "aria-label": `windows begin at columns ${range(0, Math.min(3, a.out)).map((o) => o * a.stride - a.before).join(", ")} and so on; ${a.left} columns at the end are uncovered` },
    s(
      "svg",
      { class: "columns", width: x(n - 1) + unit + 2, height, viewBox: `-1 0 ${x(n - 1) + unit + 2} ${height}` },
      range(0, n).filter(seen).map(cellOf),
      gap > 0 && s("text", { x: head * unit + gap / 2, y: 12 }, "…"),
      windows.map((o) => {
        const y = 21 + (o % lanes) * 14;
        return [
          s("path", { d: `M${left(o * a.stride) + 1.5} ${y}H${right(last(o)) - 1.5}` }),
          s("text", { x: (left(o * a.stride) + right(last(o))) / 2, y: y + 10 }, o),
        ];
      }),
    ),
  );
}
