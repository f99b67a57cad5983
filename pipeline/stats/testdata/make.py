"""Writes values.json: float32 values of several kinds, and what exact arithmetic and
numpy make of them. Run it with Python 3 and numpy in this folder."""

import json
import math
from fractions import Fraction

import numpy as np

PERCENTS = ["0.1", "1", "5", "25", "50", "75", "95", "99", "99.9"]
rng = np.random.default_rng(1)


def root(x):
    """The float64 nearest to the root of a fraction, from its first 80 digits or so."""
    scale = 1 << 600
    return float(Fraction(math.isqrt(int(x * scale * scale)), scale))


def case(name, values):
    values = np.asarray(values, np.float32)
    finite = values[np.isfinite(values)]
    exact = [Fraction(float(v)) for v in finite]
    n = max(1, len(exact))
    mean = sum(exact, Fraction()) / n
    variance = sum(((v - mean) ** 2 for v in exact), Fraction()) / n
    return {
        "name": name,
        "bits": values.tobytes().hex(),
        "nan": int(np.isnan(values).sum()),
        "infinite": int(np.isinf(values).sum()),
        "zeros": int((values == 0).sum()),
        "at_max": int((finite == finite.max()).sum()) if len(finite) else 0,
        "min": float(finite.min()) + 0.0 if len(finite) else 0.0,
        "max": float(finite.max()) + 0.0 if len(finite) else 0.0,
        "mean": float(mean),
        "std": root(variance),
        "percentiles": {
            p: float(np.percentile(finite.astype(np.float64), float(p))) if len(finite) else 0.0 for p in PERCENTS
        },
    }


any_bits = rng.integers(0, 1 << 32, 700, dtype=np.uint64).astype(np.uint32).view(np.float32)
cases = [
    case("after ReLU", np.maximum(0, rng.normal(0, 1, 900))),
    case("far from 0", rng.normal(3, 1e-4, 700)),
    case("negative", -rng.exponential(2, 500)),
    case("relu6", np.clip(rng.normal(4, 3, 600), 0, 6)),
    case("any bits", np.concatenate([any_bits, [np.nan, np.inf, -np.inf, -0.0, 0.0]])),
    case("subnormal", rng.integers(-9000, 9000, 400) * np.float64(2) ** -149),
    case("one value", [0.1]),
    case("two values", [-1, 2]),
    case("constant", [7.25] * 300),
    case("zeros", [0.0, -0.0] * 40),
    case("nothing finite", [np.nan, np.inf, -np.inf]),
]
with open("values.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
