// The arithmetic of an output, term by term.

const shownTerms = 200;

// costly offers to compute an output that takes long, if it is possible.
const costly = (cost, press) =>
  cost > most
    ? h("p.muted", `This output takes about ${amount(cost)} multiply-adds, too many for a page.`)
    : h("button", { onclick: press }, `Compute this output (about ${amount(cost)} multiply-adds)`);

let order = "summed"; // order of the terms: as summed, or the largest first
let open = false; // whether the terms are shown; kept from output to output

// lineView draws a line of the arithmetic. Products that are 0 are gray, and hidden if the
// reader wants.
const lineView = ({ label, result, parts }, cls = "") =>
  h(
    "p",
    { class: [result ? "result" : "", cls].join(" ").trim() },
    label !== undefined && h("span.line-of", label),
    parts.map(({ text, title, zero, strong, term, c, activation }) =>
      h(
        strong ? "b" : "span",
        { title, class: [zero && "z", activation && "activated"].filter(Boolean).join(" ") || undefined, "data-term": term, "data-c": c },
        text,
      ),
    ),
  );

// columns are the columns of the table of terms for a kind of layer: heading, text, and
// whether the text is a number.
function columns(at, layer, names, go) {
  const from = layer.inputs.length > 1 ? "place" : layer.inputs[0] < 0 ? "pixel" : page.stacks[at.st].layers[layer.inputs[0]].name;
  const place = (t) =>
    !t.inside
      ? "padding"
      : t.source.l < 0
        ? `${t.y}, ${t.x}`
        : h(
            "button.to",
            {
              title: "the arithmetic behind this value",
              onclick: () => go({ st: at.st, ...t.source, y: t.y, x: t.x }),
            },
            `${t.y}, ${t.x}`,
          );
  const all = {
    channel: ["channel", (t) => names[t.c]],
    tap: ["tap", (t) => `${t.r}, ${t.s}`],
    place: [from, place],
    value: ["value", (t) => (!t.inside && layer.kind === "max_pool" ? "-∞" : exact(t.v)), true],
    weight: ["weight", (t) => exact(t.w), true],
    product: ["product", (t) => short(t.v * t.w, 7), true],
    square: ["square", (t) => short(t.v * t.v, 7), true],
    sum: [
      layer.kind === "max_pool" ? "largest so far" : "sum so far",
      (t) => (layer.norm ? short(t.sum, 9) : exact(t.sum)),
      true,
    ],
  };
  const chosen =
    { conv: "channel tap place value weight product", local_response_norm: "channel place value square", add: "channel place value" }[layer.kind] ??
    "tap place value";
  return (chosen + (order === "summed" ? " sum" : "")).split(" ").map((name) => all[name]);
}

// terms makes the table of all terms.
function terms(at, layer, result, names, go) {
  const head = h("tr"),
    body = h("tbody");
  const more = h("button.more");
  const size = (t) => Math.abs(t.v * (t.w ?? 1));
  let listed = [],
    shown = 0,
    cols = [];
  const row = (t) =>
    h(
      "tr",
      { class: t.inside ? "" : "padding" },
      cols.map(([, text, number]) => h("td", { class: number ? "n" : "" }, text(t))),
    );
  const grow = () => {
    body.append(...listed.slice(shown, shown + shownTerms).map(row));
    shown = Math.min(listed.length, shown + shownTerms);
    more.hidden = shown === listed.length;
    more.textContent = `Show more (${whole(listed.length - shown)} left)`;
  };
  const list = () => {
    cols = columns(at, layer, names, go);
    head.replaceChildren(...cols.map(([name, , number]) => h("th", { scope: "col", class: number ? "n" : "" }, name)));
    listed = order === "summed" ? result.terms : [...result.terms].sort((a, b) => size(b) - size(a));
    shown = 0;
    body.replaceChildren();
    grow();
  };
  more.addEventListener("click", () => {
    grow();
    if (more.hidden) more.parentElement.focus(); // the hidden button cannot keep the focus
  });
  if (open) list();
  const choice = h(
    "select",
    {
      "aria-label": "order of the terms",
      onchange: (e) => {
        order = e.target.value;
        list();
      },
    },
    [
      ["summed", "in the order of summation"],
      ["largest", "the largest first"],
    ].map(([value, text]) => h("option", { value, selected: value === order }, text)),
  );
  return h(
    "details.terms",
    {
      open,
      ontoggle: (e) => {
        open = e.target.open;
        if (open && !shown) list();
      },
    },
    h("summary", plural(result.terms.length, "term")),
    choice,
    h(
      "div.scroll",
      { tabindex: 0, role: "region", "aria-label": "terms" },
      h("table", h("thead", head), body),
      more,
    ),
  );
}
