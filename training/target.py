"""What a draft needs of its target, read from the target's GGUF file."""

import hashlib
import pathlib

import gguf
import numpy as np
import torch

from llama import Llama, Shape


def reader(path: pathlib.Path) -> gguf.GGUFReader:
    """Opens a GGUF file. Exits with a message if it is none."""
    try:
        return gguf.GGUFReader(path)
    except (OSError, ValueError) as e:
        raise SystemExit(f"{path} cannot be read as a GGUF file: {e}") from e


class TargetFile:
    """An open GGUF file of a llama or qwen2 model. Tensors come as f32, whatever they are stored in."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.reader = reader(path)
        self.tensors = {tensor.name: tensor for tensor in self.reader.tensors}
        self.architecture = self.field("general.architecture")
        if self.architecture not in ("llama", "qwen2"):
            raise SystemExit(f"{path} holds a model of the architecture {self.architecture}; wanted llama or qwen2")
        heads = self.field(f"{self.architecture}.attention.head_count")
        hidden = self.field(f"{self.architecture}.embedding_length")
        self.shape = Shape(
            hidden=hidden,
            layers=self.field(f"{self.architecture}.block_count"),
            heads=heads,
            kv_heads=self.field(f"{self.architecture}.attention.head_count_kv", heads),
            head_dim=self.field(f"{self.architecture}.attention.key_length", hidden // heads),
            feed_forward=self.field(f"{self.architecture}.feed_forward_length"),
            vocabulary=self.tensors["token_embd.weight"].data.shape[0],
            context=self.field(f"{self.architecture}.context_length"),
            eps=self.field(f"{self.architecture}.attention.layer_norm_rms_epsilon"),
            theta=self.field(f"{self.architecture}.rope.freq_base", 10000.0),
            tied="output.weight" not in self.tensors,
            bias=self.architecture == "qwen2",
        )

    def field(self, name: str, default=None):
        field = self.reader.get_field(name)
        if field is None:
            if default is None:
                raise SystemExit(f"{self.path} has no {name}")
            return default
        return field.contents()

    def tensor(self, name: str) -> torch.Tensor:
        tensor = self.tensors[name]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        return torch.from_numpy(np.ascontiguousarray(values))

    def embedding(self) -> torch.Tensor:
        """`[vocabulary][d]`."""
        return self.tensor("token_embd.weight")

    def head(self) -> torch.Tensor:
        """`[vocabulary][d]`."""
        return self.tensor("token_embd.weight" if self.shape.tied else "output.weight")

    def sha256(self) -> str:
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def model(self) -> Llama:
        """The whole model in f32."""
        model = Llama(self.shape)

        def put(module: torch.nn.Module, name: str, heads: int | None = None) -> None:
            for kind, parameter in module.named_parameters():
                value = self.tensor(f"{name}.{kind}")
                if heads is not None and self.architecture == "llama":
                    # GGUF's llama has rotary pairs as neighbours, this one as halves.
                    value = value.view(heads, -1, 2, *value.shape[1:]).transpose(1, 2).reshape(value.shape)
                parameter.data.copy_(value)

        put(model.embed_tokens, "token_embd")
        put(model.norm, "output_norm")
        if model.lm_head is not None:
            put(model.lm_head, "output")
        for i, layer in enumerate(model.layers):
            attention, mlp = layer.self_attn, layer.mlp
            put(attention.q_proj, f"blk.{i}.attn_q", self.shape.heads)
            put(attention.k_proj, f"blk.{i}.attn_k", self.shape.kv_heads)
            put(attention.v_proj, f"blk.{i}.attn_v")
            put(attention.o_proj, f"blk.{i}.attn_output")
            put(mlp.gate_proj, f"blk.{i}.ffn_gate")
            put(mlp.up_proj, f"blk.{i}.ffn_up")
            put(mlp.down_proj, f"blk.{i}.ffn_down")
            put(layer.input_layernorm, f"blk.{i}.attn_norm")
            put(layer.post_attention_layernorm, f"blk.{i}.ffn_norm")
        return model
