// The controls of the tab What if.

class Controls {
  constructor(tab) {
    this.tab = tab;
    this.apart = false; // rows and columns have settings of their own
    this.channel = 0; // whose weights are shown
    this.every = true; // a typed weight goes to every channel
    this.element = h("form.card.controls", { "aria-label": "what if", onsubmit: (e) => e.preventDefault() });
    this.sliders = new Map();
    const slider = (key, name, least, most, get, set) => {
      const one = (axis) => {
        const value = h("output");
        const input = h("input", { type: "range", min: least, max: most, step: 1, "aria-label": `${name}${axis === 1 ? ", columns" : ""}`, oninput: () => this.slide(get, set, axis, Number(input.value)) });
        this.sliders.set(`${key}${axis}`, { input, value, most, get: () => get(this.tab.change)[axis] });
        return h("label", { class: axis === 1 ? "columns-of" : "" }, h("span", axis === 1 ? "columns" : name), input, value);
      };
      return [one(0), one(1)];
    };
    const select = (name, values, get, set) => {
      const input = h("select", { "aria-label": name, onchange: () => set(input.value) }, values.map((v) => h("option", v)));
      this.sliders.set(name, { input, get });
      return h("label.select-of", h("span", name), input);
    };
    const change = () => this.tab.change;
    this.groups = h("select", { "aria-label": "groups", onchange: () => this.resize(change().kernel, Number(this.groups.value)) });
    this.bias = h("input", { type: "number", step: "any", "aria-label": "bias", oninput: () => this.setBias(Number(this.bias.value)) });
    this.bank = h("select", { "aria-label": "weights from", onchange: () => this.pickBank(this.bank.value) }, h("option", { value: "" }, "choose…"));
    this.seed = h("input", { type: "number", min: 0, step: 1, value: 1, "aria-label": "seed" });
    this.grid = h("div.weights-of");
    this.element.append(
      h("header.row", h("h3", "Settings"), h("span.choices", this.toggle("rows and columns apart", () => (this.apart = !this.apart)), h("button.small", { onclick: () => this.tab.reset() }, "↺ as run"))),
      ...[
        slider("K", "kernel K", 1, 15, (c) => c.kernel, (v) => this.resize(v, change().groups)),
        slider("S", "stride S", 1, 16, (c) => c.stride, (stride) => this.tab.set({ stride })),
        slider("P", "padding P", 0, 15, (c) => c.pad.slice(0, 2), ([y, x]) => this.tab.set({ pad: [y, x, y, x] })),
        slider("D", "dilation D", 1, 8, (c) => c.dilation, (dilation) => this.tab.set({ dilation })),
      ].flat(),
      select("padding mode", ["zeros", "reflect", "replicate", "circular"], () => change().mode, (mode) => this.tab.set({ mode })),
      h("label.select-of", h("span", "groups"), this.groups),
      select("activation", Object.keys(activations), () => change().activation, (activation) => this.tab.set(activationOf(this.tab.layer, this.tab.arithmetic.arrays[this.tab.view.at.l], activation))),
      h("label.select-of", h("span", "bias"), this.bias),
      h("h3", "Weights of this filter"),
      h("label.select-of", h("span", "from a bank"), this.bank),
      h("label.select-of", h("span", "random, seed"), h("span.seed", this.seed, h("button.small", { onclick: () => this.randomize() }, "Draw"))),
      this.grid,
    );
    load("banks").then((banks) => {
      for (const bank of banks) {
        const many = bank.filters.length > 1;
        const options = bank.filters.map((name, i) => h("option", { value: `${bank.name} ${i}` }, `${name} ${size2(bank.size)}`));
        this.bank.append(many ? h("optgroup", { label: bank.name }, options) : options[0]);
      }
      this.banks = banks;
    });
  }

  toggle(text, change) {
    const button = toggle(text, false, () => {
      button.setAttribute("aria-pressed", String(change()));
      this.show(this.tab.change);
    });
    return button;
  }

  slide(get, set, axis, value) {
    const values = [...get(this.tab.change)];
    if (this.apart) values[axis] = value;
    else values.fill(value);
    set(values);
  }

  get channels() {
    return this.tab.plan.in[0] / this.tab.change.groups;
  }

  resize(kernel, groups) {
    const { tab } = this;
    const size = [tab.plan.in[0], tab.plan.out[0]];
    if (size.some((n) => n % groups)) return tab.set({ groups });
    tab.change = resized(tab.change, size, kernel, groups);
    tab.changed();
  }

  setBias(v) {
    if (!Number.isFinite(v)) return;
    const bias = this.tab.change.bias.slice();
    bias[this.tab.view.at.k] = v;
    this.tab.set({ bias, own: false });
  }

  fill(kernel, values) {
    const { tab } = this;
    let { change } = tab;
    if (kernel.join() !== change.kernel.join()) change = resized(change, [tab.plan.in[0], tab.plan.out[0]], kernel, change.groups);
    tab.change = withKernel(change, tab.view.at.k, this.channels, values);
    tab.changed();
  }

// pickBank takes a bank's filter, divided over the channels as channels: mean does.
  pickBank(value) {
    const [name, i] = value.split(" "),
      bank = this.banks?.find((b) => b.name === name);
    if (!bank) return;
    const all = floatsFromBase64(bank.weights),
      taps = bank.size[0] * bank.size[1];
    this.fill(bank.size, (c, t) => Math.fround(all[Number(i) * taps + t] / this.channels));
    this.bank.value = "";
  }

  randomize() {
    const next = random(Number(this.seed.value) || 0),
      { kernel } = this.tab.change,
      scale = 1 / Math.sqrt(this.channels * kernel[0] * kernel[1]);
    this.fill(kernel, () => Math.fround(next() * scale));
  }

// show shows the settings of a change.
  show(change) {
    const { tab } = this,
      { k } = tab.view.at;
    this.element.classList.toggle("apart", this.apart);
    for (const { input, value, most, get } of this.sliders.values()) {
      const now = get();
      if (value) input.max = Math.max(most, now); // the run may have gone further
      input.value = now;
      if (value) value.textContent = now;
    }
    const [c, f] = [tab.plan.in[0], tab.plan.out[0]],
      groups = range(1, Math.min(c, 512) + 1).filter((g) => c % g === 0 && f % g === 0);
    if (!groups.includes(change.groups)) groups.push(change.groups);
    this.groups.replaceChildren(...groups.map((g) => h("option", { value: g, selected: g === change.groups }, g)));
    if (document.activeElement !== this.bias) this.bias.value = exact(change.bias[k]);
    this.showWeights(change, k);
  }

// showWeights shows one channel's weights as cells to type in. Of large kernels it shows a picture,
// and one weight to type in.
  showWeights(change, k) {
    const { channels } = this,
      [height, width] = change.kernel,
      taps = height * width;
    this.channel = Math.min(this.channel, channels - 1);
    const base = (k * channels + this.channel) * taps,
      own = change.weights.subarray(base, base + taps),
      top = largest(own),
      large = Math.max(height, width) > numberedKernel,
      picture = () => cells(own, height, width, { top, label: "weights" }),
      of = `${k} ${this.channel} ${height} ${width}`;
    if (this.grid.contains(document.activeElement) && document.activeElement.dataset.t && this.grid.dataset.of === of) {
      for (const input of this.grid.querySelectorAll("[data-t]")) {
        const v = own[input.dataset.t];
        input.style.background = shade(v, top)?.background ?? "";
        if (input !== document.activeElement) input.value = exact(v);
      }
      this.grid.querySelector("canvas")?.replaceWith(picture());
      return;
    }
    this.grid.dataset.of = of;
    const names = this.tab.probe.names(this.tab.view.at),
      first = Math.floor(k / (this.tab.plan.out[0] / change.groups)) * channels;
    const weight = (y, x) => {
      const t = y * width + x,
        input = h("input", { value: exact(own[t]), title: exact(own[t]), inputmode: "decimal", "data-t": t, "aria-label": `weight, row ${y}, column ${x}`, style: shade(own[t], top), oninput: () => this.type(t, input.value) });
      return input;
    };
    const choice = h("select", { "aria-label": "channel", onchange: () => { this.channel = Number(choice.value); this.showWeights(this.tab.change, k); } }, range(0, channels).map((i) => h("option", { value: i, selected: i === this.channel }, names[first + i])));
    this.grid.replaceChildren(
      channels > 1
        ? h("p.row", h("label", "channel ", choice), h("label.check", h("input", { type: "checkbox", checked: this.every, onchange: (e) => (this.every = e.target.checked) }), "type into all"))
        : "",
      ...(large
        ? [h("div", { onclick: (e) => this.go(e.offsetY / e.target.clientHeight, e.offsetX / e.target.clientWidth) }, picture()), this.one(weight, [height, width])]
        : [h("table", { "aria-label": "weights" }, h("tbody", range(0, height).map((y) => h("tr", range(0, width).map((x) => h("td", weight(y, x)))))))]),
    );
  }

// one is one weight of a large kernel to type in, with its row and column.
  one(weight, size) {
    const place = (this.place = size.map((n, axis) => Math.min(n - 1, this.place?.[axis] ?? Math.floor(n / 2))));
    const inputs = ["row", "column"].map((name, axis) =>
      h("input", { type: "number", min: 0, max: size[axis] - 1, value: place[axis], "aria-label": `${name} of the weight`, onchange: (e) => { place[axis] = Number(e.target.value); this.go(...place.map((v, i) => v / size[i])); } }),
    );
    return h("p.one", h("label", "row ", inputs[0]), h("label", "column ", inputs[1]), h("label", "weight ", weight(...place)));
  }

// go chooses the weight at a part of the kernel's height and width.
  go(...parts) {
    this.place = parts.map((v, axis) => Math.max(0, Math.floor(v * this.tab.change.kernel[axis] + 1e-6)));
    this.showWeights(this.tab.change, this.tab.view.at.k);
    this.grid.querySelector("[data-t]").focus();
  }

  type(t, text) {
    const v = Math.fround(Number(text.replace("−", "-")));
    if (!Number.isFinite(v) || text.trim() === "") return;
    const { change, view } = this.tab,
      taps = change.kernel[0] * change.kernel[1],
      weights = change.weights.slice();
    for (let c = 0; c < this.channels; c++) if (this.every || c === this.channel) weights[(view.at.k * this.channels + c) * taps + t] = v;
    this.tab.set({ weights, own: false });
  }
}
