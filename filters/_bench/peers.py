"""The peers' side of bench.sh: the cases of cases.json on one thread, in float32.

usage: peers.py torch | onnxruntime | openvino GROUP REGEX SECONDS

It prints a line a case: its name and the milliseconds of the fastest run. A case runs for
SECONDS, and at least once."""

import json
import pathlib
import re
import sys
import time

import numpy as np

DRAW = np.random.default_rng(1)


def cases(group, pattern):
    table = json.loads((pathlib.Path(__file__).parent / "cases.json").read_text())
    return [c for c in table if c["group"] == group and re.search(pattern, c["name"])]


def fastest(run, seconds):
    """run returns its output's shape and is warm when it is called a second time."""
    best, end = float("inf"), time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        run()
        stop = time.perf_counter()
        best = min(best, stop - start)
        if stop > end:
            return best


def normal(*shape, deviation=1.0):
    return (DRAW.standard_normal(shape) * deviation).astype(np.float32)


def layers(case):
    """Each layer with the indices of the layers that it reads, −1 for the picture, and a
    convolution's weights."""
    channels = []
    for i, layer in enumerate(case["layers"]):
        sources = [max(-1, i + offset) for offset in layer.get("from", [-1])]
        of = [case["in"][0] if s < 0 else channels[s] for s in sources]
        weights = None
        if layer["op"] == "conv":
            size = layer["r"]
            terms = of[0] // layer.get("g", 1) * size * size
            weights = normal(layer["k"], of[0] // layer.get("g", 1), size, size, deviation=(2 / terms) ** 0.5)
        channels.append(sum(of) if layer["op"] == "concat" else layer.get("k", of[0]))
        yield layer, sources, weights


def torch_runs(case):
    """Both memory layouts."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    steps = list(layers(case))
    for layout in torch.contiguous_format, torch.channels_last:
        arrange = lambda a: torch.from_numpy(a).contiguous(memory_format=layout)
        picture = arrange(normal(1, *case["in"]))
        weights = [None if w is None else arrange(w) for _, _, w in steps]

        def run(picture=picture, weights=weights):
            values = []
            for (layer, sources, _), w in zip(steps, weights):
                x = [picture if s < 0 else values[s] for s in sources]
                stride, padding = layer.get("s", 1), layer.get("p", 0)
                if layer["op"] == "conv":
                    y = F.conv2d(x[0], w, None, stride, padding, layer.get("d", 1), layer.get("g", 1))
                elif layer["op"] == "max":
                    y = F.max_pool2d(x[0], layer["r"], stride, padding)
                elif layer["op"] == "average":
                    y = F.avg_pool2d(x[0], layer["r"], stride, padding)
                elif layer["op"] == "lrn":
                    y = F.local_response_norm(x[0], layer["r"], 1e-4, 0.75, 2.0)
                elif layer["op"] == "add":
                    y = x[0] + x[1]
                else:
                    y = torch.cat(x, 1)
                values.append(F.relu_(y) if layer.get("relu") else y)
            return values[-1].shape

        yield run


def model(case):
    """The case in ONNX. Every convolution has a bias of zeros, as a layer here has."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights = [], []
    for i, (layer, sources, w) in enumerate(layers(case)):
        inputs, output = ["x" if s < 0 else f"y{s}" for s in sources], f"y{i}"
        before = output + "linear" if layer.get("relu") else output
        sides = {}
        if layer["op"] in ("conv", "max", "average"):
            sides = dict(kernel_shape=[layer["r"]] * 2, strides=[layer.get("s", 1)] * 2, pads=[layer.get("p", 0)] * 4)
        if layer["op"] == "conv":
            sides |= dict(dilations=[layer.get("d", 1)] * 2, group=layer.get("g", 1))
            weights += [numpy_helper.from_array(w, f"w{i}"), numpy_helper.from_array(np.zeros(len(w), np.float32), f"b{i}")]
            inputs += [f"w{i}", f"b{i}"]
        elif layer["op"] == "average":
            sides |= dict(count_include_pad=1)
        elif layer["op"] == "lrn":
            sides = dict(size=layer["r"], alpha=1e-4, beta=0.75, bias=2.0)
        elif layer["op"] == "concat":
            sides = dict(axis=1)
        kind = dict(conv="Conv", max="MaxPool", average="AveragePool", lrn="LRN", add="Add", concat="Concat")[layer["op"]]
        nodes.append(helper.make_node(kind, inputs, [before], **sides))
        if layer.get("relu"):
            nodes.append(helper.make_node("Relu", [before], [output]))
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *shape])
    graph = helper.make_graph(nodes, case["name"], [value("x", case["in"])], [value(output, case["out"])], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return made.SerializeToString(), output


def onnxruntime_runs(case):
    import onnxruntime

    data, output = model(case)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    bound = session.io_binding()
    bound.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(normal(1, *case["in"])))
    out = onnxruntime.OrtValue.ortvalue_from_shape_and_type([1, *case["out"]], np.float32)
    bound.bind_ortvalue_output(output, out)

    def run():
        session.run_with_iobinding(bound)
        return out.shape()

    yield run


def openvino_runs(case):
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model(case)[0]), "CPU", {
        "INFERENCE_PRECISION_HINT": "f32",  # processors with AMX take bfloat16 otherwise
        "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
    })
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(normal(1, *case["in"])))

    def run():
        request.infer()
        return request.get_output_tensor().shape

    yield run


RUNS = {"torch": torch_runs, "onnxruntime": onnxruntime_runs, "openvino": openvino_runs}

if __name__ == "__main__":
    engine, group, pattern, seconds = sys.argv[1:]
    for case in cases(group, pattern):
        best = float("inf")
        for run in RUNS[engine](case):
            shape = list(run())
            if shape != [1, *case["out"]]:
                sys.exit(f"{engine} computes {shape} for {case['name']}, the case says {case['out']}")
            best = min(best, fastest(run, float(seconds)))
        print(f"{case['name']} {best * 1e3:.6f}", flush=True)
