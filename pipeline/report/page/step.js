// The tab Step: an output's arithmetic, from the input under the window to the map.

const boardSide = 32; // inputs up to this side have a cell with a number a value
const boardCells = 4200; // cells that may be shown
const channelPage = 16; // channels on a page of all
const numberedKernel = 7; // larger kernels are colours

// settings of the reader, kept from picture to picture
const reading = { exactly: false, zeros: true, levels: false, all: false, speed: 2, unit: "place" };

class StepTab {
  constructor(view) {
    this.view = view;
    this.pairs = new Pairs(view);
    this.play = new Play(this);
    this.rows = h("section.channels", { "aria-label": "arithmetic of one output" });
    this.lines = h("div.card.lines", { "aria-label": "the sum, written out", role: "group" });
    this.size = h("div.card.worked");
    this.live = h("p.sr", { role: "status", "aria-live": "polite" });
    this.element = h(
      "div.lesson",
      this.play.element,
      this.rows,
      h("div.side", this.lines, h("div.card.maps-card", this.pairs.element), this.size),
      this.live,
    );
  }

  get probe() {
    return this.view.probe;
  }

// build makes everything that does not change from place to place.
  build(at) {
    this.built = `${at.st} ${at.l} ${at.k}`;
    this.page = 0;
    this.sizeCard(at);
    this.boards = new Map();
    this.layout = undefined;
    this.play.build(at);
  }

  sizeCard(at) {
    const layer = this.probe.layer(at),
      { plans } = this.probe.stacks[at.st],
      shapes = layer.inputs.map((from) => (from < 0 ? this.probe.size(at.st) : plans[from].out));
    this.size.replaceChildren(h("h3", "How large, and why"), sizeList(sizeLines(layer, this.probe.plan(at), shapes)));
  }

// show shows the output at a place, as far as the player has come.
  show(at) {
    if (this.built !== `${at.st} ${at.l} ${at.k}`) this.build(at);
    const arithmetic = this.probe.stacks[at.st];
    this.pairs.show(at);
    this.play.show(at);
    if (arithmetic.cost(at.l, at.k) > live && this.allowed !== `${at.l} ${at.k}`) return this.offer(at);
    this.layer = this.probe.layer(at);
    this.result = arithmetic.explain(at.l, at.k, at.y, at.x);
    const plane = this.layer.norm ? 1 : this.layer.kernel[0] * this.layer.kernel[1];
    this.sums = channelSums({ bias: 0, ...this.result }, plane);
    this.drawRows(at);
    this.drawLines(at);
    this.say(at);
  }

  offer(at) {
    const press = () => {
      this.allowed = `${at.l} ${at.k}`;
      this.view.select(this.view.at);
    };
    this.rows.replaceChildren(costly(this.probe.stacks[at.st].cost(at.l, at.k), press));
    this.layout = this.result = this.sums = this.layer = undefined;
    this.lines.replaceChildren();
  }

// shownChannels are the channels with a row of their own: all up to three, the three that add
// most, or a page of all.
  shownChannels() {
    const { sums } = this;
    if (sums.length <= 3 || (this.layer.norm && sums.length <= channelPage)) return sums;
    if (reading.all) return sums.slice(this.page * channelPage, (this.page + 1) * channelPage);
    if (this.play.unit !== "place") return sums.slice(Math.max(0, Math.min(sums.length - 3, this.play.channel - 1))).slice(0, 3);
    const best = [...sums].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum)).slice(0, 3);
    return sums.filter((s) => best.includes(s));
  }

  drawRows(at) {
    const { layer } = this,
      names = this.probe.names(at),
      plan = this.probe.plan(at),
      shown = this.shownChannels();
    const layout = shown.map((s) => s.c).join();
    const padded = [0, 1].map((axis) => plan.in[1 + axis] + plan.pad[axis] + plan.pad[axis + 2]);
    this.boarded =
      !layer.norm && Math.max(plan.in[1], plan.in[2]) <= boardSide && padded[0] * padded[1] * shown.length <= boardCells;
    if (layout !== this.layout) {
      this.layout = layout;
      this.boards.clear();
      this.holders = new Map(
        shown.map(({ c }) => [c, h("div.row-of", { role: "group", "aria-label": `channel ${names[c]}` })]),
      );
      const frameOf = this.boarded || layer.norm ? [] : this.pictureFrame(at);
      redraw(this.rows, this.rowsHead(at), ...frameOf, this.bracket(at, h("div.rows-list", [...this.holders.values()])));
    }
    for (const s of shown) this.drawRow(at, s, names[s.c]);
    this.markPicture(at);
  }

// rowsHead says which channels are shown, and has the choices for them.
  rowsHead(at) {
    const { sums, layer, probe } = this,
      some = sums.length > 3 && !(layer.norm && sums.length <= channelPage),
      pages = some && reading.all ? Math.ceil(sums.length / channelPage) : 1;
    const again = (change) => () => {
      change();
      this.layout = undefined;
      this.view.select(this.view.at);
    };
    const text = some && !reading.all && (this.play.unit === "place" ? `the 3 of ${sums.length} channels that add most` : `3 of ${sums.length} channels`);
    return h(
      "header.row",
      h("h3", `Input: ${sourceNames(page.stacks[at.st], layer)}`),
      text && h("span.muted", text),
      h(
        "span.choices",
        some && toggle(`all ${sums.length} channels`, reading.all, again(() => (reading.all = !reading.all))),
        pager("channels", `${this.page + 1} of ${pages}`, this.page, pages, (by) => again(() => (this.page += by))()),
        layer.inputs.includes(-1) && !probe.sources[0].samples.volume && toggle("as 0–255", reading.levels, again(() => (reading.levels = !reading.levels))),
      ),
    );
  }

// bracket encloses the channels that a group reads.
  bracket(at, list) {
    const { groups, kind } = this.layer,
      plan = this.probe.plan(at);
    if (kind !== "conv" || !(groups > 1)) return list;
    const each = plan.in[0] / groups,
      group = Math.floor(at.k / (plan.out[0] / groups));
    const channels = each === 1 ? `channel ${group}` : `channels ${group * each}–${group * each + each - 1}`;
    return h("div.group-of", h("p.muted", `group ${group + 1} of ${groups}: reads ${channels} of ${plan.in[0]}`), list);
  }

// source is the layer and the channel of a channel that an output reads; layer −1 is the picture.
  source(at, c) {
    return this.probe.stacks[at.st].sourceOf(at.l, at.k, c);
  }

// inputText is an input value in a cell.
  inputText(v, { l, k }) {
    if (!reading.levels || l >= 0) return cellText(v);
    return String(Math.round(255 * (v * page.std[k] + page.mean[k])));
  }

  drawRow(at, { c, part, from, to }, name) {
    const { layer } = this,
      [kH, kW] = layer.kernel,
      holder = this.holders.get(c),
      index = this.sums.findIndex((s) => s.c === c),
      later = this.play.unit !== "place" && index > this.play.channel;
    holder.classList.toggle("later", later);
    const current = this.play.unit === "term" ? this.play.term : -1;
    const tops = { v: largest(this.result.terms.map((t) => t.v)), w: largest(this.result.terms.map((t) => t.w ?? 0)) };
    const source = this.source(at, c),
      inks = source.l < 0 ? inkOf(source.k) : undefined;
    const grid = (what, value, top, ink) =>
      kH > numberedKernel || kW > numberedKernel
        ? cells(part.map((t) => value(t)), kH, kW, { top, ink, label: `${what} of channel ${name}` })
        : gridTable(
            kH,
            kW,
            (r, s) => {
              const t = part[r * kW + s],
                v = value(t),
                pad = what === "input" && !t.inside,
                none = pad && layer.kind === "max_pool";
              return {
                text: none ? "" : what === "input" ? this.inputText(v, source) : cellText(v),
                title: exact(v),
                style: pad ? undefined : shade(v, top, ink),
                cls: [pad && "pad", (t.i === current || t === best) && "cur"].filter(Boolean).join(" "),
              };
            },
            { label: `${what} of channel ${name}` },
          );
    if (layer.norm) {
      const [{ v }] = part;
      holder.replaceChildren(h("b.channel", { title: name }, name), h("span.square", { title: exact(v) }, `${inner(six(v))}² = ${six(v * v)}`));
      return;
    }
    holder.style.setProperty("--c", Math.max(kH, kW) > 5 && layer.kind === "conv" ? "20px" : "");
    const best = layer.kind === "max_pool" ? part.find((t) => t.inside && t.v === this.result.value) : undefined;
    const sign = (text) => h("span.sign", { "aria-hidden": "true" }, text);
    const parts = [h("b.channel", { title: name }, name)];
    if (this.boarded) parts.push(this.board(at, c, part));
    else parts.push(h("figure", grid("input", (t) => t.v, tops.v, inks), h("figcaption", "input")));
    if (layer.kind === "conv") {
      const product = (t) => Math.fround(t.v * t.w) + 0; // never −0, which no reader asks about
      parts.push(
        sign("×"),
        h("figure", grid("weights", (t) => t.w, tops.w), h("figcaption", "weights")),
        sign("="),
        h("figure", grid("products", product, tops.v * tops.w), h("figcaption", "products")),
        h(
          "p.run",
          index === 0 && h("span", "bias ", h("b", six(from))),
          h("span", six(from), " → ", h("b", { title: exact(to) }, six(to))),
        ),
      );
    }
    holder.replaceChildren(...parts);
  }

// board is a channel of the input with its padding, each value a cell, with the window over it.
  board(at, c, part) {
    let board = this.boards.get(c);
    if (!board) {
      board = new Board(this, at, c);
      this.boards.set(c, board);
    }
    board.show(at, part, this.play.next(at));
    return board.element;
  }

// pictureFrame is the input with the window, for inputs with too many values for cells.
  pictureFrame(at) {
    const { data } = this.view,
      plan = this.probe.plan(at);
    this.windows = [];
    // The channels of a sum are different maps, each with a frame.
    return this.shownChannels().slice(0, this.layer.kind === "add" ? undefined : 1).map(({ c }) => {
      const { l, k } = this.source(at, c),
        map = data.maps[at.st][l]?.[k],
        label = l < 0 ? "the prepared input" : map ? `map ${page.stacks[at.st].layers[l].filters[k]} of ${page.stacks[at.st].layers[l].name}` : "the run did not write the maps that this layer reads",
        window = outline(),
        ghost = s("rect", { class: "ghost-of" });
      this.windows.push({ window, ghost });
      const element = layerFrame(this.layer, plan, l < 0 ? this.view.inputURL : map && this.view.address(map), label, [ghost, ...window.parts]);
      return h("figure.window-on", element, h("figcaption.muted", label));
    });
  }

  markPicture(at) {
    if (this.boarded || this.layer.norm) return;
    const box = (place) => windowOf(this.layer, this.probe.plan(at), place),
      next = this.play.next(at);
    for (const { window, ghost } of this.windows) {
      window.set(box(at));
      for (const [k, v] of Object.entries(box(next ?? at))) ghost.setAttribute(k, v);
    }
  }

// drawLines writes the sum out.
  drawLines(at) {
    const shown = new Set(this.shownChannels().map((s) => s.c)),
      all = this.probe.written(at, this.result, reading.exactly);
    const { unit, channel, term } = this.play;
    const lines = all.filter((line) => line.c === undefined || shown.has(line.c) || all.length <= 4);
    const choice = (text, name, key) => {
      const button = toggle(text, reading[name], () => this.key({ key }));
      button.title = `key ${key}`;
      return button;
    };
    this.lines.classList.toggle("nonzero", !reading.zeros);
    redraw(
      this.lines,
      h("header.row", h("h3", "The sum"), h("span.choices", choice("zeros", "zeros", "0"), choice("exact", "exactly", "e"), h("button.small", { onclick: (e) => copy(e.target, plain(all, reading.zeros)) }, "Copy"))),
      ...lines.map((line) => {
        const index = this.sums.findIndex((s) => s.c === line.c);
        const view = lineView(line, unit !== "place" && line.c !== undefined && index > channel ? "later" : "");
        if (unit === "term") view.querySelector(`[data-term="${term}"]`)?.classList.add("cur");
        return view;
      }),
      lines.length < all.length && h("p.muted", `${all.length - lines.length} more channels; Copy has them all.`),
    );
  }

// say tells the result to a screen reader, at most once a second and never during play.
  say(at) {
    if (this.play.running) return;
    clearTimeout(this.saying);
    const last = this.probe.written(at, this.result).at(-1);
    const sum = plain([last]).replace(/^.*?\] = /, "").replace(/ {4}/, ", ");
    this.saying = setTimeout(() => {
      this.live.textContent = `row ${at.y}, column ${at.x}: ${sum}`;
    }, 1000);
  }

// key handles a key, and says whether it did.
  key(e) {
    switch (e.key) {
      case "0":
        reading.zeros = !reading.zeros;
        break;
      case "e":
        reading.exactly = !reading.exactly;
        break;
      default:
        return this.play.key(e);
    }
    if (this.result) this.drawLines(this.view.at);
    return true;
  }

  leave() {
    this.play.stop();
  }

  close() {
    this.play.stop();
    clearTimeout(this.saying);
  }
}

// copy puts a text on the clipboard and says so on its button. Pages from files may not use the
// clipboard of today's browsers, so there is the old way too.
async function copy(button, text) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea.sr");
    area.value = text;
    button.after(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const before = button.textContent;
  button.textContent = done ? "Copied" : "Select and copy";
  setTimeout(() => (button.textContent = before), 1200);
}
