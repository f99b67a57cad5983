#!/usr/bin/env python3
"""Reads the files that mapng writes with pngcheck (libpng) and PIL (another decoder).

usage: check.py        needs go, pngcheck, python3-pil and python3-numpy
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

TEXT = {"filterbank:scale": "0 0.25", "Title": "é ± 1"}


def check(png):
    with Image.open(png) as im:
        im.load()
        raw = png.with_suffix(".raw").read_bytes()
        if im.text != TEXT:
            return f"text is {im.text}"
        if png.name.startswith("palette-") and im.mode != "P":
            return f"mode is {im.mode}"
        if png.name.startswith("rgb-") and im.mode != "RGB":
            return f"mode is {im.mode}"
        pixels = np.asarray(im)
        if png.name.startswith("gray16-"):
            pixels = pixels.astype(">u2")
        if pixels.tobytes() != raw:
            return "pixels differ"


def main():
    here = pathlib.Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["go", "run", "./write", folder], cwd=here, check=True)
        files = sorted(pathlib.Path(folder).glob("*.png"))
        bad = subprocess.run(["pngcheck", "-q", *files]).returncode != 0
        for png in files:
            if what := check(png):
                print(f"{png.name}: {what}", file=sys.stderr)
                bad = True
    print(f"{len(files)} files read by pngcheck and PIL: {'some are wrong' if bad else 'all right'}")
    return bad or not files


if __name__ == "__main__":
    sys.exit(main())
