"""Writes the file that safetensors_test.go reads, with the safetensors package: python3 make.py

want.json has its arrays: the bits of their values as float32.
"""

import json

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

special = np.array([0, -0.0, 1e-45, 2**-24, -65504, np.inf, -np.inf, np.nan], "f4")
arrays = {
    "conv1.weight": (np.arange(24) / 8 - 3).reshape(2, 3, 2, 2).astype("f4"),
    "conv1.bias": np.array([0.25, -0.5], "f2"),
    "scalar": np.array(2.5, "f4"),
    "empty": np.zeros((2, 0, 3), "f4"),
    "special": special,
    "half": special.astype("f2"),
    "bfloat16": np.array([1.0, 3.1415927, -1e38, 1e-40, np.inf], "f4").astype(ml_dtypes.bfloat16),
    "double": np.array([1 + 2**-24, 1 + 3 * 2**-24, -1e-46, 3.4028235e38]),
    "int8": np.array([-128, 127], "i1"),
    "uint8": np.array([0, 255], "u1"),
    "int16": np.array([-(2**15), 2**15 - 1], "i2"),
    "uint16": np.array([0, 2**16 - 1], "u2"),
    "int32": np.array([-(2**31), 16777217], "i4"),
    "uint32": np.array([0, 2**32 - 1], "u4"),
    "int64": np.array([-(2**63), 0, 16777217, 2**63 - 1], "i8"),
    "uint64": np.array([0, 2**64 - 1], "u8"),
    "bool": np.array([True, False]),
}
save_file(arrays, "types.safetensors", {"format": "pt"})
with open("want.json", "w") as f:
    want = [
        {"name": name, "type": str(a.dtype), "shape": list(a.shape), "bits": a.astype(">f4").tobytes().hex()}
        for name, a in arrays.items()
    ]
    json.dump(want, f, indent=1)
    f.write("\n")
