// Outputs of a stack on one picture, in tiles.

const tileFloats = 1.5e7; // floats of tiles that are kept
const mostTiles = 2000; // a graph whose branches meet again and again takes so many for an output

// drain runs a computation to its end.
function drain(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

// Arithmetic computes outputs of a stack on one picture. Computations are generators, which
// yield the number of multiply-adds done since they yielded before.
class Arithmetic {
// source reads the prepared picture: read(c, y, x). arrays holds each layer's weights and
// bias.
  constructor(source, layers, plans, arrays) {
    Object.assign(this, { source, layers, plans, arrays });
    this.memo = new Map();
    this.floats = 0;
  }

// variant is the stack up to layer l with another layer in that place. It shares the tiles of
// the layers below.
  variant(l, layer, plan, arrays) {
    const other = new Arithmetic(
      this.source,
      [...this.layers.slice(0, l), layer],
      [...this.plans.slice(0, l), plan],
      [...this.arrays.slice(0, l), arrays],
    );
    other.below = this;
    other.changed = l;
    return other;
  }

// tile computes filters k0 ≤ k < k1 of a layer at the given rows and columns. Layer −1 is
// the picture.
  tile(l, k0, k1, rows, columns) {
    return drain(this.steps(l, k0, k1, rows, columns));
  }

  *steps(l, k0, k1, rows, columns) {
    if (this.below && l < this.changed) return yield* this.below.steps(l, k0, k1, rows, columns);
    const key = `${l} ${k0} ${k1} ${rows} ${columns}`;
    let tile = this.memo.get(key);
    if (tile) {
      this.memo.delete(key); // it becomes the newest
      this.memo.set(key, tile);
      return tile;
    }
    tile = yield* l < 0 ? this.read(k0, k1, rows, columns) : this.compute(l, k0, k1, rows, columns);
    this.memo.set(key, tile);
    this.floats += tile.length;
    for (const [old, { length }] of this.memo) {
      if (this.memo.size <= mostTiles && (this.floats <= tileFloats || this.memo.size === 1)) break;
      this.memo.delete(old);
      this.floats -= length;
    }
    return tile;
  }

  *read(c0, c1, rows, columns) {
    const tile = new Float32Array((c1 - c0) * rows.length * columns.length);
    let at = 0;
    for (let c = c0; c < c1; c++) {
      for (const y of rows) {
        for (const x of columns) tile[at++] = this.source.read(c, y, x);
        yield columns.length;
      }
    }
    return tile;
  }

// patch is the input of those outputs: the channels from c0 on, and for output (i, j) the
// place in a channel that each tap reads, −1 in padding.
  patch(l, k0, k1, rows, columns) {
    return drain(this.patchSteps(l, k0, k1, rows, columns));
  }

  *patchSteps(l, k0, k1, rows, columns) {
    const layer = this.layers[l],
      plan = this.plans[l],
      [kH, kW] = layer.kernel;
    const down = span(layer, plan, 0, rows),
      across = span(layer, plan, 1, columns);
    const width = across.inputs.length,
      plane = width * down.inputs.length;
    const [c0, c1] = kinds[layer.kind].reads(layer, plan, k0, k1);
    return {
      c0,
      plane,
      count: c1 - c0,
      data: plane ? yield* this.inputs(l, c0, c1, down.inputs, across.inputs) : new Float32Array(0),
      offsets(i, j, offsets = new Int32Array(kH * kW)) {
        for (let r = 0, t = 0; r < kH; r++) {
          const row = down.at[i * kH + r];
          for (let s = 0; s < kW; s++, t++) {
            const column = across.at[j * kW + s];
            offsets[t] = row < 0 || column < 0 ? -1 : row * width + column;
          }
        }
        return offsets;
      },
      place: (offset) =>
        offset < 0 ? [-1, -1] : [down.inputs[Math.floor(offset / width)], across.inputs[offset % width]],
    };
  }

// sources are the tiles with channels c0 ≤ c < c1 of a layer's input: a layer, and a range of its
// channels. A sum has these channels of each of its inputs.
  sources(l, c0, c1) {
    const { kind, inputs } = this.layers[l];
    if (kind === "add" || inputs.length === 1) return inputs.map((from) => [from, c0, c1]);
    let first = 0;
    return inputs
      .map((from) => {
        const part = [from, Math.max(c0 - first, 0), Math.min(c1 - first, this.channelsOf(from))];
        first += this.channelsOf(from);
        return part;
      })
      .filter(([, a, b]) => a < b);
  }

// inputs are channels of a layer's input, one source after the other.
  *inputs(l, c0, c1, rows, columns) {
    const parts = [];
    for (const [from, a, b] of this.sources(l, c0, c1)) parts.push(yield* this.steps(from, a, b, rows, columns));
    if (parts.length === 1) return parts[0];
    const all = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
    parts.reduce((at, p) => (all.set(p, at), at + p.length), 0);
    return all;
  }

// channelsOf is the number of channels of a layer, or of the picture for layer −1. The first
// layer reads nothing but the picture.
  channelsOf(from) {
    const { kind, inputs } = this.layers[0];
    return from < 0 ? this.plans[0].in[0] / (kind === "concat" ? inputs.length : 1) : this.plans[from].out[0];
  }

// sourceOf is where a layer's channel comes from: another layer's map, or the picture's channel
// for layer −1. The channels of a sum are its inputs.
  sourceOf(l, k, c) {
    const { kind, inputs } = this.layers[l];
    if (kind === "add") return { l: inputs[c], k };
    for (const from of inputs) {
      const channels = this.channelsOf(from);
      if (c < channels) return { l: from, k: c };
      c -= channels;
    }
  }

  of(l) {
    return { layer: this.layers[l], plan: this.plans[l], arrays: this.arrays[l] };
  }

  *compute(l, k0, k1, rows, columns) {
    const patch = yield* this.patchSteps(l, k0, k1, rows, columns);
    const of = this.of(l),
      { output, each } = kinds[of.layer.kind],
      cost = (k1 - k0) * columns.length * each(of.layer, of.plan);
    const plane = rows.length * columns.length,
      out = new Float32Array((k1 - k0) * plane),
      offsets = new Int32Array(of.layer.kernel[0] * of.layer.kernel[1]);
    for (let i = 0, at = 0; i < rows.length; i++) {
      for (let j = 0; j < columns.length; j++, at++) {
        patch.offsets(i, j, offsets);
        for (let k = k0; k < k1; k++)
          out[(k - k0) * plane + at] = output(of, k, patch, offsets, rows[i], columns[j]).value;
      }
      yield cost;
    }
    return out;
  }

// value computes one output.
  value(l, k, y, x) {
    return this.tile(l, k, k + 1, [y], [x])[0];
  }

// explain computes one output with its terms.
  explain(l, k, y, x) {
    const patch = this.patch(l, k, k + 1, [y], [x]),
      offsets = patch.offsets(0, 0),
      of = this.of(l);
    const width = of.layer.kernel[1],
      terms = [];
    const result = kinds[of.layer.kind].output(of, k, patch, offsets, y, x, (c, t, v, w, sum) => {
      const [row, column] = patch.place(offsets[t]);
      terms.push({
        i: terms.length,
        c,
        source: this.sourceOf(l, k, c),
        r: Math.floor(t / width),
        s: t % width,
        v: v ?? 0,
        w,
        sum,
        inside: v !== undefined,
        y: row,
        x: column,
      });
    });
    return { terms, ...result };
  }

// rounds says whether an output is no more than what rounding leaves of 0: at most 2⁻²² of the
// sum of its terms' magnitudes.
  rounds(l, k, y, x, value) {
    const { kind } = this.layers[l];
    if (!value || !(Math.abs(value) < 1) || (kind !== "conv" && kind !== "avg_pool")) return false;
    return rounding(this.explain(l, k, y, x), value);
  }

// needs lists the tiles that a tile takes, itself first. Branches that meet at equal tiles have
// them once. It estimates each tile's multiply-adds and the floats that are held to compute it.
  needs(...wanted) {
    const seen = new Set(),
      waiting = [wanted],
      all = [];
    const floats = ([, k0, k1, rows, columns]) => (k1 - k0) * rows * columns;
    for (const tile of waiting) {
      const key = tile.join();
      if (seen.has(key)) continue;
      seen.add(key);
      const [l, k0, k1, ...sizes] = tile,
        layer = this.layers[l],
        plan = this.plans[l];
      if (l < 0) continue;
      const kind = kinds[layer.kind];
      const [rows, columns] = sizes.map((n, axis) => {
        const taps = layer.kernel[axis],
          reach = layer.up ? Math.ceil(n / layer.up[axis]) + taps - 1 : (n - 1) * layer.stride[axis] + (taps - 1) * layer.dilation[axis] + 1;
        return Math.min(plan.in[1 + axis], reach, n * taps);
      });
      const read = this.sources(l, ...kind.reads(layer, plan, k0, k1)).map((part) => [...part, rows, columns]);
      waiting.push(...read);
      const inputs = read.reduce((n, part) => n + floats(part), 0);
      all.push({ cost: floats(tile) * kind.each(layer, plan), floats: floats(tile) + inputs * (read.length > 1 ? 2 : 1) });
    }
    return all;
  }

// cost estimates the multiply-adds that a tile takes: one output of a filter, or more.
  cost(l, k0, k1 = k0 + 1, rows = 1, columns = 1) {
    return this.needs(l, k0, k1, rows, columns).reduce((n, { cost }) => n + cost, 0);
  }

// held estimates the floats that a tile needs at once: the largest of the tiles on the way, with
// the tiles that it reads.
  held(...tile) {
    return this.needs(...tile).reduce((n, { floats }) => Math.max(n, floats), 0);
  }
}

// rounding says whether a value is no more than what rounding leaves of 0.
function rounding({ terms, bias = 0, by = 1 }, value) {
  const sum = terms.reduce((total, t) => total + Math.abs(t.v * (t.w ?? 1)), Math.abs(bias)) / by;
  return value !== 0 && value - value === 0 && Math.abs(value) <= sum * 2 ** -22;
}
