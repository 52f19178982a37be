#!/usr/bin/env python3
"""Trains a tiny llama on the Python standard library and writes it as a GGUF file that the engine reads.

    python3 training/tiny_target.py RUN_FOLDER OUT.gguf [--epochs 6] [--layers 8] ...

The text is what the running interpreter's own standard library holds (sources without their tests, PSF licence); one
file in twenty is held out. The model completes Python-looking code and does nothing else.
"""

import argparse
import json
import os
import pathlib
import time

import gguf
import numpy as np
import tokenizers
import torch
import torch.nn.functional as F

import corpus
import llama
import loop
import options
import tokenizer as reading

WORDS = "llama-bpe"  # how it cuts them
END = "<|endoftext|>"  # begins each file, and ends it
TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"  # text goes in as it stands


def bpe(texts: list[str], vocabulary: int) -> tokenizers.Tokenizer:
    """A byte-level BPE; token 0 is the end of a text."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = reading.cutting(WORDS)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def ids(tokenizer: tokenizers.Tokenizer, texts: list[str]) -> torch.Tensor:
    """All texts one after the other, each behind its begin token."""
    stream: list[int] = []
    for encoding in tokenizer.encode_batch(texts):
        stream += [0, *encoding.ids]
    return torch.tensor(stream + [0])


def loss_of(model: llama.Llama, rows: torch.Tensor) -> torch.Tensor:
    logits = model(rows[:, :-1]) @ model.head().T
    return F.cross_entropy(logits.float().flatten(0, 1), rows[:, 1:].flatten())


def write(path: pathlib.Path, model: llama.Llama, tokenizer: tokenizers.Tokenizer) -> None:
    """GGUF, matrices in Q8_0, norms in f32; whole or not at all."""
    shape = model.shape
    part = path.with_suffix(".part")
    writer = gguf.GGUFWriter(part, "llama")
    writer.add_name("tiny")
    writer.add_description("Completes Python-looking code. Trained on the Python standard library.")
    writer.add_license("Apache-2.0")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.eps)
    writer.add_rope_freq_base(shape.theta)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_vocab_size(shape.vocabulary)
    saved = json.loads(tokenizer.to_str())["model"]
    words = sorted(saved["vocab"], key=saved["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(WORDS)
    writer.add_token_list(words)
    writer.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (len(words) - 1))
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in saved["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_chat_template(TEMPLATE)

    def matrix(name: str, weight: torch.Tensor) -> None:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(weight.detach().float().numpy(), kind), raw_dtype=kind)

    def paired(weight: torch.Tensor, heads: int) -> torch.Tensor:
        """Rotary pairs as GGUF's llama has them: neighbours, not halves."""
        rows, columns = weight.shape
        return weight.view(heads, 2, rows // heads // 2, columns).transpose(1, 2).reshape(rows, columns)

    matrix("token_embd.weight", model.embed_tokens.weight)
    writer.add_tensor("output_norm.weight", model.norm.weight.detach().numpy().astype(np.float32))
    for i, layer in enumerate(model.layers):
        attention, mlp = layer.self_attn, layer.mlp
        matrix(f"blk.{i}.attn_q.weight", paired(attention.q_proj.weight, shape.heads))
        matrix(f"blk.{i}.attn_k.weight", paired(attention.k_proj.weight, shape.kv_heads))
        matrix(f"blk.{i}.attn_v.weight", attention.v_proj.weight)
        matrix(f"blk.{i}.attn_output.weight", attention.o_proj.weight)
        matrix(f"blk.{i}.ffn_gate.weight", mlp.gate_proj.weight)
        matrix(f"blk.{i}.ffn_up.weight", mlp.up_proj.weight)
        matrix(f"blk.{i}.ffn_down.weight", mlp.down_proj.weight)
        for name, norm in (("attn_norm", layer.input_layernorm), ("ffn_norm", layer.post_attention_layernorm)):
            writer.add_tensor(f"blk.{i}.{name}.weight", norm.weight.detach().numpy().astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(part, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path, help="folder for the checkpoint and the curves")
    parser.add_argument("out", type=pathlib.Path, help="the GGUF file to write")
    parser.add_argument("--corpus", type=pathlib.Path, default=corpus.STANDARD_LIBRARY)
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--feed-forward", type=int, default=768)
    parser.add_argument("--tokens", type=int, default=512, help="tokens of a row")
    parser.add_argument("--rows", type=int, default=8, help="rows of a step")
    parser.add_argument("--epochs", type=float, default=4.0)
    parser.add_argument("--rate", type=float, default=3e-3)
    args = parser.parse_args()

    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    training, held_out = (corpus.sources(args.corpus, held_out=part) for part in (False, True))
    saved = args.run / "tokenizer.json"
    args.run.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in vars(args).items() if name not in ("run", "out")}
    options.keep(args.run, kept | corpus.identity(training + held_out))
    if not saved.exists():
        part = saved.with_suffix(".part")
        bpe(training, args.vocabulary).save(str(part))
        os.replace(part, saved)
    tokenizer = tokenizers.Tokenizer.from_file(str(saved))
    text, checked = ids(tokenizer, training), ids(tokenizer, held_out)
    heads = args.hidden // 64
    shape = llama.Shape(
        args.hidden, args.layers, heads, max(1, heads // 2), 64, args.feed_forward,
        tokenizer.get_vocab_size(), 2048, 1e-5, 10000.0, tied=True,
    )  # fmt: skip
    model = llama.Llama(shape).to(device)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            deep = name.endswith(("o_proj.weight", "down_proj.weight"))
            torch.nn.init.normal_(parameter, std=0.02 / (2 * shape.layers) ** 0.5 if deep else 0.02)
    steps = int(args.epochs * len(text) / (args.rows * args.tokens))
    print(
        f"{len(training)} files, {len(text)} tokens; held out: {len(held_out)} files, {len(checked)} tokens; "
        f"{sum(p.numel() for p in model.parameters())} parameters; {steps} steps",
        flush=True,
    )
    run = loop.Run(args.run, model, args.rate, steps, warm_up=min(100, steps // 10))
    run.resume()
    checks = checked[: len(checked) // (args.tokens + 1) * (args.tokens + 1)].view(-1, args.tokens + 1)[:128]
    saved_at = time.time()
    while run.step < steps:
        # Of each step alone, so that a resumed run sees the same rows.
        begin = torch.randint(len(text) - args.tokens, (args.rows,), generator=torch.Generator().manual_seed(run.step))
        rows = torch.stack([text[b : b + args.tokens + 1] for b in begin]).to(device)
        with loop.mixed(device):
            loss = loss_of(model, rows)
        run.update(loss)
        if run.step % 20 == 0:
            run.note(loss=loss.item())
        if run.step % 200 == 0 or run.step == steps:
            with torch.no_grad(), loop.mixed(device):
                run.note(held_out=np.mean([loss_of(model, part.to(device)).item() for part in checks.split(16)]))
        if time.time() - saved_at > 300 or run.step == steps:
            run.save()
            saved_at = time.time()
    write(args.out, model.float().cpu(), tokenizer)
    print(f"{args.out}: {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
