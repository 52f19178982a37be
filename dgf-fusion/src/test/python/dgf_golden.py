#!/usr/bin/env python3
"""Writes the reference values of DgfGoldenTest: the draft's formula in numpy, on the bundled draft's own weights.

    python3 -m pip install gguf safetensors numpy
    python3 dgf_golden.py DRAFT.gguf TARGET.gguf OUT_FOLDER

The inputs are the features of a deterministic pseudo-random walk, about as large as real ones, and the target's
embeddings of a few tokens. Row vectors; float64 throughout, so that what differs is the engine's rounding.
"""
import json
import pathlib
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

IDS = [198, 1604, 29130, 368, 79, 7979, 24, 7979, 42, 6458, 25, 4722, 6458, 42, 472, 1620, 10887]


def read(path):
    reader = gguf.GGUFReader(path)
    tensors = {
        t.name: t.data if t.tensor_type == gguf.GGMLQuantizationType.I32
        else gguf.dequantize(t.data, t.tensor_type).astype(np.float64)
        for t in reader.tensors
    }
    return reader, tensors


def norm(x, weight, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * weight


def silu(x):
    return x / (1 + np.exp(-x))


def rotate(x, position, theta):
    half = x.shape[-1] // 2
    angle = position * theta ** (-np.arange(half) / half)
    c, s = np.cos(angle), np.sin(angle)
    return np.concatenate((x[..., :half] * c - x[..., half:] * s, x[..., half:] * c + x[..., :half] * s), -1)


class Draft:
    def __init__(self, config, w):
        self.c, self.w = config, w
        self.keys = [[] for _ in range(config["num_hidden_layers"])]
        self.values = [[] for _ in self.keys]

    def fuse(self, h, e):
        w = self.w
        h1 = w["W_1.T"] @ h
        h2 = silu(w["W_2.T"] @ norm(e, w["input_layernorm.weight"], self.c["rms_norm_eps"]))
        z = 1 / (1 + np.exp(-(w["W_z.T"] @ np.concatenate((h1, h2)))))
        return z * h1 + (1 - z) * h2

    def step(self, h, e):
        """One position: its fused vector and each layer's output."""
        c, outputs = self.c, [self.fuse(h, e)]
        x, heads, kv = outputs[0], c["num_attention_heads"], c["num_key_value_heads"]
        hd = c["hidden_size"] // heads
        for i in range(c["num_hidden_layers"]):
            p = lambda n: self.w[f"layers.{i}.{n}.weight"]
            y = norm(x, p("input_layernorm"), c["rms_norm_eps"]) if i else x
            at = len(self.keys[i])
            q = rotate((p("self_attn.q_proj") @ y).reshape(heads, hd), at, c["rope_theta"])
            self.keys[i].append(rotate((p("self_attn.k_proj") @ y).reshape(kv, hd), at, c["rope_theta"]))
            self.values[i].append((p("self_attn.v_proj") @ y).reshape(kv, hd))
            keys, values = np.array(self.keys[i]), np.array(self.values[i])
            out = []
            for head in range(heads):
                group = head // (heads // kv)
                s = keys[:, group] @ q[head] / np.sqrt(hd)
                s = np.exp(s - s.max())
                out.append(s / s.sum() @ values[:, group])
            x = x + p("self_attn.o_proj") @ np.concatenate(out)
            y = norm(x, p("post_attention_layernorm"), c["rms_norm_eps"])
            x = x + p("mlp.down_proj") @ (silu(p("mlp.gate_proj") @ y) * (p("mlp.up_proj") @ y))
            outputs.append(x)
        return outputs


def main(draft_path, target_path, out):
    reader, weights = read(draft_path)
    config = json.loads(reader.fields["dovetail.config"].contents())
    embed = {t.name: t for t in gguf.GGUFReader(target_path).tensors}["token_embd.weight"]
    embed = gguf.dequantize(embed.data, embed.tensor_type).astype(np.float64)
    rng = np.random.default_rng(7)
    features = np.cumsum(rng.normal(0, 1, (len(IDS) - 1, config["hidden_size"])), 0).astype(np.float16)
    draft = Draft(config, weights)
    rows = [draft.step(h.astype(np.float64), embed[t]) for h, t in zip(features, IDS[1:])]
    tensors = {"H": features.astype(np.float32), "E": embed[IDS[1:]].astype(np.float32)}
    for i, name in enumerate(["fused"] + [f"layer{j}" for j in range(config["num_hidden_layers"])]):
        tensors[name] = np.array([r[i] for r in rows], dtype=np.float32)
    save_file(tensors, out / "golden.safetensors")

    chain, logs, guess = [], [], rows[-1][-1]
    vocabulary = weights["draft_vocab"]
    for _ in range(6):
        logits = embed[vocabulary] @ guess
        best = int(logits.argmax())
        chain.append(int(vocabulary[best]))
        logs.append(float(logits[best] - logits.max() - np.log(np.exp(logits - logits.max()).sum())))
        guess = draft.step(guess, embed[chain[-1]])[-1]
    (out / "chain.json").write_text(json.dumps({"ids": IDS, "chain": chain, "logProbabilities": logs}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))
