// Outputs of a stack on one picture, in tiles.

const tileFloats = 1.5e7; // floats of tiles that are kept

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
    if (tile) return tile;
    tile = yield* l < 0 ? this.read(k0, k1, rows, columns) : this.compute(l, k0, k1, rows, columns);
    this.memo.set(key, tile);
    this.floats += tile.length;
    for (const [old, { length }] of this.memo) {
      if (this.memo.size <= 64 && (this.floats <= tileFloats || this.memo.size === 1)) break;
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

// inputs are channels of a layer's input. A sum has these channels of one input after the other.
  *inputs(l, c0, c1, rows, columns) {
    const { kind, inputs } = this.layers[l];
    if (inputs.length === 1) return yield* this.steps(inputs[0], c0, c1, rows, columns);
    const parts = [];
    let first = 0;
    for (const from of inputs) {
      const channels = this.channelsOf(from),
        [a, b] = kind === "add" ? [c0, c1] : [Math.max(c0 - first, 0), Math.min(c1 - first, channels)];
      if (a < b) parts.push(yield* this.steps(from, a, b, rows, columns));
      first += channels;
    }
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

// cost estimates the multiply-adds that a tile takes: one output of a filter, or more.
  cost(l, k0, k1 = k0 + 1, rows = 1, columns = 1) {
    let total = 0;
    for (; l >= 0; l = Math.max(...this.layers[l].inputs)) {
      const layer = this.layers[l],
        plan = this.plans[l],
        kind = kinds[layer.kind];
      total += (k1 - k0) * rows * columns * kind.each(layer, plan);
      const size = (axis, n) =>
        Math.min(
          plan.in[1 + axis],
          (n - 1) * layer.stride[axis] + (layer.kernel[axis] - 1) * layer.dilation[axis] + 1,
          n * layer.kernel[axis],
        );
      [rows, columns] = [size(0, rows), size(1, columns)];
      [k0, k1] = kind.reads(layer, plan, k0, k1);
    }
    return total;
  }

// held estimates the floats that a tile needs at once: of the largest two tiles on the way.
  held(l, k0, k1, rows, columns) {
    const sizes = [0];
    for (;;) {
      sizes.push((k1 - k0) * rows * columns);
      if (l < 0) break;
      const layer = this.layers[l],
        plan = this.plans[l];
      rows = Math.min(plan.in[1], rows * Math.min(layer.kernel[0], layer.stride[0] * 2));
      columns = Math.min(plan.in[2], columns * Math.min(layer.kernel[1], layer.stride[1] * 2));
      [k0, k1] = kinds[layer.kind].reads(layer, plan, k0, k1);
      l = Math.max(...layer.inputs);
    }
    sizes.sort((a, b) => b - a);
    return sizes[0] + sizes[1];
  }
}

// rounding says whether a value is no more than what rounding leaves of 0.
function rounding({ terms, bias = 0, by = 1 }, value) {
  const sum = terms.reduce((total, t) => total + Math.abs(t.v * (t.w ?? 1)), Math.abs(bias)) / by;
  return value !== 0 && value - value === 0 && Math.abs(value) <= sum * 2 ** -22;
}
