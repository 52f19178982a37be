"""Makes the files beside it with the libraries whose formats they are: torch, numpy, safetensors.

    python make_samples.py

Expected values stand in SafetensorsFileTest and TorchFileTest.
"""

import collections
import os
import pathlib
import pickle
import zipfile

import safetensors.torch
import torch

folder = pathlib.Path(__file__).parent

tensors = {
    "layers.0.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 2,
    "half": torch.tensor([1.0, -2.5, 65504.0], dtype=torch.float16),
    "brain": torch.tensor([[1.0], [-3.0]], dtype=torch.bfloat16),
    "ids": torch.tensor([0, 7, -1], dtype=torch.int32),
    "scalar": torch.tensor(0.25),
}
safetensors.torch.save_file(
    tensors, folder / "sample.safetensors", metadata={"format": "pt", "note": "grün"}
)
safetensors.torch.save_file(
    {"ok": torch.zeros(2), "mask": torch.tensor([1, 2])}, folder / "int64.safetensors"
)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(3, 2, bias=False)
        with torch.no_grad():
            self.inner.weight.copy_(tensors["layers.0.weight"])


torch.save(Model().state_dict(), folder / "module.bin")
long = torch.arange(10, dtype=torch.float32)
torch.save(
    collections.OrderedDict(
        tensors,
        parameter=torch.nn.Parameter(torch.ones(2, 2)),
        tied=tensors["half"],
        view=long[4:8].reshape(2, 2),
    ),
    folder / "sample.bin",
)
torch.save({"turned": tensors["layers.0.weight"].t()}, folder / "transposed.bin")
torch.save({"ok": torch.zeros(2), "steps": torch.tensor([1, 2])}, folder / "int64.bin")
torch.save({"model": tensors, "epoch": 3}, folder / "nested.bin")
torch.save(tensors, folder / "legacy.bin", _use_new_zipfile_serialization=False)


class Malicious:
    def __reduce__(self):
        return os.system, ("touch dovetail-was-here",)


with zipfile.ZipFile(folder / "malicious.bin", "w", zipfile.ZIP_STORED) as archive:
    archive.writestr("archive/data.pkl", pickle.dumps({"weight": Malicious()}, protocol=2))
with zipfile.ZipFile(folder / "deflated.bin", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("archive/data.pkl", pickle.dumps({}, protocol=2) + bytes(100_000))
with zipfile.ZipFile(folder / "protocol4.bin", "w", zipfile.ZIP_STORED) as archive:
    archive.writestr("archive/data.pkl", pickle.dumps({}, protocol=4))
