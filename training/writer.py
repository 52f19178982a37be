"""Many texts at once by PyTorch: what `dovetail batch` does, for a GPU, and for a CPU that multiplies bf16.

Answers and features are the target's up to the rounding of bf16; the engine's own are exact. Lines and files are those
of `dovetail batch` (docs/cli.md).
"""

import dataclasses
import json
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F

import loop
from llama import Llama, angles
from target import TargetFile
from tokenizer import Tokenizer

PASS = 1536  # tokens of texts that are read together
SHARED = 16  # tokens from which on the beginning that two prompts share is not computed again
CLOSE = 8  # so many of the likeliest tokens are compared again in f32: bf16 logits have ties


class Output:
    """`texts.jsonl` and its rows of features; goes on behind the last whole line. Whoever opens it closes it."""

    def __init__(self, path: pathlib.Path, features: pathlib.Path | None, width: int):
        self.width, self.done, self.row = width, set(), 0
        kept = 0
        if path.exists():
            with open(path, "rb") as lines:
                for line in lines:
                    if not line.endswith(b"\n"):
                        break
                    text = json.loads(line)
                    self.done.add(text["id"])
                    self.row = text.get("feature_row", 0) + text.get("feature_rows", 0)
                    kept += len(line)
        self.lines = open(path, "ab")
        self.lines.truncate(kept)
        self.features = None
        if features is not None:
            self.features = open(features, "ab")
            if self.features.tell() < self.row * width * 2:
                raise SystemExit(f"{features} is shorter than {path} says; delete both")
            self.features.truncate(self.row * width * 2)

    def add(self, line: dict, rows: np.ndarray) -> None:
        if self.features is not None:
            line |= {"feature_row": self.row, "feature_rows": len(rows)}
            self.features.write(rows.tobytes())
            self.features.flush()
            self.row += len(rows)
        self.lines.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self.lines.flush()

    def close(self) -> None:
        self.lines.close()
        if self.features is not None:
            self.features.close()


@dataclasses.dataclass
class Lane:
    """A text that is being written. `rows` are blocks of features, f16."""

    id: str
    prompt: list[int]
    temperature: float
    seed: int
    most: int  # tokens of the answer
    answer: list[int]
    rows: list[np.ndarray]
    noise: torch.Generator


class Writer:
    """Lanes of keys and values, `[layer][lanes][kv_heads][context][head_dim]`, one text in each."""

    def __init__(self, target: TargetFile, lanes: int, context: int):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer, self.context = Tokenizer(target), context
        self.type = torch.float32 if isinstance(loop.mixed(self.device), loop.Exact) else torch.bfloat16
        self.model = target.model().to(self.device).eval()
        self.head = self.model.head().detach()
        for module in self.model.modules():
            if isinstance(module, torch.nn.Linear):
                module.to(self.type)
        self.close = self.head.to(self.type)
        shape = self.model.shape
        size = (lanes, shape.kv_heads, context, shape.head_dim)
        # On a CPU attention in f32 is faster than in bf16 (2.98 ms beside 4.82 for 128 lanes of 250 tokens).
        self.kept = torch.float32 if self.device.type == "cpu" else self.type
        self.keys, self.values = (
            [torch.zeros(size, dtype=self.kept, device=self.device) for _ in range(shape.layers)] for _ in range(2)
        )
        cos, sin = angles(torch.arange(context, device=self.device), shape.head_dim, shape.theta)
        self.cos, self.sin = cos, sin
        self.lanes: list[Lane | None] = [None] * lanes
        self.held: list[Lane | None] = [None] * lanes  # whose keys and values a lane holds, also when the text is done

    def read(self, tokens: torch.Tensor, lane: int | None = None, begin: int = 0) -> torch.Tensor:
        """Features of texts of one length, `[texts][tokens][d]`. One text's keys and values stay in the lane, if any,
        which then has those of the `begin` tokens before."""
        end = begin + tokens.shape[1]
        seen = torch.ones(end - begin, end, dtype=torch.bool, device=self.device).tril(begin) if begin else None
        x = F.embedding(tokens, self.model.embed_tokens.weight)
        for i, layer in enumerate(self.model.layers):
            q, k, v = layer.self_attn.heads_of(layer.input_layernorm(x), self.cos[begin:end], self.sin[begin:end])
            if lane is not None:
                self.keys[i][lane, :, begin:end], self.values[i][lane, :, begin:end] = k[0], v[0]
            if begin:
                k, v = (kept[i][lane : lane + 1, :, :end].to(q.dtype) for kept in (self.keys, self.values))
            attended = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=seen is None, enable_gqa=True)
            x = x + layer.self_attn.merge(attended)
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        return self.model.norm(x)

    def step(self, lanes: list[int]) -> torch.Tensor:
        """Features of the last token of each of these lanes, `[lanes][d]`."""
        texts = [self.lanes[lane] for lane in lanes]
        at = torch.tensor([len(text.prompt) + len(text.answer) - 1 for text in texts], device=self.device)
        longest = int(at.max()) + 1
        index = torch.tensor(lanes, device=self.device)
        all_lanes = len(lanes) == len(self.lanes)
        tokens = torch.tensor([[text.answer[-1]] for text in texts], device=self.device)
        mask = (torch.arange(longest, device=self.device) <= at[:, None])[:, None, None]
        shape = self.model.shape
        group = (len(lanes), shape.kv_heads, shape.heads // shape.kv_heads, shape.head_dim)
        cos, sin = self.cos[at][:, None, None], self.sin[at][:, None, None]
        x = F.embedding(tokens, self.model.embed_tokens.weight)
        for i, layer in enumerate(self.model.layers):
            q, k, v = layer.self_attn.heads_of(layer.input_layernorm(x), cos, sin)
            self.keys[i][index, :, at] = k[:, :, 0].to(self.kept)
            self.values[i][index, :, at] = v[:, :, 0].to(self.kept)
            keys, values = self.keys[i][:, :, :longest], self.values[i][:, :, :longest]
            if not all_lanes:
                keys, values = keys[index], values[index]
            # A group's queries stand as if they were one head's tokens: no copies of keys.
            with torch.autocast(self.device.type, enabled=False):
                attended = F.scaled_dot_product_attention(q.reshape(group).to(self.kept), keys, values, attn_mask=mask)
            x = x + layer.self_attn.merge(attended.reshape(q.shape))
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        return self.model.norm(x)[:, 0]

    def choose(self, features: torch.Tensor, texts: list[Lane]) -> list[int]:
        """The next token of each text, greedy or from its temperature's distribution."""
        rough = features.to(self.type) @ self.close.T
        best = rough.topk(CLOSE).indices
        exact = (self.head[best] @ features[:, :, None])[..., 0]
        chosen = best.gather(1, exact.argmax(1, keepdim=True))[:, 0].tolist()
        warm = [i for i, text in enumerate(texts) if text.temperature > 0]
        if warm:
            heat = torch.tensor([[texts[i].temperature] for i in warm], device=self.device)
            shares = (rough[warm].float() / heat).softmax(-1).cumsum(-1)
            dice = torch.cat([torch.rand(1, generator=texts[i].noise) for i in warm]).to(self.device)
            drawn = torch.searchsorted(shares, dice[:, None] * shares[:, -1:], right=True)[:, 0].tolist()
            for i, token in zip(warm, drawn):
                chosen[i] = token
        return chosen

    def begin(self, line: dict) -> Lane:
        tokenizer = self.tokenizer
        if "messages" in line:
            prompt = tokenizer.of_messages(line["messages"])
        else:
            prompt = tokenizer.of_text(line["prompt"], line.get("parse_special", False))
        noise = torch.Generator().manual_seed(line["seed"])
        most = min(line["max_tokens"], self.context - len(prompt))
        return Lane(line["id"], prompt, line["temperature"], line["seed"], most, [], [], noise)

    def over(self, text: Lane) -> bool:
        return bool(text.answer) and (text.answer[-1] in self.tokenizer.ends or len(text.answer) >= text.most)

    def end(self, text: Lane, output: Output) -> None:
        stopped = bool(text.answer) and text.answer[-1] in self.tokenizer.ends
        line = {"id": text.id, "prompt_ids": text.prompt, "token_ids": text.answer, "text": self.tokenizer.text(text.answer)}
        line |= {"finish_reason": "stop" if stopped else "length", "temperature": text.temperature, "seed": text.seed}
        output.add(line, np.concatenate(text.rows))
        self.told.step(len(text.prompt) + len(text.answer))

    @torch.no_grad()
    def write(self, asked: list[dict], output: Output) -> None:
        """All texts that are not in the output yet. A prompt without room for an answer is left out, and said."""
        # Shortest first, so that lanes are about as long as each other: the longest decides what attention costs.
        texts = sorted((self.begin(line) for line in asked if line["id"] not in output.done), key=lambda t: len(t.prompt))
        for text in texts:
            if text.most < 0 or not text.prompt:
                print(f"{text.id}: a prompt of {len(text.prompt)} tokens, wanted 1 to {self.context}", flush=True)
        texts = [text for text in texts if text.most >= 0 and text.prompt]
        self.told = Told(len(texts))
        with loop.mixed(self.device):
            self.write_read([text for text in texts if text.most == 0], output)
            self.write_continued([text for text in texts if text.most > 0], output)

    def write_read(self, texts: list[Lane], output: Output) -> None:
        """Texts that are read only, several in a pass; what pads the shorter ones stands behind them, unseen."""
        texts = list(texts)
        while texts:
            longest = len(texts[-1].prompt)
            group = [texts.pop() for _ in range(min(len(texts), max(1, PASS // longest)))]
            tokens = torch.tensor([text.prompt + [0] * (longest - len(text.prompt)) for text in group], device=self.device)
            for text, features in zip(group, self.read(tokens).to(torch.float16).cpu().numpy()):
                text.rows.append(features[: len(text.prompt)])
                self.end(text, output)

    def take(self, lane: int, text: Lane) -> None:
        """Reads a prompt into a lane, and chooses the first token of its answer. What it shares with a prompt that a
        lane holds, as an instruction before it, comes from there."""
        others = [other for other, held in enumerate(self.held) if held is not None]
        shared = {other: common(text.prompt[:-1], self.held[other].prompt) for other in others}
        other = max(shared, key=shared.get, default=lane)
        begin = shared.get(other, 0)
        if begin < SHARED:
            begin = 0
        else:
            text.rows.append(np.concatenate(self.held[other].rows)[:begin])
            for kept in self.keys + self.values:
                kept[lane, :, :begin] = kept[other, :, :begin]
        features = self.read(torch.tensor([text.prompt[begin:]], device=self.device), lane, begin)[0]
        text.rows.append(features.to(torch.float16).cpu().numpy())
        text.answer += self.choose(features[-1:], [text])
        self.lanes[lane] = self.held[lane] = text

    def write_continued(self, texts: list[Lane], output: Output) -> None:
        waiting = texts[::-1]
        while waiting or any(self.lanes):
            for lane in range(len(self.lanes)):
                if self.lanes[lane] is None and waiting:
                    self.take(lane, waiting.pop())
            for lane, text in enumerate(self.lanes):
                if text is not None and self.over(text):
                    self.lanes[lane] = None
                    self.end(text, output)
            if busy := [lane for lane, text in enumerate(self.lanes) if text is not None]:
                features = self.step(busy)
                texts = [self.lanes[lane] for lane in busy]
                for text, token, row in zip(texts, self.choose(features, texts), features.to(torch.float16).cpu().numpy()):
                    text.answer.append(token)
                    text.rows.append(row[None])


def common(one: list[int], other: list[int]) -> int:
    """How many tokens two texts begin with alike."""
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


class Told:
    """Says now and then how far it has come."""

    def __init__(self, texts: int):
        self.texts, self.made, self.rows, self.began, self.last = texts, 0, 0, time.time(), time.time()

    def step(self, rows: int) -> None:
        self.made, self.rows = self.made + 1, self.rows + rows
        if time.time() - self.last > 20:
            self.last = time.time()
            print(f"{self.made} of {self.texts} texts, {self.rows / (self.last - self.began):.0f} rows/s", flush=True)
