#!/usr/bin/env python3
"""Reads packs with Python's tarfile and with the webdataset library, and compares every
array and picture with the files that a run without --pack writes. The library is
installed into a temporary venv. Needs Go and Python with venv; about half a minute."""

import glob
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv

WEBDATASET, NUMPY = "webdataset==0.2.111", "numpy"
HOSTILE = ["a.b.c", "%2e", ".x", "__key__", "ü", "two words", "Upper", "x" * 150, "tab\t", "d.d/e.e", "d.d/f"]


def read(folder):
    """Compares the pack in folder/pack with the files in folder/loose."""
    import io

    import numpy
    import webdataset

    shards = sorted(glob.glob(os.path.join(folder, "pack/shards/*.tar")))
    records = [json.loads(line) for line in open(os.path.join(folder, "pack/manifest.jsonl"))]
    loose = [json.loads(line) for line in open(os.path.join(folder, "loose/manifest.jsonl"))]
    assert len(records) == len(loose) > len(HOSTILE), (len(records), len(loose))

    last = None
    keys = []
    for shard in shards:
        with tarfile.open(shard) as members:
            for m in members:
                assert m.isreg() and m.mtime == m.uid == m.gid == 0 and m.uname == m.gname == "" and m.mode == 0o644, m
                base = m.name.rpartition("/")[2].partition(".")[0]
                key = m.name[: len(m.name) - len(m.name.rpartition("/")[2])] + base
                if key != last:
                    keys.append(key)
                    last = key
    assert len(keys) == len(set(keys)) == len(records), "a sample is apart, or has no record"
    assert all(len(k) <= 128 for k in keys)

    samples = list(webdataset.WebDataset(shards, shardshuffle=False))
    assert [s["__key__"] for s in samples] == keys
    fields = {tuple(sorted(k for k in s if not k.startswith("__"))) for s in samples}
    assert len(fields) == 1, fields
    shapes = set()
    for sample, record, other in zip(samples, records, loose):
        about = json.loads(sample["json"])
        shapes.add(tuple(sorted(about)))
        assert about["input"] == record["input"] == other["input"], (about["input"], record["input"])
        assert "seconds" not in about and about["status"] == "ok"
        for packed, file in zip(record["files"], other["files"], strict=True):
            field = packed["member"][len(sample["__key__"]) + 1 :]
            with open(os.path.join(folder, "loose", file["path"]), "rb") as f:
                data = f.read()
            assert sample[field] == data, packed["member"]
            if file["format"] == "npy":
                assert numpy.load(io.BytesIO(sample[field])).ndim == 3
    assert len(shapes) == 1, shapes
    print(f"webdataset and tarfile read {len(samples)} samples")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.join(here, "../../..")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "filterbank")
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], cwd=root, check=True)
        pictures = os.path.join(folder, "in")
        shutil.copytree(os.path.join(root, "samples"), pictures, ignore=lambda _, names: [n for n in names if not n.endswith((".png", ".jpg"))])
        for name in HOSTILE:
            os.makedirs(os.path.dirname(os.path.join(pictures, name)), exist_ok=True)
            shutil.copy(os.path.join(root, "samples/textbook.png"), os.path.join(pictures, name + ".png"))
        inputs = [pictures, os.path.join(pictures, ".x.png")]
        for flags in ["loose"], ["pack", "--pack", "webdataset"]:
            out = ["-o", os.path.join(folder, flags[0])]
            subprocess.run([program, "run", "-q", "--bank", "sobel", "--format", "npy", "--format", "png", *out, *flags[1:], *inputs], check=True)
        venv.create(os.path.join(folder, "venv"), with_pip=True)
        python = os.path.join(folder, "venv/bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", WEBDATASET, NUMPY], check=True)
        subprocess.run([python, os.path.abspath(__file__), folder], check=True)


if __name__ == "__main__":
    read(sys.argv[1]) if len(sys.argv) > 1 else main()
