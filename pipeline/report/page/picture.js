// A picture: its maps in grids, and one of the maps under the probe.

// PictureView is the view of one picture. It changes in place until another picture is shown.
class PictureView {
  constructor(index, entry, gallery, data, probe) {
    Object.assign(this, { index, entry, gallery, data, probe });
    this.looks = new Looks();
    this.inputURL = data.samples ? this.address(data.samples) : "";
    this.stage = new Stage(this);
    this.look = h("div.bench", this.stage.element, this.sheets());
    this.tabs = new Tabs(this);
    this.root = h(
      "article.picture",
      this.head(),
      data.gone &&
        h(
          "p.note",
          { role: "note" },
          `No arithmetic: ${data.gone}. Values are read from the levels of the maps' pictures and are known to half a level.`,
        ),
      this.looks.filters,
      this.tabs.bar,
      this.tabs.panel,
    );
  }

  address(of) {
    return this.looks.address(of);
  }

  style(map) {
    return this.looks.of(map);
  }

  close() {
    clearTimeout(this.remembering);
    this.tabs.close();
    crew.close(this.probe);
    this.looks.close();
  }

  head() {
    const { data, entry, index, gallery } = this;
    return h(
      "header",
      crumbs(index, gallery),
      h("h1", { tabindex: -1 }, entry.name),
      h(
        "p.lead",
        `${data.width}×${data.height}`,
        data.size[2] !== data.width || data.size[1] !== data.height ? `, prepared as ${shape(data.size)}` : "",
        data.orientation > 1 ? `, turned as EXIF says (${data.orientation})` : "",
      ),
      (data.warnings ?? []).map((w) => h("p.warning", w)),
      (data.ignored ?? []).length > 0 && h("p.muted", `Not applied: ${data.ignored.join(", ")}.`),
    );
  }

// sheets are the layers with their maps in grids, and then the other files.
  sheets() {
    this.tiles = new Map();
    return h(
      "div.sheets",
      page.stacks.map((stack, st) => stack.layers.map((_, l) => this.sheet(st, l))),
      otherMaps(this.data, this.looks),
      fileList(this.data.files),
    );
  }

  sheet(st, l) {
    const stack = page.stacks[st],
      layer = stack.layers[l],
      plan = this.data.plans[st][l],
      id = `sheet-${st}-${l}`;
    return h(
      "section.sheet",
      { "aria-labelledby": id },
      h(
        "header.row",
        h(
          "h2",
          { id },
          page.stacks.length > 1 && h("span.muted", stackTitle(stack), " / "),
          h("a", { href: layerPath(st, l) }, layer.name),
        ),
        h("p.muted", `${describe(layer)}, ${shape(plan.out)}`),
      ),
      plan.uncovered && h("p.warning", plan.uncovered),
      this.data.maps[st][l].length
        ? this.grid(st, l)
        : h("p.muted", "The run did not write the maps of this layer. Use --layers all to write them."),
    );
  }

  grid(st, l) {
    const layer = page.stacks[st].layers[l],
      maps = this.data.maps[st][l],
      [, height, width] = this.data.plans[st][l].out;
    const list = h(
      "ul.maps",
      { role: "listbox", "aria-label": `maps of ${layer.name}`, style: { "--w": width, "--h": height } },
      maps.map((map, k) => this.tile(map, layer.filters[k], { st, l, k }, width, height)),
    );
    roving(list, "li").point(list.firstChild);
    const output = (item) => ({ st, l, k: Number(item.dataset.k) });
    const under = (item, e) => ({ ...output(item), ...this.under(item.querySelector(".thumb-of"), output(item), e) });
    const choose = (e) => {
      const item = e.target.closest("li");
      if (!item) return;
      e.preventDefault();
      this.select({ ...output(item), ...this.probe.corresponding(this.at, st, l) });
      this.stage.reveal();
    };
    list.addEventListener("click", choose);
    list.addEventListener("keydown", (e) => (e.key === "Enter" || e.key === " ") && choose(e));
    list.addEventListener("pointermove", (e) => {
      const item = e.target.closest("li");
      if (item && e.pointerType !== "touch") this.hover(under(item, e));
    });
    list.addEventListener("pointerleave", () => this.hover(this.at));
    return list;
  }

// tile makes a map of a grid.
  tile(map, name, { st, l, k }, width, height) {
    const src = this.address(map),
      [lo, hi] = map.shown ?? map.of;
    const picture = src
      ? h("img", {
          src,
          alt: "",
          width,
          height,
          loading: "lazy",
          decoding: "async",
          draggable: "false",
          style: this.style(map),
          class: Math.max(width, height) < 120 ? "coarse" : "",
        })
      : h("span.muted", "no picture");
    const item = h(
      "li",
      {
        role: "option",
        tabindex: -1,
        "aria-selected": "false",
        "data-st": st,
        "data-l": l,
        "data-k": k,
        "aria-label": src ? `${k} ${name}, ${short(lo)} to ${short(hi)}` : `${k} ${name}, no picture`,
      },
      h("div.thumb-of", picture),
      h("span.label", h("span.index", k), name),
      src && h("span.scale", rangeText([lo, hi], 3)),
    );
    this.tiles.set(`${st} ${l} ${k}`, item);
    return item;
  }

// under is the output below the pointer.
  under(element, at, e) {
    const box = (element.inner ?? element).getBoundingClientRect(),
      [, height, width] = this.probe.plan(at).out;
    const on = (v, size, n) => Math.max(0, Math.min(n - 1, Math.floor((v / size) * n)));
    return { y: on(e.clientY - box.top, box.height, height), x: on(e.clientX - box.left, box.width, width) };
  }

// select puts a map on the stage.
  select(at, { quiet = false } = {}) {
    this.at = at;
    this.link();
    const map = `${at.st} ${at.l} ${at.k}`;
    if (this.selected !== map) {
      this.tiles.get(this.selected)?.setAttribute("aria-selected", "false");
      this.tiles.get(map)?.setAttribute("aria-selected", "true");
      this.selected = map;
    }
    this.tabs.show(at);
    if (!quiet) this.remember();
  }

// link has the links to other pictures lead to the same map, place and tab.
  link() {
    for (const a of this.root.querySelectorAll(".crumbs [rel]")) a.href = picturePath(a.dataset.to, this.place());
  }

// place is the part of the address after the picture.
  place() {
    return [...address(this.at), ...(this.tabs.name === "look" ? [] : [this.tabs.name])];
  }

// remember puts the output into the address after a moment, since browsers refuse more than
// a few changes a second.
  remember() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => {
      history.replaceState(null, "", picturePath(this.index, this.place()));
    }, 150);
  }

// hover shows an output as long as the pointer is there.
  hover(at) {
    this.next = at;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.show(this.next);
    });
  }

// show marks an output on the stage and on the maps in the grids.
  show(at) {
    const map = `${this.at.st} ${this.at.l} ${this.at.k}`;
    if (this.staged !== map) {
      this.staged = map;
      this.stage.build();
    }
    this.stage.show(at);
    for (const list of this.look.querySelectorAll(".maps:not(.others)")) {
      const { st, l } = list.firstChild.dataset;
      const there =
        Number(st) === at.st && Number(l) === at.l ? at : this.probe.corresponding(at, Number(st), Number(l));
      const [, rows, columns] = this.data.plans[st][l].out;
      list.style.setProperty("--x", `${((there.x + 0.5) / columns) * 100}%`);
      list.style.setProperty("--y", `${((there.y + 0.5) / rows) * 100}%`);
    }
  }
}

// Looks are the addresses of the PNGs of maps and inputs, the styles that stretch maps, and the
// filters that these name.
class Looks {
  constructor() {
    this.blobs = new Map(); // data with a PNG → its address
    this.filters = s("svg", { width: 0, height: 0, class: "filters filters-of", "aria-hidden": "true" });
    this.styles = new Map(); // map → style
  }

// address is the address of a PNG, empty if there is none.
  address(map) {
    if (map.url || !map.png) return map.url ?? "";
    if (!this.blobs.has(map)) this.blobs.set(map, pngURL(map.png));
    return this.blobs.get(map);
  }

// close releases the object URLs that the browser holds.
  close() {
    for (const url of this.blobs.values()) URL.revokeObjectURL(url);
  }

  of(map) {
    if (!map?.shown) return undefined;
    if (!this.styles.has(map)) {
      const id = `stretch-${this.styles.size}`;
      this.filters.append(stretch(id, map.of, map.shown));
      this.styles.set(map, { filter: `url("#${id}")` });
    }
    return this.styles.get(map);
  }
}

// otherMaps are maps of layers that the page's stacks do not have, as their files are.
function otherMaps({ others = [] }, looks) {
  const layers = Map.groupBy(others, (m) => m.layer);
  return [...layers].map(([layer, maps]) =>
    h(
      "section.sheet",
      h("header.row", h("h2", layer), h("p.muted", "of another stack, from its files")),
      h(
        "ul.maps.others",
        { "aria-label": `maps of ${layer}` },
        maps.map((m) =>
          h(
            "li",
            h("a", { href: looks.address(m) }, h("img", {
                src: looks.address(m),
                alt: `map ${m.index} ${m.filter}`,
                style: looks.of(m),
                loading: "lazy",
                decoding: "async",
              })),
            h("span.label", h("span.index", m.index), m.filter),
            h("span.scale", rangeText(m.shown ?? m.of, 3)),
          ),
        ),
      ),
    ),
  );
}

// fileList lists the other files of a picture.
const fileList = (files) =>
  files?.length > 0 &&
  h(
    "details.sheet",
    h("summary", plural(files.length, "other file")),
    h(
      "ul.files",
      files.map((f) => h("li", f.url ? h("a", { href: f.url }, f.name) : f.name)),
    ),
  );

// othersView is the page of a picture all of whose maps are of other stacks.
function othersView(index, entry, gallery, data) {
  const looks = new Looks();
  const root = h(
    "article.picture",
    h(
      "header",
      crumbs(index, gallery),
      h("h1", { tabindex: -1 }, entry.name),
      h("p.lead", size2([data.width, data.height])),
      (data.warnings ?? []).map((w) => h("p.warning", w)),
    ),
    h("p.note", { role: "note" }, data.note),
    looks.filters,
    otherMaps(data, looks),
    fileList(data.files),
  );
  root.view = looks;
  return root;
}

const address = ({ st, l, k, y, x }) => [st, l, k, y, x];
const picturePath = (index, place) => "#/" + ["p", index, ...place].join("/");

// crumbs link to the pictures before and after, at the same map and place.
function crumbs(index, gallery, place = []) {
  const link = (to, rel, text) =>
    gallery[to]
      ? h("a", { href: picturePath(to, place), rel, "data-to": to, title: gallery[to].name }, text)
      : h("span.off", text);
  return h(
    "nav.crumbs",
    { "aria-label": "where" },
    h("a", { href: "#/" }, "Overview"),
    link(index - 1, "prev", "← previous"),
    link(index + 1, "next", "next →"),
    h("span.muted", `${whole(index + 1)} of ${whole(gallery.length)}`),
  );
}

// pictureView opens a picture, at a map and an output if the address names them.
async function pictureView(index, wanted, tab) {
  const gallery = await load("gallery"),
    entry = gallery[index];
  if (!entry) return missing("There is no such picture.");
  if (entry.error || entry.note) {
    return h(
      "article",
      crumbs(index, gallery, wanted.filter(Number.isInteger)),
      h("h1", { tabindex: -1 }, entry.name),
      entry.error
        ? h("p.failure", h("span.code", entry.code), " ", entry.error)
        : h("p.note", entry.note),
    );
  }
  const data = await load(pictureName(index));
  if (entry.other) return othersView(index, entry, gallery, data);
  const view = new PictureView(index, entry, gallery, data, await openProbe(data));
  view.at = start(data, wanted);
  view.tabs.choose(tab, { quiet: true });
  view.root.view = view;
  return view.root;
}

// start is the first output that is shown: the wanted one, as far as it exists, or else the
// middle of the first map.
function start(data, [st, l, k, y, x]) {
  if (!page.stacks[st]?.layers[l]?.filters[k]) {
    [st, l, k] = [0, 0, 0];
    const all = page.stacks
      .flatMap((stack, i) => stack.layers.map((_, j) => [i, j]))
      .filter(([i, j]) => data.maps[i][j].length);
    if (all.length) [st, l] = all[0];
  }
  const [, height, width] = data.plans[st][l].out;
  const inside = (v, n) => (v >= 0 && v < n ? v : Math.floor(n / 2));
  return { st, l, k, y: inside(y, height), x: inside(x, width) };
}
