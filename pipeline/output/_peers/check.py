#!/usr/bin/env python3
"""Reads a run's arrays with NumPy and safetensors.

What .npz and .safetensors files hold equals the .npy files, bit for bit, and float16 is what
NumPy makes of float32. The libraries are installed into a temporary venv. Needs Go and Python
with venv; about half a minute.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import venv
import zipfile

LIBRARIES = ["safetensors==0.8.0", "numpy==2.4.6"]
TWO_STACKS = """
version: 1
stacks:
  fine: {layers: [{conv: {name: edges, filters: [sobel], padding: same}}, {max_pool: {name: pool, kernel_size: 2}}]}
  coarse: {layers: [{conv: {name: "ü 'x' {1}", filters: [gaussian], stride: 4, padding: same_upper}}]}
"""
LARGE = """
version: 1
layers:
  - conv: {name: small, channels: luma, kernels: [{name: x, weights: [[1.0e-6]]}], activation: none}
  - conv: {name: large, kernels: [{name: x, weights: [[1.0e+12, -2.0e+11]]}, {name: y, weights: [[65504.0e+6, 0]]}], activation: none}
"""


def read_run(out, dtype):
    """Compares the files of a run and gives its arrays by image and name."""
    import numpy as np
    import safetensors

    arrays = {}
    with open(os.path.join(out, "manifest.jsonl")) as lines:
        records = [json.loads(line) for line in lines]
    for image in records:
        files = {f["format"]: f for f in image["files"] if f["format"] != "npy"}
        npz, tensors = files["npz"], files["safetensors"]
        for file in npz, tensors:
            assert file["path"] == image["output"] + "." + file["format"]
            assert os.path.getsize(os.path.join(out, file["path"])) == file["bytes"]
        with zipfile.ZipFile(os.path.join(out, npz["path"])) as z:
            assert z.testzip() is None, npz
            assert all(i.compress_type == zipfile.ZIP_STORED and i.date_time == (1980, 1, 1, 0, 0, 0) for i in z.infolist())
        alone = {}
        for f in image["files"]:
            if f["format"] == "npy":
                with open(os.path.join(out, f["path"]), "rb") as file:
                    data = file.read()
                array = np.load(io.BytesIO(data))
                again = io.BytesIO()
                np.save(again, array)
                assert again.getvalue() == data, "numpy.save writes other bytes"
                infinite = int(np.isinf(array).sum())
                assert f.get("overflowed", 0) == infinite, (f, infinite)
                alone[f["path"][len(image["output"]) + 1 : -len(".npy")]] = array
        zipped = np.load(os.path.join(out, npz["path"]))
        assert npz.get("overflowed", 0) == tensors.get("overflowed", 0) == sum(int(np.isinf(a).sum()) for a in alone.values())
        with safetensors.safe_open(os.path.join(out, tensors["path"]), "np") as tensor:
            assert tensor.metadata() == {"output": image["output"], "sha256": image["sha256"], "stack": image["stack"]}
            assert set(zipped.files) == set(alone) == set(tensor.keys()), (zipped.files, list(alone), tensor.keys())
            for key, want in alone.items():
                for got in zipped[key], tensor.get_tensor(key):
                    assert got.dtype == want.dtype == dtype and got.shape == want.shape and got.tobytes() == want.tobytes(), (image["input"], key)
                arrays[image["input"], key] = want
    return arrays


def read(folder):
    import numpy as np

    compared = overflowed = 0
    for name in "one", "two", "large":
        full, half = (read_run(os.path.join(folder, name, t), d) for t, d in (("f32", np.float32), ("f16", np.float16)))
        assert full.keys() == half.keys()
        for key, values in full.items():
            with np.errstate(over="ignore"):
                assert values.astype(np.float16).tobytes() == half[key].tobytes(), key
            compared += 2
            overflowed += int(np.isinf(half[key]).sum())
    assert compared and overflowed
    print(compared, "arrays of .npz and .safetensors files equal the .npy files;", overflowed, "values overflow in float16, as in NumPy")


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "filterbank")
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], check=True, cwd=root)
        for name, stack in ("one", None), ("two", TWO_STACKS), ("large", LARGE):
            flags = []
            if stack:
                flags = ["-c", os.path.join(folder, name + ".yaml")]
                with open(flags[1], "w") as f:
                    f.write(stack)
            for dtype in "f32", "f16":
                out = os.path.join(folder, name, dtype)
                subprocess.run([program, "run", os.path.join(root, "samples"), "-q", "-o", out, "--layers", "all",
                                "--format", "npy,npz,safetensors", "--dtype", dtype, *flags], check=True)
        venv.create(os.path.join(folder, "venv"), with_pip=True)
        python = os.path.join(folder, "venv/bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *LIBRARIES], check=True)
        subprocess.run([python, os.path.abspath(__file__), folder], check=True)


if __name__ == "__main__":
    read(sys.argv[1]) if len(sys.argv) > 1 else main()
