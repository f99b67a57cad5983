// The tabs of a picture. The place is the same in all of them.

// tabKinds are the tabs in their order: name in the address, title, and what makes the tab.
const tabKinds = [
  ["look", () => "Look", (view) => new LookTab(view)],
  ["step", () => "Step", (view) => new StepTab(view)],
  ["whatif", () => "What if", (view) => new WhatIfTab(view)],
  ["compare", () => "Compare", (view) => new CompareTab(view)],
  ["kernels", () => "Kernels", (view) => new KernelsTab(view)],
];

// LookTab shows the input, a map and all other maps.
class LookTab {
  constructor(view) {
    this.view = view;
    this.element = view.look;
  }
  show(at) {
    this.view.show(at);
  }
  key(e) {
    return this.view.stage.key(e);
  }
  leave() {
    document.body.classList.remove("covered");
  }
  close() {
    this.leave();
    this.view.stage.observer.disconnect();
    for (const zoom of this.view.stage.zooms ?? []) zoom.close();
  }
}

// Chooser chooses the layer and the filter, in all tabs but Look, which shows all maps.
class Chooser {
  constructor(view) {
    this.view = view;
    this.layer = h("select", { "aria-label": "layer", onchange: () => this.go(this.layer.value) });
    this.filter = h("select", { "aria-label": "filter", onchange: () => this.view.select({ ...this.view.at, k: Number(this.filter.value) }) });
    this.about = h("span.about-layer");
    this.element = h("div.chosen", this.about, this.layer, this.filter);
    page.stacks.forEach((stack, st) =>
      stack.layers.forEach((layer, l) =>
        this.layer.append(h("option", { value: `${st} ${l}` }, (page.stacks.length > 1 ? `${stackTitle(stack)} / ` : "") + layer.name)),
      ),
    );
  }

// go goes to a layer, to the filter with the same index and the place of the same field.
  go(layer) {
    const [st, l] = layer.split(" ").map(Number),
      { view } = this;
    const k = Math.min(view.at.k, page.stacks[st].layers[l].filters.length - 1);
    view.select({ st, l, k, ...view.probe.corresponding(view.at, st, l) });
  }

  show(at, shown) {
    this.element.hidden = !shown;
    if (!shown) return;
    const { st, l, k } = at,
      of = `${st} ${l}`,
      { filters } = this.view.probe.layer(at);
    if (this.of !== of) {
      this.of = of;
      const plan = this.view.probe.plan(at);
      this.layer.value = of;
      this.about.textContent = `${describe(this.view.probe.layer(at))}, ${shape(plan.in)} → ${shape(plan.out)}`;
      this.filter.replaceChildren(...filters.map((name, i) => h("option", { value: i }, `${i} ${name}`)));
    }
    this.filter.value = k;
  }
}

class Tabs {
  constructor(view) {
    this.view = view;
    this.made = new Map();
    this.name = "look";
    this.panel = h("div.tab", { role: "tabpanel", id: "tab", "aria-labelledby": "tab-look" });
    this.buttons = tabKinds.map(([name, title], i) =>
      h(
        "button",
        {
          role: "tab",
          id: `tab-${name}`,
          "aria-controls": "tab",
          "aria-selected": "false",
          tabindex: -1,
          title: `key ${i + 1}`,
          onclick: () => this.choose(name),
        },
        title(view),
      ),
    );
    this.chooser = new Chooser(view);
    const list = h("div", { role: "tablist", "aria-label": "ways to see the picture" }, this.buttons);
    this.bar = h("div.tabs", list, this.chooser.element);
    list.addEventListener("keydown", (e) => {
      const at = this.buttons.indexOf(e.target),
        by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (at < 0 || !by || e.altKey || e.ctrlKey || e.metaKey) return;
      e.preventDefault();
      e.stopPropagation();
      const to = (at + by + this.buttons.length) % this.buttons.length;
      this.choose(tabKinds[to][0]);
      this.buttons[to].focus();
    });
  }

// choose shows a tab.
  choose(name, { quiet = false } = {}) {
    const at = Math.max(
      0,
      tabKinds.findIndex(([n]) => n === name),
    );
    this.now?.leave?.();
    this.name = tabKinds[at][0];
    this.buttons.forEach((b, i) => {
      b.setAttribute("aria-selected", String(i === at));
      b.tabIndex = i === at ? 0 : -1;
    });
    this.panel.setAttribute("aria-labelledby", `tab-${this.name}`);
    if (at > 0 && !this.view.probe.stacks) {
      this.now = undefined;
      this.panel.replaceChildren(h("p.note", `No arithmetic: ${this.view.data.gone}.`));
    } else {
      if (!this.made.has(this.name)) this.made.set(this.name, tabKinds[at][2](this.view));
      this.now = this.made.get(this.name);
      this.panel.replaceChildren(this.now.element);
    }
    this.view.select(this.view.at, { quiet });
  }

  show(at) {
    this.chooser.show(at, this.name !== "look");
    const layer = this.view.probe.layer(at),
      size = layer.weights ? ` ${layer.filters.length}×${this.view.probe.plan(at).in[0] / layer.groups}` : "";
    this.buttons.at(-1).replaceChildren("Kernels", h("span", size));
    this.now?.show(at);
  }

// key handles a key, and says whether it did.
  key(e) {
    const at = e.key >= "1" && e.key <= "9" ? Number(e.key) - 1 : -1;
    if (at >= 0 && at < tabKinds.length) {
      this.choose(tabKinds[at][0]);
      return true;
    }
    return Boolean(this.now?.key?.(e));
  }

  close() {
    for (const tab of this.made.values()) tab.close?.();
  }
}
