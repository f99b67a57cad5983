// The stage: the map that is shown beside the input, and everything about one output.

class Stage {
  constructor(view) {
    this.view = view;
    this.data = view.data;
    this.probe = view.probe;
    this.element = h("section.stage", { "aria-label": "the chosen map" });
    // A stage taller than the window scrolls to its end before it stays.
    this.observer = new ResizeObserver(() => this.element.style.setProperty("--tall", `${this.element.offsetHeight}px`));
    this.observer.observe(this.element);
  }

// at is the output that is shown.
  get at() {
    return this.view.at;
  }

// build makes the stage for the map that is shown.
  build() {
    const { data, at, probe } = this,
      layer = probe.layer(at),
      map = probe.map(at),
      plan = probe.plan(at);
    const name = layer.filters[at.k];
    const layerName = (page.stacks.length > 1 ? `${stackTitle(page.stacks[at.st])} / ` : "") + layer.name;
    for (const zoom of this.zooms ?? []) zoom.close();
    this.boxes = { field: outline(), fieldCross: cross(), cell: outline(), cross: cross() };
    const free = unpadded(layer, plan);
    this.mapFrame = frame(
      map && this.view.address(map),
      plan.out,
      map ? `map ${name}` : "the run did not write its map",
      [
        free && s("rect", { class: "padding-frame", ...free }, s("title", null, "outputs whose window touches no padding")),
        ...this.boxes.cross.parts,
        ...this.boxes.cell.parts,
      ],
      {
        tabindex: 0,
        role: "application",
        "aria-roledescription": "probe",
        "aria-label": `map ${at.k} ${name} of ${layer.name}, ${plan.out[1]} rows, ${plan.out[2]} columns; arrow keys move the probe`,
        "aria-describedby": "readout",
      },
      this.view.style(map),
    );
    this.mapFrame.classList.add("probed");
    this.listen(this.mapFrame);
    this.histogram =
      map?.bins && histogram(map, { label: `histogram of ${name}, from ${short(map.min)} to ${short(map.max)}` });
    this.readout = h("output", { id: "readout", class: "readout", "aria-live": "polite" });
    this.work = h("section.work", { "aria-label": "arithmetic" });
    this.terms = h("section", { "aria-label": "terms" });
    const overInput = [...this.boxes.fieldCross.parts, ...this.boxes.field.parts];
    this.extents = [0, 1].map((axis) => extentOf(plan, layer, axis, data.size[1 + axis]));
    this.inputFrame = paddedFrame(
      this.view.inputURL,
      data.size,
      ...this.extents,
      data.gone ? "the input is gone" : "the prepared input",
      overInput,
    );
    this.zooms = [this.zoomMap(plan), this.zoomInput()];
    this.loupe = data.gone
      ? null
      : h("canvas.loupe", {
          width: 168,
          height: 168,
          role: "img",
          "aria-label": "the receptive field, enlarged",
        });
    const figure = (title, note, ...shown) =>
      h(
        "figure",
        { ondblclick: (e) => this.enlargeFigure(e.currentTarget) },
        h(
          "figcaption",
          h("b", title),
          h("span.muted", note),
          h("button.small.enlarge", { title: "enlarge (f)", "aria-label": "enlarge", onclick: (e) => this.enlargeFigure(e.target.closest("figure")) }, "⤢"),
        ),
        shown,
      );
    this.element.replaceChildren(
      h("div.figures", figure([h("span.index", at.k), name], layerName, this.mapFrame, this.pair(layer, plan, at)), figure("Input", this.paddedText(), this.inputFrame)),
      h("div.reading", this.loupe ?? [], this.readout),
      this.work,
      this.statistics(layer, map, at),
      this.terms,
    );
  }

// paddedText is the input's size, with its padding.
  paddedText() {
    const [c, ...size] = this.data.size,
      padded = this.extents.map((e, axis) => e.before + size[axis] + e.after),
      over = this.extents.some((e) => e.end < e.n + e.after);
    return [
      shape([c, ...size]),
      padded.join() !== size.join() && `, padded ${size2(padded)}`,
      over && "; hatched: covered by no output",
    ];
  }

// pair is the choice between the map as it is and the map before its activation.
  pair(layer, plan, at) {
    this.before = undefined;
    if (!this.probe.stacks || !layer.activation || layer.activation === "none") return false;
    const size = [at.k, at.k + 1, plan.out[1], plan.out[2]],
      arithmetic = this.probe.stacks[at.st],
      cost = arithmetic.cost(at.l, ...size);
    if (cost > most || arithmetic.held(at.l, ...size) > mostFloats) return false;
    const said = h("span.muted");
    const button = h(
      "button.small",
      {
        "aria-pressed": "false",
        onclick: async () => {
          const shown = button.getAttribute("aria-pressed") !== "true";
          button.setAttribute("aria-pressed", String(shown));
          if (shown && !this.before) {
            said.textContent = "Computing…";
            const values = await crew.run(this.probe, "look", jobOf(at, [0, 0, ...plan.out.slice(1)], { before: true }), (done) => (said.textContent = `Computing… ${share(done, cost)}`)).catch(failed(said));
            if (!values || !this.same(at, this.at)) return;
            const below = values.reduce((n, v) => n + (v < 0), 0);
            this.before = mapCanvas(values, plan.out[1], plan.out[2], { label: `map ${layer.filters[at.k]} before ${activationName(layer)}` });
            said.textContent = `${whole(below)} of ${whole(values.length)} below 0 (${share(below, values.length)})`;
            this.mapFrame.inner.insertBefore(this.before, this.mapFrame.inner.querySelector(".overlay"));
          }
          if (this.before) this.before.hidden = !shown;
        },
      },
      `before ${activationName(layer)}`,
    );
    return h("p.pair-of", button, said);
  }

// zoomMap puts the map's values into its cells, and zoomInput the picture's.
  zoomMap(plan) {
    const [, height, width] = plan.out;
    return new Zoom(this.mapFrame, { x: 0, y: 0, width, height }, (rows, columns, cell) => {
      const { st, l, k } = this.at,
        arithmetic = this.probe.stacks?.[st],
        [y0, y1, x0, x1] = [Math.max(0, rows[0]), Math.min(height, rows[1]), Math.max(0, columns[0]), Math.min(width, columns[1])];
      const signless = cell < numbersFrom && this.probe.map(this.at)?.min >= 0;
      if (signless || !arithmetic || arithmetic.cost(l, k, k + 1, y1 - y0, x1 - x0) > live) return undefined;
      const values = arithmetic.tile(l, k, k + 1, range(y0, y1), range(x0, x1));
      const text = (v) => [cell >= numbersFrom ? cellText(v) : v < 0 ? "−" : ""];
      return cellTexts([y0, y1], [x0, x1], (y, x) => text(values[(y - y0) * (x1 - x0) + x - x0]));
    });
  }

  zoomInput() {
    const [rows, columns] = this.extents,
      box = { x: -columns.before, y: -rows.before, width: columns.before + columns.n + columns.after, height: rows.before + rows.n + rows.after };
    return new Zoom(this.inputFrame, box, (ys, xs, cell) => {
      const source = this.probe.stacks?.[this.at.st].source;
      if (!source || cell < numbersFrom) return undefined;
      return cellTexts(ys, xs, (y, x) => {
        if (y < 0 || x < 0 || y >= rows.n || x >= columns.n) return [this.probe.layer(this.at).inputs[0] < 0 && this.probe.layer(this.at).mode === "zeros" ? "0" : ""];
        const values = range(0, this.data.size[0]).map((c) => source.read(c, y, x));
        if (values.every((v) => v === values[0])) return [cellText(values[0])];
        return cell < 32 ? [] : values.map((v) => cellText(v));
      });
    });
  }

// enlargeFigure makes a figure as large as the window, or as before.
  enlargeFigure(figure, on = !figure.classList.contains("large")) {
    for (const other of this.element.querySelectorAll("figure.large")) other.classList.remove("large");
    figure.classList.toggle("large", on);
    document.body.classList.toggle("covered", on);
    const target = on ? figure.querySelector(".frame") : figure.querySelector(".enlarge");
    if (target.tabIndex < 0) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }

// key handles a key of the tab, and says whether it did.
  key(e) {
    const large = this.element.querySelector("figure.large");
    const figure = large ?? document.activeElement?.closest?.(".figures figure") ?? this.mapFrame.closest("figure");
    const input = figure.contains(this.inputFrame);
    switch (e.key) {
      case "f":
        this.enlargeFigure(figure);
        return true;
      case "Escape":
        if (large) this.enlargeFigure(large, false);
        return Boolean(large);
      case "+":
      case "=":
      case "-": {
        const by = e.key === "-" ? 1 / 1.5 : 1.5,
          field = this.probe.field(this.at);
        if (input) this.zooms[1].about(by, { x: field.x + field.width / 2 - 0.5, y: field.y + field.height / 2 - 0.5 });
        else this.zooms[0].about(by, this.at);
        return true;
      }
    }
    return false;
  }

// statistics describes the map: kernel, histogram, statistics.
  statistics(layer, map, at) {
    const holder = h("div.kernel-of");
    const drawKernel = (values) =>
      values?.weights && holder.append(h("h3", "Kernel"), kernel(layer, channelNames(at.st, at.l, at.k), values, at.k));
    arrays(layer).then(drawKernel, () => {}); // openProbe has reported the error
    const stats = layer.stats?.[at.k],
      { gone } = this.data;
    return h(
      "div.about",
      holder,
      map &&
        h(
          "div",
          h("h3", gone ? "This map, by its levels" : "This map"),
          this.histogram?.figure,
          facts([
            ...(map.values > map.notFinite
              ? [
                  [gone ? "lowest level" : "smallest", short(map.min)],
                  [gone ? "highest level" : "largest", short(map.max)],
                  [gone ? "mean level" : "mean", short(map.mean)],
                ]
              : []),
            ["zeros", !gone && share(map.zeros, map.values)], // the lowest level stands for more than 0
            ["not finite", map.notFinite > 0 && whole(map.notFinite)],
            ["scale", this.view.address(map) && rangeText(map.of)],
            ["shown here", this.view.address(map) && map.shown && rangeText(map.shown)],
          ]),
        ),
      stats?.pictures > 0 &&
        h(
          "div",
          h("h3", `Over ${plural(stats.pictures, "picture")}`),
          statsText(layer, stats),
          strongest(stats, at.st, at.l, at.k, this.view.gallery),
        ),
    );
  }

// reveal scrolls to the map that is shown if it is out of sight, as on a narrow screen. The
// focus moves with it.
  reveal() {
    const figures = this.element.querySelector(".figures");
    if (figures.getBoundingClientRect().bottom > 0) return;
    figures.scrollIntoView();
    this.mapFrame.focus({ preventScroll: true });
  }

  listen(element) {
    element.addEventListener(
      "pointermove",
      (e) => e.pointerType !== "touch" && this.view.hover({ ...this.at, ...this.view.under(element, this.at, e) }),
    );
    element.addEventListener("pointerleave", () => this.view.hover(this.at));
    element.addEventListener("pointerdown", (e) =>
      this.view.select({ ...this.at, ...this.view.under(element, this.at, e) }),
    );
    element.addEventListener("keydown", (e) => {
      const to = moved(e, this.at, this.probe.plan(this.at).out);
      if (!to || e.altKey || e.ctrlKey || e.metaKey) return;
      e.preventDefault();
      this.view.select(to);
    });
  }

// show marks an output everywhere and shows its value.
  show(at) {
    this.shown = at;
    this.mark(at);
    const here = place(at);
    const value = this.probe.value(at, live);
    if (value !== undefined) {
      this.say(here, ...this.worth(at, value));
      if (this.same(at, this.at)) this.histogram?.mark(value);
      this.explain(at);
    } else if (this.probe.stacks) {
      this.say(here, h("span.muted", "needs many multiply-adds"));
      this.offer(at);
    } else {
      this.fromLevel(at, here);
    }
  }

  same(a, b) {
    return a.st === b.st && a.l === b.l && a.k === b.k;
  }

  say(...parts) {
    this.readout.replaceChildren(...parts.flatMap((p) => [p, " "]));
  }

// mark draws the output, its field and the corresponding outputs of the other maps.
  mark(at) {
    const own = this.same(at, this.at) ? at : this.probe.corresponding(at, this.at.st, this.at.l);
    const [, height, width] = this.probe.plan(this.at).out;
    this.boxes.cell.set({ x: own.x, y: own.y, width: 1, height: 1 });
    this.boxes.cross.set(own.x + 0.5, own.y + 0.5, width, height);
    const box = this.probe.field(at);
    this.boxes.field.set(box);
    if (at === this.at) {
      this.zooms[0].see(own);
      this.zooms[1].see({ x: box.x + box.width / 2 - 0.5, y: box.y + box.height / 2 - 0.5 });
    }
    this.boxes.fieldCross.set(box.x + box.width / 2, box.y + box.height / 2, this.data.size[2], this.data.size[1]);
    this.enlarge(box);
  }

// enlarge draws the receptive field and its surroundings.
  enlarge(box) {
    const image = this.inputFrame.querySelector("img");
    if (!this.loupe || !image) return;
    this.box = box;
    if (!image.complete) return image.addEventListener("load", () => this.enlarge(this.box), { once: true });
    const context = this.loupe.getContext("2d"),
      side = this.loupe.width;
    const view = Math.max(box.width, box.height) * 1.8 + 4,
      scale = side / view;
    const left = box.x + box.width / 2 - view / 2,
      top = box.y + box.height / 2 - view / 2;
    context.clearRect(0, 0, side, side);
    context.imageSmoothingEnabled = scale < 1;
    context.drawImage(image, -left * scale, -top * scale, this.data.size[2] * scale, this.data.size[1] * scale);
    for (const [width, colour] of [
      [6, "rgb(0 0 0 / 65%)"],
      [3, "#ff2f7d"],
    ]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.strokeRect((box.x - left) * scale, (box.y - top) * scale, box.width * scale, box.height * scale);
    }
  }

// offer shows a button for outputs that take long to compute.
  offer(at) {
    const press = ({ target }) => {
      target.textContent = "Computing…";
      target.disabled = true;
      setTimeout(() => {
        if (this.shown !== at) return;
        this.say(place(at), ...this.worth(at, this.probe.value(at, Infinity)));
        this.explain(at);
      }, 30);
    };
    this.terms.replaceChildren();
    this.work.replaceChildren(costly(this.probe.stacks[at.st].cost(at.l, at.k), press));
  }

// worth is an output's value, and what it is worth if rounding alone made it.
  worth(at, value) {
    const rounds = this.probe.stacks[at.st].rounds(at.l, at.k, at.y, at.x, value);
    return [
      h("b.value", minus(exact(value))),
      rounds &&
        h(
          "span.muted",
          { title: "at most 2⁻²² of the sum of its terms' magnitudes: the exact sum may well be 0" },
          "≈ 0 (rounding)",
        ),
    ].filter(Boolean);
  }

  async fromLevel(at, here) {
    this.work.replaceChildren();
    this.terms.replaceChildren();
    let level;
    try {
      level = await this.probe.level(at);
    } catch {
      level = null;
    }
    if (this.shown !== at) return;
    if (!level) return this.say(here, h("span.muted", "no value: its map has no picture"));
    const { n, top, from = NaN, to = NaN, constant } = level;
    let range = `${short(from, 6)} to ${short(to, 6)}`;
    if (constant !== undefined) range = `constant ${short(constant, 6)}`;
    else if (Number.isNaN(from)) range = `at most ${short(to, 6)}`;
    else if (Number.isNaN(to)) range = `at least ${short(from, 6)}`;
    this.say(here, h("b.value", range), h("span.muted", `level ${n} of ${top}`));
  }

// explain shows the sum of the channels, and all terms.
  explain(at) {
    const result = this.probe.stacks[at.st].explain(at.l, at.k, at.y, at.x);
    this.work.replaceChildren(lineView(this.probe.written(at, result).at(-1)));
    const go = (to) => {
      this.view.select(to);
      this.mapFrame.focus({ preventScroll: true });
    };
    this.terms.replaceChildren(terms(at, this.probe.layer(at), result, this.probe.names(at), go));
  }
}

// place is the name of an output and its row and column.
const place = (at) =>
  h("span.where", `${page.stacks[at.st].layers[at.l].filters[at.k]} · row ${at.y}, column ${at.x}`);
