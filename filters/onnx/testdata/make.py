"""Writes the models that onnx_test.go reads, with the onnx package: python3 make.py

want.json has the arrays of each model: the bits of their values as float32.
"""

import json
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

want = {}


def ramp(dtype, *shape):
    return (np.arange(int(np.prod(shape))) / 8 - 3).reshape(shape).astype(dtype)


def expect(name, array):
    kind = str(array.dtype)
    with np.errstate(over="ignore"):
        bits = np.ascontiguousarray(array).astype(">f4").tobytes().hex()
    return {"name": name, "type": kind, "shape": list(array.shape), "bits": bits}


special = np.array([0, -0.0, 1e-45, 2**-24, -65504, np.inf, -np.inf, np.nan], "f4")
arrays = {
    "plain": ramp("f4", 2, 3, 2, 2),
    "scalar": np.array(2.5, "f4"),
    "empty": np.zeros((2, 0, 3), "f4"),
    "special": special,
    "half": special.astype("f2"),
    "double": np.array([1 + 2**-24, 1 + 3 * 2**-24, -1e-46, 3.4028235e38]),
    "i8": np.array([-128, 127], "i1"),
    "u8": np.array([0, 255], "u1"),
    "i16": np.array([-(2**15), 2**15 - 1], "i2"),
    "u16": np.array([0, 2**16 - 1], "u2"),
    "i32": np.array([-(2**31), 16777217], "i4"),
    "u32": np.array([0, 2**32 - 1], "u4"),
    "i64": np.array([-(2**63), 0, 16777217, 2**63 - 1], "i8"),
    "u64": np.array([0, 2**64 - 1], "u8"),
    "bool": np.array([True, False]),
}
types = {
    "plain": 1, "scalar": 1, "empty": 1, "special": 1, "half": 10, "double": 11, "i8": 3, "u8": 2, "i16": 5, "u16": 4,
    "i32": 6, "u32": 12, "i64": 7, "u64": 13, "bool": 9,
}  # fmt: skip


def brain(raw):
    values = [1.0, 3.1415927, -1e38, 1e-40, np.inf]
    t = helper.make_tensor("bfloat16", TensorProto.BFLOAT16, [5], values)
    if raw:
        bits = np.array(t.int32_data, "<u2")
        t.ClearField("int32_data")
        t.raw_data = bits.tobytes()
    return t


def graph(nodes, initializers, outputs=()):
    return helper.make_graph(nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 8, None])], list(outputs), initializers)


def save(file, g, arrays, **options):
    m = helper.make_model(g, producer_name="make", producer_version="1", opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)])
    helper.set_model_props(m, {"mean": "0.5"})
    onnx.save(m, file, **options)
    want[file] = arrays


raw = [numpy_helper.from_array(a, name) for name, a in arrays.items()] + [brain(True)]
typed = [helper.make_tensor(name, types[name], a.shape, a.flatten().tolist() if name != "half" else a.flatten()) for name, a in arrays.items()]
typed.append(brain(False))
all_arrays = [expect(name, a) for name, a in arrays.items()] + [expect("bfloat16", numpy_helper.to_array(brain(False)))]
for t, name in zip(typed, arrays):
    assert not t.HasField("raw_data"), name
    np.testing.assert_array_equal(numpy_helper.to_array(t), arrays[name])
save("raw.onnx", graph([], raw), all_arrays)
save("typed.onnx", graph([], typed), all_arrays)
if os.path.exists("external.data"):
    os.remove("external.data")
save("external.onnx", graph([], raw), all_arrays, save_as_external_data=True, location="external.data", size_threshold=0)

constants = [
    helper.make_node("Constant", [], ["tensor"], value=numpy_helper.from_array(ramp("f4", 2, 2))),
    helper.make_node("Constant", [], ["float"], value_float=1.5),
    helper.make_node("Constant", [], ["floats"], value_floats=[1.5, -2.5]),
    helper.make_node("Constant", [], ["int"], value_int=-7),
    helper.make_node("Constant", [], ["ints"], value_ints=[1, 2, 3]),
    helper.make_node("Constant", [], ["string"], value_string="text"),
    helper.make_node("Constant", [], ["sizes"], value=numpy_helper.from_array(np.array([2, 3], "i8"))),
    helper.make_node("ConstantOfShape", ["sizes"], ["zeros"]),
    helper.make_node("ConstantOfShape", ["shape"], ["sevens"], value=numpy_helper.from_array(np.array([7], "i4"))),
    helper.make_node("ConstantOfShape", ["x"], ["unknown"]),
]
# sevens, 20000×1, is in onnx_test.go.
save("constants.onnx", graph(constants, [numpy_helper.from_array(np.array([20000, 1], "i8"), "shape")]), [
    expect("shape", np.array([20000, 1], "i8")),
    expect("tensor", ramp("f4", 2, 2)), expect("float", np.array(1.5, "f4")), expect("floats", np.array([1.5, -2.5], "f4")),
    expect("int", np.array(-7)), expect("ints", np.array([1, 2, 3])), expect("sizes", np.array([2, 3])),
    expect("zeros", np.zeros((2, 3), "f4")),
])  # fmt: skip

net = [
    helper.make_node("Conv", ["x", "w", ""], ["y"], name="conv1", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2], auto_pad="NOTSET"),
    helper.make_node("LeakyRelu", ["y"], ["z"], name="act", alpha=0.25),
    helper.make_node("Scaled", ["z"], ["s"], domain="ai.onnx.ml", scales=[0.5, 2.0], names=["a", "b"]),
    helper.make_node("If", ["z"], ["out"], then_branch=graph([], [])),
]
g = graph(net, [numpy_helper.from_array(ramp("f4", 4, 3, 3, 3), "w")], [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)])
g.value_info.append(helper.make_tensor_value_info("y", TensorProto.FLOAT16, [1, 4, 4, 4]))
save("net.onnx", g, [expect("w", ramp("f4", 4, 3, 3, 3))])

with open("want.json", "w") as f:
    json.dump(want, f, indent=1)
    f.write("\n")
