"""Writes the checkpoints that torch_test.go reads, with PyTorch: python3 make.py

want.json has the tensors of each file that is read: the bits of their values as float32.
"""

import json
import os
from collections import OrderedDict

import torch

want = {}


def save(name, value, tensors=None, **options):
    """Saves a value in the ZIP form and in the stream form."""
    for form, is_zip in (("zip", True), ("stream", False)):
        file = f"{name}-{form}.pth"
        torch.save(value, file, _use_new_zipfile_serialization=is_zip, **options)
        if tensors is not None:
            want[file] = [
                {
                    "name": key,
                    "type": str(t.dtype).removeprefix("torch."),
                    "shape": list(t.shape),
                    "bits": t.detach().float().contiguous().view(-1).numpy().astype(">f4").tobytes().hex(),
                }
                for key, t in tensors.items()
            ]


def ramp(*shape):
    n = 1
    for s in shape:
        n *= s
    return (torch.arange(n, dtype=torch.float32) / 8 - 3).reshape(shape)


special = torch.tensor([0.0, -0.0, 1e-45, 2**-24, -65504.0, float("inf"), -float("inf"), float("nan")])
large = ramp(6, 5)
types = OrderedDict(
    plain=ramp(2, 3, 2, 2),
    scalar=torch.tensor(2.5),
    empty=torch.zeros(2, 0, 3),
    special=special,
    half=special.half(),
    bfloat16=torch.tensor([1.0, 3.1415927, -1e38, 1e-40, float("inf")]).bfloat16(),
    double=torch.tensor([1 + 2**-24, 1 + 3 * 2**-24, -1e-46, 3.4028235e38], dtype=torch.float64),
    long=torch.tensor([-(2**63), 0, 16777217, 2**63 - 1]),
    int=torch.tensor([-(2**31), 16777217], dtype=torch.int32),
    short=torch.tensor([-(2**15), 2**15 - 1], dtype=torch.int16),
    char=torch.tensor([-128, 127], dtype=torch.int8),
    byte=torch.tensor([0, 255], dtype=torch.uint8),
    bool=torch.tensor([True, False]),
)
save("types", types, types)

views = {
    "transposed": ramp(2, 3, 4).permute(2, 0, 1),
    "channels_last": ramp(2, 3, 2, 4).contiguous(memory_format=torch.channels_last),
    "all": large,
    "row": large[2],
    "column": large[:, 3],
    "part": large[1::2, 1::3],
    "turned": large.t()[1:, 2:5],
    "doubles": ramp(4, 3).double().t(),
    "halves": ramp(4, 3).half()[::3].t(),
    "one": ramp(3, 4)[1:2, 2:3],
}
save("views", views, views)
save("views4", views, views, pickle_protocol=4)
save("views5", views, views, pickle_protocol=5)

network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
with torch.no_grad():
    for i, t in enumerate(network.state_dict().values()):
        t.copy_(torch.arange(t.numel()).reshape(t.shape) / 4 - i)
save("network", network.state_dict(), network.state_dict())
save("parameters", dict(network.named_parameters()), dict(network.named_parameters()))

nested = {
    "epoch": 3,
    "best": 0.75,
    "note": "text",
    "nothing": None,
    "done": True,
    "many": 2**70,
    "state_dict": OrderedDict(("module." + k, v) for k, v in network.state_dict().items()),
    "optimizer": {"state": {0: {"step": torch.tensor(5.0), "exp_avg": ramp(2)}}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1]}]},
    "set": {1},
    "size": torch.Size([2, 3]),
}
inside = {"state_dict.module." + k: v for k, v in network.state_dict().items()}
inside["optimizer.state.0.step"] = torch.tensor(5.0)
inside["optimizer.state.0.exp_avg"] = ramp(2)
nested["set"] = None  # protocol 2 names a class for it
save("nested", nested, inside)
nested["set"] = {1}
save("nested4", nested, inside, pickle_protocol=4)
save("list", [ramp(2), (ramp(3), 4)], {"0": ramp(2), "1.0": ramp(3)})
save("single", ramp(2, 2), {"": ramp(2, 2)})


# Refused.
class Evil:
    def __reduce__(self):
        return os.system, ("touch evil-was-here",)


save("evil", {"weight": ramp(2), "evil": Evil()})
save("evil4", {"weight": ramp(2), "evil": Evil()}, pickle_protocol=4)
torch.save(network, "module-zip.pth")  # the stream form would hold PyTorch's source
save("expanded", {"good": ramp(2), "expanded": torch.zeros(1).expand(4)})


class Scale(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(ramp(2))

    def forward(self, x):
        return x * self.weight


torch.jit.script(Scale()).save("script-zip.pth")

with open("want.json", "w") as f:
    json.dump(want, f, indent=1)
    f.write("\n")
