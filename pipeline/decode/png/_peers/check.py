#!/usr/bin/env python3
"""Has OpenCV (libpng) read what package png has read, and compares verdicts and pixels.

usage: check.py [MUTANTS [FOLDER]]   2,000 damaged files besides the good ones, or so many,
                                     and the PNGs of a folder
       check.py --write              writes testdata/opencv.txt, by which go test compares
Needs Go, and OpenCV 5, which is installed into a temporary venv if this Python does not have it.

OpenCV gives no alpha for gray with a transparent colour: there only the colours are
compared. Files that announce an animation are left out: OpenCV composes frames.
"""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import venv

os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
OPENCV = "opencv-python-headless==5.0.*"
try:
    import cv2
    import numpy as np
except ModuleNotFoundError:
    cv2 = None
ready = cv2 is not None and cv2.__version__.startswith("5.")

# Files that OpenCV itself refuses before libpng sees them, though libpng takes them.
PICKY = (b"bKGD", b"acTL", b"fcTL")


def peer(file):
    """The SHA-256 of a file's pixels as BGRA, or None, and whether there is no alpha."""
    im = cv2.imread(str(file), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if im is None:
        return None, False
    full = 65535 if im.dtype == np.uint16 else 255
    if im.ndim == 2:
        im = np.repeat(im[:, :, None], 3, 2)
    plain = im.shape[2] == 3
    if plain:
        im = np.concatenate([im, np.full(im.shape[:2] + (1,), full, im.dtype)], 2)
    return hashlib.sha256(np.ascontiguousarray(im).tobytes()).hexdigest(), plain


def ours(here, folder, mutants, more=()):
    """What decode prints, a list of fields for each file."""
    out = subprocess.run(["go", "run", "./_peers/decode", folder, mutants, *more], cwd=here.parent, check=True,
                         stdout=subprocess.PIPE).stdout
    return [line.split("\t", 4) for line in out.decode(errors="replace").splitlines()]


def write(here):
    """A line for each file: its name and OpenCV's verdict, - or digits of the SHA-256 of its
    pixels, with o where it gives no alpha; first the SHA-256 of all files."""
    lines, everything = [], hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        for name, *_ in ours(here, folder, "1000"):
            file = pathlib.Path(folder) / (name + ".png")
            if (here.parent / "testdata" / file.name).exists():
                continue
            everything.update(file.read_bytes())
            digest, plain = peer(file)
            lines.append(f"{name} {'-' if digest is None else digest[:12] + 'o' * plain}")
    lines.insert(0, f"{everything.hexdigest()} OpenCV {cv2.__version__}")
    (here.parent / "testdata" / "opencv.txt").write_text("\n".join(lines) + "\n")


def mute():
    """Drops what libpng writes to standard error. Python's own messages still go there."""
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)


def installed():
    """Runs this script with OpenCV in a venv and returns its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = os.path.join(folder, "bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", OPENCV], check=True)
        has = "import cv2; assert cv2.__version__.startswith('5.')"
        subprocess.run([python, "-c", has], check=True)
        return subprocess.run([python, *sys.argv]).returncode


def main():
    if not ready:
        return installed()
    here = pathlib.Path(__file__).resolve().parent
    if sys.argv[1:] == ["--write"]:
        return write(here)
    mutants = sys.argv[1] if len(sys.argv) > 1 else "2000"
    bad = read = refused = warned = 0
    with tempfile.TemporaryDirectory() as folder:
        files = ours(here, folder, mutants, sys.argv[2:3])
        mute()
        for name, verdict, digest, opaque, words in files:
            file = pathlib.Path(folder) / (name + ".png")
            theirs, plain = peer(file)
            what = None
            if (theirs is not None) != (verdict == "read"):
                if not any(kind in file.read_bytes() for kind in PICKY):
                    what = f"{verdict}, and by OpenCV {'read' if theirs else 'refused'}"
            elif verdict == "read" and theirs != (opaque if plain else digest):
                what = "pixels differ"
            if what:
                bad += 1
                print(f"{name}: {what}: {words}", file=sys.stderr)
            read += verdict == "read"
            refused += verdict == "refused"
            warned += verdict == "read" and words != ""
    print(f"OpenCV {cv2.__version__}: {read} files read, {warned} of them with warnings, {refused} refused: "
          f"{f'{bad} differ' if bad else 'verdicts and pixels are the same'}")
    return bool(bad) or not read or not refused


if __name__ == "__main__":
    sys.exit(main())
