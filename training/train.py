#!/usr/bin/env python3
"""Trains a DGF draft on texts that its target wrote, with the target's features (`generate.py` makes both).

    python3 training/train.py RUN_FOLDER --target TARGET.gguf --texts FOLDER [--texts FOLDER ...] [--layers 2] ...

Stop it when you like: it goes on from its last checkpoint. The draft is in RUN_FOLDER/draft, the curves are in
RUN_FOLDER/curves.png.
"""

import argparse
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F

import checkpoint
import loop
import options
import texts as store
from dgf import Draft
from llama import Shape
from target import TargetFile

FREE = ("run", "name", "epochs")  # options that may change from one start to the next: more epochs go on from fewer


class Head:
    """The target's head over the tokens that the draft guesses among, and its embedding; both frozen."""

    def __init__(self, target: TargetFile, ids: torch.Tensor, device: torch.device):
        self.ids = ids.to(device)
        self.embedding = target.embedding().to(device)
        self.rows = target.head().index_select(0, ids).to(device)

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        return features @ self.rows.T


def common(texts: list[store.Text], vocabulary: int, wanted: int, others: np.ndarray | None = None) -> torch.Tensor:
    """The most frequent tokens of all texts, ascending; those of the answers count, prompts less, other tokens that
    stand in no text as much together as a hundredth of their number."""
    counts = np.zeros(vocabulary)
    if others is not None:
        counts += np.bincount(others, minlength=vocabulary) * 0.01
    for text in texts:
        np.add.at(counts, text.tokens[: text.prompt], store.PROMPT_WEIGHT)
        np.add.at(counts, text.tokens[text.prompt :], 1.0)
    return torch.from_numpy(np.sort(np.argsort(-counts, kind="stable")[:wanted]))


def guesses(draft: Draft, head: Head, rows: store.Rows, levels: int, noise: float = 0.0) -> list[torch.Tensor]:
    features = rows.features
    if noise:
        features = features + (torch.rand_like(features) * 2 - 1) * noise
    embeddings = F.embedding(rows.following, head.embedding)
    return draft(features, embeddings, rows.positions, rows.seen, levels)


def loss_of(draft: Draft, head: Head, rows: store.Rows, levels: int, noise: float) -> torch.Tensor:
    """Smooth-L1 on the features and cross-entropy on the head, half against the target's distribution and half
    against its choice, over all levels; a deeper level counts less, since it is reached less often."""
    with torch.no_grad():
        wanted = head.logits(rows.wanted).float()
        soft, choice = wanted.softmax(-1), wanted.argmax(-1)
    total, shares = 0.0, 0.0
    for level, guess in enumerate(guesses(draft, head, rows, levels, noise)):
        weight = rows.weight * (rows.place >= level)
        logp = head.logits(guess).float().log_softmax(-1)
        words = -0.5 * ((soft * logp).sum(-1) + logp.gather(-1, choice[..., None])[..., 0])
        shape = F.smooth_l1_loss(guess.float(), rows.wanted, reduction="none").mean(-1)
        share = 0.7**level
        total = total + share * ((words + shape) * weight).sum() / weight.sum()
        shares += share
    return total / shares


@torch.no_grad()
def right(draft: Draft, head: Head, rows: store.Rows, whole: torch.Tensor, levels: int) -> torch.Tensor:
    """`[levels][rows][tokens]`: where the draft's choice is the target's, among all tokens."""
    # A row at a time: logits over all tokens are large.
    wanted = torch.cat([(row @ whole.T).argmax(-1) for row in rows.wanted.split(1)])
    return torch.stack([head.ids[head.logits(g).argmax(-1)] == wanted for g in guesses(draft, head, rows, levels)])


def tau(hits: torch.Tensor, rows: store.Rows) -> float:
    """Tokens a verification pass of chains as long as there are levels, over all answers of the rows."""
    levels = len(hits)
    emitted = passes = 0
    hits, place, answer = hits.cpu(), rows.place, rows.weight == 1
    for r in range(place.shape[0]):
        t = 0
        while t < place.shape[1]:
            if not answer[r, t]:
                t += 1
                continue
            accepted = 0
            # The guess of level j stands at t + j, in the same piece.
            while accepted < levels and t + accepted < place.shape[1] and place[r, t + accepted] == place[r, t] + accepted:
                if not hits[accepted, r, t + accepted]:
                    break
                accepted += 1
            emitted, passes, t = emitted + accepted + 1, passes + 1, t + accepted + 1
    return emitted / max(1, passes)


def add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--feed-forward", type=int, help="width of the MLP; default: the target's")
    parser.add_argument("--draft-vocabulary", type=int, help="tokens it guesses among; default: --start's number, or 8192")


def vocabulary_size(target: TargetFile, args: argparse.Namespace, start: np.ndarray | None = None) -> int:
    """How many tokens a draft guesses among."""
    return min(args.draft_vocabulary or (8192 if start is None else len(start)), target.shape.vocabulary)


def network(target: TargetFile, args: argparse.Namespace) -> Draft:
    """A new draft as wide as its target, with its attention's heads."""
    shape = target.shape
    heads = shape.heads if shape.hidden % shape.heads == 0 else 1
    return Draft(
        Shape(
            hidden=shape.hidden,
            layers=args.layers,
            heads=heads,
            kv_heads=shape.kv_heads,
            head_dim=shape.hidden // heads,
            feed_forward=args.feed_forward or shape.feed_forward,
            vocabulary=shape.vocabulary,
            context=0,
            eps=shape.eps,
            theta=shape.theta,
            tied=True,
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--target", type=pathlib.Path, required=True, help="GGUF file")
    parser.add_argument("--texts", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--name", help="the target's name in the draft's config; default: its file's")
    parser.add_argument("--start", type=pathlib.Path, help="a draft's folder or packed file to begin with instead of chance")
    add_network(parser)
    parser.add_argument("--levels", type=int, default=3, help="deepest guess that is trained on the draft's own guesses")
    parser.add_argument("--noise", type=float, default=0.1, help="uniform, of the features")
    parser.add_argument("--tokens", type=int, default=384, help="positions of a row")
    parser.add_argument("--rows", type=int, default=8, help="rows of a step")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rate", type=float, default=2e-3)
    args = parser.parse_args()

    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    target = TargetFile(args.target)
    everything = [text for folder in args.texts for text in store.read(folder, target.shape.hidden)]
    held_out = [text for text in everything if text.held_out()]
    learnt = [text for text in everything if not text.held_out()]
    if not held_out or not learnt:
        raise SystemExit(f"{len(everything)} texts are too few: one in forty is held out to check the draft; make more")
    if args.start:
        draft, start_ids, _ = checkpoint.load(args.start)
    else:
        draft, start_ids = network(target, args), None
    # What a draft guesses among is free to change with its texts: the head's rows are the target's.
    others = None if start_ids is None else start_ids.numpy()
    ids = common(learnt, target.shape.vocabulary, vocabulary_size(target, args, others), others)
    draft.to(device)
    head = Head(target, ids, device)
    whole = target.head().to(device)
    plan = store.plan(learnt, args.tokens, args.rows, args.epochs)
    steps = sum(map(len, plan))
    checks = store.pieces(held_out, args.tokens, np.random.default_rng(0))[:32]
    if not steps or not checks:
        raise SystemExit(f"{len(everything)} texts do not fill {args.rows} rows of {args.tokens}: make more")
    print(
        f"{len(learnt)} texts, {sum(len(text.tokens) for text in learnt)} tokens; "
        f"{sum(p.numel() for p in draft.parameters())} parameters; {steps} steps",
        flush=True,
    )
    name = args.name or args.target.stem
    run = loop.Run(args.run, draft, args.rate, steps, warm_up=min(50, steps // 10 + 1))
    kept = {name: value for name, value in vars(args).items() if name not in FREE}
    options.keep(args.run, kept | store.identity(target, args.texts))
    run.resume()

    def check() -> None:
        draft.eval()
        rows = store.to(store.pack(checks, args.tokens), device)
        with loop.mixed(device):
            hits = right(draft, head, rows, whole, 4)
        answers = (rows.weight == 1) & (rows.place >= 1)
        run.note(agreement=hits[0][answers].float().mean(), agreement_2=hits[1][answers].float().mean(), tau_4=tau(hits, rows))
        draft.train()

    def save() -> None:
        checkpoint.save(args.run / "draft", draft, ids, name)
        run.save()  # last: an ended run is not gone on with, and its draft must be there

    if run.step == 0:
        check()
    saved_at = time.time()
    for rows, last in store.batches(plan, args.tokens, done=run.step):
        # From one to all levels, by the step's number alone, so that a resumed run does the same.
        levels = 1 + run.step % args.levels
        with loop.mixed(device):
            loss = loss_of(draft, head, store.to(rows, device), levels, args.noise)
        run.update(loss)
        if run.step % 20 == 0:
            run.note(loss=loss.item())
        if last or time.time() - saved_at > 600:
            check()
            save()
            saved_at = time.time()


if __name__ == "__main__":
    main()
