#!/usr/bin/env python3
"""Lets a target write texts, and keeps their features: what a draft is trained on.

    python3 training/generate.py FOLDER --target TARGET.gguf [--count 4000] [--seed 1] [--code 0.7 --requests 0.15]

Three kinds of text, all of them the target's own: continued function stubs (half of them from the Python standard
library, half made up by the target), answers to requests to complete such stubs, and answers in conversations whose
user turns the target made up itself (as Magpie does, arXiv 2406.08464). No HumanEval problem is among them: a stub
that defines one of its functions is left out. Stop it when you like: it goes on where it was.
"""

import argparse
import gzip
import json
import pathlib
import random
import subprocess
import sysconfig

import prompts
from target import TargetFile

PROJECT = pathlib.Path(__file__).resolve().parent.parent
HUMAN_EVAL = PROJECT / "models/src/test/resources/dev/dovetail/models/humaneval/HumanEval.jsonl.gz"
TEMPERATURES = (0.0, 0.0, 0.4, 0.8)  # answers are greedy in half of all texts


def batch(args, asked: list[dict], folder: pathlib.Path, name: str, features: bool) -> list[dict]:
    """Runs `dovetail batch`, which skips what it has done before."""
    question, answer = folder / f"{name}.prompts.jsonl", folder / f"{name}.jsonl"
    if not question.exists():
        part = question.with_suffix(".part")
        part.write_text("".join(json.dumps(line) + "\n" for line in asked), encoding="utf-8")
        part.replace(question)
    command = [str(args.dovetail), "batch", str(question), "-m", str(args.target), "--out", str(answer)]
    command += ["--parallel", str(args.parallel), "--ctx", "1024"]
    command += ["--features", str(folder / "features.f16")] if features else []
    subprocess.run(command, check=True)
    with open(answer, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def known_functions() -> set[str]:
    """Names that HumanEval asks for."""
    with gzip.open(HUMAN_EVAL, "rt", encoding="utf-8") as lines:
        return {json.loads(line)["entry_point"] for line in lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--target", type=pathlib.Path, required=True)
    parser.add_argument("--dovetail", type=pathlib.Path, default=PROJECT / "dovetail")
    parser.add_argument("--stubs", type=pathlib.Path, default=pathlib.Path(sysconfig.get_path("stdlib")))
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--code", type=float, default=0.7, help="share of continued stubs")
    parser.add_argument("--requests", type=float, default=0.15, help="share of requests; the rest are conversations")
    parser.add_argument("--tokens", type=int, default=192, help="most tokens of an answer")
    parser.add_argument("--parallel", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(args.seed)
    target = TargetFile(args.target)
    template = target.field("tokenizer.chat_template", "")
    counts = [round(args.count * args.code), round(args.count * args.requests)]
    counts.append(args.count - sum(counts))
    if not template and counts[0] < args.count:
        raise SystemExit(f"{args.target} has no chat template: take --code 1")

    def seed() -> int:
        return rng.randrange(1 << 30)

    # What the target makes up for itself: stubs (not all are whole, so twice as many), then user turns.
    own = [
        {"id": f"stub-{i}", "prompt": text, "temperature": 0.9, "seed": seed(), "max_tokens": 140}
        for i, text in enumerate(prompts.beginnings(counts[0] + counts[1], rng))
    ]
    if counts[2]:
        words = target.field("tokenizer.ggml.tokens")
        begin, end = (words[target.field(f"tokenizer.ggml.{name}_token_id", 0)] for name in ("bos", "eos"))
        turn = prompts.user_turn(template, begin, end)
        own += [
            {"id": f"turn-{i}", "prompt": turn, "parse_special": True, "temperature": 1.0, "seed": seed(), "max_tokens": 160}
            for i in range(counts[2])
        ]
    asked = {line["id"]: line for line in own}
    turns, made = [], []
    for line in sorted(batch(args, own, args.folder, "own", features=False), key=lambda line: line["id"]):
        if line["id"].startswith("turn-"):
            if line["finish_reason"] == "stop" and line["text"].strip():
                turns.append(line["text"])
        elif stub := prompts.stub_of(asked[line["id"]]["prompt"] + line["text"]):
            made.append(stub)

    library = list(prompts.documented(args.stubs))
    rng.shuffle(library)
    known = known_functions()
    stubs = [stub for pair in zip(library, made) for stub in pair]
    stubs += library[len(made) :] + made[len(library) :]
    stubs = [stub for stub in stubs if not any(f"def {name}(" in stub for name in known)]

    lines = []
    for i, stub in enumerate(stubs[: counts[0] + counts[1]]):
        options = {"temperature": rng.choice(TEMPERATURES), "seed": seed(), "max_tokens": args.tokens}
        if i < counts[0]:
            lines.append({"id": f"{args.seed}-code-{i}", "prompt": stub, **options})
        else:
            message = {"role": "user", "content": rng.choice(prompts.REQUESTS).format(stub=stub)}
            lines.append({"id": f"{args.seed}-request-{i}", "messages": [message], **options})
    for i, turn in enumerate(turns):
        options = {"temperature": rng.choice(TEMPERATURES), "seed": seed(), "max_tokens": args.tokens}
        lines.append({"id": f"{args.seed}-chat-{i}", "messages": [{"role": "user", "content": turn}], **options})
    rng.shuffle(lines)
    print(f"{len(lines)} texts: {len(made)} stubs and {len(turns)} user turns are the target's own", flush=True)
    done = batch(args, lines, args.folder, "texts", features=True)
    print(f"{len(done)} texts, {sum(len(line['prompt_ids']) + len(line['token_ids']) for line in done)} tokens")


if __name__ == "__main__":
    main()
