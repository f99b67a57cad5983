"""PyTorch's side of bench.sh: the layers of BenchmarkConv on one thread, convolution
alone, in the better of both memory layouts. It prints a line a layer: its name and the
GFLOP/s of the fastest run of a second."""

import re
import time

import torch
import torch.nn.functional as F

NAMES = [
    "3x768x1024-2of3x3s1p1", "3x768x1024-8of3x3s1p1", "3x768x1024-48of7x7s1p3", "3x768x1024-64of3x3s1p1",
    "3x224x224-64of7x7s2p3", "3x227x227-96of11x11s4p0", "64x224x224-64of3x3s1p1", "128x112x112-128of3x3s1p1",
    "3x2160x3840-2of3x3s1p1", "64x112x112-depthwise3x3s1p1", "3x768x1024-stack32-64-64of3x3s1p1",
]


def layers(name):
    """The picture's shape, each layer's filters, the kernel's size, stride, padding and groups."""
    c, h, w, what, size, stride, padding = re.fullmatch(r"(\d+)x(\d+)x(\d+)-(.*?)(\d+)x\d+s(\d+)p(\d+)", name).groups()
    shape = [int(c), int(h), int(w)]
    if what == "depthwise":
        return shape, shape[:1], int(size), int(stride), int(padding), shape[0]
    filters = [int(k) for k in what.removeprefix("stack").removesuffix("of").split("-")]
    return shape, filters, int(size), int(stride), int(padding), 1


def measure(name, layout):
    shape, filters, size, stride, padding, groups = layers(name)
    x = torch.randn(1, *shape).contiguous(memory_format=layout)
    weights, flop, c, area = [], 0, shape[0], None
    for k in filters:
        weights.append(torch.randn(k, c // groups, size, size).contiguous(memory_format=layout))
        c = k

    def run():
        y = x
        for i, w in enumerate(weights):
            y = F.conv2d(y if i == 0 else F.relu_(y), w, stride=stride, padding=padding, groups=groups)
        return y

    area = run().shape[2] * run().shape[3]  # padding keeps the size of a stack's layers
    flop = sum(2 * w.numel() * area for w in weights)
    best, end, runs = float("inf"), time.perf_counter() + 1, 0
    while time.perf_counter() < end or runs < 3:
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
        runs += 1
    return flop / best / 1e9


torch.set_num_threads(1)
torch.set_grad_enabled(False)
for name in NAMES:
    speed = max(measure(name, layout) for layout in (torch.contiguous_format, torch.channels_last))
    print(f"{name} {speed:.1f}", flush=True)
