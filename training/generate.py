#!/usr/bin/env python3
"""Lets a target write texts, and keeps their features: what a draft is trained on.

    python3 training/generate.py FOLDER --target TARGET.gguf [--count 4000] [--seed 1] [--stubs 0.6 --requests 0.15]

Four kinds of text, all of them the target's own: continued function stubs (some from a folder of Python sources, by
default the standard library's, some made up by the target), continued excerpts of those sources, answers to requests to
complete stubs, and answers in conversations whose user turns the target made up itself (as Magpie does, arXiv
2406.08464). `--read` adds functions that the target only reads: not its own words, but its features, at least twice as
many in an hour; `--read-own` adds functions that it made up whole at a high temperature, and then reads. No prompt defines
a function named like one of HumanEval's, and texts in which an answer does are not trained on (`texts.py`). Stop it when
you like: with the same options it goes on where it was.
"""

import argparse
import contextlib
import json
import pathlib
import random
import subprocess

import corpus
import humaneval
import options
import prompts
import writer
from target import TargetFile

PROJECT = pathlib.Path(__file__).resolve().parent.parent
CONTEXT = 1024  # most tokens of a text
WHOLE = 0.7  # of the stubs that a target makes up, about so many have a whole docstring
READ = {"temperature": 0.0, "seed": 0, "max_tokens": 0}  # a text that is not continued
FREE = ("folder", "dovetail", "parallel")  # options that change nothing in the texts


class Writing:
    """Lets the engine or PyTorch write into a folder; either skips what it has done before."""

    def __init__(self, args, target: TargetFile):
        self.args, self.target = args, target
        self.torch = writer.Writer(target, args.parallel, CONTEXT) if args.writer == "torch" else None

    def write(self, asked: list[dict], name: str, features: bool) -> list[dict]:
        folder = self.args.folder
        question, answer = folder / f"{name}.prompts.jsonl", folder / f"{name}.jsonl"
        if not question.exists():
            part = question.with_suffix(".part")
            part.write_text("".join(json.dumps(line) + "\n" for line in asked), encoding="utf-8")
            part.replace(question)
        rows = folder / "features.f16" if features else None
        if self.torch:
            with open(question, encoding="utf-8") as lines:
                asked = [json.loads(line) for line in lines]
            with contextlib.closing(writer.Output(answer, rows, self.target.shape.hidden)) as output:
                self.torch.write(asked, output)
        else:
            command = [self.args.dovetail, "batch", question, "-m", self.args.target, "--out", answer]
            command += ["--parallel", self.args.parallel, "--ctx", CONTEXT]
            command += ["--features", rows] if rows else []
            if code := subprocess.run(list(map(str, command))).returncode:
                # It has said why: a full disk, a signal, a prompt longer than the context.
                raise SystemExit(f"dovetail batch ended with exit code {code}; a prompt that it refuses may be cut out of {question}")
        with open(answer, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--target", type=pathlib.Path, required=True)
    parser.add_argument("--dovetail", type=pathlib.Path, default=PROJECT / "dovetail")
    parser.add_argument("--writer", choices=("engine", "torch"), default="engine", help="who computes the target")
    parser.add_argument("--sources", type=pathlib.Path, default=corpus.STANDARD_LIBRARY)
    parser.add_argument("--held-out", action="store_true", help="only the sources that are held out from training")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--stubs", type=float, default=0.6, help="share of continued stubs")
    parser.add_argument("--excerpts", type=float, default=0.1, help="share of continued excerpts")
    parser.add_argument("--requests", type=float, default=0.15, help="share of requests; the rest are conversations")
    parser.add_argument("--read", type=int, default=0, help="documented functions of the sources to read, besides")
    parser.add_argument("--read-own", type=int, default=0, help="functions to make up and read, besides")
    parser.add_argument("--own", type=float, default=0.5, help="share of the stubs that the target makes up itself")
    parser.add_argument("--greedy", type=float, default=0.5, help="share of greedy answers; others are warmer")
    parser.add_argument("--tokens", type=int, default=192, help="most tokens of an answer")
    parser.add_argument("--parallel", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    target = TargetFile(args.target)
    writing = Writing(args, target)
    template = target.field("tokenizer.chat_template", "")
    stubs, excerpts, requests = (round(args.count * share) for share in (args.stubs, args.excerpts, args.requests))
    chats = args.count - stubs - excerpts - requests
    if chats < 0 or not template and chats + requests > 0:
        raise SystemExit(f"shares of {stubs}, {excerpts}, {requests} and {chats} texts; conversations need a chat template")
    args.folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in vars(args).items() if name not in FREE}
    options.keep(args.folder, kept | {"target's SHA-256": target.sha256()})

    def seed() -> int:
        return rng.randrange(1 << 30)

    def choice() -> dict:
        temperature = 0.0 if rng.random() < args.greedy else rng.choice((0.4, 0.8))
        return {"temperature": temperature, "seed": seed(), "max_tokens": args.tokens}

    spellings = target.field("tokenizer.ggml.tokens")
    ends = [spellings[target.field(f"tokenizer.ggml.{name}_token_id", 0)] for name in ("bos", "eos")]
    # What the target makes up for itself: stubs, of which not all are whole, functions to read, then user turns.
    beginnings = round(args.own * (stubs + requests) / WHOLE)
    begun = [prompts.beginning(rng) for _ in range(beginnings)]
    seeds = [seed() for _ in begun]
    # By chance of their own, so that all other texts are what they would be without.
    others = random.Random(args.seed)
    begun += [prompts.beginning(others) for _ in range(args.read_own)]
    seeds += [others.randrange(1 << 30) for _ in range(args.read_own)]
    own = [
        {"id": f"stub-{i}", "prompt": shown + words, "temperature": 0.9, "seed": seeds[i], "max_tokens": 140}
        for i, (shown, words) in enumerate(begun)
    ]
    if chats:
        turn = prompts.rendered(template, *ends, "", answer=False)
        own += [
            {"id": f"turn-{i}", "prompt": turn, "parse_special": True, "temperature": 1.0, "seed": seed(), "max_tokens": 160}
            for i in range(chats)
        ]
    turns, made, written = [], [], []
    for line in sorted(writing.write(own, "own", features=False), key=lambda line: line["id"]):
        if line["id"].startswith("turn-"):
            if line["finish_reason"] == "stop" and line["text"].strip() and not humaneval.defines(line["text"]):
                turns.append(line["text"])
            continue
        i = int(line["id"].removeprefix("stub-"))
        text = begun[i][1] + line["text"]
        if humaneval.defines(text):
            continue
        if i >= beginnings:
            written.append(text)
        elif stub := prompts.stub_of(text):
            made.append(stub)

    sources = corpus.sources(args.sources, args.held_out)
    functions = [function for function in prompts.functions(sources) if not humaneval.defines(function[1])]
    library = [stub for stub, _ in functions]
    rng.shuffle(library)
    made = made[: round(args.own * (stubs + requests))]
    both = made + library[: stubs + requests - len(made)]
    rng.shuffle(both)

    lines = [{"id": f"{args.seed}-stub-{i}", "prompt": stub, **choice()} for i, stub in enumerate(both[:stubs])]
    lines += [
        {"id": f"{args.seed}-excerpt-{i}", "prompt": prompts.excerpt(sources, rng), **choice()} for i in range(excerpts)
    ]
    asked = [rng.choice(prompts.REQUESTS).format(stub=stub) for stub in both[stubs : stubs + requests]]
    for kind, words in (("request", asked), ("chat", turns)):
        for i, text in enumerate(words):
            lines.append({"id": f"{args.seed}-{kind}-{i}", "messages": [{"role": "user", "content": text}], **choice()})
    rng.shuffle(lines)
    # Read as they stand, or as answers to requests: there most of an answer repeats the question.
    answers = round(args.read * args.requests / max(args.stubs + args.requests, 1e-9)) if template else 0
    for i, (stub, whole) in enumerate(rng.sample(functions, min(args.read, len(functions)))):
        text = whole
        if i < answers:
            request = rng.choice(prompts.REQUESTS).format(stub=stub)
            text = prompts.rendered(template, *ends, request, answer=True) + f"```python\n{whole}```"
        lines.append({"id": f"{args.seed}-read-{i}", "prompt": text, "parse_special": i < answers, **READ})
    lines += [{"id": f"{args.seed}-own-{i}", "prompt": text, **READ} for i, text in enumerate(written)]
    print(f"{len(lines)} texts: {len(made)} stubs and {len(turns)} user turns are the target's own", flush=True)
    done = writing.write(lines, "texts", features=True)
    print(f"{len(done)} texts, {sum(len(line['prompt_ids']) + len(line['token_ids']) for line in done)} tokens")


if __name__ == "__main__":
    main()
