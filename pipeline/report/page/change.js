// A layer with other settings or weights: its geometry, its arrays, and the run that makes it.

// changeOf is a layer's own settings, to be changed.
function changeOf(layer, plan, arrays) {
  return {
    kernel: [...layer.kernel],
    stride: [...layer.stride],
    pad: [...plan.pad],
    dilation: [...layer.dilation],
    mode: layer.mode,
    groups: layer.groups,
    ...activationOf(layer, arrays, layer.activation),
    weights: arrays.weights,
    bias: arrays.bias,
    own: true, // weights and bias are the run's
  };
}

// slopes are PyTorch's numbers of the activations that take one, and the stack file's keys.
const slopes = { leaky_relu: [0.01, "negative_slope"], prelu: [0.25, "negative_slope"], elu: [1, "alpha"] };

// activationOf is the part of a change for an activation, with the run's numbers if it is the run's.
const activationOf = (layer, arrays, activation) =>
  activation === layer.activation ? { activation, slope: layer.slope, slopes: arrays.slopes } : { activation, slope: slopes[activation]?.[0] ?? 0, slopes: undefined };

// changedLayer is the layer with the settings of a change.
const changedLayer = (layer, change) => ({ ...layer, ...change, norm: undefined, auto: undefined });

// changedPlan is the geometry of a changed layer. problem says in the run's words why there is
// none.
function changedPlan(layer, plan, change, before) {
  const wrong = (problem) => ({ problem: `layer ${layer.name}: ${problem}` });
  const [c, ...sizes] = plan.in,
    filters = plan.out[0];
  if (c % change.groups) return wrong(`groups must divide the number of input channels, ${c}, got ${change.groups}`);
  if (filters % change.groups) return wrong(`groups must divide the number of filters, ${filters}, got ${change.groups}`);
  const what = ["rows", "columns"],
    out = [filters];
  for (const axis of [0, 1]) {
    const widest = Math.max(change.pad[axis], change.pad[axis + 2]),
      n = sizes[axis];
    if (change.mode === "reflect" && widest >= n)
      return wrong(`padding_mode reflect can add at most ${n - 1} of the ${n} ${what[axis]}, got ${widest}`);
    if (change.mode === "circular" && widest > n)
      return wrong(`padding_mode circular can add at most the ${n} ${what[axis]}, got ${widest}`);
  }
  for (const axis of [0, 1]) {
    const [first, last, n] = [change.pad[axis], change.pad[axis + 2], sizes[axis]],
      span = change.dilation[axis] * (change.kernel[axis] - 1) + 1,
      room = first + n + last - span;
    if (room < 0) {
      return wrong(
        `${["height", "width"][axis]}: kernel spans ${span} but the padded input has ${first + n + last} (${first} + ${n} + ${last}); use a larger picture, more padding or a smaller kernel`,
      );
    }
    out.push(Math.floor(room / change.stride[axis]) + 1);
  }
  const { field, jump, start } = before ?? { field: [1, 1], jump: [1, 1], start: [0, 0] };
  return {
    plan: {
      in: plan.in,
      out,
      pad: change.pad,
      field: field.map((f, a) => f + change.dilation[a] * (change.kernel[a] - 1) * jump[a]),
      jump: jump.map((j, a) => j * change.stride[a]),
      start: start.map((v, a) => v - change.pad[a] * jump[a]),
      macs: out[0] * out[1] * out[2] * (c / change.groups) * change.kernel[0] * change.kernel[1],
    },
  };
}

// resized is a change with another kernel size or another number of groups. The centre keeps
// its weights, and channels that no filter read before have weights of 0.
function resized(change, [c, k], kernel, groups) {
  const [h1, w1] = kernel,
    [h0, w0] = change.kernel,
    [c1, c0] = [c / groups, c / change.groups],
    weights = new Float32Array(k * c1 * h1 * w1),
    [dy, dx] = [Math.floor((h1 - h0) / 2), Math.floor((w1 - w0) / 2)];
  for (let f = 0; f < k; f++) {
    const first = (per, n) => Math.floor(f / (k / n)) * per;
    for (let i = 0; i < c1; i++) {
      const from = first(c1, groups) + i - first(c0, change.groups);
      if (from < 0 || from >= c0) continue;
      for (let y = 0; y < h0; y++) {
        for (let x = 0; x < w0; x++) {
          const [ty, tx] = [y + dy, x + dx];
          if (ty < 0 || tx < 0 || ty >= h1 || tx >= w1) continue;
          weights[((f * c1 + i) * h1 + ty) * w1 + tx] = change.weights[((f * c0 + from) * h0 + y) * w0 + x];
        }
      }
    }
  }
  return { ...change, kernel, groups, weights, own: false };
}

// withKernel is a change in which a filter has new weights: values(channel, tap).
function withKernel(change, k, channels, values) {
  const taps = change.kernel[0] * change.kernel[1],
    weights = change.weights.slice();
  for (let c = 0; c < channels; c++)
    for (let t = 0; t < taps; t++) weights[(k * channels + c) * taps + t] = values(c, t);
  return { ...change, weights, own: false };
}

// random gives numbers from −1 to 1 that a seed determines (mulberry32).
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
  };
}

const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// convOf is a layer as a stack file has it, with weights of its own.
const convOf = (layers, l, plan, change) => ({
  name: layers[l].name,
  inputs: layers[l].inputs.map((from) => (from < 0 ? "input" : layers[from].name)),
  stride: change.stride,
  padding: change.pad,
  padding_mode: change.mode,
  dilation: change.dilation,
  activation: change.activation,
  ...(slopes[change.activation] && { [slopes[change.activation][1]]: change.slopes ? [...change.slopes].map((v) => Number(exact(v))) : Number(exact(Math.fround(change.slope))) }),
  groups: change.groups,
  kernels: kernelsOf(layers[l], plan, change),
});

// unfolded are a stack file's layers, each where the stack has it. A separable convolution is two.
const unfolded = (file, { layers, plans, arrays }) =>
  file
    .flatMap((one) => (one.conv?.separable ? [undefined, undefined] : [one]))
    .map((one, l) => one ?? { conv: convOf(layers, l, plans[l], changeOf(layers[l], plans[l], arrays[l])) });

// runOf is how a change is run: the command, and the stack file that it needs, if there is no
// file of the run's to change.
function runOf({ stack, folder, file }, { st, l }, arithmetic, change, input) {
  const name = page.stacks[st].name,
    [layer, plan] = [arithmetic.layers[l], arithmetic.plans[l]],
    of = stack.stacks ? stack.stacks[name] : stack,
    all = unfolded(of.layers, arithmetic),
    { conv } = all[l];
  const settings = {};
  const set = (key, now, was) => {
    if (JSON.stringify(now) !== JSON.stringify(was)) settings[key] = now;
  };
  const both = ([a, b]) => (a === b ? a : [a, b]);
  set("stride", both(change.stride), both(layer.stride));
  const [top, left, bottom, right] = change.pad;
  const sided = [0, 1].some((a) => change.kernel[a] !== layer.kernel[a] || change.stride[a] !== layer.stride[a] || change.dilation[a] !== layer.dilation[a]);
  if (typeof conv.padding === "string" && sided) settings.padding = change.pad; // same would follow the kernel
  else set("padding", top === bottom && left === right ? both([top, left]) : change.pad, (([t, x, b, r]) => (t === b && x === r ? both([t, x]) : plan.pad))(plan.pad));
  set("padding_mode", change.mode, layer.mode);
  set("dilation", both(change.dilation), both(layer.dilation));
  set("activation", change.activation, layer.activation);
  const own = change.activation === layer.activation && change.slope === layer.slope;
  for (const key of ["negative_slope", "alpha"]) {
    if (key !== slopes[change.activation]?.[1]) {
      if (conv[key] !== undefined) settings[key] = null;
    } else if (!own) settings[key] = Number(exact(Math.fround(change.slope)));
  }
  const sized = changedPlan(layer, plan, change).plan;
  if (conv.strict_size && sized && [0, 1].some((a) => axisOf(changedLayer(layer, change), sized, a).left > 0)) settings.strict_size = false;
  const beside = (name) => (folder ? `${folder}/${name}` : name);
  const rest = ["--layers", (stack.stacks ? `${name}/` : "") + layer.name, "--format", "npy", "-o", "what-if"];
  if (file && change.own && l === of.layers.length - 1 && all.length === of.layers.length) {
    const prefix = (stack.stacks ? `stacks.${name}.` : "") + `layers.${l}.conv.`;
    const sets = Object.entries(settings).flatMap(([key, v]) => ["--set", prefix + key + "=" + (typeof v === "object" ? JSON.stringify(v) : v)]);
    return { command: ["filterbank", "run", input, "-c", beside(file), ...sets, ...rest].map(quoted).join(" ") };
  }
  const changed = { ...conv, ...settings };
  for (const key in settings) if (settings[key] === null) delete changed[key];
  if (!change.own) {
    for (const key of ["filters", "channels", "weights", "kernel_size", "bias", "batch_norm", "kernels"]) delete changed[key];
    changed.groups = change.groups;
    changed.kernels = kernelsOf(layer, plan, change);
  }
  const layers = [...all.slice(0, l), { conv: changed }];
  const whole = stack.stacks ? { ...stack, stacks: { [name]: { ...of, layers } } } : { ...stack, layers };
  return {
    command: ["filterbank", "run", input, "-c", beside("what-if.yaml"), ...rest].map(quoted).join(" "),
    name: beside("what-if.yaml"),
    file: JSON.stringify(whole, null, 1).replace(/\[[\s\d.,e+-]*\]/g, (list) => list.replace(/\s+/g, "")) + "\n",
  };
}

// kernelsOf are the weights of a change as a stack file has them.
function kernelsOf(layer, plan, { kernel: [h1, w1], groups, weights, bias }) {
  const channels = plan.in[0] / groups;
  const number = (v) => (Object.is(v, -0) ? 0 : Number(exact(v)));
  return layer.filters.map((name, k) => ({
    name,
    bias: number(bias[k]),
    weights: range(0, channels).map((c) =>
      range(0, h1).map((y) => range(0, w1).map((x) => number(weights[((k * channels + c) * h1 + y) * w1 + x]))),
    ),
  }));
}
