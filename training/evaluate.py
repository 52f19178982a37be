#!/usr/bin/env python3
"""Tells a draft's tau on texts that its target wrote greedily: what the engine's statistics say on the same prompts.

    python3 training/evaluate.py DRAFT_FOLDER --target TARGET.gguf --texts FOLDER [--shapes 1,2,4,4x2] [--limit 40] [--lookup]

A text's own tokens are what the target chooses, so no pass of the target is needed: a round drafts a tree, accepts the
path that the text follows, and one token more. Texts that are not greedy are left out. With --lookup the text itself
guesses where it has read so before, as with the engine's `--draft cpu:lookup+FOLDER`.
"""

import argparse
import pathlib
import re
from collections.abc import Callable

import torch
import torch.nn.functional as F

import checkpoint
import texts as store
from dgf import Draft
from llama import angles
from target import TargetFile


WINDOW = 32  # the most verified tokens that a draft on the CPU is told at once: the last ones
AGREEING = 3  # tokens at the end of a text from which on what followed them before is guessed
LONGEST = 16  # tokens of which it is counted how far two places agree


class Drafter:
    """One sequence: verified positions with their keys and values, and trees that hang from the last of them."""

    def __init__(self, draft: Draft, embedding: torch.Tensor, head: torch.Tensor, ids: torch.Tensor):
        self.draft, self.embedding, self.head, self.ids = draft, embedding, head, ids
        self.verified = [(None, None)] * draft.shape.layers
        self.length = 0

    def extend(self, features: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
        """Adds verified positions; gives the guess behind the last of them, `[d]`."""
        count = len(following)
        before = self.length
        self.length += count
        mask = torch.ones(count, self.length, dtype=torch.bool).tril(before)
        x, kept = self.pass_(features, following, torch.arange(before, self.length), mask, self.verified)
        self.verified = kept
        return x[-1]

    def pass_(self, features, following, positions, mask, past):
        """Layers over new positions behind those of `past`; gives their outputs and past and new together."""
        shape = self.draft.shape
        cos, sin = angles(positions, shape.head_dim, shape.theta)
        x = self.draft.fuse(features, F.embedding(following, self.embedding))[None]
        kept = []
        for layer, (keys, values) in zip(self.draft.layers, past):
            h = x if layer.input_layernorm is None else layer.input_layernorm(x)
            q, k, v = layer.self_attn.project(h, cos, sin)
            keys = k if keys is None else torch.cat((keys, k), 2)
            values = v if values is None else torch.cat((values, v), 2)
            kept.append((keys, values))
            x = x + layer.self_attn.merge(F.scaled_dot_product_attention(q, keys, values, attn_mask=mask))
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        return x[0], kept

    def tree(self, guess: torch.Tensor, depth: int, width: int) -> list[list[tuple[int, int]]]:
        """Levels of (token, index of the parent on the level before): on each the `width` likeliest paths."""
        levels: list[list[tuple[int, int]]] = []
        features, logs = guess[None], torch.zeros(1)
        past, ancestors = self.verified, torch.zeros(1, 0, dtype=torch.bool)
        for level in range(depth):
            if level > 0:
                tokens = torch.tensor([token for token, _ in levels[-1]])
                parents = torch.tensor([parent for _, parent in levels[-1]])
                own = torch.eye(len(tokens), dtype=torch.bool)
                ancestors = torch.cat((ancestors[parents], own), 1)
                mask = torch.cat((torch.ones(len(tokens), self.length, dtype=torch.bool), ancestors), 1)
                positions = torch.full((len(tokens),), self.length + level - 1)
                features, past = self.pass_(features[parents], tokens, positions, mask, past)
            scores = logs[:, None] + (features @ self.head.T).log_softmax(-1)
            best = scores.flatten().topk(width)
            rows, columns = best.indices // len(self.ids), best.indices % len(self.ids)
            levels.append(list(zip(self.ids[columns].tolist(), rows.tolist())))
            logs = best.values
        return levels


def looked_up(tokens: list[int], most: int) -> list[list[tuple[int, int]]]:
    """What followed the latest of the places that agree with the end in most tokens, as levels of a tree."""
    best, place = 0, 0
    for end in range(len(tokens) - 1, 0, -1):
        agreeing = 0
        while agreeing < min(end, LONGEST) and tokens[end - 1 - agreeing] == tokens[-1 - agreeing]:
            agreeing += 1
        if agreeing > best:
            best, place = agreeing, end
    if best < AGREEING:
        return []
    grown = list(tokens)
    for i in range(most):
        grown.append(grown[place + i])
    return [[(token, 0)] for token in grown[len(tokens) :]]


def rounds(new_drafter: Callable[[], Drafter], text: store.Text, depth: int, width: int, lookup: bool) -> list[tuple[int, int]]:
    """Of each round of a text behind its first token, which the prompt's pass has given: how many tokens of the tree
    are accepted, and how many are emitted, which is one more unless the text ends before."""
    tokens = torch.from_numpy(text.tokens)
    features = torch.from_numpy(text.features.astype("float32"))
    made = []
    drafter, known, seen = new_drafter(), text.prompt + 1, 0
    while known < len(tokens):
        # Where a limit ends the text, its last token is never drafted: it is the round's own.
        most = depth if text.ended else min(depth, len(tokens) - known - 1)
        levels = looked_up(text.tokens[:known].tolist(), most) if lookup else []
        if not levels:
            if known - 1 - seen > WINDOW:
                drafter, seen = new_drafter(), known - 1 - WINDOW
            guess = drafter.extend(features[seen : known - 1], tokens[seen + 1 : known])
            seen = known - 1
            levels = drafter.tree(guess, most, width)
        accepted, parent = 0, 0
        for level in levels:
            if known + accepted == len(tokens) or (int(tokens[known + accepted]), parent) not in level:
                break
            parent = level.index((int(tokens[known + accepted]), parent))
            accepted += 1
        emitted = min(accepted + 1, len(tokens) - known)
        made.append((accepted, emitted))
        known += emitted
    return made


def tau(made: list[tuple[int, int]]) -> float:
    return sum(emitted for _, emitted in made) / len(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("draft", type=pathlib.Path)
    parser.add_argument("--target", type=pathlib.Path, required=True)
    parser.add_argument("--texts", type=pathlib.Path, required=True)
    parser.add_argument("--shapes", default="1,2,4,4x2", help="as the engine's --tree: levels, or levels x width")
    parser.add_argument("--lookup", action="store_true", help="the text itself guesses first")
    parser.add_argument("--limit", type=int, default=40, help="most texts, spread over all")
    args = parser.parse_args()
    target = TargetFile(args.target)
    draft, ids, _ = checkpoint.load(args.draft)
    embedding, head = target.embedding(), target.head().index_select(0, ids)

    def new_drafter() -> Drafter:
        return Drafter(draft, embedding, head, ids)

    greedy = [text for text in store.read(args.texts, target.shape.hidden) if text.greedy]
    chosen = greedy[:: max(1, -(-len(greedy) // args.limit))]
    if not chosen:
        raise SystemExit(f"{args.texts} holds no greedy text")
    print(f"{len(chosen)} texts")
    with torch.no_grad():
        for spelled in args.shapes.split(","):
            if not (match := re.fullmatch(r"(\d+)(?:x(\d+))?", spelled)):
                raise SystemExit(f"a shape is 4 or 4x2; found {spelled}")
            depth, width = int(match[1]), int(match[2] or 1)
            made = [r for text in chosen for r in rounds(new_drafter, text, depth, width, args.lookup)]
            shares = [sum(accepted >= level for accepted, _ in made) / len(made) for level in range(1, depth + 1)]
            reached = " ".join(f"{share:.3f}" for share in shares)
            print(f"tree {spelled}: tau {tau(made):.4f} in {len(made)} rounds; levels reached: {reached}", flush=True)


if __name__ == "__main__":
    main()
