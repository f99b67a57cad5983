"""Prints bench.sh's table. usage: table.py FOLDER

The folder has a file for each engine with lines of a name and a number: milliseconds, and in
the file peak GFLOP/s. The best number of a name counts."""

import json
import pathlib
import sys

PEERS = {"torch": "PyTorch", "onnxruntime": "onnxruntime", "openvino": "OpenVINO"}


def numbers(name, better=min):
    best = {}
    path = pathlib.Path(sys.argv[1]) / name
    for line in path.read_text().splitlines() if path.exists() else []:
        key, value = line.split()
        best[key] = better(best.get(key, float(value)), float(value))
    return best


def flop(case):
    """The multiply-adds of the convolutions, times two."""
    shapes, total = [], 0
    for i, layer in enumerate(case["layers"]):
        of = [case["in"] if i + offset < 0 else shapes[i + offset] for offset in layer.get("from", [-1])]
        channels, *sides = of[0]
        if layer["op"] in ("conv", "max", "average"):
            span = layer.get("d", 1) * (layer["r"] - 1) + 1
            sides = [(side + 2 * layer.get("p", 0) - span) // layer.get("s", 1) + 1 for side in sides]
        if layer["op"] == "conv":
            total += 2 * layer["k"] * channels // layer.get("g", 1) * layer["r"] ** 2 * sides[0] * sides[1]
        shapes.append([sum(c for c, *_ in of) if layer["op"] == "concat" else layer.get("k", channels), *sides])
    return total


def milliseconds(value):
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


ours, two, avx2, peak = numbers("filterbank"), numbers("two"), numbers("avx2"), numbers("peak", max)
peers = {title: times for engine, title in PEERS.items() if (times := numbers(engine))}
cells = ["layer", "filterbank, ms", *(f"{title}, ms" for title in peers), "of the best peer", "GFLOP/s", "two threads", "AVX2, of peak"]
print("|", " | ".join(cells), "|")
print("|---" * len(cells) + "|")
for case in json.loads((pathlib.Path(__file__).parent / "cases.json").read_text()):
    name, work = case["name"], flop(case)
    if name not in ours:
        continue
    ms, theirs = ours[name], [times.get(name) for times in peers.values()]
    known = [value for value in theirs if value is not None]
    cells = [name, milliseconds(ms), *map(milliseconds, theirs), f"{min(known) / ms:.2f}" if known else ""]
    cells.append(f"{work / ms / 1e6:.0f}" if work else "")
    scan, run = two.get(name + "/scan"), two.get(name + "/run")
    cells.append(f"{ms / scan:.2f}, in order {ms / run:.2f}" if ms >= 1 and scan and run else "")
    cells.append(f"{work / avx2[name] / 1e6 / peak['avx2']:.2f}" if work and name in avx2 else "")
    print("|", " | ".join(cells), "|")
if peak:
    print("\nPeak of a core in GFLOP/s:", ", ".join(f"{name} {value:.0f}" for name, value in peak.items()))
