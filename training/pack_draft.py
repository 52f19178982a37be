#!/usr/bin/env python3
"""Packs a DGF checkpoint folder into one small GGUF file that the engine reads.

    python3 -m pip install gguf safetensors numpy
    python3 pack_draft.py FOLDER OUT.gguf [--type q8_0|f16]

Matrices are quantised to Q8_0 (blocks of 32 along a row, one f16 scale each), which halves an f16 checkpoint; norms
stay f32. W_1, W_2 and W_z, which a checkpoint stores as [in][out], are stored transposed as W_1.T and so on, so that a
row computes one output and a block lies along the sum. config.json travels as the metadata string dovetail.config.
"""
import argparse
import json
import pathlib

import gguf
import numpy as np
from safetensors.numpy import load_file

FUSION = ("W_1", "W_2", "W_z")


def pack(folder: pathlib.Path, out: pathlib.Path, kind: gguf.GGMLQuantizationType) -> None:
    config = json.loads((folder / "config.json").read_text())
    tensors = load_file(folder / "model.safetensors")
    writer = gguf.GGUFWriter(out, "dovetail-dgf")
    writer.add_string("general.name", f"DGF draft for {config['target']}")
    writer.add_string("general.license", "apache-2.0")
    writer.add_string("dovetail.config", json.dumps(config))
    for name, values in tensors.items():
        if values.dtype == np.int32:
            writer.add_tensor(name, values)
            continue
        values = values.astype(np.float32)
        if name in FUSION:
            name, values = name + ".T", np.ascontiguousarray(values.T)
        if values.ndim == 1:
            writer.add_tensor(name, values)
        else:
            writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--type", choices=("q8_0", "f16"), default="q8_0")
    args = parser.parse_args()
    pack(args.folder, args.out, gguf.GGMLQuantizationType[args.type.upper()])


if __name__ == "__main__":
    main()
