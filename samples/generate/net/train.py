#!/usr/bin/python3
"""Trains the network of samples/net.yaml and writes its weights.

    go run -C samples/generate . -lessons FOLDER
    samples/generate/net/train.py FOLDER samples/net.safetensors

The network tells, at every place of a picture, which of nine patterns and which of seven hues is
there. lessons.go draws the pictures that it learns from and says which patterns those are.

Needs Debian's python3-torch. It takes about four minutes of one core. The seed is fixed: one
version of PyTorch gives the same weights on the same processor, and others give much the same.
"""
import json
import struct
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

PATTERNS, HUES, UNTOLD = 9, 7, 255
STEPS, BATCH = 2500, 16
TESTED = 200  # pictures that are not learned from


class Block(nn.Module):
    """Two convolutions, and around them the input: a 1×1 convolution where channels differ."""

    def __init__(self, before, after):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, padding=1, padding_mode="replicate")
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, padding_mode="replicate")
        self.skip = nn.Conv2d(before, after, 1, bias=False) if before != after else nn.Identity()

    def forward(self, x):
        return F.relu(self.skip(x) + self.conv2(F.relu(self.conv1(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 7, padding=3, padding_mode="replicate")
        self.block1 = Block(16, 16)
        self.block2 = Block(16, 24)
        self.head = nn.Conv2d(24, PATTERNS + HUES, 1)
        for name, layer in self.named_modules():
            if isinstance(layer, nn.Conv2d):  # He's deviations; smaller ones leave the filters free to form
                scale = {"conv1": 0.3, "block1.conv2": 0.5, "block2.conv2": 0.5}.get(name, 1)
                layer.weight.data.normal_(0, scale * (2 / layer.weight[0].numel()) ** 0.5)
                if layer.bias is not None:
                    layer.bias.data.zero_()

    def forward(self, x):
        x = (x - 0.5) / 0.25  # input: {mean: 0.5, std: 0.25}
        x = self.block1(F.relu(self.conv1(x)))
        return self.head(self.block2(F.max_pool2d(x, 2)))


def decay(net):
    """What weights cost. In the first layer they cost more the farther they are from the middle of
    a kernel, and differences between neighbours cost too. So filters become small and smooth,
    which is what a picture needs and what a reader likes to see."""
    w = net.conv1.weight
    y, x = torch.meshgrid(torch.arange(-3, 4), torch.arange(-3, 4), indexing="ij")
    far = (w ** 2 * (1 + 0.5 * (x * x + y * y))).sum()
    rough = (w[..., 1:] - w[..., :-1]).square().sum() + (w[..., 1:, :] - w[..., :-1, :]).square().sum()
    others = sum((p ** 2).sum() for name, p in net.named_parameters() if p.dim() == 4 and name != "conv1.weight")
    return 2.5e-3 * (far + rough) + 1e-4 * others


def heads(out, answers):
    """Yields the outputs for patterns and for hues, each with what is asked. An output stands for
    the upper left one of its four pixels."""
    asked = answers[:, :, ::2, ::2].long()
    yield out[:, :PATTERNS], asked[:, 0]
    yield out[:, PATTERNS:], asked[:, 1]


def train(net, pictures, answers):
    steps = torch.optim.Adam(net.parameters())
    rates = torch.optim.lr_scheduler.OneCycleLR(steps, 6e-3, STEPS, pct_start=0.2)
    for step in range(STEPS):
        chosen = torch.randint(len(pictures), (BATCH,))
        x = pictures[chosen].float() / 255
        x = x + torch.rand(BATCH, 1, 1, 1) * 0.2 * torch.randn(x.shape)  # smooth filters see through noise
        patterns, hues = (F.cross_entropy(part, asked, ignore_index=UNTOLD) for part, asked in heads(net(x), answers[chosen]))
        steps.zero_grad()
        (patterns + 0.5 * hues + decay(net)).backward()
        steps.step()
        rates.step()
        if step % 100 == 99:
            print("step %d: patterns %.3f, hues %.3f" % (step + 1, patterns.item(), hues.item()), flush=True)


def right(net, pictures, answers):
    """The shares of places whose pattern and hue are told rightly."""
    with torch.no_grad():
        out = net(pictures.float() / 255)
    for part, asked in heads(out, answers):
        told = asked != UNTOLD
        yield (part.argmax(1)[told] == asked[told]).float().mean().item()


def write(path, arrays):
    """Writes a .safetensors file: the length of the header, the header in JSON, the arrays."""
    header, at = {}, 0
    for name, a in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for a in arrays.values():
            f.write(a.astype("<f4").tobytes())


def main(folder, path):
    torch.manual_seed(2)
    torch.set_num_threads(1)
    pictures = torch.from_numpy(np.load(folder + "/lessons.npy"))
    answers = torch.from_numpy(np.load(folder + "/answers.npy"))
    net = Net()
    train(net, pictures[:-TESTED], answers[:-TESTED])
    print("told rightly: patterns %.3f, hues %.3f" % tuple(right(net, pictures[-TESTED:], answers[-TESTED:])))
    write(path, {name: p.detach().numpy() for name, p in net.state_dict().items()})


main(*sys.argv[1:])
