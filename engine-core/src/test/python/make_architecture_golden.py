"""Makes the golden logits of ArchitectureGoldenTest: tiny models of every architecture and kind of
rotation, run by a decoder in numpy, f64 throughout.

    pip install gguf numpy
    python make_architecture_golden.py ../../../../verify-cpu/src/test/resources/dev/dovetail/cpu

writes architectures.json, the cases (metadata, tensors, tokens, and at which positions logits are
kept), and architectures.f32, their logits in order, [positions][vocabulary], little-endian. Weights
are not written: both sides make them from a formula (`weights`).

With llama-cpp-python installed, `--llama.cpp FOLDER` also writes each case as a GGUF file to FOLDER
and runs it there: conventions that this file could share with the engine (which values a rotation
pairs, what YaRN does to a frequency and to the magnitude, which keys are read) are then those of an
independent program. It runs no model that rotates a part of each head only. Whether the special part of each case
shows in its logits is checked in any event: without it they must change.
"""

import argparse
import json
from pathlib import Path

import numpy as np

VOCABULARY = 264  # <unk>, <s>, </s>, 256 bytes, 5 letters
HIDDEN, FEED_FORWARD, LAYERS, HEADS = 64, 96, 2, 4
LINEAR = {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}
HALF = {"rope.dimension_count": 8}
YARN = {
    "rope.scaling.type": "yarn",
    "rope.scaling.factor": 4.0,
    "rope.scaling.original_context_length": 16,
}


def case(name, architecture, tokens=24, metadata=None, **options):
    """One model: what it has beside the plain decoder, and how many tokens it is run over.

    Options: kv (key-value heads), head (its width), tied, bias, factors (rope_freqs.weight),
    llama_cpp (whether it runs such a model).
    """
    return {"name": name, "architecture": architecture, "tokens": tokens} | {
        "metadata": metadata or {},
        "options": {"kv": 2, "head": 16, "tied": False, "bias": architecture == "qwen2"}
        | {"factors": False, "llama_cpp": True}
        | options,
    }


CASES = [
    case("llama", "llama"),
    case("llama, tied, a key per query", "llama", kv=4, tied=True),
    case("llama, base 500000", "llama", 60, {"rope.freq_base": 500000.0}),
    case("llama, wide heads", "llama", head=32),
    case("llama, biases", "llama", bias=True),
    case("llama, frequency factors", "llama", factors=True),
    case("llama, linear", "llama", metadata=LINEAR),
    case("llama, linear by its old key", "llama", metadata={"rope.scale_linear": 4.0}),
    case("llama, yarn", "llama", 60, YARN),
    case("llama, yarn, attn_factor", "llama", 60, YARN | {"rope.scaling.attn_factor": 0.75}),
    case("llama, attn_factor alone", "llama", metadata={"rope.scaling.attn_factor": 0.75}),
    case("llama, half of each head", "llama", metadata=HALF, llama_cpp=False),
    case("llama, yarn below 1", "llama", 60, YARN | {"rope.scaling.factor": 0.5}),
    case("qwen2", "qwen2"),
    case("qwen2, tied", "qwen2", tied=True),
    case("qwen2, linear", "qwen2", metadata=LINEAR),
    case("qwen2, yarn", "qwen2", 60, YARN),
    case("qwen2, half of each head", "qwen2", metadata=HALF, llama_cpp=False),
    case("qwen3", "qwen3", head=32),
    case("qwen3, tied, base 1000000", "qwen3", 60, {"rope.freq_base": 1e6}, tied=True),
    case("qwen3, yarn", "qwen3", 60, YARN, head=32, tied=True),
]


def metadata(c):
    """The whole metadata of a case but its tokenizer; integers and floats as GGUF has them."""
    o = c["options"]
    sizes = {
        "block_count": LAYERS,
        "context_length": 64,
        "embedding_length": HIDDEN,
        "feed_forward_length": FEED_FORWARD,
        "attention.head_count": HEADS,
        "attention.head_count_kv": o["kv"],
        "attention.key_length": o["head"],
        "attention.value_length": o["head"],
        "attention.layer_norm_rms_epsilon": 1e-3,  # large enough to show
        "rope.dimension_count": o["head"],
        "rope.freq_base": 10000.0,
    }
    prefixed = {f"{c['architecture']}.{k}": v for k, v in (sizes | c["metadata"]).items()}
    return {"general.architecture": c["architecture"]} | prefixed


def tensors(c):
    """[name, shape, middle, spread] of each tensor: weights lie from middle - spread to middle +
    spread. Spreads are powers of two, so that every weight is exact in f32.
    """
    o = c["options"]
    q, kv = HEADS * o["head"], o["kv"] * o["head"]
    out = [["token_embd.weight", [VOCABULARY, HIDDEN], 0, 1]]
    for i in range(LAYERS):
        layer = [
            ["attn_norm.weight", [HIDDEN], 1, 0.25],
            # Queries sharp enough that attention picks.
            ["attn_q.weight", [q, HIDDEN], 0, 0.5],
            ["attn_k.weight", [kv, HIDDEN], 0, 0.25],
            ["attn_v.weight", [kv, HIDDEN], 0, 0.25],
            ["attn_output.weight", [HIDDEN, q], 0, 0.25],
            ["ffn_norm.weight", [HIDDEN], 1, 0.25],
            ["ffn_gate.weight", [FEED_FORWARD, HIDDEN], 0, 0.25],
            ["ffn_up.weight", [FEED_FORWARD, HIDDEN], 0, 0.25],
            ["ffn_down.weight", [HIDDEN, FEED_FORWARD], 0, 0.25],
        ]
        if o["bias"]:
            layer += [[f"attn_{x}.bias", [n], 0, 0.5] for x, n in (("q", q), ("k", kv), ("v", kv))]
        if c["architecture"] == "qwen3":
            layer += [["attn_q_norm.weight", [o["head"]], 2, 0.5]]
            layer += [["attn_k_norm.weight", [o["head"]], 1, 0.25]]
        out += [[f"blk.{i}.{name}", *rest] for name, *rest in layer]
    out.append(["output_norm.weight", [HIDDEN], 1, 0.25])
    if not o["tied"]:
        out.append(["output.weight", [VOCABULARY, HIDDEN], 0, 0.5])
    if o["factors"]:
        out.append(["rope_freqs.weight", [o["head"] // 2], 4.5, 4])
    return out


def weights(seed, shape, middle, spread):
    """Weight i of tensor number `seed` of its file: 24 bits of a mix of both, as a number from -1 to
    1 (MurmurHash3's finalizer; 32-bit arithmetic that wraps).
    """
    x = np.arange(np.prod(shape), dtype=np.uint32) + np.uint32(seed * 0x9E3779B1 % 2**32)
    x = (x ^ (x >> 16)) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * np.uint32(0xC2B2AE35)
    x ^= x >> 16
    unit = (x >> 8).astype(np.float32) / np.float32(2**23) - np.float32(1)
    return (np.float32(middle) + np.float32(spread) * unit).reshape(shape)


def tokens(c):
    return [(7 + 31 * i + 5 * i * i) % VOCABULARY for i in range(c["tokens"])]


def positions(c):
    """Every fifth position and the last."""
    return sorted({*range(0, c["tokens"], 5), c["tokens"] - 1})


def rotation(m, prefix, factors, n):
    """cos and sin, [n][pairs], as llama.cpp's `ggml_rope_ext` defines them, with its YaRN (Peng et
    al. 2023, section 3).
    """
    get = lambda key, absent: m.get(f"{prefix}.rope.{key}", absent)
    dims, base = get("dimension_count", None), get("freq_base", None)
    pairs = np.arange(dims // 2, dtype=np.float64)
    frequency = base ** (-2 * pairs / dims)
    if factors is not None:
        frequency = frequency / factors
    factor = get("scaling.factor", get("scale_linear", 1.0))
    magnitude = get("scaling.attn_factor", 1.0)
    if get("scaling.type", "linear") == "yarn":
        context = get("scaling.original_context_length", None)
        turning = lambda turns: (
            dims * np.log(context / (turns * 2 * np.pi)) / (2 * np.log(base))
        )
        low = max(0, np.floor(turning(32)))
        high = min(dims - 1, np.ceil(turning(1)))
        kept = 1 - np.clip((pairs - low) / max(0.001, high - low), 0, 1)
        frequency = frequency / factor * (1 - kept) + frequency * kept
        magnitude *= 1 + 0.1 * max(0, np.log(factor))
    else:
        frequency = frequency / factor
    angle = np.arange(n)[:, None] * frequency
    return np.cos(angle) * magnitude, np.sin(angle) * magnitude


def rotate(x, cos, sin, interleaved):
    """x [n][heads][head]: the first values of each head, in pairs (2i, 2i+1) or (i, i+half)."""
    half = cos.shape[1]
    first = np.arange(half) * (2 if interleaved else 1)
    second = first + (1 if interleaved else half)
    out = x.copy()
    a, b, cos, sin = x[..., first], x[..., second], cos[:, None], sin[:, None]
    out[..., first], out[..., second] = a * cos - b * sin, a * sin + b * cos
    return out


def logits(c):
    """[n][vocabulary], every position."""
    m, arch = metadata(c), c["architecture"]
    w = {t[0]: weights(i, *t[1:]).astype(np.float64) for i, t in enumerate(tensors(c))}
    ids, eps = tokens(c), m[f"{arch}.attention.layer_norm_rms_epsilon"]
    n, head = len(ids), c["options"]["head"]
    norm = lambda x, g: x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * g
    cos, sin = rotation(m, arch, w.get("rope_freqs.weight"), n)
    x = w["token_embd.weight"][ids]
    for i in range(LAYERS):
        p = lambda name: w[f"blk.{i}.{name}"]
        h = norm(x, p("attn_norm.weight"))
        q, k, v = (
            (h @ p(f"attn_{s}.weight").T + w.get(f"blk.{i}.attn_{s}.bias", 0)).reshape(n, -1, head)
            for s in "qkv"
        )
        if arch == "qwen3":
            q, k = norm(q, p("attn_q_norm.weight")), norm(k, p("attn_k_norm.weight"))
        q, k = (rotate(t, cos, sin, arch == "llama") for t in (q, k))
        k, v = (np.repeat(t, HEADS // c["options"]["kv"], 1) for t in (k, v))
        scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(head)
        scores[:, np.triu(np.ones((n, n), bool), 1)] = -np.inf
        chance = np.exp(scores - scores.max(-1, keepdims=True))
        chance /= chance.sum(-1, keepdims=True)
        attended = np.einsum("hqk,khd->qhd", chance, v).reshape(n, -1)
        x = x + attended @ p("attn_output.weight").T
        h = norm(x, p("ffn_norm.weight"))
        gate, up = h @ p("ffn_gate.weight").T, h @ p("ffn_up.weight").T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ p("ffn_down.weight").T
    x = norm(x, w["output_norm.weight"])
    return x @ w.get("output.weight", w["token_embd.weight"]).T


def difference(a, b):
    """The largest difference of two sets of logits in units of a row's root mean square."""
    return np.abs(a - b).max() / np.sqrt((a * a).mean(-1)).min()


def llama_cpp_logits(c, path):
    """The same by llama.cpp with an f32 cache."""
    import gguf
    import llama_cpp

    writer = gguf.GGUFWriter(path, c["architecture"])
    for key, value in metadata(c).items():
        if isinstance(value, str):
            if key != "general.architecture":
                writer.add_string(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_float32(key, value)
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256)), *"abcde"]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(pieces)
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_types([2, 3, 3] + [6] * 256 + [1] * 5)
    for i, (name, *rest) in enumerate(tensors(c)):
        writer.add_tensor(name, weights(i, *rest))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    f32 = 0
    model = llama_cpp.Llama(
        str(path), n_ctx=64, logits_all=True, type_k=f32, type_v=f32, n_threads=1, verbose=False
    )
    model.eval(tokens(c))
    return model.scores[: c["tokens"]].astype(np.float64)


def plain(c):
    """The case without what makes it special, or None for one that has nothing of the kind."""
    changed = c | {"metadata": {}, "options": c["options"] | {"factors": False}}
    return changed if (c["metadata"], c["options"]) != ({}, changed["options"]) else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--llama.cpp", dest="llama_cpp", type=Path)
    arguments = parser.parse_args()
    description, rows = [], []
    for c in CASES:
        expected = logits(c)
        if plain(c):
            moved = difference(expected, logits(plain(c)))
            assert moved > 0.05, f"{c['name']}: what it is for moves its logits by {moved} only"
        rows.append(expected[positions(c)].astype("<f4"))
        description.append(
            {
                "name": c["name"],
                "metadata": metadata(c),
                "tensors": tensors(c),
                "tokens": tokens(c),
                "positions": positions(c),
            }
        )
        if arguments.llama_cpp and c["options"]["llama_cpp"]:
            path = arguments.llama_cpp / (c["name"].replace(", ", "-").replace(" ", "-") + ".gguf")
            moved = difference(expected, llama_cpp_logits(c, path))
            print(f"{c['name']}: llama.cpp differs by {moved:.1e}")
            assert moved < 1e-4, c["name"]
    lines = ",\n".join(json.dumps(d) for d in description)
    (arguments.out / "architectures.json").write_text(f"[\n{lines}\n]\n")
    np.concatenate(rows).tofile(arguments.out / "architectures.f32")


if __name__ == "__main__":
    main()
