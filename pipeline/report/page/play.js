// The player: it goes from place to place, from channel to channel or from term to term.

const manyPlaces = 2000; // larger maps are played row 0 by place, and then by row

class Play {
  constructor(tab) {
    this.tab = tab;
    this.channel = 0;
    this.term = 0;
    const button = (label, text, onclick) => h("button", { "aria-label": label, title: label, onclick }, text);
    this.button = button("play (Space)", "▶", () => this.toggle());
    this.slider = h("input", { type: "range", min: 0, step: 1, class: "places", "aria-label": "place", oninput: () => this.jump(Number(this.slider.value)) });
    this.where = h("span.where");
    const speed = h("input", { type: "range", class: "speed", min: -1, max: 3.33, step: 0.01, value: Math.log2(reading.speed), "aria-label": "steps a second", oninput: () => { reading.speed = Math.max(0.5, Math.min(10, 2 ** speed.value)); said(); } });
    const said = () => {
      const text = `${Number(reading.speed.toPrecision(2))} a second`;
      speed.setAttribute("aria-valuetext", text);
      speed.title = text;
    };
    said();
    const unit = (this.choice = h("select", { "aria-label": "each step is a", onchange: () => this.choose(unit.value) }, ["place", "channel", "term"].map((v) => h("option", { value: v, selected: v === reading.unit }, v))));
    this.element = h(
      "div.playbar",
      { role: "group", "aria-label": "play" },
      button("first place", "|◀", () => this.jump(0)),
      button("back (,)", "◀", () => this.step(-1)),
      this.button,
      button("on (.)", "▶|", () => this.step(1)),
      this.slider,
      this.where,
      h("label.speed-of", h("span", "speed"), speed),
      h("label.unit-of", h("span", "each"), unit),
    );
  }

// unit is place, unless the layer has no sums to walk through.
  get unit() {
    return this.tab.layer?.kind === "conv" || !this.tab.layer ? reading.unit : "place";
  }

  choose(unit) {
    reading.unit = unit;
    this.channel = this.term = 0;
    this.tab.layout = undefined;
    this.tab.view.select(this.tab.view.at);
  }

// build prepares for a map.
  build(at) {
    const [, height, width] = this.tab.probe.plan(at).out;
    Object.assign(this, { height, width, rows: height * width > manyPlaces });
    this.count = this.rows ? width + height - 1 : height * width;
    this.slider.max = this.count - 1;
    this.channel = this.term = 0;
  }

  index({ y, x }) {
    if (!this.rows) return y * this.width + x;
    return y === 0 ? x : this.width + y - 1;
  }

  place(i) {
    if (!this.rows) return { y: Math.floor(i / this.width), x: i % this.width };
    return i < this.width ? { y: 0, x: i } : { y: i - this.width + 1, x: 0 };
  }

// next is the place after a place, for its ghost.
  next(at) {
    if (at.x + 1 < this.width) return { y: at.y, x: at.x + 1 };
    return at.y + 1 < this.height ? { y: at.y + 1, x: 0 } : null;
  }

  show(at) {
    this.choice.disabled = this.tab.probe.layer(at).kind !== "conv";
    const i = this.index(at),
      text = this.rows && at.y > 0 ? `row ${at.y} of ${this.height}` : `${i + 1} of ${this.count}`;
    this.slider.value = i;
    this.slider.setAttribute("aria-valuetext", `row ${at.y}, column ${at.x}`);
    this.where.textContent = text;
    this.where.title = `row ${at.y}, column ${at.x}`;
  }

  jump(i) {
    const { at } = this.tab.view;
    this.channel = this.term = 0;
    this.tab.view.select({ ...at, ...this.place((i + this.count) % this.count) });
  }

// step goes on or back by one unit, round the ends unless once is set. It says whether it went.
  step(by, once = false) {
    const { tab, unit } = this,
      { sums } = tab,
      plane = sums?.[0]?.part.length ?? 1;
    const count = unit === "term" ? (sums?.length ?? 1) * plane : unit === "channel" ? (sums?.length ?? 1) : 1;
    const now = unit === "term" ? this.term : unit === "channel" ? this.channel : 0,
      to = now + by;
    if (to >= 0 && to < count) {
      if (unit === "term") [this.term, this.channel] = [to, Math.floor(to / plane)];
      else this.channel = to;
      tab.show(tab.view.at);
      return true;
    }
    const i = this.index(tab.view.at) + by;
    if (once && (i < 0 || i >= this.count)) return false;
    this.jump(i);
    if (by < 0 && count > 1) {
      [this.term, this.channel] = unit === "term" ? [count - 1, sums.length - 1] : [0, count - 1];
      tab.show(tab.view.at);
    }
    return true;
  }

  toggle() {
    if (this.running) return this.stop();
    this.running = true;
    this.shape();
    const tick = () => {
      if (!this.running || !this.element.isConnected) return this.stop();
      if (!this.step(1, true)) return this.stop(); // all places are done
      this.timer = setTimeout(tick, 1000 / reading.speed);
    };
    this.timer = setTimeout(tick, 1000 / reading.speed);
  }

  stop() {
    if (!this.running) return;
    this.running = false;
    clearTimeout(this.timer);
    this.shape();
    if (this.tab.result) this.tab.say(this.tab.view.at);
  }

  shape() {
    this.button.textContent = this.running ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", this.running ? "pause (Space)" : "play (Space)");
  }

  key(e) {
    const to = moved(e, this.tab.view.at, [1, this.height, this.width]);
    if (to) {
      this.channel = this.term = 0;
      this.tab.view.select(to);
      return true;
    }
    switch (e.key) {
      case " ":
        if (e.target.closest("button, summary, a")) return false;
        this.toggle();
        return true;
      case ".":
        this.step(1);
        return true;
      case ",":
        this.step(-1);
        return true;
      case "Escape":
        this.stop();
        return true;
    }
    return false;
  }
}
