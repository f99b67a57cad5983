#!/usr/bin/env python3
"""Has Python and GNU tar write lists and tar files, and compares the inputs, names, labels and
digests in filterbank's manifest with what was written. Then it runs the programs under "From
Python" in pipeline/README.md.

Needs Go, GNU tar, and Python with venv, NumPy, PIL and torch. The other libraries are installed
into a temporary venv. About two minutes."""

import csv
import hashlib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv

LIBRARIES = ["webdataset==0.2.111", "datasets==4.4.1", "pyarrow==21.0.0", "pandas==2.2.3"]  # for NumPy 1.24 of Debian 12
NAMES = ["plain", "two words", 'quote"d', "com,ma", "semi;colon", "new\nline", "tab\there", "ü", "\u4f8b", " edge ", "'", "%2e", "#x", "a.b.c", "#N/A", "007", "-"]


def run(program, out, *args, code=0, cwd=None):
    """Runs filterbank and gives the manifest's records."""
    done = subprocess.run([program, "run", "-q", "--bank", "identity", "-o", out, *args], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == code, (args, done.returncode, done.stderr)
    with open(os.path.join(cwd or "", out, "manifest.jsonl")) as lines:
        return [json.loads(line) for line in lines]


def picture(n):
    """A picture of its own for each number."""
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (4 + n % 5, 4), (n % 256, n // 256, 7)).save(data, "png")
    return data.getvalue()


def lists(program, folder):
    """Lists as csv, json and pandas write them."""
    import pandas

    rows = []
    for i, name in enumerate(NAMES):
        path = os.path.join(folder, "in", str(i), name + ".png")
        os.makedirs(os.path.dirname(path))
        with open(path, "wb") as f:
            f.write(picture(i))
        rows.append({"n": i, "path": path, "key": f"k{i % 3}/{name}", "class": NAMES[i % 5]})
    columns = list(rows[0])

    def dialect(name, **how):
        with open(name, "w", newline="", encoding=how.pop("encoding", "utf-8")) as f:
            out = csv.DictWriter(f, columns, **how)
            out.writeheader()
            out.writerows(rows)

    os.chdir(folder)
    dialect("excel.csv")
    dialect("unix.csv", dialect="unix")
    dialect("bom.csv", encoding="utf-8-sig")
    dialect("tabs.tsv", dialect="excel-tab")
    frame = pandas.DataFrame(rows)
    frame.to_csv("pandas.csv", index=False)
    frame.to_csv("pandas.tsv", index=False, sep="\t", quoting=csv.QUOTE_ALL)
    frame.to_json("pandas.jsonl", orient="records", lines=True)
    with open("ascii.jsonl", "w") as f:
        f.writelines(json.dumps(row) + "\r\n" for row in rows)
    with open("text.jsonl", "w", encoding="utf-8") as f:
        f.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    names = sorted(name for name in os.listdir() if name.endswith((".csv", ".tsv", ".jsonl")))
    for name in names:
        records = run(program, "out-" + name, "--files-from", name, "--column", "path", "--key-column", "key", "--label-column", "class")
        got = [(r["input"], r["output"], r["label"]) for r in records]
        assert got == [(r["path"], r["key"], r["class"]) for r in rows], (name, got)
        with open(f"out-{name}/run.json") as f:
            classes = json.load(f)["classes"]
        assert list(classes.items()) == [(c, i) for i, c in enumerate(sorted(set(NAMES[:5])))], classes
    print(len(names), "lists of", len(rows), "rows are read as Python wrote them")


def tars(program, folder):
    """Tar files as tarfile, GNU tar and webdataset write them."""
    import webdataset

    os.chdir(folder)
    files = {}
    for i, name in enumerate(NAMES + ["d/" * 60 + "deep", "l" * 150, "x/y/z"]):
        files[f"{'cat' if i % 2 else 'dog'}/{name}.png"] = picture(1000 + i)
    made = {}
    for name, form in ("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT):
        with tarfile.open(name + ".tar", "w", format=form) as tar:
            for path, data in files.items():
                if form == tarfile.USTAR_FORMAT and len(path) > 100:
                    continue
                member = tarfile.TarInfo(path)
                member.size, member.mtime = len(data), 1.5 if form == tarfile.PAX_FORMAT else 1
                tar.addfile(member, io.BytesIO(data))
    for path, data in files.items():
        os.makedirs(os.path.dirname(os.path.join("tree", path)), exist_ok=True)
        with open(os.path.join("tree", path), "wb") as f:
            f.write(data)
    for form in "gnu", "oldgnu", "pax", "posix":
        subprocess.run(["tar", f"--format={form}", "-cf", f"tool-{form}.tar", "-C", "tree", "."], check=True)
    with webdataset.TarWriter("shard.tar") as shard:
        for i, (path, data) in enumerate(files.items()):
            shard.write({"__key__": f"cat/{i:06d}", "png": data, "cls": i % 2, "json": {"path": path}})
    for name in sorted(n for n in os.listdir() if n.endswith(".tar")):
        with tarfile.open(name) as tar:
            want = {m.name.removeprefix("./"): hashlib.sha256(tar.extractfile(m).read()).hexdigest() for m in tar if m.isreg() and m.name.endswith(".png")}
        records = run(program, "out-" + name, name, "--label", "folder", "-j", "3")
        got = {r["input"].removeprefix(name + "/"): r["sha256"] for r in records}
        assert list(got.items()) == list(want.items()) and len(got) > len(NAMES), (name, set(got) ^ set(want))
        assert all(r["label"] == r["input"].split("/")[1] for r in records)
        made[name] = len(got)
    # A sparse file, and a tar file that is cut at every part of a block.
    with open("tree/hole.png", "wb") as f:
        f.write(picture(1))
        f.truncate(1 << 20)
    subprocess.run(["tar", "--sparse", "-cf", "sparse.tar", "-C", "tree", "hole.png", "cat"], check=True)
    records = run(program, "out-sparse", "sparse.tar", code=1)
    assert [r["code"] for r in records if r["status"] == "failed"] == ["unsupported"] and len(records) > 5, records
    with open("gnu.tar", "rb") as f:
        whole = f.read()
    random.seed(1)
    for n in [1, 511, 512, 513] + [random.randrange(len(whole) - 10240) for _ in range(20)]:
        with open("cut.tar", "wb") as f:
            f.write(whole[:n])
        shutil.rmtree("out-cut", ignore_errors=True)
        try:
            records = run(program, "out-cut", "cut.tar", code=1)
        except AssertionError as wrong:
            assert wrong.args[0][1] == 2, wrong  # no image is whole
            continue
        with tarfile.open("gnu.tar") as tar:
            kept = [m.name for m in tar if m.offset_data + m.size <= n]
        assert [r["input"].removeprefix("cut.tar/") for r in records] == kept + ["cut.tar"] and records[-1]["code"] == "damaged-tar", (n, records[-1])
    print(len(made), "tar files hold what tarfile finds in them:", made)


def programs(program, folder, readme):
    """The section of the README, in order: its files, commands and programs."""
    with open(readme) as f:
        section = re.search(r"\n## From Python\n(.*?)\n## ", f.read(), re.S).group(1)
    os.chdir(folder)
    shutil.copytree(os.path.join(os.path.dirname(readme), "../samples"), "samples")
    env = {**os.environ, "PATH": os.path.dirname(program) + os.pathsep + os.environ["PATH"], "HF_HOME": os.path.join(folder, "cache"), "HF_HUB_OFFLINE": "1"}
    said = []
    for name, language, text in re.findall(r"(?:^Save this as `([^`]+)`[^\n]*\n\n)?^```([a-z]+)\n(.*?)^```$", section, re.S | re.M):
        if name:
            with open(name, "w") as f:
                f.write(text)
        elif language == "sh":
            subprocess.run(["bash", "-e", "-o", "pipefail", "-c", text], check=True, env=env, stdout=subprocess.DEVNULL)
        elif language == "py":
            assert len(text.splitlines()) <= 16, "ten lines or so"
            said.append(subprocess.run([sys.executable, "-c", text], check=True, env=env, capture_output=True, text=True).stdout)
    assert len(said) == 4, said
    assert said[0].count("torch.Size([2, 2, 64, 64])") == 2 and "tensor([1, 1])" in said[0] and "tensor([0, 0])" in said[0], said[0]
    assert re.findall(r"^(\d) \(64, 64\)$", said[1], re.M) == ["1", "1", "0", "0"], said[1]
    assert re.search(r"^charts +392\.0 +292\.0$", said[2], re.M) and re.search(r"^sobel-y +4\.0 ", said[2], re.M), said[2]
    assert re.search(r"^charts +[0-9.]+ +[0-9.]+$", said[3], re.M) and re.search(r"^outside +[0-9.]+ +[0-9.]+$", said[3], re.M), said[3]
    print("torch, datasets and pandas read what the README's programs give them")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.normpath(os.path.join(here, "../../.."))
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "filterbank")
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], cwd=root, check=True)
        venv.create(os.path.join(folder, "venv"), with_pip=True, system_site_packages=True)
        python = os.path.join(folder, "venv/bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *LIBRARIES], check=True)
        subprocess.run([python, os.path.abspath(__file__), program, os.path.join(root, "pipeline/README.md")], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        for check in lists, tars, lambda program, folder: programs(program, folder, sys.argv[2]):
            with tempfile.TemporaryDirectory() as folder:
                check(sys.argv[1], folder)
                os.chdir("/")
