"""Makes the cases of this folder: stacks of layers other than plain convolution, and
what PyTorch makes of them.

    python3 make_layers.py        needs numpy, Pillow and PyTorch; made with PyTorch 1.13.1

exact.yaml holds pools and activations on values that reach them unrounded; PyTorch's
float32 result is exact/<stack>.npy, and its bits are the right ones. close.yaml holds
what sums, takes roots or exponentials: close/<stack>.npy is PyTorch's result in float64 and, where
there are convolutions, close/<stack>.bound.npy the sum of the magnitudes that went into
each value, |w|·|x| + |b| carried through the layers.
"""

import itertools
import json
import os
import shutil

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

MEAN, STD = 0.5, 0.0625  # from −8 to 8, so that ReLU6 cuts off on both sides

os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.set_grad_enabled(False)
random = np.random.default_rng(6)
for folder in ("exact", "close"):
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)


def picture(name, h, w):
    """A picture of noise, and the volume that filterbank makes of it."""
    pixels = random.integers(0, 256, (h, w, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(name, optimize=True)
    v = pixels.astype(np.float32) / np.float32(255)
    v = (v - np.float32(MEAN)) / np.float32(STD)
    return torch.from_numpy(v.transpose(2, 0, 1).copy())[None]


def write(path, stacks):
    """A stack file: YAML whose layers are JSON."""
    with open(path, "w") as f:
        f.write(f"version: 1\ninput: {{mean: {MEAN}, std: {STD}}}\nstacks:\n")
        for name, layers in stacks.items():
            f.write(f"  {name}:\n    layers:\n" + "".join(f"      - {json.dumps(layer)}\n" for layer in layers))


def exact():
    x, stacks = picture("exact.png", 9, 13), {}

    def add(name, layers, result):
        assert result.dtype == torch.float32
        stacks[name] = layers
        np.save(f"exact/{name}.npy", result[0].numpy())

    sizes = [([2, 2], [2, 2], [0, 0]), ([3, 3], [2, 2], [0, 0]), ([3, 3], [2, 2], [1, 1]), ([5, 4], [3, 2], [2, 1]),
             ([1, 1], [2, 3], [0, 0]), ([3, 2], [1, 1], [1, 0]), ([4, 6], [4, 5], [2, 3]), ([9, 13], [9, 13], [0, 0])]
    for i, (size, stride, padding) in enumerate(sizes):
        for ceil in (False, True):
            keys = {"kernel_size": size, "stride": stride, "padding": padding, "ceil_mode": ceil}
            suffix = f"{i}{'-ceil' if ceil else ''}"
            for dilation in (1, 2) if size[0] < 9 else (1,):
                add(f"max{suffix}-d{dilation}", [{"max_pool": {**keys, "dilation": dilation}}],
                    F.max_pool2d(x, size, stride, padding, dilation, ceil))
            for include in (False, True):
                add(f"avg{suffix}-{'all' if include else 'inside'}", [{"avg_pool": {**keys, "count_include_pad": include}}],
                    F.avg_pool2d(x, size, stride, padding, ceil, include))
    add("max-beyond", [{"max_pool": {"kernel_size": [11, 3], "stride": 3, "ceil_mode": True}}], F.max_pool2d(x, (11, 3), 3, ceil_mode=True))
    identity = {"kernels": [[[1]]], "channels": "each"}
    for name, f in {"relu": F.relu, "relu6": F.relu6, "abs": torch.abs, "square": torch.square}.items():
        add(name, [{"conv": {**identity, "activation": name}}], f(x))
    add("leaky", [{"conv": {**identity, "activation": "leaky_relu", "negative_slope": 0.25}}], F.leaky_relu(x, 0.25))
    for name, f in {"hardswish": F.hardswish, "hardsigmoid": F.hardsigmoid}.items():
        add(name, [{"conv": {**identity, "activation": name}}], f(x))
        add(name + "-layer", [{"activation": {"function": name}}], f(x))
    slopes = [0.25, -0.5, 0.1]
    add("prelu", [{"activation": {"function": "prelu", "negative_slope": slopes}}], F.prelu(x, torch.tensor(slopes)))
    add("prelu-conv", [{"conv": {**identity, "activation": "prelu", "negative_slope": slopes}}], F.prelu(x, torch.tensor(slopes)))
    for i, (size, stride, (top, left, bottom, right)) in enumerate([(3, 2, (0, 0, 1, 1)), (4, 3, (2, 0, 1, 2)), (2, 1, (0, 1, 0, 0))]):
        keys = {"kernel_size": size, "stride": stride, "padding": [top, left, bottom, right]}
        for kind, f, value in (("max", F.max_pool2d, float("-inf")), ("avg", F.avg_pool2d, 0)):
            padded = F.pad(x, (left, right, top, bottom), value=value)
            add(f"{kind}-sides{i}", [{f"{kind}_pool": keys}], f(padded, size, stride))
    first = {"conv": {**identity, "name": "first", "activation": "abs"}}
    add("add", [first, {"add": {"inputs": ["first", "input", "first"]}}], x.abs() + x + x.abs())
    add("concat", [first, {"concat": {"inputs": ["input", "first"]}}], torch.cat([x, x.abs()], 1))
    add("nearest", [{"max_pool": {"kernel_size": 3}}, {"upsample": {"scale_factor": 3}}],
        F.interpolate(F.max_pool2d(x, 3), scale_factor=3, mode="nearest"))
    add("graph", [
        {"max_pool": {"name": "half", "kernel_size": [2, 1]}}, {"activation": {"name": "swish", "function": "hardswish"}},
        {"add": {"name": "sum", "inputs": ["half", "swish"]}}, {"max_pool": {"name": "few", "kernel_size": 4, "stride": [2, 1], "padding": [1, 2, 2, 1]}},
        {"upsample": {"scale_factor": [2, 1]}}, {"concat": {"inputs": ["sum", "upsample4"]}}, {"activation": {"function": "relu6"}},
    ], graph(x))
    write("exact.yaml", stacks)


def graph(x):
    half = F.max_pool2d(x, [2, 1])
    both = half + F.hardswish(half)
    few = F.max_pool2d(F.pad(both, (2, 1, 1, 2), value=float("-inf")), 4, [2, 1])
    return F.relu6(torch.cat([both, F.interpolate(few, scale_factor=[2, 1])], 1))


def close():
    x, stacks = picture("close.png", 47, 39).double(), {}

    def save(name, values):
        np.save(f"close/{name}.npy", values.astype(np.float32))
        return f"close/{name}.npy", torch.from_numpy(values.astype(np.float32)).double()

    def add(name, layers, result, bound=None):
        stacks[name] = layers
        np.save(f"close/{name}.npy", result[0].numpy())
        if bound is not None:
            np.save(f"close/{name}.bound.npy", bound[0].numpy())

    def weights(name, k, c, h, w):
        return (*save(name + ".w", random.standard_normal((k, c, h, w)) / 8), *save(name + ".b", random.standard_normal(k)))

    identity = {"kernels": [[[1]]], "channels": "each", "activation": "none"}
    for size, alpha, beta, k in [(5, 1e-4, 0.75, 2), (2, 1, 0.5, 1), (3, 0.01, 0.6, 0), (1, 3, 2.3, 0.5), (7, 0, 1, 4)]:
        y = F.local_response_norm(x, size, alpha, beta, k)
        add(f"lrn{size}", [{"conv": identity}, {"local_response_norm": {"size": size, "alpha": alpha, "beta": beta, "k": k}}], y)

    norm = {key: save(f"bn.{key}", v) for key, v in {
        "weight": random.standard_normal(6), "bias": random.standard_normal(6),
        "running_mean": random.standard_normal(6), "running_var": random.random(6) + 0.1}.items()}
    for name, keys, activation in [("bn", list(norm), "relu6"), ("bn-plain", ["running_mean", "running_var"], "none")]:
        w, wt, b, bt = weights(name, 6, 3, 3, 3)
        at = {key: norm[key][1] if key in keys else None for key in norm}
        y = F.conv2d(x, wt, bt, padding=1)
        y = F.batch_norm(y, at["running_mean"], at["running_var"], at["weight"], at["bias"], eps=1e-3)
        scale = (at["running_var"] + 1e-3).rsqrt() * (1 if at["weight"] is None else at["weight"].abs())
        bound = F.conv2d(x.abs(), wt.abs() * scale[:, None, None, None], padding=1)
        bound += (((bt - at["running_mean"]).abs() * scale) + (0 if at["bias"] is None else at["bias"].abs()))[:, None, None]
        add(name, [{"conv": {"weights": w, "bias": b, "padding": 1, "activation": activation,
                             "batch_norm": {**{key: norm[key][0] for key in keys}, "eps": 1e-3}}}],
            F.relu6(y) if activation == "relu6" else y, bound)

    # AlexNet's beginning.
    w, wt, b, bt = weights("alexnet", 8, 3, 11, 11)
    w2, wt2, b2, bt2 = weights("alexnet2", 5, 8, 3, 3)
    y = F.max_pool2d(F.local_response_norm(F.relu(F.conv2d(x, wt, bt, 4)), 5, 1e-4, 0.75, 2), 3, 2, ceil_mode=True)
    bound = F.max_pool2d(F.conv2d(x.abs(), wt.abs(), bt.abs(), 4), 3, 2, ceil_mode=True)
    add("alexnet", [
        {"conv": {"weights": w, "bias": b, "stride": 4}},
        {"local_response_norm": {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 2}},
        {"max_pool": {"kernel_size": 3, "stride": 2, "ceil_mode": True}},
        {"conv": {"weights": w2, "bias": b2, "padding": 1}},
    ], F.relu(F.conv2d(y, wt2, bt2, padding=1)), F.conv2d(bound, wt2.abs(), bt2.abs(), padding=1))
    # Functions that are rounded once: float64 results, from float32 inputs. 1 + erf and 1 + tanh
    # would cancel far below 0.
    def gelu(v):
        y = v / 2 * torch.special.erfc(-v / 2**0.5)
        assert (F.gelu(v) - y).abs().max() < 1e-14
        return y

    def gelu_tanh(v):
        y = v / (1 + torch.exp(-2 * (2 / torch.pi) ** 0.5 * (v + 0.044715 * v**3)))
        assert (F.gelu(v, approximate="tanh") - y).abs().max() < 1e-14
        return y

    for name, (keys, f) in {
        "sigmoid": ({}, torch.sigmoid), "tanh": ({}, torch.tanh), "silu": ({}, F.silu), "gelu": ({}, gelu),
        "gelu_tanh": ({}, gelu_tanh),
        "elu": ({}, F.elu), "elu_half": ({"alpha": 0.5}, lambda v: F.elu(v, 0.5)),
    }.items():
        function = name.removesuffix("_half")
        add(f"function-{name}", [{"activation": {"function": function, **keys}}], f(x))
    for factor, size in ((2, 2), (3, 3), ([4, 2], [4, 2])):
        name = f"bilinear{size if isinstance(size, int) else size[0]}"
        y = F.max_pool2d(x, size)
        up = lambda v: F.interpolate(v, scale_factor=factor, mode="bilinear", align_corners=False)
        add(name, [{"max_pool": {"kernel_size": size}}, {"upsample": {"scale_factor": factor, "mode": "bilinear"}}], up(y), up(y.abs()))

    # A residual block that is enlarged and joined with what it was made from. No activation's slope
    # is above 1.13.
    w, wt, b, bt = weights("block1", 6, 3, 3, 3)
    w2, wt2, b2, bt2 = weights("block2", 6, 6, 3, 3)
    w3, wt3, b3, bt3 = weights("block3", 4, 15, 1, 1)

    def block(v, wt, bt, wt2, bt2, wt3, bt3, silu, gelu, tanh):
        small = silu(F.conv2d(F.max_pool2d(v, 3), wt, bt, padding=1))
        large = F.interpolate(gelu(small + F.conv2d(small, wt2, bt2, padding=1)), scale_factor=3, mode="bilinear")
        v = F.max_pool2d(v, (5, 3), 1, 1)
        return tanh(F.conv2d(torch.cat([v, large, F.interpolate(small, scale_factor=3)], 1), wt3, bt3))

    steeper = lambda v: 1.13 * v
    add("block", [
        {"max_pool": {"name": "third", "kernel_size": 3}},
        {"conv": {"name": "small", "weights": w, "bias": b, "padding": 1, "activation": "silu"}},
        {"conv": {"name": "inner", "weights": w2, "bias": b2, "padding": 1, "activation": "none"}},
        {"add": {"name": "sum", "inputs": ["small", "inner"]}}, {"activation": {"name": "curved", "function": "gelu"}},
        {"upsample": {"name": "large", "scale_factor": 3, "mode": "bilinear"}},
        {"upsample": {"name": "rough", "inputs": ["small"], "scale_factor": 3}},
        {"max_pool": {"name": "wide", "inputs": ["input"], "kernel_size": [5, 3], "stride": 1, "padding": 1}},
        {"concat": {"name": "together", "inputs": ["wide", "large", "rough"]}},
        {"conv": {"weights": w3, "bias": b3, "activation": "tanh"}},
    ], block(x, wt, bt, wt2, bt2, wt3, bt3, F.silu, F.gelu, torch.tanh),
        block(x.abs(), wt.abs(), bt.abs(), wt2.abs(), bt2.abs(), wt3.abs(), bt3.abs(), steeper, steeper, steeper))
    factor, shift = [0.1, -2, 30], [1, 0.3, -5]
    at = lambda values: torch.tensor(values, dtype=torch.float32).double()[:, None, None]
    add("scale", [{"scale": {"factor": factor, "shift": shift}}], x * at(factor) + at(shift), x.abs() * at(factor).abs() + at(shift).abs())
    write("close.yaml", stacks)


exact()
close()
