"""Texts with their features, as `dovetail batch --features` writes them, cut into rows for training."""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Iterator

import numpy as np
import torch

import humaneval
from target import TargetFile

PROMPT_WEIGHT = 0.25  # of a position in the prompt, which a draft is never asked about, beside one in the answer


@dataclasses.dataclass(frozen=True)
class Text:
    id: str
    greedy: bool
    ended: bool  # by its own last token, not by a limit
    prompt: int  # how many of the tokens are the prompt; none of a text that the target has only read
    tokens: np.ndarray
    features: np.ndarray  # [rows][d], f16, of the first tokens; on disk until used

    def held_out(self) -> bool:
        """One text in forty of those that the target wrote, told by its name alone."""
        return self.prompt > 0 and int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % 40 == 0


def whole_lines(path: pathlib.Path) -> list[bytes]:
    """Without a last one that an ended run has not written whole. Exits with a message if there is no such file."""
    if not path.exists():
        raise SystemExit(f"{path} is not there: wanted a folder that generate.py made")
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def read(folder: pathlib.Path, width: int) -> list[Text]:
    """The texts of a folder that `generate.py` made, `texts.jsonl` and `features.f16`, but for those whose answers
    define a function named like one of HumanEval's. Says so if not all are there yet."""
    lines = [json.loads(line) for line in whole_lines(folder / "texts.jsonl")]
    prompts, path = folder / "texts.prompts.jsonl", folder / "features.f16"
    asked = len(whole_lines(prompts)) if prompts.exists() else 0
    if len(lines) < asked:
        print(f"{folder} has {len(lines)} of {asked} texts: generate.py has not come to its end there", flush=True)
    if not lines:
        return []
    rows = path.stat().st_size // (2 * width) if path.exists() else 0
    named = max(text["feature_row"] + text["feature_rows"] for text in lines)
    if named > rows:
        raise SystemExit(f"{path} has {rows} rows of {width} numbers, and texts.jsonl names {named}: is it another target's?")
    features = np.memmap(path, dtype=np.float16, mode="r", shape=(rows, width))
    texts = []
    for text in lines:
        first, count = text["feature_row"], text["feature_rows"]
        tokens = np.array(text["prompt_ids"] + text["token_ids"], dtype=np.int64)
        if count >= 3 and not humaneval.defines(text["text"]):
            read_only = not text["token_ids"]
            greedy = text["temperature"] == 0 and not read_only
            ended = text["finish_reason"] == "stop"
            prompt = 0 if read_only else len(text["prompt_ids"])
            texts.append(Text(text["id"], greedy, ended, prompt, tokens, features[first : first + count]))
    return texts


def identity(target: TargetFile, folders: list[pathlib.Path]) -> dict:
    """What must not change below a run that goes on: the target's file, and the texts in these folders."""
    sums = [hashlib.sha256(b"".join(whole_lines(folder / "texts.jsonl"))).hexdigest() for folder in folders]
    return {"target's SHA-256": target.sha256(), "texts' SHA-256": sums}


@dataclasses.dataclass(frozen=True)
class Rows:
    """Several rows of positions, each packed with pieces of texts.

    features, wanted: H of the position's token and of the next one, `[rows][tokens][d]`, f32; following: the next
    token; positions: in its text; place: how far into its piece; weight: of the position in the loss, 0 where it is
    padding; seen: which positions of the row a position may attend to.
    """

    features: torch.Tensor
    wanted: torch.Tensor
    following: torch.Tensor
    positions: torch.Tensor
    place: torch.Tensor
    weight: torch.Tensor
    seen: torch.Tensor


def to(rows: Rows, device: torch.device) -> Rows:
    return Rows(*(value.to(device) for value in vars(rows).values()))


@dataclasses.dataclass(frozen=True)
class Piece:
    text: Text
    begin: int
    end: int


def pieces(texts: list[Text], tokens: int, order: np.random.Generator) -> list[list[Piece]]:
    """Rows of `tokens` positions: texts in a random order, the last of a row cut where the row ends."""
    rows: list[list[Piece]] = []
    row: list[Piece] = []
    room = tokens
    for i in order.permutation(len(texts)):
        text = texts[i]
        usable = min(len(text.features), len(text.tokens)) - 1
        begin = 0
        while usable - begin >= 2:
            end = min(usable, begin + room)
            row.append(Piece(text, begin, end))
            room -= end - begin
            begin = end
            if room < 8:
                rows.append(row)
                row, room = [], tokens
    return rows


def pack(rows: list[list[Piece]], tokens: int) -> Rows:
    width = rows[0][0].text.features.shape[1]
    size = (len(rows), tokens)
    features, wanted = (torch.zeros(*size, width) for _ in range(2))
    following, positions, place = (torch.zeros(size, dtype=torch.long) for _ in range(3))
    weight = torch.zeros(size)
    owner = torch.arange(tokens).neg().sub(1).repeat(len(rows), 1)  # padding sees itself alone
    for r, row in enumerate(rows):
        at = 0
        for p, piece in enumerate(row):
            text, begin, end = piece.text, piece.begin, piece.end
            here = slice(at, at + end - begin)
            h = torch.from_numpy(text.features[begin : end + 1].astype(np.float32))
            features[r, here], wanted[r, here] = h[:-1], h[1:]
            following[r, here] = torch.from_numpy(text.tokens[begin + 1 : end + 1])
            positions[r, here] = torch.arange(begin, end)
            place[r, here] = torch.arange(end - begin)
            # The guess at t is of token t+2: the first token of the answer stands at `prompt`.
            weight[r, here] = torch.where(torch.arange(begin, end) + 2 > text.prompt, 1.0, PROMPT_WEIGHT)
            owner[r, here] = p
            at += end - begin
    causal = torch.ones(tokens, tokens, dtype=torch.bool).tril()
    seen = (owner[:, :, None] == owner[:, None, :]) & causal
    return Rows(features, wanted, following, positions, place, weight, seen)


Batch = list[list[Piece]]  # several rows


def plan(texts: list[Text], tokens: int, size: int, epochs: int) -> list[list[Batch]]:
    """The batches of each epoch, not packed yet: rows that do not fill a batch are left out. An epoch's are the same
    whatever the number of epochs."""
    orders = (pieces(texts, tokens, np.random.default_rng(epoch)) for epoch in range(epochs))
    return [[rows[i : i + size] for i in range(0, len(rows) - size + 1, size)] for rows in orders]


def batches(plan: list[list[Batch]], tokens: int, done: int) -> Iterator[tuple[Rows, bool]]:
    """All batches but the first `done`, and of each whether it is its epoch's last."""
    for epoch in plan:
        for i, batch in enumerate(epoch):
            if done:
                done -= 1
                continue
            yield pack(batch, tokens), i == len(epoch) - 1
