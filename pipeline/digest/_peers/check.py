#!/usr/bin/env python3
"""Compares filterbank digest with b3sum: the lines of --list pass b3sum --check, are b3sum's
own lines of the same files, and have the digest that filterbank prints. Names with
newlines, backslashes and other characters are among them. Needs Go and b3sum."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

NAMES = ["plain", "new\nline", "back\\slash", "\\n", "two  words", "ü", "tab\t", "*star", "-dash", "d.d/e\ne"]
ROOT = pathlib.Path(__file__).resolve().parents[3]


def output(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout


def check(program, out):
    lines = output(program, "digest", "--list", out)
    report = output("b3sum", "--check", input=lines, cwd=out)
    files = sorted(os.fsencode(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    files = [f for f in files if f not in (b"manifest.jsonl", b"run.json", b"shards/index.json")]
    assert files and report.count(b": OK\n") == len(files), (report, files)
    assert output("b3sum", "--", *files, cwd=out) == lines, lines
    assert output("b3sum", "--no-names", input=lines) == output(program, "digest", out)
    return len(files)


def main():
    if not shutil.which("b3sum"):
        sys.exit("b3sum is missing: install Debian's package b3sum, or run cargo install b3sum")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        program = work / "filterbank"
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], cwd=ROOT, check=True)
        for name in NAMES:
            image = work / "in" / (name + ".png")
            image.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "samples" / "textbook.png", image)
        shutil.copy(ROOT / "samples" / "scene.jpg", work / "in")
        run = [program, "run", "-q", "in", "--bank", "sobel", "--format", "png", "--format", "npy", "-o"]
        subprocess.run([*run, "loose"], cwd=work, check=True)
        subprocess.run([*run, "pack", "--pack", "webdataset"], cwd=work, check=True)
        count = check(program, work / "loose") + check(program, work / "pack")
        (work / "loose" / "scene" / "sobel.npy").write_bytes(b"other")
        assert subprocess.run([program, "digest", "loose"], cwd=work, capture_output=True).returncode == 1
        print(f"{count} files: b3sum finds the digests of filterbank")


main()
