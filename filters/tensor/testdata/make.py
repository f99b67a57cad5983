"""Writes the .npy files that npy_test.go reads, with NumPy: python3 make.py"""

import base64
import io
import json

import numpy as np
from numpy.lib import format as npy


def ramp(dtype, *shape):
    """Eighths from -3 up: exact in every float type from f2 on."""
    n = int(np.prod(shape))
    return (np.arange(n) / 8 - 3).reshape(shape).astype(dtype)


def save(name, array, version=(1, 0)):
    with open(name + ".npy", "wb") as f:
        npy.write_array(f, array, version=version)


for dtype in ("f2", "f4", "f8"):
    save("little-" + dtype, ramp("<" + dtype, 2, 3, 4))
    save("big-" + dtype, ramp(">" + dtype, 2, 3, 4))
    save("fortran-" + dtype, np.asfortranarray(ramp("<" + dtype, 2, 3, 4)))
save("fortran-1d", np.asfortranarray(ramp("<f4", 24)))
save("fortran-big", np.asfortranarray(ramp(">f8", 4, 3, 2)))
save("version-2", ramp("<f4", 2, 3, 4), version=(2, 0))
save("version-3", ramp("<f4", 2, 3, 4), version=(3, 0))
save("scalar", np.array(2.5, "<f4"))
save("empty", np.zeros((2, 0, 3), "<f4"))
for dtype in ("|i1", "|u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", ">u8"):
    order = {"|": "", "<": "little-", ">": "big-"}[dtype[0]]
    limits = np.iinfo(dtype)
    save(order + dtype[1:], np.array([limits.min, 0, 1, 16777217 % limits.max, limits.max], dtype))
save("bool", np.array([[True, False], [False, True]]))

# Signed zeros, the smallest subnormal, the largest finite, infinities and NaN.
save("special-f2", np.array([0x0000, 0x8000, 0x0001, 0x03FF, 0x0400, 0x7BFF, 0x7C00, 0xFC00, 0x7E00], "<u2").view("<f2"))
save("special-f4", np.array([0, -0.0, 1e-45, -3.4028235e38, np.inf, -np.inf, np.nan], "<f4"))
save("special-f8", np.array([0, -0.0, 1e-45, 1e-46, 1 + 2**-24, 1 + 3 * 2**-24, 3.4028235e38, np.inf, -np.inf, np.nan], "<f8"))

# Refused: what is not real numbers.
save("complex", np.zeros(2, "<c8"))
save("text", np.array(["a", "bc"]))
save("record", np.zeros(2, [("x", "<f4"), ("y", "<f4")]))
save("too-large-f8", np.array([1.0, 1e39]))

headers = []
for shape in ((), (0,), (1,), (24,), (2, 3), (64, 3, 11, 11), (96, 55, 55), (65536, 512, 3, 3), (123456789012, 2), (1,) * 32):
    f = io.BytesIO()
    npy.write_array_header_1_0(f, {"descr": "<f4", "fortran_order": False, "shape": shape})
    headers.append({"shape": shape, "header": base64.b64encode(f.getvalue()).decode()})
with open("headers.json", "w") as f:
    json.dump(headers, f, indent=1)
    f.write("\n")
