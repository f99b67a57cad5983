// The arithmetic of an output, term by term.

const shownTerms = 200;

let order = "summed"; // how terms are listed: as they are summed, or the largest first
let open = false; // whether they are, from output to output

// explanation is what the stage shows of an output: the sum in words, patch, weights and
// products as cells, and the terms as a table. go looks at another output.
function explanation(probe, at, go) {
  const layer = probe.layer(at), sum = probe.stacks[at.st].sum(at.l, at.k, at.y, at.x);
  const names = channelNames(at.st, at.l, at.k);
  const n = sum.terms.length;
  return [
    h("h3", null, "Arithmetic"),
    h("p", { class: "equation" },
      h("span", null, h("small", null, "bias"), exact(sum.bias)), " + ",
      h("span", null, h("small", null, plural(n, "product")), exact(sum.before)), // the sum, bias included
      " → ", h("span", null, h("small", null, activationName(layer)), h("b", null, exact(sum.value)))),
    patches(layer, sum, names),
    terms(at, layer, sum, names, go),
  ];
}

// patches are the input's patch, the weights and their products, for the channels that
// add the most.
function patches(layer, sum, names) {
  const [kH, kW] = layer.kernel, plane = kH * kW;
  const channels = names.map((name, c) => {
    const part = sum.terms.slice(c * plane, (c + 1) * plane);
    return { name, part, total: part.reduce((t, { v, w }) => t + v * w, 0) };
  });
  const shown = channels.length <= 3 ? channels : [...channels].sort((a, b) => Math.abs(b.total) - Math.abs(a.total)).slice(0, 3);
  const draw = kW <= 5 && kH <= 7 ? numbered : cells;
  const top = { v: largest(sum.terms.map((t) => t.v)), w: largest(sum.terms.map((t) => t.w)), p: largest(sum.terms.map((t) => t.v * t.w)) };
  const signed = sum.terms.some((t) => t.v < 0);
  return h("div", { class: "patches" },
    channels.length > 3 && h("p", { class: "muted" }, `The ${shown.length} of ${channels.length} channels that add the most:`),
    shown.map(({ name, part, total }) => h("div", { class: "patch", role: "group", "aria-label": `channel ${name}` },
      h("span", { class: "channel", title: name }, name),
      h("figure", null, draw(part.map((t) => t.v), kH, kW, { top: top.v, signed, label: "patch of the input" }), h("figcaption", null, "input")),
      h("span", { class: "sign" }, "×"),
      h("figure", null, draw(part.map((t) => t.w), kH, kW, { top: top.w, label: "weights" }), h("figcaption", null, "weights")),
      h("span", { class: "sign" }, "="),
      h("figure", null, draw(part.map((t) => t.v * t.w), kH, kW, { top: top.p, label: "products" }), h("figcaption", null, `sum ${short(total)}`)))));
}

// terms is the table of all products.
function terms(at, layer, sum, names, go) {
  const body = h("tbody", null);
  const more = h("button", { type: "button", class: "more" });
  const first = sum.terms[0].c;
  const rest = h("th", { scope: "col", class: "sum" }, "sum so far");
  let listed = [], shown = 0;
  const row = (t) => h("tr", { class: t.inside ? "" : "padding" },
    h("td", null, names[t.c - first]), h("td", null, `${t.r}, ${t.s}`),
    h("td", null, !t.inside ? "padding" : at.l === 0 ? `${t.y}, ${t.x}`
      : h("button", { type: "button", class: "to", title: "how this value came about", onclick: () => go({ st: at.st, l: at.l - 1, k: t.c, y: t.y, x: t.x }) }, `${t.y}, ${t.x}`)),
    h("td", { class: "n" }, exact(t.v)), h("td", { class: "n" }, exact(t.w)), h("td", { class: "n" }, short(t.v * t.w, 7)),
    order === "summed" && h("td", { class: "n" }, exact(t.sum)));
  const grow = () => {
    body.append(...listed.slice(shown, shown + shownTerms).map(row));
    shown = Math.min(listed.length, shown + shownTerms);
    more.hidden = shown === listed.length;
    more.textContent = `Show more (${whole(listed.length - shown)} left)`;
  };
  const list = () => {
    listed = order === "summed" ? sum.terms : [...sum.terms].sort((a, b) => Math.abs(b.v * b.w) - Math.abs(a.v * a.w));
    rest.hidden = order !== "summed";
    shown = 0;
    body.replaceChildren();
    grow();
  };
  more.addEventListener("click", grow);
  if (open) list();
  const choice = h("select", { "aria-label": "order of the terms", onchange: (e) => { order = e.target.value; list(); } },
    [["summed", "in the order of summation"], ["largest", "the largest first"]].map(([value, text]) => h("option", { value, selected: value === order }, text)));
  return h("details", { class: "terms", open, ontoggle: (e) => {
    open = e.target.open;
    if (open && !shown) list();
  } },
    h("summary", null, plural(sum.terms.length, "term")), choice,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "terms" },
      h("table", null, h("thead", null, h("tr", null, ["channel", "tap", at.l === 0 ? "pixel" : "output of before"].map((t) => h("th", { scope: "col" }, t)),
        ["value", "weight", "product"].map((t) => h("th", { scope: "col", class: "n" }, t)), rest)), body), more));
}
