#!/usr/bin/env python3
"""Reads tables of features with pyarrow, pandas and Hugging Face's datasets, and compares them
with what NumPy computes from the run's own .npy files. The libraries are installed into a
temporary venv. Needs Go and Python with venv; about a minute."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv

LIBRARIES = ["pyarrow==26.0.1", "pandas==3.1.1", "datasets==5.2.0", "numpy==2.4.6"]
FIELDS = ["input", "output", "label", "status", "width", "height", "sha256"]
ENDS = ["mean", "std", "max", "energy", "active"]
HOSTILE = ["a.b.c", "ü 例", "two words", 'quo"te', "com,ma", "line\nend", "=1+1", "tab\t", "nan", "d.d/e.e"]
STACKS = """
version: 1
stacks:
  fine: {layers: [{conv: {name: edges, filters: [sobel, laplacian], activation: none, padding: same}}, {max_pool: {name: pool, kernel_size: 2}}]}
  "null": {layers: [{conv: {name: dots.in.it, kernels: [{name: huge, weights: [[3e38]]}, {name: tiny, weights: [[1e-30]]}, {name: shifted, weights: [[0.001]], bias: 1000}], activation: none}}]}
"""


def statistics(numpy, maps):
    """The statistics of maps, a row each, and how far off rounding may put them."""
    v = maps.astype(numpy.float64).reshape(len(maps), -1)
    n = v.shape[1]
    # NumPy's sums in float64 err by at most n·2⁻⁵³ of the sum of magnitudes, and mostly far less.
    magnitude = numpy.abs(v).mean(1)
    slack = n * 2.0**-53
    square = (v**2).mean(1)
    values = [v.mean(1), v.std(1), v.max(1), square, (v > 0).mean(1)]
    errors = [slack * magnitude, 4 * slack * numpy.sqrt(square), 0 * magnitude, slack * square, 0 * magnitude]
    return numpy.stack(values, 1).ravel(), numpy.stack(errors, 1).ravel()


def read(folder):
    """Compares folder/t.parquet and folder/t.csv with the run in folder/out."""
    import datasets
    import numpy
    import pandas
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    name = {end: os.path.join(folder, "t." + end) for end in ("parquet", "csv")}
    records = [json.loads(line) for line in open(os.path.join(folder, "out/manifest.jsonl"))]
    table = pyarrow.parquet.read_table(name["parquet"])
    columns = table.column_names[len(FIELDS) :]
    assert table.column_names[: len(FIELDS)] == FIELDS, table.column_names
    kinds = {"width": pyarrow.int32(), "height": pyarrow.int32()}
    for field in table.schema:
        assert field.nullable and field.type == (kinds.get(field.name, pyarrow.string()) if field.name in FIELDS else pyarrow.float32()), field

    # Each value is NumPy's, rounded once to float32.
    rows = table.to_pylist()
    assert len(rows) == len(records) > len(HOSTILE)
    compared = failed = 0
    for row, record in zip(rows, records, strict=True):
        assert [row[f] for f in FIELDS] == [record.get(f) for f in FIELDS], (row, record)
        values = [row[c] for c in columns]
        if record["status"] == "failed":
            failed += 1
            assert values == [None] * len(columns)
            continue
        want, error, names = [], [], []
        for file in record["files"]:
            w, e = statistics(numpy, numpy.load(os.path.join(folder, "out", file["path"])))
            want.append(w)
            error.append(e)
            names.append(f"{file['stack']}.{file['layer']}")
        want, error = numpy.concatenate(want), numpy.concatenate(error)
        assert len(want) == len(values)
        assert sorted({c.rsplit(".", 2)[0] for c in columns}) == sorted(names), names
        got = numpy.array(values, numpy.float32)
        with numpy.errstate(over="ignore"):
            rounded = want.astype(numpy.float32)
        half = numpy.spacing(numpy.abs(rounded).astype(numpy.float64).clip(1e-45).astype(numpy.float32)).astype(numpy.float64) / 2
        finite = numpy.isfinite(rounded)
        assert (got[~finite] == rounded[~finite]).all()
        far = numpy.abs(got[finite].astype(numpy.float64) - want[finite]) - half[finite] - error[finite] > 1e-12 * numpy.abs(want[finite])
        assert not far.any(), [(c, g, w) for c, g, w, f in zip(numpy.array(columns)[finite], got[finite], want[finite], far) if f]
        compared += len(want)
    assert failed == 1 and compared > 0
    assert [c.rsplit(".", 1)[1] for c in columns] == ENDS * (len(columns) // len(ENDS))

    # All readers see the same bits.
    bits = numpy.stack([table[c].to_numpy() for c in columns], 1).view(numpy.uint32)

    def same(frame, what):
        assert list(frame.columns) == FIELDS + columns, what
        ok = frame["status"] == "ok"
        got = frame[columns].to_numpy(numpy.float32)
        assert (got[ok].view(numpy.uint32) == bits[ok]).all() and numpy.isnan(got[~ok]).all(), what
        assert frame["input"].tolist() == [r["input"] for r in records], what

    same(pandas.read_parquet(name["parquet"]), "pandas, Parquet")
    # Names such as "nan" are no nulls.
    text = {c: "str" for c in ("input", "output", "status", "sha256")}
    same(pandas.read_csv(name["csv"], dtype=text, keep_default_na=False, na_values=[""]), "pandas, CSV")
    few = ["input", columns[-1], columns[0]]
    assert pyarrow.parquet.read_table(name["parquet"], columns=few).equals(table.select(few))
    options = pyarrow.csv.ConvertOptions(column_types={c: pyarrow.float32() for c in columns}, null_values=[""])
    same(pyarrow.csv.read_csv(name["csv"], parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True), convert_options=options).to_pandas(), "pyarrow, CSV")

    # datasets has the columns as they are.
    cache = os.path.join(folder, "cache")
    ds = datasets.load_dataset("parquet", data_files=name["parquet"], cache_dir=cache, split="train")
    want = {c: datasets.Value("int32" if c in kinds else "string" if c in FIELDS else "float32") for c in FIELDS + columns}
    assert ds.features == want and list(ds.features) == list(want), ds.features
    assert pyarrow.parquet.read_schema(name["parquet"]).metadata[b"huggingface"]
    assert datasets.Features.from_arrow_schema(pyarrow.parquet.read_schema(name["parquet"])) == want
    same(ds.to_pandas(), "datasets, Parquet")
    ds = datasets.load_dataset("csv", data_files=name["csv"], cache_dir=cache, split="train", keep_default_na=False, na_values=[""])
    assert ds.column_names == FIELDS + columns and len(ds) == len(records)
    print(f"pyarrow, pandas and datasets read {len(rows)} rows of {len(columns)} features; {compared} values are NumPy's")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.join(here, "../../..")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "filterbank")
        subprocess.run(["go", "build", "-o", program, "./cmd/filterbank"], cwd=root, check=True)
        pictures = os.path.join(folder, "in")
        shutil.copytree(os.path.join(root, "samples"), pictures, ignore=lambda _, names: [n for n in names if not n.endswith((".png", ".jpg"))])
        for i, name in enumerate(HOSTILE):
            os.makedirs(os.path.dirname(os.path.join(pictures, name)), exist_ok=True)
            shutil.copy(os.path.join(root, ["samples/textbook.png", "samples/logo.png"][i % 2]), os.path.join(pictures, name + ".png"))
        with open(os.path.join(pictures, "damaged.png"), "wb") as f:
            f.write(b"\x89PNG\r\n\x1a\n")
        stacks = os.path.join(folder, "stacks.yaml")
        with open(stacks, "w") as f:
            f.write(STACKS)
        for table, out, jobs in ("t.parquet", "out", "2"), ("t.csv", "out", "2"), ("other.parquet", "other", "1"):
            done = subprocess.run([program, "run", "-q", "-c", stacks, "--layers", "all", "--format", "npy", "-j", jobs, "-o", os.path.join(folder, out),
                                   "--features", os.path.join(folder, table), pictures], stderr=subprocess.DEVNULL)
            assert done.returncode == 1, done # one image is damaged
        with open(os.path.join(folder, "t.parquet"), "rb") as one, open(os.path.join(folder, "other.parquet"), "rb") as two:
            assert one.read() == two.read()
        venv.create(os.path.join(folder, "venv"), with_pip=True)
        python = os.path.join(folder, "venv/bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary", ":all:", *LIBRARIES], check=True)
        quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": os.path.join(folder, "hf"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        subprocess.run([python, os.path.abspath(__file__), folder], check=True, env=quiet)


if __name__ == "__main__":
    read(sys.argv[1]) if len(sys.argv) > 1 else main()
