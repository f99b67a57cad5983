// The tab Kernels: all weights of a layer, a row a filter and a column a channel.

const kernelPage = 64; // filters and channels on a canvas

class KernelsTab {
  constructor(view) {
    this.view = view;
    this.each = false; // each kernel on a scale of its own
    this.sorted = false;
    this.page = [0, 0];
    this.channel = 0;
    this.head = h("header.row");
    this.canvas = h("canvas.kernels", { tabindex: 0, role: "application", "aria-roledescription": "kernels", "aria-describedby": "kernel-shown" });
    this.about = h("div.card.kernel-shown", { id: "kernel-shown" });
    this.element = h("div.kernels-tab", this.head, h("div.kernels-grid", h("div.kernels-of", this.canvas), this.about));
    this.canvas.addEventListener("click", (e) => this.pick(e));
    this.canvas.redraw = () => this.plan && this.draw();
    this.observer = new ResizeObserver(this.canvas.redraw);
    this.observer.observe(this.element);
  }

  show(at) {
    const { probe } = this.view,
      layer = probe.layer(at);
    const none = !probe.stacks?.[at.st].arrays[at.l]?.weights;
    this.element.classList.toggle("none", none);
    if (none) {
      this.of = undefined;
      this.head.replaceChildren(h("p.note", `${layer.name} is ${describe(layer)}, which has no kernels. Choose another layer above.`));
      return;
    }
    if (this.of !== `${at.st} ${at.l}`) {
      this.of = `${at.st} ${at.l}`;
      this.layer = layer;
      this.plan = probe.plan(at);
      this.weights = probe.stacks[at.st].arrays[at.l];
      this.channels = this.plan.in[0] / layer.groups;
      this.taps = layer.kernel[0] * layer.kernel[1];
      this.top = largest(this.weights.weights);
      this.page = [0, 0];
      this.channel = 0;
      this.order = range(0, this.plan.out[0]);
      this.arrange();
    }
    const row = this.order.indexOf(at.k);
    this.page[0] = Math.floor(row / kernelPage);
    this.page[1] = Math.floor(this.channel / this.columns());
    this.draw();
    this.tell();
  }

  own(k, c) {
    const at = (k * this.channels + c) * this.taps;
    return this.weights.weights.subarray(at, at + this.taps);
  }

  energy(k) {
    let sum = 0;
    for (let c = 0; c < this.channels; c++) for (const w of this.own(k, c)) sum += w * w;
    return sum;
  }

  arrange() {
    this.order = range(0, this.plan.out[0]);
    if (!this.sorted) return;
    const energies = this.order.map((k) => this.energy(k));
    this.order.sort((a, b) => energies[b] - energies[a] || a - b);
  }

// columns is the number of channels that fit beside each other.
  columns() {
    const room = (this.canvas.parentElement.clientWidth || 600) - 30;
    return Math.max(1, Math.min(this.channels, kernelPage, Math.floor(room / (this.layer.kernel[1] + 2))));
  }

  draw() {
    const { layer, canvas, view } = this,
      [kH, kW] = layer.kernel,
      across = this.columns(),
      first = this.page[1] * across,
      rows = this.order.slice(this.page[0] * kernelPage, (this.page[0] + 1) * kernelPage),
      shown = range(first, Math.min(this.channels, first + across));
    const room = (canvas.parentElement.clientWidth || 600) - 30,
      cell = Math.max(1, Math.floor(Math.min((rows.length * shown.length > 48 ? 56 : 96) / kW, (room / shown.length - 2) / kW))), // pixels a weight
      [w, hgt] = [cell * kW + 2, cell * kH + 2],
      margin = 30,
      sharp = devicePixelRatio,
      named = w >= 14 && layer.groups === 1 ? view.probe.names(view.at) : undefined,
      top = named ? 16 : 0,
      band = margin + shown.length * w + 16,
      bands = Math.max(1, Math.min(Math.ceil(rows.length / 4), Math.floor((room + 46) / band))),
      each = Math.ceil(rows.length / bands);
    this.cell = { w, h: hgt, margin, rows, shown, top, band, each };
    const [width, height] = [bands * band - 16, top + each * hgt];
    Object.assign(canvas, { width: width * sharp, height: height * sharp });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const context = canvas.getContext("2d"),
      style = getComputedStyle(canvas);
    context.scale(sharp, sharp);
    context.textBaseline = "middle";
    const text = (value, x, y, size, most) => {
      context.fillStyle = style.color;
      context.font = `${size}px system-ui, sans-serif`;
      context.fillText(value, x, y, most);
    };
    if (named) for (let b = 0; b < bands; b++) shown.forEach((c, j) => text(named[c], b * band + margin + j * w + 1, 8, 11, w - 2));
    const { k } = view.at;
    rows.forEach((f, i) => {
      const [x1, y1] = [Math.floor(i / each) * band, top + (i % each) * hgt];
      if (hgt >= 10) text(f, x1 + 2, y1 + hgt / 2, Math.min(11, hgt), margin - 4);
      shown.forEach((c, j) => {
        const own = this.own(f, c),
          strongest = this.each ? largest(own) : this.top,
          [x0, y0] = [x1 + margin + j * w + 1, y1 + 1];
        context.fillStyle = style.backgroundColor;
        context.fillRect(x0, y0, cell * kW, cell * kH);
        own.forEach((v, t) => {
          if (!v) return;
          context.fillStyle = colour(v, strongest);
          context.fillRect(x0 + (t % kW) * cell, y0 + Math.floor(t / kW) * cell, cell, cell);
        });
        signs(context, own, kW, cell, strongest, x0, y0);
        if (f === k && c === this.channel) {
          context.strokeStyle = "#ff2f7d";
          context.lineWidth = 2.5;
          context.strokeRect(x0 - 0.5, y0 - 0.5, cell * kW + 1, cell * kH + 1);
        }
      });
    });
    canvas.setAttribute("aria-label", `kernels of ${layer.name}, ${rows.length} filters by ${shown.length} channels; arrow keys choose one`);
    this.drawHead(across);
  }

  drawHead(across) {
    const { layer } = this,
      pages = [Math.ceil(this.order.length / kernelPage), Math.ceil(this.channels / across)];
    const again = (change) => () => {
      change();
      this.view.select(this.view.at);
    };
    const turn = (name, axis, n, all) =>
      pager(name, `${name} ${this.page[axis] * n}–${Math.min(all, (this.page[axis] + 1) * n) - 1} of ${all}`, this.page[axis], pages[axis], (by) => this.turn(axis, by, n));
    redraw(
      this.head,
      h("h3", `${shape([this.order.length, this.channels])} kernels of ${size2(layer.kernel)}`),
      turn("filters", 0, kernelPage, this.order.length),
      turn("channels", 1, across, this.channels),
      h(
        "span.choices",
        toggle("each its own scale", this.each, again(() => (this.each = !this.each))),
        toggle("sorted by energy", this.sorted, again(() => {
          this.sorted = !this.sorted;
          this.arrange();
        })),
      ),
    );
  }

  turn(axis, by, n) {
    if (axis === 0) return this.choose(this.order[(this.page[0] + by) * n], this.channel);
    this.choose(this.view.at.k, (this.page[1] + by) * n);
  }

  choose(k, c) {
    this.channel = Math.max(0, Math.min(this.channels - 1, c));
    this.view.select({ ...this.view.at, k });
  }

  pick(e) {
    const b = this.canvas.getBoundingClientRect(),
      { w, h: hgt, margin, rows, shown, top, band, each } = this.cell;
    const x = e.clientX - b.left,
      i = Math.floor(x / band) * each + Math.floor((e.clientY - b.top - top) / hgt),
      j = Math.max(0, Math.floor(((x % band) - margin) / w));
    if (e.clientY - b.top >= top && rows[i] !== undefined && shown[j] !== undefined) this.choose(rows[i], shown[j]);
  }

// tell shows the numbers of the chosen filter.
  tell() {
    const { layer, view } = this,
      { k } = view.at,
      [kH, kW] = layer.kernel,
      names = view.probe.names(view.at),
      first = Math.floor(k / (this.plan.out[0] / layer.groups)) * this.channels,
      few = this.channels <= 3 ? range(0, this.channels) : [this.channel];
    const one = (c) => {
      const own = this.own(k, c),
        top = this.each ? largest(own) : this.top;
      return h(
        "figure",
        h("figcaption", names[first + c]),
        kW > 9 || kH > 13
          ? cells(own, kH, kW, { top, label: `weights of channel ${names[first + c]}` })
          : gridTable(kH, kW, (y, x) => ({ text: cellText(own[y * kW + x]), title: exact(own[y * kW + x]), style: shade(own[y * kW + x], top) }), { label: `weights of channel ${names[first + c]}` }),
      );
    };
    this.about.replaceChildren(
      h("h3", h("span.index", k), layer.filters[k]),
      h("p.muted", `bias ${six(this.weights.bias[k])} · energy ${short(this.energy(k))}${this.channels > 3 ? ` · channel ${this.channel} of ${this.channels}` : ""}`),
      h("div.kernel-numbers", few.map(one)),
      h("p.choices", h("button", { onclick: () => view.tabs.choose("look") }, "Look at its map"), h("button", { onclick: () => view.tabs.choose("step") }, "Step through it")),
    );
  }

// key moves the choice with the arrow keys.
  key(e) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (!this.of) return false;
    if (e.key === "Enter" && e.target === this.canvas) {
      this.view.tabs.choose("look");
      return true;
    }
    if (!move) return false;
    const row = Math.max(0, Math.min(this.order.length - 1, this.order.indexOf(this.view.at.k) + move[0]));
    this.choose(this.order[row], this.channel + move[1]);
    return true;
  }

  close() {
    this.observer.disconnect();
  }
}
