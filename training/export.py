#!/usr/bin/env python3
"""Packs a draft's folder into one small GGUF file that the engine reads, and writes its card beside it.

    python3 training/export.py DRAFT_FOLDER OUT.gguf --target TARGET.gguf --about TEXT [--type q8_0|q4_0|f16]

W_1, W_2 and W_z, which a checkpoint stores as [in][out], are stored transposed as W_1.T and so on, so that a row
computes one output and a quantised block lies along the sum. config.json travels as the metadata string
dovetail.config, with the target's SHA-256.
"""

import argparse
import json
import pathlib

import gguf
import numpy as np
from safetensors.numpy import load_file

from target import TargetFile

FUSION = ("W_1", "W_2", "W_z")


def write(out: pathlib.Path, config: dict, tensors: dict[str, np.ndarray], kind, licence: str) -> None:
    part = out.with_name(out.name + ".part")
    writer = gguf.GGUFWriter(part, "dovetail-dgf")
    writer.add_string("general.name", f"DGF draft for {config['target']}")
    writer.add_string("general.license", licence)
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
    part.replace(out)


def card(config: dict, tensors: dict[str, np.ndarray], args) -> str:
    weights = sum(values.size for values in tensors.values() if values.dtype != np.int32)
    layers = config["num_hidden_layers"]
    return f"""# DGF draft for {config["target"]}

{weights / 1e6:.1f} M parameters in {args.type.upper()}: {layers} {"layer" if layers == 1 else "layers"}, hidden \
{config["hidden_size"]}, {config["num_attention_heads"]} heads, {config["num_key_value_heads"]} KV heads, MLP \
{config["intermediate_size"]}; it guesses among {config["draft_vocab_size"]} of {config["vocab_size"]} tokens.

- Licence: {args.licence}.
- Target: SHA-256 {config["target_sha256"]}.
- {args.about}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--target", type=pathlib.Path, required=True)
    parser.add_argument("--about", required=True, help="its data, steps and tau, in sentences")
    parser.add_argument("--licence", default="Apache-2.0")
    parser.add_argument("--type", choices=("q8_0", "q4_0", "f16"), default="q8_0")
    args = parser.parse_args()
    config = json.loads((args.folder / "config.json").read_text())
    config["target_sha256"] = TargetFile(args.target).sha256()
    tensors = load_file(args.folder / "model.safetensors")
    write(args.out, config, tensors, gguf.GGMLQuantizationType[args.type.upper()], args.licence)
    args.out.with_suffix(".md").write_text(card(config, tensors, args))
    print(f"{args.out}: {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
