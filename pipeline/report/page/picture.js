// A picture: its maps in grids, and one of them under the probe.

// PictureView is the page of a picture; it changes in place while one picture is looked at.
class PictureView {
  constructor(index, entry, gallery, data, probe) {
    Object.assign(this, { index, entry, gallery, data, probe });
    this.blobs = new Map(); // what has a PNG in the data → its address
    this.inputURL = data.samples ? this.address(data.samples) : "";
    this.root = h("article", { class: "picture" }, this.head(), data.gone && h("p", { class: "note", role: "note" },
      `No arithmetic: ${data.gone}. Values are read from the maps' pictures, as far as their levels tell.`),
      h("div", { class: "bench" }, this.stage = h("section", { class: "stage", "aria-label": "the map looked at" }), this.sheets()));
  }

  // address is where the PNG of a map, or of the input, can be had; empty is nowhere.
  address(of) {
    if (of.url || !of.png) return of.url ?? "";
    if (!this.blobs.has(of)) this.blobs.set(of, pngURL(of.png));
    return this.blobs.get(of);
  }

  // close lets go of what the browser would hold on to.
  close() {
    clearTimeout(this.remembering);
    for (const url of this.blobs.values()) URL.revokeObjectURL(url);
  }

  head() {
    const { data, entry, index, gallery } = this;
    return h("header", null, crumbs(index, gallery),
      h("h1", { tabindex: -1 }, entry.name),
      h("p", { class: "lead" }, `${data.width}×${data.height}`, data.size[2] !== data.width || data.size[1] !== data.height ? `, prepared as ${shape(data.size)}` : "",
        data.orientation > 1 ? `, turned as EXIF says (${data.orientation})` : ""),
      (data.warnings ?? []).map((w) => h("p", { class: "warning" }, w)),
      (data.ignored ?? []).length > 0 && h("p", { class: "muted" }, `Not applied: ${data.ignored.join(", ")}.`));
  }

  // sheets are the layers with their maps in grids.
  sheets() {
    this.tiles = new Map();
    const { data } = this;
    return h("div", { class: "sheets" }, page.stacks.map((stack, st) => stack.layers.map((layer, l) =>
      h("section", { class: "sheet", "aria-labelledby": `sheet-${st}-${l}` },
        h("header", { class: "row" }, h("h2", { id: `sheet-${st}-${l}` }, page.stacks.length > 1 && h("span", { class: "muted" }, stackTitle(stack), " / "), h("a", { href: layerPath(st, l) }, layer.name)),
          h("p", { class: "muted" }, `${what(layer)}, ${shape(data.plans[st][l].out)}`)),
        data.plans[st][l].uncovered && h("p", { class: "warning" }, data.plans[st][l].uncovered),
        data.maps[st][l].length ? this.grid(st, l) : h("p", { class: "muted" }, "Its maps were not written; run with --layers all writes them.")))),
      data.files?.length > 0 && h("details", { class: "sheet" }, h("summary", null, plural(data.files.length, "other file")),
        h("ul", { class: "files" }, data.files.map((f) => h("li", null, f.url ? h("a", { href: f.url }, f.name) : f.name)))));
  }

  grid(st, l) {
    const layer = page.stacks[st].layers[l], maps = this.data.maps[st][l], [, height, width] = this.data.plans[st][l].out;
    const list = h("ul", { class: "maps", role: "listbox", "aria-label": `maps of ${layer.name}`, style: { "--w": width, "--h": height } },
      maps.map((map, k) => {
        const item = h("li", {
          role: "option", tabindex: -1, "aria-selected": "false", "data-st": st, "data-l": l, "data-k": k,
          "aria-label": `${k} ${layer.filters[k]}, ${short(map.of[0])} to ${short(map.of[1])}`,
        }, h("div", { class: "thumb-of" }, this.address(map) ? h("img", { src: this.address(map), alt: "", width, height, loading: "lazy", decoding: "async", draggable: "false", class: Math.max(width, height) < 120 ? "coarse" : "" }) : h("span", { class: "muted" }, "no picture")),
          h("span", { class: "label" }, h("span", { class: "index" }, k), layer.filters[k]), h("span", { class: "scale" }, `${short(map.of[0], 3)} … ${short(map.of[1], 3)}`));
        this.tiles.set(`${st} ${l} ${k}`, item);
        return item;
      }));
    roving(list, "li").point(list.firstChild);
    const pick = (item, e) => {
      const { st, l, k } = item.dataset;
      const at = { st: Number(st), l: Number(l), k: Number(k) };
      const where = e?.clientX ? this.under(item.querySelector(".thumb-of"), at, e) : this.probe.corresponding(this.at, at.st, at.l);
      this.select({ ...at, ...where });
    };
    list.addEventListener("click", (e) => e.target.closest("li") && pick(e.target.closest("li"), e));
    list.addEventListener("keydown", (e) => {
      const item = e.target.closest("li");
      if (item && (e.key === "Enter" || e.key === " ")) {
        e.preventDefault();
        pick(item);
      }
    });
    list.addEventListener("pointermove", (e) => {
      const item = e.target.closest("li");
      if (!item || e.pointerType === "touch") return;
      const at = { st, l, k: Number(item.dataset.k) };
      this.hover({ ...at, ...this.under(item.querySelector(".thumb-of"), at, e) });
    });
    list.addEventListener("pointerleave", () => this.hover(this.at));
    return list;
  }

  // under is the output below the pointer.
  under(element, at, e) {
    const box = element.getBoundingClientRect(), [, height, width] = this.probe.plan(at).out;
    const on = (v, size, n) => Math.max(0, Math.min(n - 1, Math.floor(v / size * n)));
    return { y: on(e.clientY - box.top, box.height, height), x: on(e.clientX - box.left, box.width, width) };
  }

  // select makes a map the one that is looked at.
  select(at, { quiet = false } = {}) {
    const other = !this.at || this.at.st !== at.st || this.at.l !== at.l || this.at.k !== at.k;
    this.at = at;
    if (other) {
      for (const item of this.root.querySelectorAll('[aria-selected="true"]')) item.setAttribute("aria-selected", "false");
      this.tiles.get(`${at.st} ${at.l} ${at.k}`)?.setAttribute("aria-selected", "true");
      this.build();
    }
    this.show(at);
    if (!quiet) this.remember();
  }

  // remember puts the output into the address, once it has stayed for a moment: browsers
  // refuse more than a few changes a second.
  remember() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      const { st, l, k, y, x } = this.at;
      history.replaceState(null, "", `#/p/${this.index}/${st}/${l}/${k}/${y}/${x}`);
    }, 150);
  }

  // hover looks at an output for as long as the pointer is there.
  hover(at) {
    this.next = at;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.show(this.next);
    });
  }

  // build makes the stage for the map that is looked at.
  build() {
    const { data, at, probe } = this, layer = probe.layer(at), map = probe.map(at), plan = probe.plan(at);
    const name = layer.filters[at.k];
    this.boxes = { field: outline(), fieldCross: cross(), cell: outline(), cross: cross() };
    this.mapFrame = frame(map && this.address(map), plan.out, map ? `map ${name}` : "its map was not written", [...this.boxes.cross.parts, ...this.boxes.cell.parts], {
      tabindex: 0, role: "application", "aria-roledescription": "probe",
      "aria-label": `map ${at.k} ${name} of ${layer.name}, ${plan.out[1]} rows, ${plan.out[2]} columns; arrow keys move the probe`,
      "aria-describedby": "readout",
    });
    this.mapFrame.classList.add("probed");
    this.listen(this.mapFrame);
    this.histogram = map?.bins && histogram(map, { label: `histogram of ${name}, from ${short(map.min)} to ${short(map.max)}` });
    this.readout = h("output", { id: "readout", class: "readout", "aria-live": "polite" });
    this.work = h("section", { class: "work", "aria-label": "arithmetic" });
    this.stage.replaceChildren(h("div", { class: "figures" },
      h("figure", null, h("figcaption", null, h("b", null, h("span", { class: "index" }, at.k), name), h("span", { class: "muted" }, `${page.stacks.length > 1 ? stackTitle(page.stacks[at.st]) + " / " : ""}${layer.name}`)), this.mapFrame),
      h("figure", null, h("figcaption", null, h("b", null, "Input"), h("span", { class: "muted" }, shape(data.size))),
        this.inputFrame = frame(this.inputURL, data.size, data.gone ? "the input is gone" : "the prepared input", [...this.boxes.fieldCross.parts, ...this.boxes.field.parts]))),
    h("div", { class: "reading" }, this.loupe = this.data.gone ? null : h("canvas", { class: "loupe", width: 168, height: 168, role: "img", "aria-label": "the receptive field, enlarged" }), this.readout), this.work, this.about(layer, map, at));
  }

  // about is what is known of the map: kernel, histogram, statistics.
  about(layer, map, at) {
    const holder = h("div", { class: "kernel-of" });
    arrays(layer).then((values) => values && holder.append(h("h3", null, "Kernel"), kernel(layer, channelNames(at.st, at.l, at.k), values, at.k)));
    const stats = layer.stats?.[at.k];
    return h("div", { class: "about" }, holder,
      map && h("div", null, h("h3", null, this.data.gone ? "This map, by its levels" : "This map"), this.histogram?.figure, facts([
        ["smallest", short(map.min)], ["largest", short(map.max)], ["mean", short(map.mean)], ["zeros", share(map.zeros, map.values)],
        ["not finite", map.notFinite ? whole(map.notFinite) : ""], ["scale", `${short(map.of[0])} … ${short(map.of[1])}`],
      ])),
      stats?.pictures > 0 && h("div", null, h("h3", null, `Over ${plural(stats.pictures, "picture")}`), statsText(layer, stats),
        stats.top?.length > 0 && h("ol", { class: "strongest", "aria-label": "strongest in" }, stats.top.map((t) => h("li", null,
          h("a", { href: `#/p/${t.picture}/${at.st}/${at.l}/${at.k}`, title: `${this.gallery[t.picture].name}: up to ${short(t.max)}` }, thumb(this.gallery[t.picture])))))));
  }

  listen(element) {
    element.addEventListener("pointermove", (e) => e.pointerType !== "touch" && this.hover({ ...this.at, ...this.under(element, this.at, e) }));
    element.addEventListener("pointerleave", () => this.hover(this.at));
    element.addEventListener("pointerdown", (e) => this.select({ ...this.at, ...this.under(element, this.at, e) }));
    element.addEventListener("keydown", (e) => {
      const far = e.shiftKey ? 10 : 1, [, height, width] = this.probe.plan(this.at).out;
      const move = { ArrowLeft: [0, -far], ArrowRight: [0, far], ArrowUp: [-far, 0], ArrowDown: [far, 0] }[e.key];
      if (!move || e.altKey || e.ctrlKey || e.metaKey) return;
      e.preventDefault();
      this.select({ ...this.at, y: Math.max(0, Math.min(height - 1, this.at.y + move[0])), x: Math.max(0, Math.min(width - 1, this.at.x + move[1])) });
    });
  }

  // show marks an output everywhere and says what it is.
  show(at) {
    this.shown = at;
    this.mark(at);
    const name = page.stacks[at.st].layers[at.l].filters[at.k], where = `row ${at.y}, column ${at.x}`;
    const here = h("span", { class: "where" }, `${name} · ${where}`);
    const value = this.probe.value(at, live);
    if (value !== undefined) {
      this.say(here, h("b", { class: "value" }, exact(value)));
      if (this.same(at, this.at)) this.histogram?.mark(value);
      this.explain(at);
    } else if (this.probe.stacks) {
      this.say(here, h("span", { class: "muted" }, "needs many multiply-adds"));
      this.offer(at);
    } else {
      this.fromLevel(at, here);
    }
  }

  same(a, b) { return a.st === b.st && a.l === b.l && a.k === b.k; }

  say(...parts) { this.readout.replaceChildren(...parts.flatMap((p) => [p, " "])); }

  // mark draws the output, its field and the corresponding outputs of the other maps.
  mark(at) {
    const own = this.same(at, this.at) ? at : this.probe.corresponding(at, this.at.st, this.at.l);
    const [, height, width] = this.probe.plan(this.at).out;
    this.boxes.cell.set({ x: own.x, y: own.y, width: 1, height: 1 });
    this.boxes.cross.set(own.x + 0.5, own.y + 0.5, width, height);
    const box = this.probe.field(at);
    this.boxes.field.set(box);
    this.boxes.fieldCross.set(box.x + box.width / 2, box.y + box.height / 2, this.data.size[2], this.data.size[1]);
    this.enlarge(box);
    for (const list of this.root.querySelectorAll(".maps")) {
      const { st, l } = list.firstChild.dataset;
      const there = Number(st) === at.st && Number(l) === at.l ? at : this.probe.corresponding(at, Number(st), Number(l));
      const [, rows, columns] = this.data.plans[st][l].out;
      list.style.setProperty("--x", `${(there.x + 0.5) / columns * 100}%`);
      list.style.setProperty("--y", `${(there.y + 0.5) / rows * 100}%`);
    }
  }

  // enlarge draws the receptive field and what is around it.
  enlarge(box) {
    const image = this.inputFrame.querySelector("img");
    if (!this.loupe || !image) return;
    if (!image.complete) return image.addEventListener("load", () => this.enlarge(box), { once: true });
    const context = this.loupe.getContext("2d"), side = this.loupe.width;
    const view = Math.max(box.width, box.height) * 1.8 + 4, scale = side / view;
    const left = box.x + box.width / 2 - view / 2, top = box.y + box.height / 2 - view / 2;
    context.clearRect(0, 0, side, side);
    context.imageSmoothingEnabled = scale < 1;
    context.drawImage(image, -left * scale, -top * scale, this.data.size[2] * scale, this.data.size[1] * scale);
    for (const [width, colour] of [[6, "rgb(0 0 0 / 65%)"], [3, "#ff2f7d"]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.strokeRect((box.x - left) * scale, (box.y - top) * scale, box.width * scale, box.height * scale);
    }
  }

  // offer has a button for what takes long.
  offer(at) {
    const cost = this.probe.stacks[at.st].cost(at.l, at.k);
    this.work.replaceChildren(cost > most
      ? h("p", { class: "muted" }, `This output takes about ${amount(cost)} multiply-adds, too many for a page.`)
      : h("button", {
        type: "button",
        onclick: (e) => {
          e.target.textContent = "Computing…";
          e.target.disabled = true;
          setTimeout(() => {
            if (this.shown !== at) return;
            this.say(h("span", { class: "where" }, `row ${at.y}, column ${at.x}`), h("b", { class: "value" }, exact(this.probe.value(at, Infinity))));
            this.explain(at);
          }, 30);
        },
      }, `Compute this output (about ${amount(cost)} multiply-adds)`));
  }

  async fromLevel(at, here) {
    this.work.replaceChildren();
    let level;
    try {
      level = await this.probe.level(at);
    } catch {
      level = null;
    }
    if (this.shown !== at) return;
    if (!level) return this.say(here, h("span", { class: "muted" }, "no value: its map has no picture"));
    const { n, top, from, to, constant } = level;
    const range = constant !== undefined ? `constant ${short(constant, 6)}` : from === undefined ? `at most ${short(to, 6)}` : to === undefined ? `at least ${short(from, 6)}` : `${short(from, 6)} to ${short(to, 6)}`;
    this.say(here, h("b", { class: "value" }, range), h("span", { class: "muted" }, `level ${n} of ${top}`));
  }

  // explain shows patch × weights + bias → activation.
  explain(at) {
    this.work.replaceChildren(...explanation(this.probe, at, (to) => {
      this.select(to);
      this.mapFrame.focus({ preventScroll: true });
    }, this));
  }
}

function crumbs(index, gallery) {
  const link = (to, rel, text) => (gallery[to] ? h("a", { href: `#/p/${to}`, rel, title: gallery[to].name }, text) : h("span", { class: "off" }, text));
  return h("nav", { class: "crumbs", "aria-label": "where" }, h("a", { href: "#/" }, "Overview"),
    link(index - 1, "prev", "← previous"), link(index + 1, "next", "next →"), h("span", { class: "muted" }, `${whole(index + 1)} of ${whole(gallery.length)}`));
}

// pictureView opens a picture, at a map and an output if they are named.
async function pictureView(index, wanted) {
  const gallery = await load("gallery"), entry = gallery[index];
  if (!entry) return missing("There is no such picture.");
  if (entry.error || entry.note) {
    return h("article", null, crumbs(index, gallery), h("h1", { tabindex: -1 }, entry.name),
      entry.error ? h("p", { class: "failure" }, h("span", { class: "code" }, entry.code), " ", entry.error) : h("p", { class: "note" }, entry.note));
  }
  const data = await load(pictureName(index));
  const view = new PictureView(index, entry, gallery, data, await openProbe(data));
  view.select(start(data, wanted), { quiet: true });
  view.root.view = view;
  return view.root;
}

// start is the output to begin with: what is wanted as far as there is such, otherwise
// the middle of the first map.
function start(data, [st, l, k, y, x]) {
  if (!page.stacks[st]?.layers[l]?.filters[k]) {
    [st, l, k] = [0, 0, 0];
    const all = page.stacks.flatMap((stack, i) => stack.layers.map((_, j) => [i, j])).filter(([i, j]) => data.maps[i][j].length);
    if (all.length) [st, l] = all[0];
  }
  const [, height, width] = data.plans[st][l].out;
  const inside = (v, n) => (v >= 0 && v < n ? v : Math.floor(n / 2));
  return { st, l, k, y: inside(y, height), x: inside(x, width) };
}
