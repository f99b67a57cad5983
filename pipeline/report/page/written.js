// The arithmetic of an output as text: the same in the page, on sheets and in animations.

const wideKernel = 49; // more taps than that are not written a line a channel
const fewest = 12; // terms that a long sum names
const manyChannels = 16; // more sums of channels than that are a long sum

// minus writes a number's text with the sign of typography. The sign of an exponent stays.
const minus = (text) => text.replace(/^-/, "−");

// six writes a number with six significant digits, a half rounded away from 0. The notation is
// JavaScript's: plain digits from 1e-6 to below 1e21.
const six = (v) => (v - v !== 0 ? minus(exact(v)) : minus(Object.is(v, -0) ? "-0" : String(Number(v.toPrecision(6)))));

// inner writes a number inside a sum or a product: negative ones in parentheses.
const inner = (text) => (text.startsWith("−") ? `(${text})` : text);

// Writer writes numbers with six digits, or with all that a float32 has.
class Writer {
  constructor(exactly = false) {
    this.exactly = exactly;
  }

  number(v) {
    return this.exactly ? minus(exact(Math.fround(v))) : six(v);
  }

  inner(v) {
    return inner(this.number(v));
  }

// part is a piece of a line, whose title has the exact values.
  part(text, title, more) {
    return { text, title: title === text ? undefined : title, ...more };
  }

// value is a number as a piece of a line.
  value(before, v, more) {
    return this.part(before + this.number(v), minus(exact(Math.fround(v))), { strong: true, ...more });
  }

// long is a list of terms of which the largest are kept in their order, if there are too many.
// rest is the number of the others.
  long(terms, size, most) {
    if (terms.length <= most) return { shown: terms, rest: 0 };
    const largest = terms.map((t, i) => [size(t), i]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    const kept = new Set(largest.slice(0, fewest).map(([, i]) => i));
    return { shown: terms.filter((_, i) => kept.has(i)), rest: terms.length - kept.size };
  }
}

// others says how many terms a long sum does not name.
const others = (rest, sign = " + ") => (rest > 0 ? [{ text: `${sign}${rest} more` }] : []);

// activationTexts write an activation of v with the value r that it gives. w writes numbers.
const activationTexts = {
  none: () => "",
  relu: (w, v, r) => `ReLU: max(0, ${w.number(v)}) = ${w.number(r)}`,
  leaky_relu: (w, v, r, slope) =>
    v > 0 || v !== v
      ? `leaky ReLU: ${w.number(v)} stays`
      : `leaky ReLU: ${w.inner(slope)}·${w.inner(v)} = ${w.number(r)}`,
  relu6: (w, v, r) => `ReLU6: min(6, max(0, ${w.number(v)})) = ${w.number(r)}`,
  abs: (w, v, r) => `abs: |${w.number(v)}| = ${w.number(r)}`,
  square: (w, v, r) => `square: ${w.inner(v)}² = ${w.number(r)}`,
  prelu: (w, v, r, slope) =>
    v > 0 || v !== v ? `PReLU: ${w.number(v)} stays` : `PReLU: ${w.inner(slope)}·${w.inner(v)} = ${w.number(r)}`,
};

// activationText writes an activation.
const activationText = (name, w, v, r, slope) =>
  (activationTexts[name] ?? (() => `${name}(${w.number(v)}) = ${w.number(r)}`))(w, v, r, slope);

// formulas write the outputs of each kind of layer. A formula gets a writer, the layer, what
// Arithmetic.explain says, the names of the channels that the layer reads, and the output's
// name. It gives lines of parts. The last line has the result. A part is {text, title}, and
// zero if its product is 0, strong for sums, term for the index of its term.
const formulas = {
  conv(w, { layer, result, names, name }) {
    const plane = layer.kernel[0] * layer.kernel[1],
      { terms, bias, before, value, slope } = result;
    const lines = [],
      sums = channelSums(result, plane);
    const product = (t) =>
      w.part(` + ${w.inner(t.v)}·${w.inner(t.w)}`, ` + ${inner(minus(exact(t.v)))}·${inner(minus(exact(t.w)))}`, {
        zero: t.v * t.w === 0,
        term: t.i,
      });
    if (plane <= wideKernel) {
      for (const { c, from, to, part } of sums) {
        lines.push({ label: names[c], c, parts: [w.value("", from), ...part.map(product), w.value(" = ", to)] });
      }
    } else {
      const { shown, rest } = w.long(terms, (t) => Math.abs(t.v * t.w), wideKernel);
      lines.push({ label: "", parts: [w.value("", bias), ...shown.map(product), ...others(rest), w.value(" = ", before)] });
    }
    const last = [w.part(`${name} = `), w.value("", bias)];
    const { shown, rest } = w.long(sums, (s) => Math.abs(s.sum), manyChannels);
    for (const s of shown) last.push(w.part(` + ${w.inner(s.sum)}`, ` + ${inner(minus(exact(s.sum)))}`, { c: s.c }));
    last.push(...others(rest));
    if (rounding(result, before)) {
      last.push(
        w.part(` ≈ 0 (${minus(short(before, 2))}, rounding of ${terms.length} terms)`, minus(exact(before)), { strong: true }),
      );
    } else {
      last.push(w.value(sums.reduce((total, s) => total + s.sum, bias) === before ? " = " : " ≈ ", before));
    }
    const activated = activationText(layer.activation, w, before, value, slope);
    if (activated) last.push({ text: `    ${activated}`, title: minus(exact(value)), activation: true });
    lines.push({ result: true, parts: last });
    return lines;
  },
  activation(w, { layer, result: { before, value, slope }, name }) {
    const text = activationText(layer.activation, w, before, value, slope) || w.number(value);
    return [{ result: true, parts: [w.part(`${name} = ${text}`, minus(exact(value)), { strong: true })] }];
  },
  scale(w, { result: { terms, bias, value }, name }) {
    const [{ v, w: factor }] = terms;
    return [
      {
        result: true,
        parts: [w.part(`${name} = ${w.inner(v)}·${w.inner(factor)} + ${w.inner(bias)}`), w.value(" = ", value)],
      },
    ];
  },
  add(w, { result: { terms, value }, name }) {
    const parts = terms.map((t, i) => w.part((i > 0 ? " + " : "") + w.inner(t.v), minus(exact(t.v)), { term: t.i }));
    return [{ result: true, parts: [w.part(`${name} = `), ...parts, w.value(" = ", value)] }];
  },
  concat: (w, { result: { value }, name }) => [{ result: true, parts: [w.value(`${name} = `, value)] }],
  upsample(w, { result: { terms, down, across, value }, name }) {
    const mix = (a, b, f) => (f > 0 ? `${w.number(Math.fround(1 - f))}·${a} + ${w.number(f)}·${b}` : a);
    const row = (r) => mix(...[0, 1].map((s) => w.inner(terms[2 * r + s].v)), across),
      within = (text) => (across > 0 ? `(${text})` : text);
    const text = down > 0 ? mix(within(row(0)), within(row(1)), down) : across > 0 ? row(0) : "";
    return [{ result: true, parts: [w.part(`${name} = ${text}`), w.value(text && " = ", value)] }];
  },
  max_pool(w, { result: { terms, value }, name }) {
    const inside = terms.filter((t) => t.inside),
      { shown, rest } = w.long(inside, (t) => t.v, wideKernel);
    const parts = shown.map((t, i) =>
      w.part((i > 0 ? ", " : "") + w.number(t.v), minus(exact(t.v)), { term: t.i }),
    );
    return [
      { result: true, parts: [w.part(`${name} = max(`), ...parts, ...others(rest, ", "), w.part(")"), w.value(" = ", value)] },
    ];
  },
  avg_pool(w, { result: { terms, sum, by, value }, name }) {
    const inside = terms.filter((t) => t.inside),
      { shown, rest } = w.long(inside, (t) => Math.abs(t.v), wideKernel);
    const parts = shown.map((t, i) =>
      w.part((i > 0 ? " + " : "") + w.inner(t.v), minus(exact(t.v)), { zero: i > 0 && t.v === 0, term: t.i }),
    );
    parts.push(...others(rest));
    if (by > inside.length) parts.push({ text: ` + ${by - inside.length} of padding, 0` });
    return [
      {
        result: true,
        parts: [
          w.part(`${name} = (`),
          ...parts,
          w.part(`)/${by} = `),
          w.value("", sum),
          w.part(`/${by}`),
          w.value(" = ", value),
        ],
      },
    ];
  },
  local_response_norm(w, { layer: { norm }, result: { terms, sum, base, by, v, value }, name }) {
    const squares = terms.map((t, i) =>
      w.part(`${i > 0 ? " + " : ""}${w.inner(t.v)}²`, minus(exact(t.v)), { zero: i > 0 && t.v === 0, term: i }),
    );
    const { alpha, beta, k, size } = norm;
    return [
      { label: "squares", parts: [...squares, w.part(` = ${six(sum)}`)] },
      {
        result: true,
        parts: [
          w.part(`${name} = v/(k + α/n·squares)^β = `),
          w.value("", v),
          w.part(`/(${six(k)} + ${six(alpha)}/${size}·${six(sum)})^${six(beta)} = `),
          w.part(`${w.number(v)}/${six(base)}^${six(beta)} = ${w.number(v)}/${six(by)}`),
          w.value(" = ", value),
        ],
      },
    ];
  },
};

// channelSums are, for each channel, the running float32 sum before and after it, and the sum
// of its exact products, rounded to float32.
function channelSums({ terms, bias }, plane) {
  const sums = [];
  for (let i = 0, from = bias; i < terms.length; i += plane) {
    const part = terms.slice(i, i + plane),
      to = part.at(-1).sum;
    sums.push({ c: part[0].c, part, from, to, sum: Math.fround(part.reduce((total, t) => total + t.v * (t.w ?? 1), 0)) });
    from = to;
  }
  return sums;
}

// outputName names an output: the filter, the row and the column.
const outputName = (filter, { y, x }) => `${filter}[${y},${x}]`;

// written is the arithmetic of an output in lines.
const written = (about, exactly) => formulas[about.layer.kind](new Writer(exactly), about);

// plain is the text of lines, with or without products that are 0.
function plain(lines, zeros = true) {
  const width = Math.max(0, ...lines.map((l) => l.label?.length ?? 0));
  return lines
    .map(
      ({ label, parts }) =>
        (label === undefined || width === 0 ? "" : label.padEnd(width) + "  ") +
        parts
          .filter((p) => zeros || !p.zero)
          .map((p) => p.text)
          .join(""),
    )
    .join("\n");
}
