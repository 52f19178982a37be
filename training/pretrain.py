#!/usr/bin/env python3
"""Teaches a draft which tokens follow which, from sources alone: a start for `train.py --start`.

    python3 training/pretrain.py RUN_FOLDER --target TARGET.gguf --sources FOLDER [--texts FOLDER] [--steps 400] ...

A large target's pass over a token costs far more than the draft's training on it, and part of what a draft has to learn
needs no target: which tokens code is made of. Here it reads sources with zeros for features, and only its head is judged;
deeper levels read its own guesses, as they do in training. Stop it when you like: it goes on from its last checkpoint. The
draft is in RUN_FOLDER/draft.
"""

import argparse
import pathlib
import time

import numpy as np
import torch

import checkpoint
import corpus
import loop
import options
import texts as store
from target import TargetFile
from tokenizer import Tokenizer
from train import Head, add_network, common, guesses, network, vocabulary_size


def stream(sources: list[str], tokenizer: Tokenizer) -> np.ndarray:
    """All sources one after the other."""
    return np.concatenate([np.array(tokenizer.of_text(text), dtype=np.int64) for text in sources])


def rows_at(tokens: np.ndarray, begins: np.ndarray, length: int, width: int, noise: float):
    """Rows of consecutive tokens, without wanted features, and the tokens to be guessed, `[rows][tokens]`."""
    cut = torch.from_numpy(np.stack([tokens[begin : begin + length + 2] for begin in begins]))
    size = (len(begins), length)
    features = (torch.rand(*size, width) * 2 - 1) * noise
    place = torch.arange(length).expand(size)
    seen = torch.ones(length, length, dtype=torch.bool).tril().expand(len(begins), -1, -1)
    return store.Rows(features, features, cut[:, 1:-1], place, place, torch.ones(size), seen), cut[:, 2:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--target", type=pathlib.Path, required=True, help="GGUF file")
    parser.add_argument("--sources", type=pathlib.Path, default=corpus.STANDARD_LIBRARY)
    parser.add_argument("--texts", type=pathlib.Path, action="append", default=[], help="also counted for the vocabulary")
    parser.add_argument("--name", help="the target's name in the draft's config; default: its file's")
    add_network(parser)
    parser.add_argument("--levels", type=int, default=2)
    parser.add_argument("--noise", type=float, default=0.1, help="uniform, in place of the features")
    parser.add_argument("--tokens", type=int, default=384, help="positions of a row")
    parser.add_argument("--rows", type=int, default=16, help="rows of a step")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--most-tokens", type=int, default=8_000_000, help="of the sources, taken at random")
    args = parser.parse_args()

    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    target = TargetFile(args.target)
    sources = corpus.sources(args.sources, held_out=False)
    identity = corpus.identity(sources) | store.identity(target, args.texts)
    np.random.default_rng(0).shuffle(sources)
    size = np.cumsum([len(text) for text in sources])
    tokens = stream(sources[: int(np.searchsorted(size, args.most_tokens * 4)) + 1], Tokenizer(target))
    everything = [text for folder in args.texts for text in store.read(folder, target.shape.hidden)]
    ids = common(everything, target.shape.vocabulary, vocabulary_size(target, args), tokens)
    place = torch.full((target.shape.vocabulary,), -1, device=device)
    place[ids.to(device)] = torch.arange(len(ids), device=device)
    draft = network(target, args).to(device)
    head = Head(target, ids, device)
    if len(tokens) < args.tokens + 3:
        raise SystemExit(f"{args.sources} has {len(tokens)} tokens, which do not fill a row of {args.tokens}: name a folder with more")
    args.run.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in vars(args).items() if name not in ("run", "name")}
    options.keep(args.run, kept | identity)
    print(f"{len(tokens)} tokens; {sum(p.numel() for p in draft.parameters())} parameters", flush=True)
    run = loop.Run(args.run, draft, args.rate, args.steps, warm_up=min(50, args.steps // 10 + 1))
    run.resume()

    def save() -> None:
        run.save()
        checkpoint.save(args.run / "draft", draft, ids, args.name or args.target.stem)

    saved_at = time.time()
    while run.step < args.steps:
        begins = np.random.default_rng(run.step).integers(0, len(tokens) - args.tokens - 2, args.rows)
        rows, after = rows_at(tokens, begins, args.tokens, target.shape.hidden, args.noise)
        rows, wanted = store.to(rows, device), place[after.to(device)]
        total = shares = 0.0
        with loop.mixed(device):
            for level, guess in enumerate(guesses(draft, head, rows, 1 + run.step % args.levels)):
                share = 0.7**level
                # Tokens outside the draft's vocabulary are not judged: -1 is ignored.
                loss = torch.nn.functional.cross_entropy(
                    head.logits(guess).float().flatten(0, 1), wanted.flatten(), ignore_index=-1
                )
                total, shares = total + share * loss, shares + share
        run.update(total / shares)
        if run.step % 10 == 0:
            run.note(loss=(total / shares).item())
        if time.time() - saved_at > 300:
            save()
            saved_at = time.time()
    save()


if __name__ == "__main__":
    main()
