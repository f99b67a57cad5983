#!/usr/bin/env python3
"""Reads packs and folders of maps with the libraries that training scripts use.

Packs are read with Python's tarfile, with webdataset and with datasets. Every array and
picture is compared with the files that a run without --pack writes, and every shard with the
index. metadata.jsonl is read as datasets reads folders of images. The libraries are installed
into a temporary venv. Needs Go and Python with venv; about a minute.
"""

import glob
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import types
import typing
import venv

LIBRARIES = ["webdataset==0.2.111", "datasets==5.2.0", "safetensors==0.8.0", "numpy==2.4.6", "pillow==13.0.0", "blake3==1.0.11"]
HOSTILE = ["a.b.c", "%2e", ".x", "__key__", "ü", "two words", "Upper", "upper", "x" * 150, "tab\t", "d.d/e.e", "d.d/f", "x.tar", "-", "k.json", "cls"]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
CLASSES = ["fish", "birds", "cats"]
FORMATS = "npy,png,npz,safetensors"


def keys_of(shards):
    """The keys of all samples in their order, and how many samples each shard has."""
    keys, counts, last = [], [], None
    for shard in shards:
        before = len(keys)
        with tarfile.open(shard) as members:
            for m in members:
                assert m.isreg() and m.mtime == m.uid == m.gid == 0 and m.uname == m.gname == "" and m.mode == 0o644, m
                base = m.name.rpartition("/")[2]
                key = m.name[: len(m.name) - len(base)] + base.partition(".")[0]
                if key != last:
                    keys.append(key)
                    last = key
        counts.append(len(keys) - before)
    assert all(len(k) <= 128 for k in keys)
    return keys, counts


def check_index(name, shards, counts):
    """The index has every shard with its count, size and digest."""
    import blake3

    with open(name) as f:
        index = json.load(f)
    assert [s["url"] for s in index["shardlist"]] == [os.path.relpath(s, os.path.dirname(name)) for s in shards]
    for shard, entry, count in zip(shards, index["shardlist"], counts, strict=True):
        with open(shard, "rb") as f:
            data = f.read()
        assert entry["nsamples"] == count and entry["filesize"] == len(data), entry
        assert entry["blake3"] == blake3.blake3(data).hexdigest(), entry


def prepare_wids():
    """wids asks for torch, of which it needs no more than this here."""
    for name in "torch", "torch.distributed", "torch.utils", "torch.utils.data":
        sys.modules[name] = types.ModuleType(name)
    some = typing.TypeVar("some")
    sys.modules["torch.utils.data"].Dataset = types.new_class("Dataset", (typing.Generic[some],))
    sys.modules["torch.utils.data"].Sampler = object


def check_any_order(folder, run, shards):
    """wids opens samples in any order by the index. It reads names of at most 100 bytes, in ASCII."""
    import numpy
    import wids

    shards = sorted(glob.glob(os.path.join(folder, run, shards)))
    keys, counts = keys_of(shards)
    index = os.path.join(folder, run, "shards/index.json")
    check_index(index, shards, counts)
    samples = wids.ShardListDataset(index, cache_dir=os.path.join(folder, "wids", run), transformations=[])
    assert len(samples) == len(keys)
    for i in random.sample(range(len(keys)), len(keys)):
        sample = samples[i]
        assert sample["__key__"] == keys[i], (sample["__key__"], keys[i])
        for file in json.load(sample[".json"])["files"]:
            data = sample[file["member"][len(keys[i]) :]].read()
            assert len(data) == file["bytes"], file
            assert file["format"] != "npy" or numpy.load(io.BytesIO(data)).dtype == numpy.float16
    return len(keys)


def check_pack(folder):
    """Compares the pack with the files in folder/loose, and gives the numbers of samples and shards."""
    import numpy
    import safetensors.numpy
    import webdataset

    shards = sorted(glob.glob(os.path.join(folder, "pack/shards/*.tar")))
    with open(os.path.join(folder, "pack/manifest.jsonl")) as a, open(os.path.join(folder, "loose/manifest.jsonl")) as b:
        records, loose = [json.loads(line) for line in a], [json.loads(line) for line in b]
    assert len(records) == len(loose) > len(HOSTILE), (len(records), len(loose))
    keys, counts = keys_of(shards)
    assert len(keys) == len(set(keys)) == len(records), "a sample is apart, or has no record"
    check_index(os.path.join(folder, "pack/shards/index.json"), shards, counts)

    samples = list(webdataset.WebDataset(shards, shardshuffle=False))
    assert [s["__key__"] for s in samples] == keys
    fields = {tuple(sorted(k for k in s if not k.startswith("__"))) for s in samples}
    assert len(fields) == 1, fields
    shapes = set()
    for sample, record, other in zip(samples, records, loose, strict=True):
        about = json.loads(sample["json"])
        shapes.add(tuple(sorted(about)))
        assert about["input"] == record["input"] == other["input"], (about["input"], record["input"])
        assert "seconds" not in about and about["status"] == "ok"
        for packed, file in zip(record["files"], other["files"], strict=True):
            field = packed["member"][len(sample["__key__"]) + 1 :]
            with open(os.path.join(folder, "loose", file["path"]), "rb") as f:
                assert sample[field] == f.read(), packed["member"]
            if file["format"] == "npy":
                assert numpy.load(io.BytesIO(sample[field])).ndim == 3
            if file["format"] == "safetensors":
                assert safetensors.numpy.load(sample[field])["sobel"].ndim == 3
    assert len(shapes) == 1, shapes
    return len(samples), len(shards)


def check_decoded(folder):
    """webdataset decodes arrays and pictures by the fields' names, and so does datasets."""
    import datasets
    import numpy
    import webdataset

    shards = sorted(glob.glob(os.path.join(folder, "pack/shards/*.tar")))
    decoded = list(webdataset.WebDataset(shards, shardshuffle=False).decode("pil"))
    for split in False, True:  # in a table, and as a stream
        rows = datasets.load_dataset("webdataset", data_files={"train": shards}, split="train", streaming=split)
        n = 0
        for row, sample in zip(rows, decoded, strict=True):
            n += 1
            assert row["__key__"] == sample["__key__"]
            assert numpy.array_equal(numpy.asarray(row["sobel.npy"], dtype=numpy.float32), sample["sobel.npy"]), row["__key__"]
            assert row["json"]["input"] == sample["json"]["input"]
            assert numpy.array_equal(numpy.asarray(row["sobel.sobel-x.png"].convert("RGB")), numpy.asarray(sample["sobel.sobel-x.png"]))
    return n


def check_classes(folder):
    """The numbers of classes are those of run.json, in packs and in folders of maps."""
    import datasets
    import webdataset

    with open(os.path.join(folder, "plain/run.json")) as f:
        classes = json.load(f)["classes"]
    assert classes == {"birds": 0, "cats": 1, "fish": 2}, classes
    shards = sorted(glob.glob(os.path.join(folder, "plain/shards/*.tar")))
    rows = datasets.load_dataset("webdataset", data_files={"train": shards}, split="train")
    pictures = datasets.load_dataset("imagefolder", data_dir=os.path.join(folder, "labelled"), split="train")
    numbers = {p["input"]: n for p, n in zip(pictures, pictures.class_encode_column("label")["label"], strict=True)}
    decoded = webdataset.WebDataset(shards, shardshuffle=False).decode()
    for row, sample in zip(rows, decoded, strict=True):
        assert row["cls"] == sample["cls"] == classes[sample["json"]["label"]] == numbers[sample["json"]["input"]], sample["__key__"]
    return len(rows)


def check_folder(folder):
    """datasets reads a folder of maps by metadata.jsonl."""
    import datasets
    import numpy
    from PIL import Image

    with open(os.path.join(folder, "maps/manifest.jsonl")) as f:
        records = {r["input"]: r for r in map(json.loads, f)}
    rows = datasets.load_dataset("imagefolder", data_dir=os.path.join(folder, "maps"), split="train")
    assert len(rows) == len(records), (len(rows), len(records))
    maps = [c for c in rows.column_names if c.startswith("sobel_")]
    assert len(maps) == 2, rows.column_names
    for row in rows:
        for file in records[row["input"]]["files"]:
            picture = Image.open(os.path.join(folder, "maps", file["path"]))
            assert numpy.array_equal(numpy.asarray(row[f"sobel_{file['filter']}"]), numpy.asarray(picture)), file
    return len(rows)


def read(folder):
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_CACHE=os.path.join(folder, "cache"), HF_DATASETS_DISABLE_PROGRESS_BARS="1")
    random.seed(0)
    samples, shards = check_pack(folder)
    print(f"tarfile and webdataset read {samples} samples in {shards} shards")
    print(f"datasets reads {check_decoded(folder)} samples")
    print(f"datasets reads {check_folder(folder)} rows of metadata.jsonl")
    print(f"datasets and webdataset read the classes of {check_classes(folder)} samples")
    prepare_wids()  # at last, since others look for torch too
    print(f"wids reads {check_any_order(folder, 'plain', 'shards/*.tar')} samples")
    print(f"wids reads {check_any_order(folder, 'merged', 'parts/*/shards/*.tar')} samples of a merged run")


def main():
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "filterbank")
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], cwd=ROOT, check=True)
        pictures = os.path.join(folder, "in")
        shutil.copytree(os.path.join(ROOT, "samples"), pictures, ignore=lambda _, names: [n for n in names if not n.endswith((".png", ".jpg"))])
        for name in HOSTILE:
            os.makedirs(os.path.dirname(os.path.join(pictures, name)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, "samples/textbook.png"), os.path.join(pictures, name + ".png"))
        inputs = [pictures, os.path.join(pictures, ".x.png")]
        for i, sample in enumerate(sorted(glob.glob(os.path.join(ROOT, "samples/*.png")))):
            os.makedirs(os.path.join(folder, "classes", CLASSES[i % 3]), exist_ok=True)
            shutil.copy(sample, os.path.join(folder, "classes", CLASSES[i % 3]))
        labels = [os.path.join(folder, "classes"), "--label", "folder"]
        run = [program, "run", "-q", "--bank", "sobel", "-o"]
        subprocess.run([*run, os.path.join(folder, "loose"), "--format", FORMATS, *inputs], check=True)
        subprocess.run([*run, os.path.join(folder, "pack"), "--format", FORMATS, "--pack", "webdataset", "--pack-count", "7", *inputs], check=True)
        subprocess.run([*run, os.path.join(folder, "plain"), "--format", FORMATS, "--pack", "webdataset", "--pack-size", "5MB", "--dtype", "f16", *labels], check=True)
        for i in range(3):
            merged = [os.path.join(folder, "merged"), "--format", FORMATS, "--pack", "webdataset", "--pack-count", "3", "--dtype", "f16", *labels]
            subprocess.run([*run, *merged, "--shards", "3", "--shard", f"{i + 1}/3"], check=True)
        subprocess.run([program, "merge", os.path.join(folder, "merged")], check=True)
        subprocess.run([*run, os.path.join(folder, "labelled"), "--metadata", "huggingface", *labels], check=True)
        subprocess.run([*run, os.path.join(folder, "maps"), "--metadata", "huggingface", *inputs], check=True)
        venv.create(os.path.join(folder, "venv"), with_pip=True)
        python = os.path.join(folder, "venv/bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *LIBRARIES], check=True)
        subprocess.run([python, os.path.abspath(__file__), folder], check=True)


if __name__ == "__main__":
    read(sys.argv[1]) if len(sys.argv) > 1 else main()
