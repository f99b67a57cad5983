// The controls of the tab What if.

class Controls {
  constructor(tab) {
    this.tab = tab;
    this.apart = false; // rows and columns have settings of their own
    this.channel = 0; // whose weights are shown
    this.every = true; // a typed weight goes to every channel
    this.element = h("form", { class: "card controls", "aria-label": "what if", onsubmit: (e) => e.preventDefault() });
    this.sliders = new Map();
    const slider = (key, name, least, largest2, get, set) => {
      const one = (axis) => {
        const value = h("output");
        const input = h("input", { type: "range", min: least, max: largest2, step: 1, "aria-label": `${name}${axis === 1 ? ", columns" : ""}`, oninput: () => this.slide(get, set, axis, Number(input.value)) });
        this.sliders.set(`${key}${axis}`, { input, value, get: () => get(this.tab.change)[axis] });
        return h("label", { class: axis === 1 ? "columns-of" : "" }, h("span", null, axis === 1 ? "columns" : name), input, value);
      };
      return [one(0), one(1)];
    };
    const select = (name, values, get, set) => {
      const input = h("select", { "aria-label": name, onchange: () => set(input.value) }, values.map(([v, text]) => h("option", { value: v }, text)));
      this.sliders.set(name, { input, get });
      return h("label", { class: "select-of" }, h("span", null, name), input);
    };
    const change = () => this.tab.change;
    this.groups = h("select", { "aria-label": "groups", onchange: () => this.resize(change().kernel, Number(this.groups.value)) });
    this.bias = h("input", { type: "number", step: "any", "aria-label": "bias", oninput: () => this.setBias(Number(this.bias.value)) });
    this.bank = h("select", { "aria-label": "weights from", onchange: () => this.pickBank(this.bank.value) }, h("option", { value: "" }, "choose…"));
    this.seed = h("input", { type: "number", min: 0, step: 1, value: 1, "aria-label": "seed" });
    this.grid = h("div", { class: "weights-of" });
    this.element.append(
      h("header", { class: "row" }, h("h3", null, "Settings"), h("span", { class: "choices" }, this.toggle("rows and columns apart", () => (this.apart = !this.apart)), h("button", { type: "button", class: "small", onclick: () => this.tab.reset() }, "↺ as run"))),
      ...[
        slider("K", "kernel K", 1, 15, (c) => c.kernel, (v) => this.resize(v, change().groups)),
        slider("S", "stride S", 1, 16, (c) => c.stride, (stride) => this.tab.set({ stride })),
        slider("P", "padding P", 0, 15, (c) => c.pad.slice(0, 2), ([y, x]) => this.tab.set({ pad: [y, x, y, x] })),
        slider("D", "dilation D", 1, 8, (c) => c.dilation, (dilation) => this.tab.set({ dilation })),
      ].flat(),
      select("padding mode", ["zeros", "reflect", "replicate", "circular"].map((v) => [v, v]), () => change().mode, (mode) => this.tab.set({ mode })),
      h("label", { class: "select-of" }, h("span", null, "groups"), this.groups),
      select("activation", Object.keys(activations).map((v) => [v, v]), () => change().activation, (activation) => this.tab.set(activationOf(this.tab.layer, this.tab.arithmetic.arrays[this.tab.view.at.l], activation))),
      h("label", { class: "select-of" }, h("span", null, "bias"), this.bias),
      h("h3", null, "Weights of this filter"),
      h("label", { class: "select-of" }, h("span", null, "from a bank"), this.bank),
      h("label", { class: "select-of" }, h("span", null, "random, seed"), h("span", { class: "seed" }, this.seed, h("button", { type: "button", class: "small", onclick: () => this.randomize() }, "Draw"))),
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
    const button = h("button", { type: "button", class: "small", "aria-pressed": "false", onclick: () => { button.setAttribute("aria-pressed", String(change())); this.show(this.tab.change); } }, text);
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
    for (const { input, value, get } of this.sliders.values()) {
      const now = get();
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

// showWeights shows one channel's weights as cells to type in.
  showWeights(change, k) {
    const { channels } = this,
      [height, width] = change.kernel,
      taps = height * width;
    this.channel = Math.min(this.channel, channels - 1);
    const base = (k * channels + this.channel) * taps,
      own = change.weights.subarray(base, base + taps),
      top = largest(own);
    const focused = this.grid.contains(document.activeElement) && document.activeElement.dataset.t;
    if (focused && this.grid.dataset.of === `${k} ${this.channel} ${height} ${width}`) {
      this.grid.querySelectorAll("input[data-t]").forEach((input, t) => {
        input.style.background = shade(own[t], top)?.background ?? "";
        if (input !== document.activeElement) input.value = exact(own[t]);
      });
      return;
    }
    this.grid.dataset.of = `${k} ${this.channel} ${height} ${width}`;
    const names = this.tab.probe.names(this.tab.view.at),
      first = Math.floor(k / (this.tab.plan.out[0] / change.groups)) * channels;
    const table = h(
      "table",
      { "aria-label": "weights", class: width > 7 ? "dense" : "" },
      h(
        "tbody",
        null,
        range(0, height).map((y) =>
          h(
            "tr",
            null,
            range(0, width).map((x) => {
              const t = y * width + x,
                input = h("input", { value: exact(own[t]), title: exact(own[t]), inputmode: "decimal", "data-t": t, "aria-label": `weight, row ${y}, column ${x}`, style: shade(own[t], top), oninput: () => this.type(t, input.value) });
              return h("td", null, input);
            }),
          ),
        ),
      ),
    );
    const choice = h("select", { "aria-label": "channel", onchange: () => { this.channel = Number(choice.value); this.showWeights(this.tab.change, k); } }, range(0, channels).map((i) => h("option", { value: i, selected: i === this.channel }, names[first + i])));
    this.grid.replaceChildren(
      channels > 1
        ? h("p", { class: "row" }, h("label", null, "channel ", choice), h("label", { class: "check" }, h("input", { type: "checkbox", checked: this.every, onchange: (e) => (this.every = e.target.checked) }), "type into all"))
        : "",
      table,
    );
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
