// The tab What if: one layer with other settings or weights, beside the run's.

const chosenStrides = 8; // columns of the table of sizes
const chosenPaddings = 6; // its last row

class WhatIfTab {
  constructor(view) {
    this.view = view;
    this.controls = new Controls(this);
    this.note = h("p", { class: "failure", role: "alert", hidden: true });
    this.figures = h("div", { class: "what-maps" });
    this.offer = h("div", { class: "offer" });
    this.size = h("div", { class: "card worked" });
    this.table = h("div", { class: "card fits" });
    this.facts = h("ul", { class: "card what-facts" });
    this.run = h("div", { class: "card run-so" });
    this.element = h(
      "div",
      { class: "what-if" },
      this.controls.element,
      h("div", { class: "what" }, this.note, this.figures, this.offer, h("div", { class: "what-cards" }, this.size, this.table), this.facts, this.run),
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
    if (!same) this.reset();
    else this.changed();
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
      this.size.replaceChildren(h("h3", null, "Size, worked"), h("p", null, "There is no output."));
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
    if (!chosen.box) return;
    const job = ([y0, x0, y1, x1]) => ({ st: at.st, l: at.l, k0: at.k, k1: at.k + 1, rows: [y0, y1], columns: [x0, x1], before: true });
    const { weights, bias, slopes } = this.change;
    const change = { layer: { ...this.now, weights: undefined, bias: undefined, slopes: undefined, stats: undefined }, plan: this.valid, arrays: { weights, bias, slopes } };
    const asked = { change: this.change, plan: this.valid, layer: this.now, arrays: change.arrays, k: at.k, box: chosen.box };
    const progress = (done) => pressed && this.offer.replaceChildren(`Computing… ${share(done, chosen.cost)}`);
    crew.run(this.probe, "what if", { ...job(chosen.box), change }, progress).then((before) => {
      if (pressed) this.offer.replaceChildren();
      this.result = { ...asked, before };
      this.compare();
    }).catch(failed(this.offer));
    const run = mapBox(this.arithmetic, at.l, at.k, at.k + 1, this.plan.out, at, pressed),
      of = `${this.of} ${run.box}`;
    if (this.wasOf === of) return;
    this.wasOf = of;
    this.was = undefined;
    if (!run.box) return;
    crew.run(this.probe, "as run", job(run.box)).then((before) => {
      if (of !== this.wasOf) return;
      this.was = { before, plan: this.plan, layer: this.layer, arrays: this.arithmetic.arrays[at.l], k: at.k, box: run.box };
      this.compare();
    }).catch(failed(this.offer));
  }

// placeIn is the output of a geometry whose window has the place's centre.
  placeIn(plan) {
    const { at } = this.view,
      centre = (p, a, v) => p.start[a] + (p.field[a] - 1) / 2 + v * p.jump[a];
    const along = (a, v) =>
      Math.max(0, Math.min(plan.out[1 + a] - 1, Math.round((centre(this.plan, a, v) - plan.start[a] - (plan.field[a] - 1) / 2) / plan.jump[a])));
    return { y: along(0, at.y), x: along(1, at.x) };
  }

// compare draws the maps as run and as changed, on one scale.
  compare() {
    const { result, was } = this;
    if (!result) return;
    const now = activated(result.layer, result.arrays, result.k, result.before.length, result.before),
      then = was && activated(was.layer, was.arrays, was.k, was.before.length, was.before),
      top = Math.max(largest(result.before), was ? largest(was.before) : 0);
    const size = ({ box }) => [box[2] - box[0], box[3] - box[1]];
    this.marks = [];
    const figure = (title, note, of, values, options) => {
      const [height, width] = size(of),
        canvas = mapCanvas(values, height, width, { top, label: title, ...options }),
        box = h("i", { class: "win" }),
        holder = h("span", { class: "board drawn", onclick: (e) => this.pick(e, holder, of) }, canvas, box);
      this.marks.push({ box, of });
      holder.style.width = width >= height ? "100%" : `${(100 * width) / height}%`;
      return h("figure", null, h("figcaption", null, h("b", null, title), h("span", { class: "muted" }, note)), holder);
    };
    const below = result.before.reduce((n, v) => n + (v < 0), 0),
      [height, width] = size(result),
      all = [this.inputFigure()];
    if (was) all.push(figure("As run", size2(size(was)), was, then));
    const activation = activationName(result.layer);
    if (result.layer.activation !== "none") {
      all.push(figure(`Before ${activation}`, `${size2([height, width])} · ${share(below, result.before.length)} below 0`, result, result.before));
    }
    all.push(
      figure(result.layer.activation === "none" ? "Changed" : `After ${activation}`, size2([height, width]), result, now, {
        zeroed: now.map((v, i) => v === 0 && result.before[i] < 0),
      }),
    );
    if (then && size(was).join() === size(result).join() && was.box.join() === result.box.join()) {
      const difference = now.map((v, i) => v - then[i]),
        biggest = largest(difference);
      all.push(figure("Difference", biggest ? `up to ${six(Math.fround(biggest))}` : "none", result, difference, { top: biggest || 1 }));
    }
    this.figures.replaceChildren(...all);
    this.values = { now, then };
    this.mark();
  }

// inputFigure is the layer's input with padding, strips and the window.
  inputFigure() {
    const { at, data } = this.view,
      { layer, plan } = this.result,
      map = layer.inputs[0] >= 0 ? data.maps[at.st][layer.inputs[0]][0] : undefined,
      src = layer.inputs[0] < 0 ? this.view.inputURL : map && this.view.address(map);
    const extent = (axis) => {
      const a = axisOf(layer, plan, axis);
      return { before: a.before, after: a.after, n: a.n, end: a.n + a.after - a.left };
    };
    this.window = outline();
    const padded = [0, 1].map((a) => plan.pad[a] + plan.in[1 + a] + plan.pad[a + 2]);
    return h(
      "figure",
      null,
      h("figcaption", null, h("b", null, "Input"), h("span", { class: "muted" }, `${shape(plan.in)}${plan.pad.some((p) => p) ? `, padded ${size2(padded)}` : ", no padding"}`)),
      paddedFrame(src, plan.in, extent(0), extent(1), layer.inputs[0] >= 0 ? `map ${this.probe.names(at)[0]}` : "the prepared input", this.window.parts),
      h("p", { class: "what-value" }),
    );
  }

  pick(e, holder, { box: [y0, x0, y1, x1], plan }) {
    const b = holder.getBoundingClientRect(),
      y = y0 + Math.floor(((e.clientY - b.top) / b.height) * (y1 - y0)),
      x = x0 + Math.floor(((e.clientX - b.left) / b.width) * (x1 - x0));
    const centre = (a, v) => plan.start[a] + (plan.field[a] - 1) / 2 + v * plan.jump[a];
    const along = (a, v) => Math.max(0, Math.min(this.plan.out[1 + a] - 1, Math.round((centre(a, v) - this.plan.start[a] - (this.plan.field[a] - 1) / 2) / this.plan.jump[a])));
    this.view.select({ ...this.view.at, y: along(0, y), x: along(1, x) });
  }

// mark marks the place in all maps, and says its values.
  mark() {
    if (!this.result || !this.window) return;
    const there = this.placeIn(this.result.plan),
      { plan, layer } = this.result;
    this.window.set(windowOf(layer, plan, there));
    const part = (v, n) => `${(100 * v) / n}%`;
    for (const { box, of } of this.marks) {
      const [y0, x0, y1, x1] = of.box,
        { y, x } = of.plan === this.plan ? this.view.at : there;
      box.hidden = outOf(of.box, { y, x });
      Object.assign(box.style, { left: part(x - x0, x1 - x0), top: part(y - y0, y1 - y0), width: part(1, x1 - x0), height: part(1, y1 - y0) });
    }
    const value = (values, { box: [y0, x0, y1, x1] }, { y, x }) => (y < y0 || x < x0 || y >= y1 || x >= x1 ? undefined : values[(y - y0) * (x1 - x0) + x - x0]);
    const now = value(this.values.now, this.result, there),
      then = this.values.then && value(this.values.then, this.was, this.view.at);
    const texts = [now !== undefined && `changed, row ${there.y}, column ${there.x}: ${six(now)}`, then !== undefined && `as run, row ${this.view.at.y}, column ${this.view.at.x}: ${six(then)}`];
    this.figures.querySelector(".what-value")?.replaceChildren(...texts.filter(Boolean).map((t) => h("span", null, t)));
  }

  drawSize() {
    this.size.replaceChildren(
      h("h3", null, "Size, worked"),
      sizeList(sizeLines(this.now, this.valid)),
      stripView(axisOf(this.now, this.valid, 1)),
      h("p", { class: "muted" }, "The first and last columns. A bar is a window, under it the column of its output."),
    );
  }

// drawTable is the table of sizes by stride and padding.
  drawTable() {
    const { change } = this;
    const cell = (s, p) => {
      const other = { ...change, stride: [s, s], pad: [p, p, p, p] },
        { plan, left } = this.planOf(other),
        on = change.stride.every((v) => v === s) && change.pad.every((v) => v === p);
      if (!plan) return h("td", { class: "no" }, h("button", { type: "button", "aria-pressed": String(on), onclick: () => this.set({ stride: [s, s], pad: [p, p, p, p] }) }, "–"));
      const out = pair(plan.out.slice(1)),
        same = plan.out[1] === plan.in[1] && plan.out[2] === plan.in[2];
      const over = left.some((v) => v > 0) && ` ✗${pair(left)}`;
      return h(
        "td",
        { class: [over && "no", same && "same"].filter(Boolean).join(" ") || undefined },
        h("button", { type: "button", "aria-pressed": String(on), "aria-label": `stride ${s}, padding ${p}: ${out}${over ? `, ${pair(left)} uncovered` : same ? ", the input's size" : ""}`, onclick: () => this.set({ stride: [s, s], pad: [p, p, p, p] }) }, out, over),
      );
    };
    const focus = this.table.contains(document.activeElement) ? [...this.table.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    this.table.replaceChildren(
      h("h3", null, "Which strides and paddings fit"),
      h(
        "div",
        { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "sizes by stride and padding" },
        h(
          "table",
          null,
          h("thead", null, h("tr", null, h("td"), range(1, chosenStrides + 1).map((s) => h("th", { scope: "col" }, `S ${s}`)))),
          h("tbody", null, range(0, chosenPaddings + 1).map((p) => h("tr", null, h("th", { scope: "row" }, `P ${p}`), range(1, chosenStrides + 1).map((s) => cell(s, p))))),
        ),
      ),
      h("p", { class: "muted" }, `Tinted: keeps ${size2(this.plan.in.slice(1))}. ✗n: n rows and columns uncovered.`),
    );
    if (focus >= 0) this.table.querySelectorAll("button")[focus].focus();
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
    this.facts.replaceChildren(...facts.map((t) => h("li", null, t)));
  }

// drawRun shows the command that makes the changed layer's maps.
  async drawRun() {
    const { change } = this,
      source = await load("stack");
    if (change !== this.change || !this.valid) return;
    const { command, file, name, problem } = runOf(source, this.view.at, this.layer, this.plan, change, this.view.entry.name);
    this.run.replaceChildren(
      h("h3", null, "Run it so"),
      problem ? h("p", { class: "muted" }, problem) : h("code", { tabindex: 0 }, command),
      command &&
        h(
          "p",
          { class: "choices" },
          file &&
            h(
              "button",
              {
                type: "button",
                onclick: () => {
                  const url = URL.createObjectURL(new Blob([file], { type: "application/yaml" }));
                  h("a", { href: url, download: "what-if.yaml" }).click();
                  setTimeout(() => URL.revokeObjectURL(url), 1000);
                },
              },
              "Save what-if.yaml",
            ),
          h("button", { type: "button", onclick: (e) => copy(e.target, command) }, "Copy the command"),
        ),
      file && h("p", { class: "muted" }, `Save the stack file as ${name} first.`),
    );
    this.file = file;
    this.command = command;
    this.commandOf = change;
  }

  key() {
    return false;
  }
  close() {}
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
  const windows = range(0, a.out).filter((o) => seen(o * a.stride) && seen(o * a.stride + a.span - 1) && (o * a.stride + a.span <= head || o * a.stride >= n - tail || n <= 22));
  const lanes = Math.min(4, Math.ceil(a.span / a.stride)),
    height = 22 + lanes * 14;
  return h(
    "div",
    { class: "scroll-x", tabindex: 0, role: "img", "aria-label": `windows begin at columns ${range(0, Math.min(3, a.out)).map((o) => o * a.stride - a.before).join(", ")} and so on; ${a.left} columns at the end are uncovered` },
    s(
      "svg",
      { class: "columns", width: x(n - 1) + unit + 2, height, viewBox: `-1 0 ${x(n - 1) + unit + 2} ${height}` },
      range(0, n).filter(seen).map(cellOf),
      gap > 0 && s("text", { x: head * unit + gap / 2, y: 12 }, "…"),
      windows.map((o) => {
        const y = 21 + (o % lanes) * 14;
        return [
          s("path", { d: `M${x(o * a.stride) + 1.5} ${y}H${x(o * a.stride + a.span - 1) + unit - 1.5}` }),
          s("text", { x: (x(o * a.stride) + x(o * a.stride + a.span - 1) + unit) / 2, y: y + 10 }, o),
        ];
      }),
    ),
  );
}
