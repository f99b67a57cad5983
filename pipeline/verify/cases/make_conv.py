"""Makes the convolution cases of this folder with PyTorch, in float64.

    python3 make_conv.py        needs PyTorch and numpy; made with PyTorch 1.13.0 and numpy 1.24.2

conv.json describes the cases. Case i's volume and then, layer after layer, its weights
and biases are the values of SplitMix64 from state i on (Steele, Lea and Flood, Fast
splittable pseudorandom number generators, 2014): the upper 24 bits as a signed number
over 2^23, so that float32 holds them exactly. conv.npy holds two rows, case after case:
the last layer's output, and its bound: the sum of the magnitudes that were added,
|w|·|x| + |b| carried through the layers. Both are rounded to float32, an error of at
most 6e-8 of the bound. A float32 result must be within 1e-5 of the bound, plus 1e-6.
"""

import itertools
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

MODES = ["zeros", "reflect", "replicate", "circular"]
SLOPE = 0.125


def values(state, n):
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.int64) - (1 << 23)) / float(1 << 23)


def layer(filters, kernel_size, stride=(1, 1), padding=(0, 0, 0, 0), padding_mode="zeros", dilation=(1, 1), groups=1, activation="relu"):
    return {"filters": filters, "kernel_size": kernel_size, "stride": stride, "padding": padding,
            "padding_mode": padding_mode, "dilation": dilation, "groups": groups, "activation": activation}


def cases():
    """Every combination of the settings below on small volumes, then some larger stacks."""
    found = []
    small = [4, 6, 7]
    sizes = itertools.cycle([(3, 3), (2, 3), (3, 2), (1, 4), (3, 1)])
    activations = itertools.cycle(["none", "relu", "leaky_relu"])

    def add(**spec):
        found.append({"input": small, "layers": [layer(4, next(sizes), activation=next(activations), **spec)]})

    strides = [(1, 1), (2, 2), (1, 3)]
    dilations = [(1, 1), (2, 1)]
    groups = [1, 2, 4]
    for stride, dilation, g in itertools.product(strides, dilations, groups):
        add(stride=stride, dilation=dilation, groups=g)
        for mode, padding in itertools.product(MODES, [(1, 1, 1, 1), (2, 0, 1, 3)]):
            add(stride=stride, dilation=dilation, groups=g, padding=padding, padding_mode=mode)
    for mode, dilation, g in itertools.product(MODES, dilations, [1, 4]):
        add(dilation=dilation, groups=g, padding="same", padding_mode=mode)
    for mode, kind, stride in itertools.product(MODES, ["same_upper", "same_lower"], [(2, 2), (3, 2)]):
        add(stride=stride, padding=kind, padding_mode=mode)
    for mode in MODES:
        found.append({"input": [3, 13, 37], "layers": [
            layer(12, (3, 3), padding=(1, 1, 1, 1), padding_mode=mode),
            layer(6, (5, 4), stride=(2, 2), padding="same_upper", padding_mode=mode, groups=2, activation="leaky_relu"),
            layer(9, (1, 1), activation="none"),
        ]})
    return found


def same(size, kernel, stride, dilation, lower):
    """ONNX's auto_pad: an output of ceil(size/stride), an odd rest at the end or at the beginning."""
    total = max(0, (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)
    return (total - total // 2, total // 2) if lower else (total // 2, total - total // 2)


def convolve(x, weights, bias, spec):
    """One layer without its activation."""
    keys = {"stride": spec["stride"], "dilation": spec["dilation"], "groups": spec["groups"]}
    padding = spec["padding"]
    if padding == "same" or padding[0] == padding[2] and padding[1] == padding[3]:
        conv = torch.nn.Conv2d(x.shape[1], spec["filters"], spec["kernel_size"], padding=padding if padding == "same" else padding[:2],
                               padding_mode=spec["padding_mode"], dtype=torch.float64, **keys)
        conv.weight.copy_(weights)
        conv.bias.copy_(bias)
        return conv(x)
    if isinstance(padding, str):
        (top, bottom), (left, right) = (same(x.shape[2 + i], spec["kernel_size"][i], spec["stride"][i], spec["dilation"][i], padding == "same_lower") for i in (0, 1))
    else:
        top, left, bottom, right = padding
    mode = "constant" if spec["padding_mode"] == "zeros" else spec["padding_mode"]
    return F.conv2d(F.pad(x, (left, right, top, bottom), mode=mode), weights, bias, **keys)


def activate(x, spec):
    return {"none": lambda: x, "relu": lambda: F.relu(x), "leaky_relu": lambda: F.leaky_relu(x, SLOPE)}[spec["activation"]]()


def compute(index, case):
    c, h, w = case["input"]
    shapes = []
    for spec in case["layers"]:
        shapes += [(spec["filters"], c // spec["groups"], *spec["kernel_size"]), (spec["filters"],)]
        c = spec["filters"]
    counts = [int(np.prod(s)) for s in [tuple(case["input"]), *shapes]]
    parts = np.split(values(index, sum(counts)), np.cumsum(counts)[:-1])
    x = torch.from_numpy(parts[0].reshape(1, *case["input"]))
    bound = x.abs()
    for i, spec in enumerate(case["layers"]):
        weights, bias = (torch.from_numpy(parts[1 + 2 * i + j].reshape(shapes[2 * i + j])) for j in (0, 1))
        x = activate(convolve(x, weights, bias, spec), spec)
        bound = convolve(bound, weights.abs(), bias.abs(), spec)
    return np.stack([x.numpy().ravel(), bound.numpy().ravel()])


os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.set_grad_enabled(False)
found = cases()
with open("conv.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(case) for case in found) + "\n]\n")
results = [compute(i, case) for i, case in enumerate(found)]
np.save("conv.npy", np.concatenate(results, axis=1).astype("<f4"))
print(len(found), "cases,", sum(r.shape[1] for r in results), "values")
