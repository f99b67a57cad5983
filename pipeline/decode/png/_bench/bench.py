#!/usr/bin/env python3
"""Times package png, image/png and OpenCV's imread on the PNGs of a folder, in turn and
pinned to one core, and prints a table in Markdown: the sums of each file's best time.

usage: bench.py FOLDER [ROUNDS]      3 rounds; needs go, taskset, and
                                     opencv-python-headless from PyPI
       bench.py --photos FROM TO     makes PNGs of photos, with PIL at its default level
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time


def photos(source, target):
    from PIL import Image
    os.makedirs(target, exist_ok=True)
    for file in sorted(pathlib.Path(source).glob("*.jpg")):
        Image.open(file).convert("RGB").save(pathlib.Path(target) / (file.stem + ".png"))


def opencv(files):
    import cv2
    cv2.setNumThreads(1)
    total = 0.0
    for file in files:
        best = 1e9
        for _ in range(5):
            start = time.perf_counter()
            if cv2.imread(str(file)) is None:
                sys.exit(f"OpenCV refuses {file}")
            best = min(best, time.perf_counter() - start)
        total += best
    return f"OpenCV {cv2.__version__}", total


def main():
    if sys.argv[1] == "--photos":
        return photos(sys.argv[2], sys.argv[3])
    folder = pathlib.Path(sys.argv[1]).resolve()
    files = sorted(folder.glob("*.png"))
    here = pathlib.Path(__file__).resolve().parent
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    best = {}

    def note(name, seconds):
        best[name] = min(best.get(name, 1e9), float(seconds))

    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run(["go", "build", "-o", tmp + "/time", "./_bench/time"], cwd=here.parent, check=True)
        for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 3):
            out = subprocess.run([tmp + "/time", str(folder)], check=True, stdout=subprocess.PIPE, text=True).stdout
            for line in out.splitlines():
                note(*line.split())
            note(*opencv(files))
    ours = best["filterbank"]
    print(f"| {len(files)} PNGs, one core | ms a file | filterbank is faster by |\n|---|---|---|")
    for name, seconds in best.items():
        print(f"| {name} | {1000 * seconds / len(files):.2f} | {seconds / ours:.1f}× |")


if __name__ == "__main__":
    sys.exit(main())
