// Frames that are zoomed, enlarged, and have numbers in their cells.

const numbersFrom = 22; // pixels of the page that a cell with a number needs
const widest = 80; // pixels that a cell grows to

// Zoom zooms a frame. box has the frame's extent in cells: x, y, width, height. texts gives the
// lines of text of cells y0 ≤ y < y1, x0 ≤ x < x1 by row and column, or nothing if they take
// too long.
class Zoom {
  constructor(frame, box, texts) {
    Object.assign(this, { frame, box, texts, z: 1, x: 0, y: 0 });
    this.inner = h("div.inner", [...frame.childNodes]);
    this.digits = h("canvas.digits", { "aria-hidden": "true" });
    frame.append(this.inner, this.digits);
    frame.inner = this.inner;
    frame.classList.add("zooms");
    this.fingers = new Map();
    frame.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave"])
      frame.addEventListener(type, (e) => this.touch(e));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(frame);
  }

  close() {
    this.observer.disconnect();
  }

  get most() {
    return Math.max(1, (widest * this.box.width) / (this.frame.clientWidth || 1));
  }

// to zooms by a factor about a point of the frame, from 0 to 1.
  to(by, px = 0.5, py = 0.5) {
    const z = Math.max(1, Math.min(this.most, this.z * by));
    this.x = (this.x + px) * (z / this.z) - px;
    this.y = (this.y + py) * (z / this.z) - py;
    this.z = z;
    this.place();
  }

// place sets what of the frame is seen.
  place() {
    this.x = Math.max(0, Math.min(this.z - 1, this.x));
    this.y = Math.max(0, Math.min(this.z - 1, this.y));
    const part = (v) => `${100 * v}%`;
    Object.assign(this.inner.style, { left: part(-this.x), top: part(-this.y), width: part(this.z), height: part(this.z) });
    this.frame.classList.toggle("zoomed", this.z > 1);
    this.draw();
  }

// about zooms about a cell.
  about(by, { x, y }) {
    const at = (v, from, n, shift) => Math.max(0, Math.min(1, ((v + 0.5 - from) / n) * this.z - shift));
    this.to(by, at(x, this.box.x, this.box.width, this.x), at(y, this.box.y, this.box.height, this.y));
  }

// see moves a cell into sight.
  see({ x, y }) {
    if (this.z === 1) return;
    const px = ((x + 0.5 - this.box.x) / this.box.width) * this.z,
      py = ((y + 0.5 - this.box.y) / this.box.height) * this.z;
    if (px >= this.x && px <= this.x + 1 && py >= this.y && py <= this.y + 1) return;
    this.x = px - 0.5;
    this.y = py - 0.5;
    this.place();
  }

  wheel(e) {
    const wanted = e.ctrlKey || e.metaKey || this.z > 1 || this.frame.matches(".large *, :focus");
    if (!wanted) return;
    const b = this.frame.getBoundingClientRect();
    if (this.z === 1 && e.deltaY > 0 && !e.ctrlKey) return; // the page scrolls on
    e.preventDefault();
    this.to(2 ** (-e.deltaY / (e.ctrlKey ? 60 : 240)), (e.clientX - b.left) / b.width, (e.clientY - b.top) / b.height);
  }

// touch zooms by two fingers, and moves a frame that is zoomed by two fingers.
  touch(e) {
    if (e.pointerType !== "touch") return;
    if (e.type !== "pointerdown" && e.type !== "pointermove") return this.fingers.delete(e.pointerId);
    const before = [...this.fingers.values()];
    if (e.type === "pointermove" && !this.fingers.has(e.pointerId)) return;
    this.fingers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    const now = [...this.fingers.values()];
    if (now.length !== 2 || before.length !== 2) return;
    const apart = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y) || 1,
      middle = ([a, b]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }),
      box = this.frame.getBoundingClientRect(),
      [m, was] = [middle(now), middle(before)];
    this.x -= (m.x - was.x) / box.width;
    this.y -= (m.y - was.y) / box.height;
    this.to(apart(now) / apart(before), (m.x - box.left) / box.width, (m.y - box.top) / box.height);
  }

// draw writes the numbers of the cells that are seen, or their signs if there is no room.
  draw() {
    const { digits, box, z } = this,
      [width, height] = [this.frame.clientWidth, this.frame.clientHeight],
      cell = (width * z) / box.width;
    digits.hidden = cell < smallSquare || !width;
    if (digits.hidden) return;
    const seen = (shift, size, n, from) => [Math.floor((shift / z) * n + from), Math.ceil(((shift + 1) / z) * n + from)];
    const [x0, x1] = seen(this.x, width, box.width, box.x),
      [y0, y1] = seen(this.y, height, box.height, box.y);
    const texts = this.texts([y0, y1], [x0, x1], cell),
      sharp = devicePixelRatio;
    digits.width = width * sharp;
    digits.height = height * sharp;
    if (!texts) return;
    const context = digits.getContext("2d");
    context.scale(sharp, sharp);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = "#fff";
    context.strokeStyle = "rgb(0 0 0 / 75%)";
    for (const { y, x, lines, color } of texts) {
      const size = Math.min(15, cell * (cell < numbersFrom ? 0.9 : lines.length > 1 ? 0.27 : 0.38));
      context.font = `600 ${size}px system-ui, sans-serif`;
      context.lineWidth = size / 3.6;
      context.lineJoin = "round";
      const [cx, cy] = [(x + 0.5 - box.x) * cell - this.x * width, (y + 0.5 - box.y) * cell - this.y * height];
      lines.forEach((text, i) => {
        const at = cy + (i - (lines.length - 1) / 2) * size * 1.1;
        context.strokeText(text, cx, at);
        context.fillText(text, cx, at);
      });
    }
  }
}

// cellTexts gives every cell's lines from values(y, x), a list of numbers.
function cellTexts([y0, y1], [x0, x1], lines) {
  return range(y0, y1).flatMap((y) => range(x0, x1).map((x) => ({ y, x, lines: lines(y, x) })));
}
