"""The folder that a draft is trained into and that the engine reads: `config.json`, `model.safetensors`; and a draft
that was packed into one file, read back."""

import json
import pathlib

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file

from dgf import Draft
from llama import Shape
from target import reader


def save(folder: pathlib.Path, draft: Draft, draft_vocabulary: torch.Tensor, target: str) -> None:
    """In f16. `draft_vocabulary`: ids of the tokens that the draft guesses among, ascending."""
    shape = draft.shape
    config = {
        "architectures": ["DovetailDraft"],
        "model_type": "dovetail_dgf",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "intermediate_size": shape.feed_forward,
        "rms_norm_eps": shape.eps,
        "rope_theta": shape.theta,
        "vocab_size": shape.vocabulary,
        "draft_vocab_size": len(draft_vocabulary),
        "torch_dtype": "float16",
        "target": target,
    }
    tensors = {name: value.to("cpu", torch.float16).contiguous() for name, value in draft.state_dict().items()}
    tensors["draft_vocab"] = draft_vocabulary.to("cpu", torch.int32)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors.part")
    (folder / "model.safetensors.part").replace(folder / "model.safetensors")
    (folder / "config.json.part").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "config.json.part").replace(folder / "config.json")


def unpack(file: pathlib.Path) -> tuple[dict, dict[str, torch.Tensor]]:
    """The configuration and tensors that `export.py` packed."""
    packed = reader(file)
    if not (config := packed.get_field("dovetail.config")):
        raise SystemExit(f"{file} holds no draft: it has no dovetail.config; wanted a file that export.py wrote")
    tensors = {}
    for tensor in packed.tensors:
        if tensor.tensor_type == gguf.GGMLQuantizationType.I32:
            tensors[tensor.name] = torch.from_numpy(tensor.data.copy())
            continue
        values = torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32))
        # The fusion's are packed transposed, and named so.
        tensors[tensor.name.removesuffix(".T")] = values.T.contiguous() if tensor.name.endswith(".T") else values
    return json.loads(config.contents()), tensors


def load(path: pathlib.Path) -> tuple[Draft, torch.Tensor, str]:
    """A folder's or a packed file's draft in f32, the ids it guesses among, and its target's name."""
    if path.is_file():
        config, tensors = unpack(path)
    elif not (path / "config.json").is_file():
        raise SystemExit(f"{path} holds no draft: wanted a folder with a config.json, or a file that export.py wrote")
    else:
        config = json.loads((path / "config.json").read_text())
        tensors = load_file(path / "model.safetensors")
    ids = tensors.pop("draft_vocab", torch.arange(config["vocab_size"], dtype=torch.int32)).long()
    draft = Draft(
        Shape(
            hidden=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            kv_heads=config["num_key_value_heads"],
            head_dim=config["hidden_size"] // config["num_attention_heads"],
            feed_forward=config["intermediate_size"],
            vocabulary=config["vocab_size"],
            context=0,
            eps=config["rms_norm_eps"],
            theta=config["rope_theta"],
            tied=True,
        )
    )
    draft.load_state_dict({name: value.float() for name, value in tensors.items()})
    return draft, ids, config["target"]
