#!/usr/bin/env python3
"""Reads a run's arrays with NumPy: what .npz files hold equals the .npy files, bit for bit.

Usage, anywhere in the repository: python3 pipeline/output/_peers/check.py
Needs numpy; it builds filterbank itself.
"""
import json
import os
import subprocess
import sys
import tempfile
import zipfile

import numpy as np

ROOT = subprocess.run(["git", "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=True,
                      cwd=os.path.dirname(os.path.abspath(__file__))).stdout.strip()
TWO_STACKS = """
version: 1
stacks:
  fine: {layers: [{conv: {name: edges, filters: [sobel], padding: same}}, {max_pool: {name: pool, kernel_size: 2}}]}
  coarse: {layers: [{conv: {name: edges, filters: [gaussian], stride: 4, padding: same_upper}}]}
"""


def check(binary, out, flags):
    """Runs the samples with flags and gives the number of arrays that were compared."""
    subprocess.run([binary, "run", os.path.join(ROOT, "samples"), "-q", "-o", out, "--layers", "all", "--format", "npy",
                    "--format", "npz"] + flags, check=True)
    compared = 0
    with open(os.path.join(out, "manifest.jsonl")) as lines:
        for line in lines:
            image = json.loads(line)
            files = {f["path"]: f for f in image["files"]}
            packed = [path for path, f in files.items() if f["format"] == "npz"]
            assert packed == [image["output"] + ".npz"], packed
            name = os.path.join(out, packed[0])
            assert os.path.getsize(name) == files[packed[0]]["bytes"]
            with zipfile.ZipFile(name) as z:
                assert z.testzip() is None, name
                assert all(i.compress_type == zipfile.ZIP_STORED and i.date_time == (1980, 1, 1, 0, 0, 0) for i in z.infolist())
            arrays = np.load(name)
            alone = {path[len(image["output"]) + 1:-len(".npy")]: np.load(os.path.join(out, path))
                     for path, f in files.items() if f["format"] == "npy"}
            assert set(arrays.files) == set(alone), (arrays.files, list(alone))
            for key, want in alone.items():
                got = arrays[key]
                assert got.dtype == np.float32 and got.shape == want.shape and got.tobytes() == want.tobytes(), (name, key)
                compared += 1
    return compared


def main():
    with tempfile.TemporaryDirectory() as dir:
        binary = os.path.join(dir, "filterbank")
        subprocess.run(["go", "build", "-o", binary, "./cmd/filterbank"], check=True, cwd=ROOT)
        stacks = os.path.join(dir, "stacks.yaml")
        with open(stacks, "w") as f:
            f.write(TWO_STACKS)
        n = check(binary, os.path.join(dir, "one"), [])
        n += check(binary, os.path.join(dir, "two"), ["-c", stacks])
    if n == 0:
        sys.exit("no array was compared")
    print(n, "arrays of .npz files equal the .npy files")


if __name__ == "__main__":
    main()
