// The gallery of pictures.

function thumb(entry) {
  if (!entry.thumb) return h("span.thumb.none", { "aria-hidden": "true" }, entry.error ? "✕" : "–");
  const src = entry.thumb.startsWith("data:") ? entry.thumb : page.base + entry.thumb;
  return h("img", {
    class: Math.max(...entry.size) < 100 ? "thumb coarse" : "thumb",
    src,
    alt: "",
    loading: "lazy",
    decoding: "async",
  });
}

const pictureLabel = (entry) => (entry.error ? `${entry.name}: failed, ${entry.code}` : entry.name);

// nameOf is a picture's name. If space is short, its folders are cut first.
function nameOf({ name }) {
  const base = name.lastIndexOf("/") + 1;
  return h("span.name", { title: name }, h("span", name.slice(0, base)), h("b", name.slice(base)));
}

// tile makes a picture of the gallery.
function tile(entry, index) {
  const inner = [
    thumb(entry),
    nameOf(entry),
    entry.error
      ? h("span.code", entry.code)
      : entry.note || entry.other
        ? h("span", { class: entry.note ? "code" : "muted" }, entry.note ? "no maps" : "other stacks")
        : h("span.muted", size2(entry.size)),
  ];
  return h(
    "li",
    { class: entry.error ? "failed" : "" },
    h("a", { href: `#/p/${index}`, tabindex: -1, "aria-label": pictureLabel(entry) }, inner),
  );
}

// chunk is the number of tiles that are made at a time.
const chunk = 240;

// galleryView lists the pictures whose name or error has all words of the search. It grows
// as the reader scrolls.
function galleryView(gallery) {
  const list = h("ul.gallery", { "aria-label": "pictures" });
  const count = h("p.muted", { role: "status" });
  const more = h("button.more");
  const search = h("input", {
    type: "search",
    id: "search",
    placeholder: "name or error",
    autocomplete: "off",
    spellcheck: "false",
  });
  const onlyFailed = h("input", { type: "checkbox", id: "failed" });
  const { point } = roving(list, "a");
  let found = [],
    shown = 0;
  const grow = () => {
    list.append(...found.slice(shown, shown + chunk).map((i) => tile(gallery[i], i)));
    shown = Math.min(found.length, shown + chunk);
    more.hidden = shown === found.length;
    more.textContent = `Show more (${whole(found.length - shown)} left)`;
  };
  const find = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = [];
    gallery.forEach((entry, i) => {
      const text = `${entry.name} ${entry.code ?? ""} ${entry.error ?? ""}`.toLowerCase();
      if (words.every((w) => text.includes(w)) && (!onlyFailed.checked || entry.error)) found.push(i);
    });
    shown = 0;
    list.replaceChildren();
    grow();
    if (list.firstChild) point(list.querySelector("a"));
    count.textContent =
      found.length === gallery.length
        ? plural(found.length, "picture")
        : `${whole(found.length)} of ${plural(gallery.length, "picture")}`;
  };
  more.addEventListener("click", () => {
    const first = shown;
    grow();
    list.children[first]?.querySelector("a").focus();
  });
  new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && shown < found.length && grow(), {
    rootMargin: "600px",
  }).observe(more);
  search.addEventListener("input", find);
  onlyFailed.addEventListener("change", find);
  find();
  return h(
    "section",
    { "aria-labelledby": "pictures-title" },
    h(
      "header.row",
      h("h2", { id: "pictures-title" }, "Pictures"),
      h(
        "form",
        { role: "search", onsubmit: (e) => e.preventDefault() },
        h("label", { for: "search" }, "Find"),
        search,
        page.summary.failed > 0 && h("label.check", onlyFailed, `failed (${whole(page.summary.failed)})`),
      ),
      count,
    ),
    page.summary.leftOut > 0 &&
      h(
        "p.note",
        `${plural(page.summary.leftOut, "more picture")} of the run ${page.summary.leftOut === 1 ? "is" : "are"} left out; report --limit 0 takes all.`,
      ),
    list,
    more,
  );
}
