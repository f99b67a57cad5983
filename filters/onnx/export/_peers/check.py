#!/usr/bin/env python3
"""Runs models of export with onnxruntime and compares every layer with what run writes: all
stacks in samples/ and 200 random ones. onnx.checker accepts each model. An output differs by at
most 1e-5 of the summed magnitudes that go into it, |bias| + Σ|weight|·|input|, or of itself if it
is larger: once layer by layer, each on the maps of the run, and once from the picture to the
end, where a layer's magnitudes are computed from those of its inputs. The libraries are
installed into a temporary venv. Needs Go and Python with venv; about half a minute."""

import glob
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import venv
import zlib

LIBRARIES = ["onnxruntime==1.32.0", "onnx==1.23.2", "numpy==2.4.6"]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../..")
FUNCTIONS = ["relu", "none", "leaky_relu", "relu6", "abs", "square", "sigmoid", "tanh", "silu", "gelu", "gelu_tanh", "elu", "prelu", "hardsigmoid", "hardswish"]
OPERATORS = set(
    "Abs Add AveragePool Clip Concat Conv Div Elu Gelu HardSigmoid HardSwish Identity LRN LeakyRelu Max MaxPool Mul PRelu Pad Pow Relu Resize Shape Sigmoid Slice "
    "Squeeze Sub Sum Tanh Unsqueeze SAME_LOWER SAME_UPPER constant edge linear nearest none reflect tanh wrap".split()
)
STACKS, FILES = 200, 10
SIZES = [(31, 40), (24, 27)]
FITTING = [(35, 43), (27, 35)]  # no rest in the samples with strict_size


def picture(size):
    return "{}x{}.png".format(*size)


def matrix(size, channels):
    return "{}x{}x{}.npy".format(channels, *size)


class Random:
    """A random stack for pictures of the given sizes, as a stack file has it."""

    def __init__(self, rng, sizes):
        self.rng, self.layers = rng, []
        self.known = {"input": (3, tuple(sizes), (1, 1))}  # name: channels, sizes, jump
        self.last = "input"
        for _ in range(rng.randint(1, 6)):
            for _ in range(50):  # draw until one fits
                made = rng.choice([self.conv] * 4 + [self.pool] * 3 + [self.norm, self.activation, self.scale, self.add, self.concat, self.upsample])()
                if made and all(min(s) >= 1 and max(s) <= 200 for s in made[2][1]) and made[2][0] <= 24:
                    kind, keys, shape = made
                    keys["name"] = f"{kind}{len(self.layers)}"
                    self.layers.append({kind: keys})
                    self.last = keys["name"]
                    self.known[self.last] = shape
                    break

    def number(self):
        return round(self.rng.uniform(-2, 2), 3)

    def numbers(self, n):
        return [self.number() for _ in range(n)]

    def source(self, keys):
        """A layer to read, mostly the last one."""
        name = self.rng.choice([self.last] * 3 + list(self.known))
        if name != self.last or self.rng.random() < 0.2:
            keys["inputs"] = [name]
        return self.known[name]

    def pair(self, *values):
        return [self.rng.choice(values), self.rng.choice(values)]

    def pointwise(self, keys, key, channels):
        keys[key] = self.rng.choice(FUNCTIONS)
        if keys[key] == "prelu":
            keys["negative_slope"] = self.numbers(channels)
        elif keys[key] == "leaky_relu":
            keys["negative_slope"] = self.number()
        elif keys[key] == "elu":
            keys["alpha"] = self.number() or 1

    def conv(self):
        keys, rng = {}, self.rng
        c, sizes, jump = self.source(keys)
        groups = rng.choice([g for g in range(1, c + 1) if c % g == 0])
        k = groups * rng.randint(1, 3)
        kernel, stride, dilation = self.pair(1, 2, 3, 4, 5), self.pair(1, 1, 2, 3), self.pair(1, 1, 1, 2)
        span = [d * (n - 1) + 1 for n, d in zip(kernel, dilation)]
        keys.update(groups=groups, stride=stride, dilation=dilation, padding_mode=rng.choice(["zeros", "zeros", "reflect", "replicate", "circular"]))
        kind = rng.choice(["same", "same_upper", "same_lower", "four", "four"])
        if kind == "same":
            keys["stride"] = stride = [1, 1]
        keys["padding"] = pads = [rng.randint(0, 4) for _ in range(4)] if kind == "four" else kind
        out = []
        for size in sizes:
            if kind == "four":
                out.append(tuple((size[a] + pads[a] + pads[2 + a] - span[a]) // stride[a] + 1 for a in (0, 1)))
                widest = max(pads)
            else:
                out.append(tuple(-(-size[a] // stride[a]) for a in (0, 1)))
                widest = max(span)
            if keys["padding_mode"] != "zeros" and widest >= min(size):
                return None
            if kind == "four" and any(size[a] + pads[a] + pads[2 + a] < span[a] for a in (0, 1)):
                return None
        keys["kernels"] = [{"weights": [[self.numbers(kernel[1]) for _ in range(kernel[0])] for _ in range(c // groups)]} for _ in range(k)]
        if rng.random() < 0.5:
            keys["bias"] = self.numbers(k)
        if rng.random() < 0.3:
            keys["batch_norm"] = {"running_mean": self.numbers(k), "running_var": [abs(v) + 0.1 for v in self.numbers(k)], "weight": self.numbers(k), "bias": self.numbers(k)}
        self.pointwise(keys, "activation", k)
        return "conv", keys, (k, tuple(out), (jump[0] * stride[0], jump[1] * stride[1]))

    def pool(self):
        keys, rng = {}, self.rng
        kind = rng.choice(["max_pool", "avg_pool"])
        c, sizes, jump = self.source(keys)
        kernel, stride = self.pair(1, 2, 3, 4), self.pair(1, 2, 3, 4)
        pads = [rng.randint(0, kernel[i % 2] // 2) for i in range(4)]
        dilation = self.pair(1, 2) if kind == "max_pool" else [1, 1]
        keys.update(kernel_size=kernel, stride=stride, padding=pads, ceil_mode=rng.random() < 0.5)
        if kind == "max_pool":
            keys["dilation"] = dilation
        else:
            keys["count_include_pad"] = rng.random() < 0.5
        out = []
        for size in sizes:
            for a in (0, 1):
                span = size[a] + pads[a] + pads[2 + a] - dilation[a] * (kernel[a] - 1) - 1
                if span < 0:
                    return None
                steps = span // stride[a]
                if keys["ceil_mode"]:
                    steps = -(-span // stride[a])
                    steps -= steps * stride[a] >= size[a] + pads[a]
                out.append(steps + 1)
        return kind, keys, (c, tuple(zip(out[::2], out[1::2])), (jump[0] * stride[0], jump[1] * stride[1]))

    def norm(self):
        keys = {"size": self.rng.randint(1, 6), "alpha": self.rng.choice([1e-4, 0.5]), "beta": self.rng.choice([0.5, 0.75, 1]), "k": self.rng.choice([1, 2])}
        return "local_response_norm", keys, self.source(keys)

    def activation(self):
        keys = {}
        shape = self.source(keys)
        self.pointwise(keys, "function", shape[0])
        return "activation", keys, shape

    def scale(self):
        keys = {}
        shape = self.source(keys)
        keys["factor"] = self.numbers(shape[0])
        if self.rng.random() < 0.7:
            keys["shift"] = self.numbers(shape[0])
        return "scale", keys, shape

    def joined(self, same):
        one = self.rng.choice(list(self.known))
        fitting = [n for n, s in self.known.items() if s[1:] == self.known[one][1:] and (not same or s[0] == self.known[one][0])]
        return [self.rng.choice(fitting) for _ in range(self.rng.randint(2, 4))]

    def add(self):
        names = self.joined(True)
        return "add", {"inputs": names}, self.known[names[0]]

    def concat(self):
        names = self.joined(False)
        return "concat", {"inputs": names}, (sum(self.known[n][0] for n in names), *self.known[names[0]][1:])

    def upsample(self):
        keys = {"mode": self.rng.choice(["nearest", "bilinear"])}
        c, sizes, jump = self.source(keys)
        factor = [self.rng.choice([f for f in (1, 2, 3, 4) if j % f == 0]) for j in jump]
        if factor == [1, 1]:
            return None
        keys["scale_factor"] = factor
        return "upsample", keys, (c, tuple((h * factor[0], w * factor[1]) for h, w in sizes), (jump[0] // factor[0], jump[1] // factor[1]))


def save_picture(name, rng, height, width):
    """A PNG of waves and noise; its samples as rows of bytes."""
    rows = [bytes(max(0, min(255, int(128 + 90 * ((x * (c + 1) // 7 + y // 5) % 2 - 0.5) + rng.gauss(0, 30)))) for x in range(width) for c in range(3)) for y in range(height)]

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
        f.write(chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b""))
    return b"".join(rows)


def save_matrix(name, rng, *shape):
    """A .npy file of random numbers, C×H×W in float32."""
    count = shape[0] * shape[1] * shape[2]
    header = repr({"descr": "<f4", "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack(f"<{count}f", *(rng.uniform(-1, 1) for _ in range(count))))


class Checked:
    """A model and what it is compared with."""

    def __init__(self, model, layers):
        import onnx

        onnx.checker.check_model(model, full_check=True)
        self.graph, self.opsets, self.ir = model.graph, model.opset_import, model.ir_version
        self.layers = layers  # names of values
        self.arrays = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}

    def session(self, nodes, arrays, apart):
        """Runs nodes. Apart, a layer reads its inputs as they are given, not as they were computed."""
        import onnx
        import onnxruntime

        def given(name):
            return "given " + name if apart and name in self.layers else name

        moved, read = [], {"image": None}
        for node in nodes:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            for i, name in enumerate(node.input):
                copy.input[i] = given(name)
                if apart and name in self.layers:
                    read[given(name)] = None
            moved.append(copy)
        h = onnx.helper
        value = lambda name: h.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        used = {name for node in moved for name in node.input}
        tensors = [onnx.numpy_helper.from_array(a, name) for name, a in arrays.items() if name in used]
        graph = h.make_graph(moved, "g", [value(name) for name in read], [value(name) for name in self.layers], tensors)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        model = h.make_model(graph, opset_imports=self.opsets, ir_version=self.ir)
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return lambda values: dict(zip(self.layers, session.run(list(self.layers), {name: values[name] for name in read})))

    def magnitudes(self):
        """The nodes and arrays that sum magnitudes: without signs, and without functions, which
        enlarge a difference by no more than is said here."""
        import numpy
        import onnx

        arrays, nodes, by = dict(self.arrays), [], {}

        def put(node, op, inputs):
            nodes.append(onnx.helper.make_node(op, inputs, list(node.output)))

        def factor(node, value, more=0):
            names = [node.output[0] + " " + part for part in ("factor", "more", "product")]
            arrays.update({names[0]: numpy.asarray(value, numpy.float32), names[1]: numpy.asarray(more, numpy.float32)})
            nodes.append(onnx.helper.make_node("Mul", [node.input[0], names[0]], [names[2]]))
            put(node, "Add", [names[2], names[1]])

        for node in self.graph.node:
            by[node.output[0]] = node
            attribute = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            fixed = [self.arrays[n] for n in node.input if n in self.arrays]
            if node.op_type in ("Relu", "Clip", "Abs", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Gelu"):
                put(node, "Identity", node.input[:1])
            elif node.op_type == "LeakyRelu":
                factor(node, max(1, abs(attribute["alpha"])))
            elif node.op_type == "Elu":  # onnxruntime takes 1 from e^x, so that 1 is a term
                factor(node, max(1, abs(attribute["alpha"])), abs(attribute["alpha"]))
            elif node.op_type == "PRelu":
                factor(node, numpy.maximum(1, numpy.abs(fixed[0])))
            elif node.op_type == "LRN":
                factor(node, attribute["bias"] ** -attribute["beta"] * (1 + 2 * attribute["beta"]))
            elif node.op_type == "Div" and by.get(node.input[1], node).op_type == "Pow":  # the same of an even size
                power = by[node.input[1]]
                beta, k = self.arrays[power.input[1]], [self.arrays[n] for n in by[power.input[0]].input if n in self.arrays][0]
                factor(node, k**-beta * (1 + 2 * beta))
            elif node.op_type == "Mul" and by.get(node.input[1], node).op_type == "Sigmoid":
                put(node, "Identity", node.input[:1])
            elif node.op_type == "Sub" and node.input[0] == "image":
                put(node, "Add", node.input)
            else:
                nodes.append(node)
            if node.op_type in ("Conv", "Mul", "Add", "Sub", "Div"):
                arrays.update({n: numpy.abs(self.arrays[n]) for n in node.input if n in self.arrays and self.arrays[n].dtype == numpy.float32})
        return nodes, arrays


def largest(got, want, magnitudes, where):
    """The largest difference in units of what goes into a value."""
    import numpy

    worst = 0.0
    for name, w in want.items():
        g, m = got[name], numpy.maximum(magnitudes[name], numpy.abs(w))
        assert g.shape == w.shape and g.dtype == w.dtype == numpy.float32, (where, name, g.shape, w.shape)
        assert numpy.isfinite(w).all() and numpy.isfinite(m).all(), (where, name)
        error = numpy.abs(g.astype(numpy.float64) - w)
        at = float((error / numpy.maximum(m, 1e-30)).max())
        assert at <= 1e-5, (where, name, at, got[name].ravel()[:4], w.ravel()[:4])
        worst = max(worst, at)
    return worst


def compare(folder):
    """Compares the models in folder with the runs beside them."""
    import numpy
    import onnx

    counts, worst, seen = [0, 0, 0], [0.0, 0.0], set()
    for name in sorted(glob.glob(os.path.join(folder, "*.onnx"))):
        base = name[: -len(".onnx")]
        model = onnx.load(name)
        records = [json.loads(line) for line in open(os.path.join(base, "manifest.jsonl"))]
        layers = [v.name for v in model.graph.output]
        checked = Checked(model, layers)
        for node in model.graph.node:
            seen.update([node.op_type, *(a.s.decode() for a in node.attribute if a.name in ("mode", "auto_pad", "approximate"))])
        whole, apart = checked.session(model.graph.node, checked.arrays, False), checked.session(model.graph.node, checked.arrays, True)
        nodes, arrays = checked.magnitudes()
        sums, sums_apart = checked.session(nodes, arrays, False), checked.session(nodes, arrays, True)
        fixed = model.graph.input[0].type.tensor_type.shape.dim[2].dim_value
        assert len(records) > 0
        for record in records:
            assert record["status"] == "ok", record
            if fixed and fixed != record["height"]:
                continue
            source = os.path.join(folder, record["input"])
            if source.endswith(".npy"):
                image = numpy.load(source)[None]
            else:
                image = numpy.frombuffer(open(source + ".raw", "rb").read(), numpy.uint8).reshape(record["height"], record["width"], 3)
                image = numpy.ascontiguousarray(image.transpose(2, 0, 1)[None]).astype(numpy.float32) / numpy.float32(255)
            want = {}
            for file in record["files"]:
                value = "/".join(filter(None, [file.get("stack"), file["layer"]]))
                want[value] = numpy.load(os.path.join(base, file["path"]))[None]
            assert set(want) == set(layers), (want.keys(), layers)
            given = {"image": image, **{"given " + n: v for n, v in want.items()}}
            positive = {n: numpy.abs(v) for n, v in given.items()}
            worst[0] = max(worst[0], largest(apart(given), want, sums_apart(positive), (base, record["input"])))
            two = numpy.concatenate([image, image[..., ::-1]])
            first = {n: v[:1] for n, v in whole({"image": two}).items()}
            worst[1] = max(worst[1], largest(first, want, sums({"image": image}), (base, record["input"])))
            counts[1] += len(want)
            counts[2] += sum(v.size for v in want.values())
        counts[0] += 1
    assert counts[0] == FILES + len(glob.glob(os.path.join(ROOT, "samples/*.yaml"))), counts
    assert seen == OPERATORS, seen ^ OPERATORS
    print(f"onnxruntime and run agree on {counts[0]} models, {counts[1]} layers, {counts[2]} values: "
          f"at most {worst[0]:.1e} of the summed magnitudes layer by layer, {worst[1]:.1e} from the picture on")


def main():
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "filterbank")
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], cwd=ROOT, check=True)
        rng = random.Random(1)
        for size in FITTING + SIZES:
            name = os.path.join(folder, picture(size))
            with open(name + ".raw", "wb") as f:
                f.write(save_picture(name, rng, *size))

        def make(stack_file, name, inputs, *size):
            run = [program, "run", "-q", "-c", stack_file, "--layers", "all", "--format", "npy", "-o", name, "--set", "input.resize=null", "--set", "input.crop=null"]
            subprocess.run([*run, *inputs], cwd=folder, check=True)
            subprocess.run([program, "export", stack_file, "--layers", "all", "-o", name + ".onnx", *size], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        for sample in glob.glob(os.path.join(ROOT, "samples/*.yaml")):
            inputs = [picture(size) for size in FITTING]
            channels = re.search(r"^input:.*\bchannels: (\d+)", open(sample).read(), re.M)
            if channels:  # the stack reads matrices, and no pictures
                inputs = [matrix(size, int(channels[1])) for size in FITTING]
                for name, size in zip(inputs, FITTING):
                    save_matrix(os.path.join(folder, name), random.Random(2), int(channels[1]), *size)
            make(sample, "sample-" + os.path.basename(sample)[:-5], inputs)
        for i in range(FILES):
            stacks = {f"s{n}": {"layers": Random(rng, SIZES).layers} for n in range(STACKS // FILES)}
            text = {"version": 1, "input": {}, "stacks": stacks}
            if i % 2 == 1:
                text["input"] = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
            with open(os.path.join(folder, f"random{i}.json"), "w") as f:
                json.dump(text, f)
            make(f"random{i}.json", f"random{i}", [picture(size) for size in SIZES], *(["--input-size={}x{}".format(*SIZES[0])] if i % 3 == 2 else []))
        venv.create(os.path.join(folder, "venv"), with_pip=True)
        python = os.path.join(folder, "venv/bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary", ":all:", *LIBRARIES], check=True)
        subprocess.run([python, os.path.abspath(__file__), folder], check=True)


if __name__ == "__main__":
    compare(sys.argv[1]) if len(sys.argv) > 1 else main()
