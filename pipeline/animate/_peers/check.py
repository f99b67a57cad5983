#!/usr/bin/env python3
"""Reads the textbook's animation with Pillow.

The GIF has 18 frames of 1280×720 that repeat for ever, 700 ms each and the last one three times as
long. Each frame, put together by Pillow, is the PNG frame of the same number but for the colours
that the GIF's palette merges. Pillow is installed into a temporary venv. Needs Go and Python with
venv; about 20 seconds.
"""

import os
import subprocess
import sys
import tempfile
import venv

LIBRARIES = ["pillow==13.0.0"]
FRAMES, SIZE = 18, (1280, 720)
MERGED = 32  # levels: shades at the edges of letters differ by at most 26, other frames by 150 and more


def check(folder):
    """Compares the frames in a folder."""
    from PIL import Image, ImageChops, ImageSequence

    with Image.open(os.path.join(folder, "a.gif")) as gif:
        assert (gif.n_frames, gif.size, gif.info["loop"]) == (FRAMES, SIZE, 0), (gif.n_frames, gif.size, gif.info)
        for i, frame in enumerate(ImageSequence.Iterator(gif)):
            want = 2100 if i == FRAMES - 1 else 700
            assert frame.info["duration"] == want, (i, frame.info)
            with Image.open(os.path.join(folder, f"a-{i + 1:04}.png")) as png:
                different = ImageChops.difference(frame.convert("RGB"), png.convert("RGB")).convert("L").histogram()
            assert sum(different[MERGED:]) == 0, (i, different)
    print(f"{FRAMES} frames")


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "filterbank")
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], check=True, cwd=root)
        for name in "a.gif", "a.png":
            subprocess.run([program, "animate", "samples/textbook.png", "-c", "samples/textbook.yaml", "-o", os.path.join(folder, name)],
                           check=True, cwd=root, stdout=subprocess.DEVNULL)
        venv.create(os.path.join(folder, "venv"), with_pip=True)
        python = os.path.join(folder, "venv/bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *LIBRARIES], check=True)
        subprocess.run([python, os.path.abspath(__file__), folder], check=True)


if __name__ == "__main__":
    check(sys.argv[1]) if len(sys.argv) > 1 else main()
