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

// kinds has the arithmetic of each kind of layer:
// reads is the range of input channels that filters k0 ≤ k < k1 read;
// each is the number of multiply-adds, or of values, of an output;
// output computes output (y, x) of filter k. note, if given, is called for each term in the
// order of summation: with the channel, tap, input (undefined in padding), weight if there is
// one, and the sum so far.
// patch has the input: channels from c0 on, each of plane values, in data. offsets has the
// place in a channel that each tap reads, −1 in padding.
const kinds = {
  conv: {
    reads(layer, plan, k0, k1) {
      const filters = plan.out[0] / layer.groups,
        channels = plan.in[0] / layer.groups;
      return [Math.floor(k0 / filters) * channels, (Math.floor((k1 - 1) / filters) + 1) * channels];
    },
    each: (layer, plan) => (plan.in[0] / layer.groups) * layer.kernel[0] * layer.kernel[1],
    output({ layer, plan, arrays }, k, { c0, plane, data }, offsets, y, x, note) {
      const { weights, bias } = arrays,
        taps = offsets.length,
        channels = plan.in[0] / layer.groups,
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
    },
  },
  max_pool: {
    reads: (layer, plan, k0, k1) => [k0, k1],
    each: (layer) => layer.kernel[0] * layer.kernel[1],
    output(of, k, { c0, plane, data }, offsets, y, x, note) {
      let value = -Infinity;
      for (let t = 0; t < offsets.length; t++) {
        const v = offsets[t] < 0 ? undefined : data[(k - c0) * plane + offsets[t]];
        if (v !== undefined && v !== v) value = NaN;
        else if (v > value) value = v;
        note?.(k, t, v, undefined, value);
      }
      return { value };
    },
  },
  avg_pool: {
    reads: (layer, plan, k0, k1) => [k0, k1],
    each: (layer) => layer.kernel[0] * layer.kernel[1],
    output({ layer, plan }, k, { c0, plane, data }, offsets, y, x, note) {
      let sum = 0;
      for (let t = 0; t < offsets.length; t++) {
        const v = offsets[t] < 0 ? undefined : data[(k - c0) * plane + offsets[t]];
        sum = Math.fround(sum + (v ?? 0));
        note?.(k, t, v, undefined, sum);
      }
      const by = Math.fround(counted(layer, plan, 0, y) * counted(layer, plan, 1, x));
      return { sum, by, value: Math.fround(sum / by) };
    },
  },
  local_response_norm: {
    reads: ({ norm: { size } }, plan, k0, k1) => [
      Math.max(0, k0 - Math.floor(size / 2)),
      Math.min(plan.in[0], k1 - 1 + Math.floor((size + 1) / 2)),
    ],
    each: (layer) => layer.norm.size,
    output({ layer, plan }, k, { c0, plane, data }, offsets, y, x, note) {
      const { alpha, beta, size, k: k0 } = layer.norm,
        [first, end] = kinds.local_response_norm.reads(layer, plan, k, k + 1);
      let sum = 0;
      for (let c = first; c < end; c++) {
        const v = data[(c - c0) * plane + offsets[0]];
        sum += v * v;
        note?.(c, 0, v, undefined, sum);
      }
      const base = k0 + (alpha / size) * sum,
        by = power(base, beta),
        v = data[(k - c0) * plane + offsets[0]];
      return { sum, base, by, v, value: Math.fround(v / by) };
    },
  },
};
