"""A target's tokens: its byte-level BPE and its chat template, read from its GGUF file."""

import re

import jinja2
import tokenizers
from tokenizers import pre_tokenizers

from target import TargetFile

# By the names that GGUF gives to ways of cutting a text into words.
WORDS = {
    "llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
ENDS = {"<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>"}
BREAK = "\ufdd0"  # never in a text: keeps the spelling of a special token that a person wrote from becoming one
CONTROL, USER_DEFINED = 3, 4  # token types of GGUF


def cutting(name: str) -> pre_tokenizers.PreTokenizer:
    """How words are cut before they are merged to tokens."""
    if name == "smollm":
        return pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    if name not in WORDS:
        raise SystemExit(f"the target's pre-tokenizer is {name}; wanted smollm or one of {', '.join(WORDS)}")
    split = pre_tokenizers.Split(tokenizers.Regex(WORDS[name]), "isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


class Tokenizer:
    def __init__(self, target: TargetFile):
        self.spellings = target.field("tokenizer.ggml.tokens")
        ids = {spelling: i for i, spelling in enumerate(self.spellings)}
        merges = [tuple(merge.split(" ", 1)) for merge in target.field("tokenizer.ggml.merges")]
        name = target.field("tokenizer.ggml.pre")
        # Llama 3 takes a word that is a token as that token, whatever its merges would make of it.
        model = tokenizers.models.BPE(vocab=ids, merges=merges, ignore_merges=name == "llama-bpe")
        self.bpe = tokenizers.Tokenizer(model)
        self.bpe.pre_tokenizer = cutting(name)
        self.bpe.decoder = tokenizers.decoders.ByteLevel()
        types = target.field("tokenizer.ggml.token_type")
        self.special = {spelling: i for spelling, i in ids.items() if types[i] in (CONTROL, USER_DEFINED)}
        longest_first = sorted(self.special, key=len, reverse=True)
        self.specials = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
        names = ("bos", "eos")
        self.named = {f"{n}_token": self.spellings[target.field(f"tokenizer.ggml.{n}_token_id", 0)] for n in names}
        # Tokens that end a text.
        self.ends = {int(target.field(f"tokenizer.ggml.{name}_token_id", -1)) for name in ("eos", "eot", "eom")} - {-1}
        self.ends |= {self.special[spelling] for spelling in ENDS & set(self.special)}
        self.first = [ids[self.named["bos_token"]]] if target.field("tokenizer.ggml.add_bos_token", False) else []
        self.template = target.field("tokenizer.chat_template", "")

    def of_text(self, text: str, special: bool = False) -> list[int]:
        """A raw prompt's; `special`: spellings of special tokens become those tokens."""
        return self.first + self.pieces(text, special)

    def pieces(self, text: str, special: bool) -> list[int]:
        if not special:
            return self.bpe.encode(text).ids
        made: list[int] = []
        for piece in self.specials.split(text):
            made += [self.special[piece]] if piece in self.special else self.bpe.encode(piece.replace(BREAK, "")).ids
        return made

    def of_messages(self, messages: list[dict]) -> list[int]:
        """A conversation's, up to where the answer begins. What people wrote stands for itself, also where it looks
        like a special token."""
        environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
        marked, said = [], {}
        for i, message in enumerate(messages):
            words, mark = message["content"].strip(), f"\N{OBJECT REPLACEMENT CHARACTER}{i}\N{OBJECT REPLACEMENT CHARACTER}"
            # Only the words are marked: a template may trim what is around them.
            content = message["content"].replace(words, mark, 1) if words else message["content"]
            marked.append({**message, "content": content})
            said[mark] = self.specials.sub(lambda found: found[0][0] + BREAK + found[0][1:], words)
        text = environment.from_string(self.template).render(messages=marked, add_generation_prompt=True, **self.named)
        for mark, words in said.items():
            text = text.replace(mark, words)
        return self.pieces(text, special=True)

    def text(self, ids: list[int]) -> str:
        """Special tokens are left out."""
        specials = set(self.special.values())
        return self.bpe.decode([i for i in ids if i not in specials], skip_special_tokens=False)
