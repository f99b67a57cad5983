// The probe: the output that is shown, its value, and the matching outputs of other maps.

const live = 3e6; // multiply-adds that a move of the pointer may cost
const most = 1.5e9; // multiply-adds that a press of a button may cost

// Probe knows a picture's maps and which output is shown.
class Probe {
  constructor(data, sources) {
    this.data = data;
    this.sources = sources; // {samples, stacks}: of the run, and of the run to compare with
    this.stacks = sources?.[0].stacks ?? null; // an Arithmetic each, or null
    this.others = sources?.[1]?.stacks ?? [];
    this.all = [...(this.stacks ?? []), ...this.others];
    this.plans = [...data.plans, ...(this.others.length ? data.with.plans : [])];
    this.levels = new Map(); // of the maps whose PNG is read
  }

  plan({ st, l }) {
    return this.plans[st][l];
  }
  stack(st) {
    return page.stacks[st] ?? page.with.stacks[st - page.stacks.length];
  }
  layer({ st, l }) {
    return this.stack(st).layers[l];
  }
// size is the size of the picture as it is prepared for a stack.
  size(st) {
    return st < page.stacks.length ? this.data.size : this.data.with.size;
  }
  map({ st, l, k }) {
    return this.data.maps[st][l][k];
  }

// names are the names of the channels that a layer gets.
  names({ st, l }) {
    return channelsInto(this.stack(st).layers, l);
  }

// field is the receptive field of an output on the input: x, y, width, height.
  field(at) {
    const { start, jump, field } = this.plan(at);
    return { x: start[1] + at.x * jump[1], y: start[0] + at.y * jump[0], width: field[1], height: field[0] };
  }

// corresponding is the output of another layer whose field has the nearest centre.
  corresponding(at, st, l) {
    const [now, then] = [st, at.st].map((s) => this.size(s));
    return nearest(this.plan(at), at, this.plans[st][l], [1, 2].map((axis) => now[axis] / then[axis]));
  }

// value computes an output, or gives undefined if that would take too long.
  value(at, limit) {
    const arithmetic = this.stacks?.[at.st];
    return arithmetic && arithmetic.cost(at.l, at.k) <= limit ? arithmetic.value(at.l, at.k, at.y, at.x) : undefined;
  }

// written is the arithmetic of an output as lines of text.
  written(at, result = this.stacks[at.st].explain(at.l, at.k, at.y, at.x), exactly = false) {
    const layer = this.layer(at),
      names = this.names(at);
    return written({ layer, result, names, name: outputName(layer.filters[at.k], at) }, exactly);
  }

// text is the same as plain text.
  text(at, exactly, zeros) {
    return plain(this.written(at, undefined, exactly), zeros);
  }

// level reads an output from the map's own PNG.
  async level(at) {
    const map = this.map(at),
      key = `${at.st} ${at.l} ${at.k}`;
    if (!map?.png) return null;
    if (!this.levels.has(key)) this.levels.set(key, openLevels(map.png));
    const { level, top } = await this.levels.get(key);
    const n = level(at.y, at.x),
      [lo, hi] = map.of,
      step = (hi - lo) / top;
    return {
      n,
      top,
      from: n === 0 ? undefined : lo + (n - 0.5) * step,
      to: n === top ? undefined : lo + (n + 0.5) * step,
      constant: lo === hi ? lo : undefined,
    };
  }
}

// nearest is the output of the geometry to whose field has the nearest centre to an output's of
// from. scale is how much larger the pictures of to are.
function nearest(from, { y, x }, to, scale = [1, 1]) {
  const middle = (p, axis) => p.start[axis] + (p.field[axis] - 1) / 2;
  const [row, column] = [y, x].map((v, axis) => {
    const there = (middle(from, axis) + v * from.jump[axis] + 0.5) * scale[axis] - 0.5;
    return Math.max(0, Math.min(to.out[1 + axis] - 1, Math.round((there - middle(to, axis)) / to.jump[axis])));
  });
  return { y: row, x: column };
}

async function openProbe(data) {
  if (!data.samples) return new Probe(data, null);
  const own = await openSamples(data.samples, data.size, page.mean, page.std);
  const open = async (samples, stacks, plans) => {
    const source = reader(samples);
    const all = stacks.map(
      async (stack, st) => new Arithmetic(source, stack.layers, plans[st], await Promise.all(stack.layers.map(arrays))),
    );
    return { samples, stacks: await Promise.all(all) };
  };
  const sources = [await open(own, page.stacks, data.plans)],
    other = data.with;
  if (other && !other.why) {
    const samples = other.samples ? await openSamples(other.samples, other.size, page.with.mean, page.with.std) : own;
    sources.push(await open(samples, page.with.stacks, other.plans));
  }
  return new Probe(data, sources);
}

const pngURL = (png) => URL.createObjectURL(new Blob([fromBase64(png)], { type: "image/png" }));

// frame is a picture with an overlay in the coordinates of its pixels.
function frame(src, [, height, width], label, overlay, props = {}, style = undefined) {
  return h(
    "div.frame",
    { style: { "--w": width, "--h": height }, ...props },
    src
      ? h("img", {
          src,
          alt: label,
          width,
          height,
          draggable: "false",
          style,
          class: Math.max(width, height) <= 300 ? "coarse" : "",
        })
      : h("div.blank", label),
    s(
      "svg",
      { class: "overlay", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      overlay,
    ),
  );
}

const outline = () => {
  const parts = ["halo", "line"].map((cls) => s("rect", { class: cls }));
  return {
    parts,
    set(box) {
      for (const p of parts) for (const [k, v] of Object.entries(box)) p.setAttribute(k, v);
    },
  };
};

const cross = () => {
  const parts = ["across", "down"].map((cls) =>
    s("line", { class: `cross ${cls}` }),
  );
  return {
    parts,
    set(x, y, width, height) {
      for (const [k, v] of Object.entries({ x1: 0, x2: width, y1: y, y2: y })) parts[0].setAttribute(k, v);
      for (const [k, v] of Object.entries({ x1: x, x2: x, y1: 0, y2: height })) parts[1].setAttribute(k, v);
    },
  };
};
