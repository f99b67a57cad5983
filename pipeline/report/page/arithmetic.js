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

// exponential gives e^x as scale·(1 + rest), with the steps of package kernel: each is an
// addition, subtraction or multiplication of doubles.
function exponential(x) {
  x = Math.min(Math.max(x, -709.2), 710);
  const shifted = x * Math.LOG2E + 0x18000000000000;
  const n = shifted - 0x18000000000000;
  const r = x - n * 6.93147180369123816490e-1 - n * 1.90821492927058770002e-10; // ln 2 in two parts
  let p = 1 / 362880;
  for (const factorial of [40320, 5040, 720, 120, 24, 6, 2, 1]) p = p * r + 1 / factorial;
  halves[0] = 0;
  halves[1] = (n + 1023) << 20; // 2ⁿ; 0 and ∞ at the ends
  return { scale: double[0], rest: r * p };
}

function exp(x) {
  const { scale, rest } = exponential(x);
  return scale * (1 + rest);
}

function expm1(x) {
  const { scale, rest } = exponential(x);
  return scale * rest + (scale - 1);
}

const negative = (v) => v < 0 || Object.is(v, -0);

function tanh(v) {
  const m = expm1(Math.min(2 * Math.abs(v), 60));
  const r = m / (m + 2);
  return negative(v) ? -r : r;
}

// normal is the normal distribution function's polynomial, from the highest power on.
const normal = [
  -2.0969752206759847e-5, -6.601061475883099e-5, 7.23775821102972e-5, 0.0004739619643429889, -0.000447248600745817,
  -0.0031888698352053996, 0.0064765731017938895, 0.017407842745390457, -0.11605094856891325, 0.31542496829842115,
  -0.5655618158383042, 0.7444160754546387,
];

function gelu(v) {
  const t = Math.min(Math.abs(v), 40),
    over = 1 / (t + 3.5),
    w = (t - 3.5) * over;
  const q = normal.reduce((sum, c) => sum * w + c);
  const tail = exp(t * t * -0.5) * (q * over);
  return v * (v > 0 ? 1 - tail : tail);
}

const hard = (v) => Math.min(Math.max(Math.fround(v + 3), 0), 6);

const leaky = (v, slope) => (v > 0 || v !== v ? v : Math.fround(slope * v));

const activations = {
  none: (v) => v,
  relu: (v) => (v > 0 || v !== v ? v : 0),
  leaky_relu: leaky,
  relu6: (v) => (v > 6 ? 6 : v > 0 || v !== v ? v : 0),
  abs: (v) => Math.abs(v),
  square: (v) => Math.fround(v * v),
  sigmoid: (v) => Math.fround(1 / (1 + exp(-v))),
  tanh: (v) => Math.fround(tanh(v)),
  silu: (v) => Math.fround(v / (1 + exp(-v))),
  gelu: (v) => Math.fround(gelu(v)),
  gelu_tanh: (v) => Math.fround(v / (1 + exp((v + v * v * v * 0.044715) * -1.5957691216057308))),
  elu: (v, slope) => {
    if (v > 0 || v !== v) return v;
    const m = Math.abs(expm1(v));
    return Math.fround(slope * (negative(v) ? -m : m));
  },
  hardsigmoid: (v) => Math.fround(hard(v) / 6),
  hardswish: (v) => Math.fround(Math.fround(v * hard(v)) / 6),
  prelu: leaky,
};

// slopeOf is the number that an activation of a filter takes.
const slopeOf = (layer, arrays, k) => arrays?.slopes?.[k] ?? Math.fround(layer.slope);

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

// between is the place of output o among n values enlarged by a factor: the value before it
// and the weight of the next one, 0 for the last value.
function between(o, factor, n) {
  const place = 2 * o + 1 - factor;
  if (place <= 0) return { at: 0, share: 0 };
  const at = Math.floor(place / (2 * factor));
  if (at >= n - 1) return { at: n - 1, share: 0 };
  return { at, share: Math.fround((place % (2 * factor)) / (2 * factor)) };
}

// enlarged is the value that tap t of an enlarged output reads, −1 if it has no weight. With
// one tap it is the nearest, with two the neighbours.
function enlarged(o, t, taps, factor, n) {
  if (taps === 1) return Math.floor(o / factor);
  const { at, share } = between(o, factor, n);
  return t === 0 ? at : share > 0 ? at + 1 : -1;
}

// mixed is (1 − f)·a + f·b, every step rounded to float32.
const mixed = (a, b, f) => Math.fround(Math.fround(Math.fround(1 - f) * a) + Math.fround(f * b));

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
      const at = layer.up ? enlarged(o, t, taps, layer.up[axis], n) : edge(layer.mode, o * layer.stride[axis] - plan.pad[axis] + t * layer.dilation[axis], n);
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
    after = layer.after?.[axis] ?? plan.pad[axis]; // a window may reach beyond that
  const from = i * layer.stride[axis] - plan.pad[axis];
  const to = Math.min(from + layer.kernel[axis], n + after);
  return layer.excludePadding ? Math.min(to, n) - Math.max(from, 0) : to - from;
}

const same = (layer, plan, k0, k1) => [k0, k1];
const area = ({ kernel }) => kernel[0] * kernel[1];

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
      const slope = slopeOf(layer, arrays, k);
      return { before, slope, value: activations[layer.activation](before, slope), bias: bias[k] };
    },
  },
  activation: {
    reads: same,
    each: () => 1,
    output({ layer, arrays }, k, { c0, plane, data }, offsets, y, x, note) {
      const before = data[(k - c0) * plane + offsets[0]];
      note?.(k, 0, before, undefined, before);
      const slope = slopeOf(layer, arrays, k);
      return { before, slope, value: activations[layer.activation](before, slope) };
    },
  },
  scale: {
    reads: same,
    each: () => 1,
    output({ arrays: { weights, bias } }, k, { c0, plane, data }, offsets, y, x, note) {
      const v = data[(k - c0) * plane + offsets[0]],
        value = fma(weights[k], v, bias[k]);
      note?.(k, 0, v, weights[k], value);
      return { value, before: value, bias: bias[k] };
    },
  },
  add: {
    reads: same,
    each: (layer) => layer.inputs.length,
    // data has the channels of one input after the other, count of each.
    output({ layer }, k, { c0, plane, data, count }, offsets, y, x, note) {
      let value;
      layer.inputs.forEach((_, i) => {
        const v = data[(i * count + k - c0) * plane + offsets[0]];
        value = i === 0 ? v : Math.fround(value + v);
        note?.(i, 0, v, undefined, value);
      });
      return { value };
    },
  },
  concat: {
    reads: same,
    each: () => 1,
    output(of, k, { c0, plane, data }, offsets, y, x, note) {
      const value = data[(k - c0) * plane + offsets[0]];
      note?.(k, 0, value, undefined, value);
      return { value };
    },
  },
  upsample: {
    reads: same,
    each: area,
    output({ layer, plan }, k, { c0, plane, data }, offsets, y, x, note) {
      const read = (t) => data[(k - c0) * plane + offsets[t]];
      let value = read(0),
        [down, across] = [0, 0];
      if (offsets.length > 1) {
        [down, across] = [between(y, layer.up[0], plan.in[1]).share, between(x, layer.up[1], plan.in[2]).share];
        const row = (r) => (across > 0 ? mixed(read(2 * r), read(2 * r + 1), across) : read(2 * r));
        value = down > 0 ? mixed(row(0), row(1), down) : row(0);
      }
      offsets.forEach((offset, t) => note?.(k, t, offset < 0 ? undefined : read(t), undefined, value));
      return { value, down, across };
    },
  },
  max_pool: {
    reads: same,
    each: area,
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
    reads: same,
    each: area,
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
