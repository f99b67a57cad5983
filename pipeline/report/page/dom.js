// Helpers for all views.

// h makes an element: its tag with its classes behind dots, its attributes, which may be left
// out, and its children. A string becomes text, never markup. Buttons submit nothing.
function h(tag, props, ...children) {
  if (props?.constructor !== Object) return h(tag, {}, props, ...children);
  const [name, ...classes] = tag.split("."),
    element = name === "svg" || props.svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  if (name === "button") element.type = "button";
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false || key === "svg") continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) element.style.setProperty(k, v);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((c) => c !== undefined && c !== null && c !== false));
  return element;
}

const s = (tag, props, ...children) => h(tag, { svg: true, ...props }, ...children);

// exact writes a float32 in the fewest digits that give the same float32 back.
function exact(v) {
  if (v !== v) return "NaN";
  if (Object.is(v, -0)) return "-0";
  if (v === 0 || v - v !== 0) return String(v).replace("Infinity", "∞");
  for (let digits = 1; digits < 9; digits++) {
    const text = v.toPrecision(digits);
    if (Math.fround(text) === v) return String(Number(text));
  }
  return String(Number(v.toPrecision(9)));
}

// short writes a number for the eye.
function short(v, digits = 4) {
  if (v !== v || v - v !== 0) return exact(v);
  const text = String(Number(v.toPrecision(digits)));
  return text.length > digits + 5 ? v.toExponential(digits - 2) : text;
}

const rangeText = ([lo, hi], digits) => `${short(lo, digits)} … ${short(hi, digits)}`;
const whole = (n) => Math.round(n).toLocaleString("en");

// amount writes a large count with three digits and a letter.
function amount(n) {
  for (const [size, unit] of [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
  ]) {
    if (n >= size) return `${Number((n / size).toPrecision(3))} ${unit}`;
  }
  return whole(n);
}

// share writes a part of a whole in percent. Only nothing is 0 %, and only everything is 100 %.
function share(part, all) {
  if (!all) return "–";
  const percent = (100 * part) / all;
  if (part > 0 && percent < 0.1) return "<0.1\u00a0%";
  if (part < all && percent > 99.9) return ">99.9\u00a0%";
  return `${Number(percent.toFixed(percent < 10 || percent > 99 ? 1 : 0))}\u00a0%`;
}

const pair = ([a, b]) => (a === b ? String(a) : `${a}×${b}`);
const size2 = ([a, b]) => `${a}×${b}`;
const shape = (dims) => dims.join("×");
const plural = (n, one, many = one + "s") => `${whole(n)} ${n === 1 ? one : many}`;

// padding writes n, h×w, or top, left, bottom, right, in the order of a stack file.
function padding([top, left, bottom, right], mode) {
  const text = top === bottom && left === right ? pair([top, left]) : [top, left, bottom, right].join(", ");
  return mode && mode !== "zeros" && text !== "0" ? `${text} ${mode}` : text;
}

// roving makes one item of a container reachable with Tab, and the other items with the
// arrow keys, Home and End.
function roving(container, selector) {
  const items = () => [...container.querySelectorAll(selector)];
  const point = (item) => {
    for (const other of container.querySelectorAll(`${selector}[tabindex="0"]`)) other.tabIndex = -1;
    item.tabIndex = 0;
  };
  container.addEventListener("focusin", (e) => {
    const item = e.target.closest(selector);
    if (item) point(item);
  });
  container.addEventListener("keydown", (e) => {
    const all = items(),
      at = all.indexOf(e.target.closest(selector));
    if (at < 0 || e.altKey || e.ctrlKey || e.metaKey) return;
    const to = neighbour(all, at, e.key);
    if (to === undefined) return;
    e.preventDefault();
    all[to].focus();
  });
  return { point };
}

// moved is the place that an arrow key leads to within a shape, with Shift by 10; undefined for
// other keys.
function moved({ key, shiftKey }, at, [, height, width]) {
  const far = shiftKey ? 10 : 1,
    move = { ArrowLeft: [0, -far], ArrowRight: [0, far], ArrowUp: [-far, 0], ArrowDown: [far, 0] }[key],
    inside = (v, n) => Math.max(0, Math.min(n - 1, v));
  return move && { ...at, y: inside(at.y + move[0], height), x: inside(at.x + move[1], width) };
}

// toggle is a button that is pressed or not.
const toggle = (text, on, onclick) => h("button.small", { "aria-pressed": String(on), onclick }, text);

// pager is a text between buttons that lead to the pages before and after; go gets −1 or 1.
const pager = (name, text, at, pages, go) =>
  pages > 1 &&
  h(
    "span.muted.pager",
    h("button.small", { disabled: at === 0, "aria-label": `${name} before`, onclick: () => go(-1) }, "←"),
    text,
    h("button.small", { disabled: at === pages - 1, "aria-label": `${name} after`, onclick: () => go(1) }, "→"),
  );

// redraw gives an element other children. The focus stays on the control with the same name.
function redraw(element, ...children) {
  const name = (control) => control.getAttribute("aria-label") ?? control.textContent,
    focused = element.contains(document.activeElement) && name(document.activeElement);
  element.replaceChildren(...children.filter(Boolean));
  if (focused) [...element.querySelectorAll("button, select")].find((b) => name(b) === focused)?.focus();
}

// neighbour is the item that a key leads to, or undefined.
function neighbour(all, at, key) {
  const last = all.length - 1;
  switch (key) {
    case "ArrowRight":
      return Math.min(last, at + 1);
    case "ArrowLeft":
      return Math.max(0, at - 1);
    case "Home":
      return 0;
    case "End":
      return last;
    case "ArrowDown":
    case "ArrowUp": {
      const box = all[at].getBoundingClientRect(),
        down = key === "ArrowDown";
      let best,
        distance = Infinity;
      all.forEach((item, i) => {
        const b = item.getBoundingClientRect();
        if (down ? b.top < box.bottom - 1 : b.bottom > box.top + 1) return;
        const d = Math.abs(b.top - box.top) * 1e4 + Math.abs(b.left - box.left);
        if (d < distance) [best, distance] = [i, d];
      });
      return best ?? at;
    }
  }
  return undefined;
}

// facts is a list of names and values. Names without a value are left out.
const facts = (pairs, cls = "facts") =>
  h(
    "dl",
    { class: cls },
    pairs
      .filter(([, v]) => v !== undefined && v !== null && v !== false && v !== "")
      .map(([name, value]) => h("div", h("dt", name), h("dd", value))),
  );
