"""Makes the small vocabularies and expected ids in src/test/resources/dev/dovetail/models/tokenizer.

Vocabularies are trained by Hugging Face's tokenizers on sources of Python's standard library (PSF licence) and on made-up
strings; words are mostly not cut in training, so that tokens cross every boundary a pre-tokenizer draws and a wrong cut
shows. Expected ids come from llama.cpp. Needs Python 3.11, tokenizers, gguf and llama-cpp-python:

    python tokenizer_cases.py            writes the resources
    python tokenizer_cases.py fuzz DIR N writes N further random cases for each vocabulary to DIR, for a check by hand
    python tokenizer_cases.py file GGUF OUT N   the same for a model file
"""

import inspect
import json
import random
import string
import sys
import tempfile
from pathlib import Path

import gguf
import llama_cpp
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

OUT = Path(__file__).parent.parent / "resources/dev/dovetail/models/tokenizer"
PRES = ["gpt-2", "smollm", "qwen2", "llama-bpe", "default"]
NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6

TEXTS = [
    "", " ", "  ", "   x", "a", "Hello, world!", "don't I'LL we'Ve THEY'RE 's 'T x'sy 'l 'r '", "1", "12 123 1234 12345",
    "3.14159e-10", "a1b22c333d4444", "  12  3   4", "\u00bd\u00b2\u0663\u0664\u0665\u0666 x\u0663", "x\n", "\n\n\nx", "a \n b",
    "a  \n\n  b  ", "\t\tx\t", "\r\n\r\n", "a\u00a0b\u3000c\u2028d\u0085e", "    def f(self):\n        return self.x\n",
    "import os\nimport sys\n\n\nclass A(object):\n", "caf\u00e9 na\u00efve \u00c5\u00dc", "e\u0301 o\u0308", "\u4f60\u597d\uff0c\u4e16\u754c\uff01",
    "\u041f\u0440\u0438\u0432\u0435\u0442 \u043a\u0430\u043a", "\U0001f600\U0001f44d\U0001f3fd \U0001d518\U0001d52b", "\u0939\u093f\u0928\u094d\u0926\u0940",
    "$5 + \u20ac6 = ~`^|<>\\", "`x` ``y``", "((a))[b]{c};", "....----____", "a_b_c __init__", "#!/usr/bin/env python3",
    "\u2581x \u2581\u2581 y", "<|endoftext|>", "<|im_start|>user\nhi<|im_end|>\n", "<|im_start", "a<tool>b<tool_call>c<tool_calls>",
    "<tool><tool>", " <tool> ", "<unk> <pad>", "\x00\x01\x7f", "\ufffd\ufeff\u200b", "\u1c89\ua7cb\U00010d40\U000105c0 \U0001e5f1",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "selfselfselfself.self self.selfself  selfreturnreturn importself.x",
    "                                                            x", "0000000000000000000000000000000001",
]

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz    \n",
    string.printable,
    "'sStTrReEvVlLmMdD ",
    " \n\r\t\u00a0\u3000x1.",
    "0123456789\u0663\uff13\u00bd a.",
    "!?.,$+<=>^~|`_\u20ac\u3002 ab1\n",
    "\u00e9\u0301\u4e2d\u6587\u041f\u0440\U0001f600\U0001d518 a",
    "selfrtun.(): \n",
    "<>|/_tolcaimsrend ",
]


def random_text(rng, longest):
    alphabet = rng.choice(ALPHABETS)
    length = rng.randint(1, longest)
    if rng.random() < 0.1:
        points = [rng.randrange(0x110000) for _ in range(length // 2)]
        return "".join(chr(p) for p in points if not 0xD800 <= p < 0xE000)
    return "".join(rng.choice(alphabet) for _ in range(length))


def corpus(rng):
    lines = []
    for module in (string, json, random, inspect):
        lines += inspect.getsource(module).splitlines(keepends=True)
    lines += [random_text(rng, 30) for _ in range(1500)]
    return lines


def byte_level(rng):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>", "<tool>", "<tool_call>", "<pad>"]
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=12,
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(rng), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = [t for t, _ in sorted(model["vocab"].items(), key=lambda e: e[1])]
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    types = [CONTROL] * 3 + [UNKNOWN] + [USER] * 2 + [UNUSED] + [NORMAL] * (len(tokens) - 7)
    return {"model": "gpt2", "tokens": tokens, "types": types, "merges": merges}


def sentence_piece(rng, size, words):
    tokenizer = Tokenizer(models.BPE())
    if words:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    trainer = trainers.BpeTrainer(vocab_size=size, max_token_length=12, limit_alphabet=90, show_progress=False)
    lines = corpus(rng)
    if not words:
        lines = [line.replace(" ", "\u2581") for line in lines]
    tokenizer.train_from_iterator(lines, trainer)
    vocab = json.loads(tokenizer.to_str())["model"]["vocab"]
    pieces = [t for t, _ in sorted(vocab.items(), key=lambda e: e[1])]
    tokens = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)] + ["<tool>", "<tool_call>"] + pieces
    types = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [USER] * 2 + [NORMAL] * len(pieces)
    # Scores in steps of eight, so that equal ones are common.
    scores = [0.0] * 261 + [-float(i // 8) for i in range(len(pieces))]
    return {"model": "llama", "tokens": tokens, "types": types, "scores": scores}


class LlamaCpp:
    """Ids by llama.cpp for a vocabulary or a model file."""

    def __init__(self, path):
        self.llama = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)

    def case(self, text):
        data = text.encode("utf-8")
        return {
            "text": text,
            "ids": self.llama.tokenize(data, add_bos=False, special=False) if text else [],
            "ids_special": self.llama.tokenize(data, add_bos=False, special=True) if text else [],
        }


def write_gguf(path, vocabulary, pre):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model(vocabulary["model"])
    if vocabulary["model"] == "gpt2":
        writer.add_tokenizer_pre(pre)
        writer.add_token_merges(vocabulary["merges"])
        writer.add_bos_token_id(0)
        writer.add_eos_token_id(2)
    else:
        writer.add_token_scores(vocabulary["scores"])
    writer.add_token_list(vocabulary["tokens"])
    writer.add_token_types(vocabulary["types"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def write_cases(path, oracle, texts):
    with open(path, "w") as out:
        for text in texts:
            out.write(json.dumps(oracle.case(text)) + "\n")


def main():
    rng = random.Random(1)
    vocabularies = {
        "bytes": (byte_level(rng), PRES),
        "pieces": (sentence_piece(rng, 1500, True), ["pieces"]),
        "crossing-pieces": (sentence_piece(rng, 700, False), ["crossing-pieces"]),
    }
    if sys.argv[1:2] == ["file"]:
        texts = TEXTS + [random_text(random.Random(2 + i), 60) for i in range(int(sys.argv[4]))]
        write_cases(sys.argv[3], LlamaCpp(sys.argv[2]), texts)
        return
    fuzz = sys.argv[1:2] == ["fuzz"]
    out = Path(sys.argv[2]) if fuzz else OUT
    count, longest = (int(sys.argv[3]), 80) if fuzz else (90, 24)
    texts = TEXTS + [random_text(random.Random(2 + i), longest) for i in range(count)]
    for name, (vocabulary, variants) in vocabularies.items():
        if not fuzz:
            (out / f"{name}.vocabulary.json").write_text(json.dumps(vocabulary, separators=(",", ":")) + "\n")
        for variant in variants:
            with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
                write_gguf(file.name, vocabulary, variant)
                write_cases(out / f"{variant}.jsonl", LlamaCpp(file.name), texts)


main()
