// The arithmetic of the layers, with the bits of package filterbank/filters/kernel: every
// number is a float32, and every step is rounded once.

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const bits = new BigUint64Array(double.buffer);

// fma is a·b + c rounded once to float32. The product of two float32 is exact in a double.
// Rounding the sum to a double and then to a float32 goes wrong only if the first result is
// the midpoint of two neighbouring float32, or below the normal range. There the sum is
// rounded to odd first (Boldo and Melquiond, 2008).
function fma(a, b, c) {
  const product = a * b;
  const sum = product + c;
  double[0] = sum;
  if ((halves[0] & 0x1fffffff) !== 0x10000000 && (halves[1] & 0x7ff00000) >= 0x38100000) {
    return Math.fround(sum);
  }
  if (sum === 0 || sum - sum !== 0) {
    return Math.fround(sum);
  }
  const virtual = sum - product; // TwoSum (Knuth): rest is exactly product + c − sum
  const rest = product - (sum - virtual) + (c - virtual);
  if (rest !== 0 && (halves[0] & 1) === 0) {
    bits[0] += rest > 0 === sum > 0 ? 1n : -1n;
  }
  return Math.fround(double[0]);
}

const activations = {
  none: (v) => v,
  relu: (v) => (v > 0 || v !== v ? v : 0),
  leaky_relu: (v, slope) => (v > 0 || v !== v ? v : Math.fround(slope * v)),
  relu6: (v) => (v > 6 ? 6 : v > 0 || v !== v ? v : 0),
  abs: (v) => Math.abs(v),
  square: (v) => Math.fround(v * v),
};

// power is base to the power of an exponent of 32 binary places, from products and square
// roots alone.
function power(base, exponent) {
  const fixed = Math.round(exponent * 2 ** 32);
  let result = 1;
  for (let whole = Math.floor(fixed / 2 ** 32), square = base; whole; whole >>>= 1, square *= square) {
    if (whole & 1) result *= square;
  }
  for (let bits = fixed % 2 ** 32, root = base; bits; bits = (bits << 1) >>> 0) {
    root = Math.sqrt(root);
    if (bits >>> 31) result *= root;
  }
  return result;
}

// edge maps place i of the padded input to a row or column of the input, or to −1 if the
// padding has a zero there.
function edge(mode, i, n) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case "circular":
      return (i + n) % n;
    case "replicate":
      return Math.max(0, Math.min(n - 1, i));
    case "reflect":
      return i < 0 ? -i : 2 * (n - 1) - i;
  }
  return -1;
}

// span lists the rows (axis 0) or columns (axis 1) of a layer's input that the given rows or
// columns of its output read, each once and in order. For each output and tap it has the
// index of the tap's row or column in that list, −1 in padding.
function span(layer, plan, axis, outputs) {
  const n = plan.in[1 + axis];
  const taps = layer.kernel[axis];
  const raw = new Int32Array(outputs.length * taps);
  const seen = new Set();
  outputs.forEach((o, i) => {
    for (let t = 0; t < taps; t++) {
      const at = edge(layer.mode, o * layer.stride[axis] - plan.pad[axis] + t * layer.dilation[axis], n);
      raw[i * taps + t] = at;
      if (at >= 0) seen.add(at);
    }
  });
  const inputs = [...seen].sort((a, b) => a - b);
  const place = new Map(inputs.map((v, i) => [v, i]));
  return { inputs, at: raw.map((v) => (v < 0 ? -1 : place.get(v))) };
}

// counted is the number of values along an axis that the average of an output counts.
function counted(layer, plan, axis, i) {
  const n = plan.in[1 + axis],
    before = plan.pad[axis];
  const from = i * layer.stride[axis] - before;
  const to = Math.min(from + layer.kernel[axis], n + before);
  return layer.excludePadding ? Math.min(to, n) - Math.max(from, 0) : to - from;
}

// channelsRead is the range of input channels that filters k0 ≤ k < k1 of a layer read.
function channelsRead(layer, plan, k0, k1) {
  switch (layer.kind) {
    case "conv": {
      const filters = plan.out[0] / layer.groups,
        channels = plan.in[0] / layer.groups;
      return [Math.floor(k0 / filters) * channels, (Math.floor((k1 - 1) / filters) + 1) * channels];
    }
    case "local_response_norm": {
      const { size } = layer.norm;
      return [Math.max(0, k0 - Math.floor(size / 2)), Math.min(plan.in[0], k1 - 1 + Math.floor((size + 1) / 2))];
    }
  }
  return [k0, k1]; // pools
}

// Arithmetic computes outputs of a stack on one picture.
class Arithmetic {
// source reads the prepared picture: read(c, y, x). arrays holds each layer's weights and
// bias.
  constructor(source, layers, plans, arrays) {
    Object.assign(this, { source, layers, plans, arrays });
    this.memo = new Map();
  }

// tile computes filters k0 ≤ k < k1 of a layer at the given rows and columns. Layer −1 is
// the picture.
  tile(l, k0, k1, rows, columns) {
    const key = `${l} ${k0} ${k1} ${rows} ${columns}`;
    let tile = this.memo.get(key);
    if (!tile) {
      tile = l < 0 ? this.read(k0, k1, rows, columns) : this.compute(l, k0, k1, rows, columns);
      if (this.memo.size > 64) this.memo.delete(this.memo.keys().next().value);
      this.memo.set(key, tile);
    }
    return tile;
  }

  read(c0, c1, rows, columns) {
    const tile = new Float32Array((c1 - c0) * rows.length * columns.length);
    let at = 0;
    for (let c = c0; c < c1; c++) {
      for (const y of rows) for (const x of columns) tile[at++] = this.source.read(c, y, x);
    }
    return tile;
  }

// patch is the input of those outputs: the channels from c0 on, and for output (i, j) the
// place in a channel that each tap reads, −1 in padding.
  patch(l, k0, k1, rows, columns) {
    const layer = this.layers[l],
      plan = this.plans[l],
      [kH, kW] = layer.kernel;
    const down = span(layer, plan, 0, rows),
      across = span(layer, plan, 1, columns);
    const width = across.inputs.length,
      plane = width * down.inputs.length;
    const [c0, c1] = channelsRead(layer, plan, k0, k1);
    return {
      c0,
      plane,
      data: plane ? this.tile(l - 1, c0, c1, down.inputs, across.inputs) : new Float32Array(0),
      offsets(i, j) {
        const offsets = new Int32Array(kH * kW);
        for (let r = 0, t = 0; r < kH; r++) {
          for (let s = 0; s < kW; s++, t++) {
            const row = down.at[i * kH + r],
              column = across.at[j * kW + s];
            offsets[t] = row < 0 || column < 0 ? -1 : row * width + column;
          }
        }
        return offsets;
      },
      place: (offset) =>
        offset < 0 ? [-1, -1] : [down.inputs[Math.floor(offset / width)], across.inputs[offset % width]],
    };
  }

  compute(l, k0, k1, rows, columns) {
    const patch = this.patch(l, k0, k1, rows, columns);
    const plane = rows.length * columns.length,
      out = new Float32Array((k1 - k0) * plane);
    for (let i = 0, at = 0; i < rows.length; i++) {
      for (let j = 0; j < columns.length; j++, at++) {
        const offsets = patch.offsets(i, j);
        for (let k = k0; k < k1; k++)
          out[(k - k0) * plane + at] = this.output(l, k, patch, offsets, rows[i], columns[j]).value;
      }
    }
    return out;
  }

// output computes output (y, x) of a filter from a patch. note, if given, is called for each
// term in the order of summation: with the channel, tap, input (undefined in padding),
// weight if there is one, and the sum so far.
  output(l, k, { c0, plane, data }, offsets, y, x, note) {
    const layer = this.layers[l],
      plan = this.plans[l],
      taps = offsets.length;
    const own = (k - c0) * plane; // the channel with the filter's index
    switch (layer.kind) {
      case "conv": {
        const { weights, bias } = this.arrays[l];
        const channels = plan.in[0] / layer.groups,
          first = Math.floor(k / (plan.out[0] / layer.groups)) * channels;
        let before = bias[k],
          w = k * channels * taps;
        for (let c = first; c < first + channels; c++) {
          const base = (c - c0) * plane;
          for (let t = 0; t < taps; t++, w++) {
            const v = offsets[t] < 0 ? 0 : data[base + offsets[t]];
            before = fma(weights[w], v, before);
            if (note) note(c, t, offsets[t] < 0 ? undefined : v, weights[w], before);
          }
        }
        return { before, value: activations[layer.activation](before, Math.fround(layer.slope)), bias: bias[k] };
      }
      case "max_pool": {
        let value = -Infinity;
        for (let t = 0; t < taps; t++) {
          const v = offsets[t] < 0 ? undefined : data[own + offsets[t]];
          if (v !== v) value = NaN;
          else if (v > value) value = v;
          note?.(k, t, v, undefined, value);
        }
        return { value };
      }
      case "avg_pool": {
        let sum = 0;
        for (let t = 0; t < taps; t++) {
          const v = offsets[t] < 0 ? undefined : data[own + offsets[t]];
          sum = Math.fround(sum + (v ?? 0));
          note?.(k, t, v, undefined, sum);
        }
        const by = Math.fround(counted(layer, plan, 0, y) * counted(layer, plan, 1, x));
        return { sum, by, value: Math.fround(sum / by) };
      }
      case "local_response_norm": {
        const { size, alpha, beta, k: k0 } = layer.norm;
        let sum = 0;
        for (
          let c = Math.max(0, k - Math.floor(size / 2));
          c < Math.min(plan.in[0], k + Math.floor((size + 1) / 2));
          c++
        ) {
          const v = data[(c - c0) * plane + offsets[0]];
          sum += v * v;
          note?.(c, 0, v, undefined, sum);
        }
        const base = k0 + (alpha / size) * sum,
          by = power(base, beta),
          v = data[own + offsets[0]];
        return { sum, base, by, v, value: Math.fround(v / by) };
      }
    }
    throw new Error(`the page cannot compute layers of kind ${layer.kind}`);
  }

// value computes one output.
  value(l, k, y, x) {
    return this.tile(l, k, k + 1, [y], [x])[0];
  }

// explain computes one output with its terms.
  explain(l, k, y, x) {
    const patch = this.patch(l, k, k + 1, [y], [x]),
      offsets = patch.offsets(0, 0);
    const width = this.layers[l].kernel[1],
      terms = [];
    const result = this.output(l, k, patch, offsets, y, x, (c, t, v, w, sum) => {
      const [row, column] = patch.place(offsets[t]);
      terms.push({
        c,
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
    const { terms, bias = 0, by = 1 } = this.explain(l, k, y, x);
    const sum = terms.reduce((total, t) => total + Math.abs(t.v * (t.w ?? 1)), Math.abs(bias)) / by;
    return Math.abs(value) <= sum * 2 ** -22;
  }

// cost estimates the multiply-adds that an output takes.
  cost(l, k) {
    let [k0, k1, rows, columns, total] = [k, k + 1, 1, 1, 0];
    for (; l >= 0; l--) {
      const layer = this.layers[l],
        plan = this.plans[l],
        taps = layer.kernel[0] * layer.kernel[1];
      const each = layer.kind === "conv" ? (plan.in[0] / layer.groups) * taps : layer.norm ? layer.norm.size : taps;
      total += (k1 - k0) * rows * columns * each;
      const size = (axis, n) =>
        Math.min(
          plan.in[1 + axis],
          (n - 1) * layer.stride[axis] + (layer.kernel[axis] - 1) * layer.dilation[axis] + 1,
          n * layer.kernel[axis],
        );
      [rows, columns] = [size(0, rows), size(1, columns)];
      [k0, k1] = channelsRead(layer, plan, k0, k1);
    }
    return total;
  }
}
