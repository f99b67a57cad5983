// The arithmetic of the layers, with the bits of package filterbank/filters/kernel:
// every number is a float32, every step is rounded once.

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const bits = new BigUint64Array(double.buffer);

// fma is a·b + c rounded once to float32. The product of two float32 is exact in a
// double. Rounding the sum to a double and then to a float32 can go wrong only where the
// first landed on the midpoint of two neighbouring float32, or below the normal range;
// there the sum is rounded to odd first (Boldo and Melquiond, 2008).
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
  const rest = (product - (sum - virtual)) + (c - virtual);
  if (rest !== 0 && (halves[0] & 1) === 0) {
    bits[0] += (rest > 0) === (sum > 0) ? 1n : -1n;
  }
  return Math.fround(double[0]);
}

const activations = {
  none: (v) => v,
  relu: (v) => (v > 0 || v !== v ? v : 0),
  leaky_relu: (v, slope) => (v > 0 || v !== v ? v : Math.fround(slope * v)),
};

// edge gives the row or column of the input that stands at i of the padded input, −1
// where that is a zero.
function edge(mode, i, n) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case "circular": return (i + n) % n;
    case "replicate": return Math.max(0, Math.min(n - 1, i));
    case "reflect": return i < 0 ? -i : 2 * (n - 1) - i;
  }
  return -1;
}

// span finds the rows (axis 0) or columns (axis 1) of a layer's input that the given rows
// or columns of its output read: each once, in order, and for each output and tap the
// place of its row or column among them, −1 in padding.
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

// channelsRead is the range of input channels that a range of a layer's filters reads.
function channelsRead(layer, plan, k0, k1) {
  const filters = plan.out[0] / layer.groups, channels = plan.in[0] / layer.groups;
  return [Math.floor(k0 / filters) * channels, (Math.floor((k1 - 1) / filters) + 1) * channels];
}

// Arithmetic computes outputs of a stack on one picture.
class Arithmetic {
  // source reads the prepared picture: read(c, y, x). arrays are each layer's weights
  // and bias.
  constructor(source, layers, plans, arrays) {
    Object.assign(this, { source, layers, plans, arrays });
    this.memo = new Map();
  }

  // tile computes filters k0 ≤ k < k1 of a layer, −1 being the picture, at the given rows
  // and columns.
  tile(l, k0, k1, rows, columns) {
    const key = `${l} ${k0} ${k1} ${rows} ${columns}`;
    let tile = this.memo.get(key);
    if (!tile) {
      tile = l < 0 ? this.read(k0, k1, rows, columns) : this.convolve(l, k0, k1, rows, columns);
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

  convolve(l, k0, k1, rows, columns) {
    const layer = this.layers[l], plan = this.plans[l], { weights, bias } = this.arrays[l];
    const activate = activations[layer.activation];
    const [kH, kW] = layer.kernel;
    const channels = plan.in[0] / layer.groups, filters = plan.out[0] / layer.groups;
    const across = span(layer, plan, 1, columns), down = span(layer, plan, 0, rows);
    const width = across.inputs.length, plane = width * down.inputs.length;
    const [c0, c1] = channelsRead(layer, plan, k0, k1);
    const input = plane ? this.tile(l - 1, c0, c1, down.inputs, across.inputs) : new Float32Array(0);
    const out = new Float32Array((k1 - k0) * rows.length * columns.length);
    let at = 0;
    for (let k = k0; k < k1; k++) {
      const first = Math.floor(k / filters) * channels - c0;
      for (let i = 0; i < rows.length; i++) {
        for (let j = 0; j < columns.length; j++) {
          let sum = bias[k], w = k * channels * kH * kW;
          for (let c = first; c < first + channels; c++) {
            for (let r = 0; r < kH; r++) {
              const row = down.at[i * kH + r];
              for (let s = 0; s < kW; s++) {
                const column = across.at[j * kW + s];
                const v = row < 0 || column < 0 ? 0 : input[c * plane + row * width + column];
                sum = fma(weights[w++], v, sum);
              }
            }
          }
          out[at++] = activate(sum, layer.slope);
        }
      }
    }
    return out;
  }

  // value is one output.
  value(l, k, y, x) {
    return this.tile(l, k, k + 1, [y], [x])[0];
  }

  // cost is about how many multiply-adds a value takes.
  cost(l) {
    let outputs = 1, rows = [0], columns = [0], total = 0;
    for (; l >= 0; l--) {
      const layer = this.layers[l], plan = this.plans[l];
      const channels = plan.in[0] / layer.groups;
      total += outputs * channels * layer.kernel[0] * layer.kernel[1];
      const size = (axis, list) => {
        const reach = (list.length - 1) * layer.stride[axis] + (layer.kernel[axis] - 1) * layer.dilation[axis] + 1;
        return Math.min(plan.in[1 + axis], reach, list.length * layer.kernel[axis]);
      };
      rows = { length: size(0, rows) };
      columns = { length: size(1, columns) };
      outputs = rows.length * columns.length * (l > 0 && layer.groups > 1 ? channels : plan.in[0]);
    }
    return total;
  }

  // sum explains an output: its terms in the order of summation, each with the sum so
  // far, what comes before the activation and after.
  sum(l, k, y, x) {
    const layer = this.layers[l], plan = this.plans[l], { weights, bias } = this.arrays[l];
    const [kH, kW] = layer.kernel;
    const channels = plan.in[0] / layer.groups, filters = plan.out[0] / layer.groups;
    const across = span(layer, plan, 1, [x]), down = span(layer, plan, 0, [y]);
    const [c0, c1] = channelsRead(layer, plan, k, k + 1);
    const width = across.inputs.length, plane = width * down.inputs.length;
    const input = plane ? this.tile(l - 1, c0, c1, down.inputs, across.inputs) : new Float32Array(0);
    const terms = [];
    let sum = bias[k], w = k * channels * kH * kW;
    for (let c = 0; c < channels; c++) {
      for (let r = 0; r < kH; r++) {
        for (let s = 0; s < kW; s++, w++) {
          const inside = down.at[r] >= 0 && across.at[s] >= 0;
          const v = inside ? input[c * plane + down.at[r] * width + across.at[s]] : 0;
          sum = fma(weights[w], v, sum);
          terms.push({
            c: c0 + c, r, s, v, w: weights[w], sum, inside,
            y: inside ? down.inputs[down.at[r]] : -1, x: inside ? across.inputs[across.at[s]] : -1,
          });
        }
      }
    }
    return { terms, bias: bias[k], before: sum, value: activations[layer.activation](sum, layer.slope), channels, filters };
  }
}
