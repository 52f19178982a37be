"""What is trained on, and that what was begun one way does not go on another."""

import contextlib
import io
import json
import pathlib
import random
import sys
import tempfile
import unittest

import numpy as np
import torch

TRAINING = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TRAINING))

import checkpoint  # noqa: E402
import corpus  # noqa: E402
import humaneval  # noqa: E402
import loop  # noqa: E402
import options  # noqa: E402
import prompts  # noqa: E402
import texts  # noqa: E402
from target import TargetFile  # noqa: E402

ASKED = "def has_close_elements(numbers, threshold):\n    return False\n"
OTHER = "def has_close_relatives(numbers):\n    return has_close_elements(numbers, 1)\n"


class HumanEval(unittest.TestCase):
    def test_a_function_is_told_by_its_name(self):
        for text in (ASKED, "```python\n" + ASKED, "class A:\n    def  add (self, x):\n", "async def solve(a): pass"):
            self.assertTrue(humaneval.defines(text), text)
        for text in (OTHER, "undef add(x)", "def add_all(x):", "def add", "has_close_elements(x)"):
            self.assertFalse(humaneval.defines(text), text)

    def test_no_excerpt_has_one(self):
        sources = ["\n".join(["x = 1"] * 10 + [ASKED] + ["y = 2"] * 10)]
        excerpts = [prompts.excerpt(sources, random.Random(seed)) for seed in range(200)]
        self.assertGreater(len(set(excerpts)), 10)
        self.assertFalse([text for text in excerpts if humaneval.defines(text)])

    def test_answers_that_define_one_are_left_out(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            np.zeros((12, 2), np.float16).tofile(folder / "features.f16")
            answer = {"prompt_ids": [1, 2, 3], "token_ids": [4, 5], "temperature": 0, "finish_reason": "stop"}
            lines = [
                {"id": str(i), "text": text, "feature_row": 4 * i, "feature_rows": 4, **answer}
                for i, text in enumerate((OTHER, ASKED, "words"))
            ]
            (folder / "texts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
            (folder / "texts.prompts.jsonl").write_text("{}\n" * 3)
            self.assertEqual([text.id for text in texts.read(folder, 2)], ["0", "2"])


def folder_of(folder: pathlib.Path, texts: int, asked: int | None = None) -> pathlib.Path:
    """Made-up texts of various lengths with two numbers a feature, all of the target's own and warm."""
    rows, lines = 0, []
    for i in range(texts):
        count = 9 + i % 5
        line = {"id": f"{i}", "prompt_ids": [1, 2], "token_ids": [i] * (count - 1), "text": "é", "feature_row": rows}
        lines.append(line | {"feature_rows": count, "temperature": 0.8, "finish_reason": "length"})
        rows += count
    (folder / "texts.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    (folder / "texts.prompts.jsonl").write_text("{}\n" * (texts if asked is None else asked))
    np.arange(rows * 2).astype(np.float16).tofile(folder / "features.f16")
    return folder


class Folders(unittest.TestCase):
    """What `generate.py` leaves when it is stopped can be trained on, and is told."""

    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = folder_of(pathlib.Path(made.name), 6)

    def read(self) -> tuple[list[str], str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            return [text.id for text in texts.read(self.folder, 2)], said.getvalue()

    def test_a_whole_folder_is_read_without_a_word(self):
        self.assertEqual(self.read(), ([*"012345"], ""))

    def test_what_was_not_written_whole_is_left_out_and_said(self):
        lines, rows = (self.folder / "texts.jsonl").read_bytes(), (self.folder / "features.f16").read_bytes()
        (self.folder / "texts.jsonl").write_bytes(lines[: lines.rindex("é".encode()) + 1])
        (self.folder / "features.f16").write_bytes(rows[:-5])
        self.assertEqual(
            self.read(), ([*"01234"], f"{self.folder} has 5 of 6 texts: generate.py has not come to its end there\n")
        )

    def test_texts_that_batch_made_by_itself_are_read_too(self):
        (self.folder / "texts.prompts.jsonl").unlink()
        self.assertEqual(self.read(), ([*"012345"], ""))

    def test_a_folder_without_texts_has_none(self):
        for name in ("texts.jsonl", "features.f16"):
            (self.folder / name).write_bytes(b"")
        self.assertEqual(self.read()[0], [])

    def test_other_folders_are_refused_in_words(self):
        with self.assertRaisesRegex(SystemExit, "has 21 rows of 6 numbers, and texts.jsonl names 64: is it another target's?"):
            texts.read(self.folder, 6)
        (self.folder / "features.f16").unlink()
        with self.assertRaisesRegex(SystemExit, "has 0 rows of 2 numbers"):
            texts.read(self.folder, 2)
        (self.folder / "texts.jsonl").unlink()
        with self.assertRaisesRegex(SystemExit, "texts.jsonl is not there: wanted a folder that generate.py made"):
            texts.read(self.folder, 2)

    def test_a_run_goes_on_with_the_batch_that_comes_next(self):
        read = texts.read(folder_of(self.folder, 40), 2)
        three = texts.plan(read, 20, 2, 3)
        self.assertEqual(texts.plan(read, 20, 2, 2), three[:2])
        self.assertNotEqual(three[0], three[1])
        whole = list(texts.batches(three, 20, 0))
        ends = np.cumsum([len(epoch) for epoch in three]) - 1
        self.assertEqual([i for i, (_, last) in enumerate(whole) if last], ends.tolist())
        for done in (1, int(ends[0]), int(ends[0]) + 1, int(ends[1]) + 3):
            rest = list(texts.batches(three, 20, done))
            self.assertEqual(len(rest), len(whole) - done)
            for (a, last), (b, other) in zip(rest, whole[done:]):
                self.assertTrue(torch.equal(a.features, b.features) and last == other)

    def test_texts_that_have_grown_are_others(self):
        class Target:
            def sha256(self):
                return "00ff"

        begun = texts.identity(Target(), [self.folder])
        self.assertEqual(texts.identity(Target(), [self.folder]), begun)
        folder_of(self.folder, 7)
        self.assertNotEqual(texts.identity(Target(), [self.folder]), begun)


class Sources(unittest.TestCase):
    def test_a_folder_without_sources_is_refused_in_words(self):
        with tempfile.TemporaryDirectory() as name:
            for held_out, share in ((True, r"held out \(one in twenty is\)"), (False, "trained on")):
                with self.assertRaisesRegex(SystemExit, "has no Python source that is " + share):
                    corpus.sources(pathlib.Path(name), held_out)


class Targets(unittest.TestCase):
    def test_what_is_no_model_is_refused_in_words(self):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "model.gguf"
            for write in (lambda: None, lambda: path.write_bytes(b""), lambda: path.write_bytes(b"no model" * 9)):
                write()
                with self.assertRaisesRegex(SystemExit, "model.gguf cannot be read as a GGUF file: "):
                    TargetFile(path)
            with self.assertRaisesRegex(SystemExit, "model.gguf cannot be read as a GGUF file: "):
                checkpoint.load(path)
            with self.assertRaisesRegex(SystemExit, "none holds no draft: wanted a folder with a config.json"):
                checkpoint.load(path.parent / "none")


class Options(unittest.TestCase):
    def test_the_same_go_on_and_others_are_named(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            begun = {"count": 8000, "sources": folder / "a", "texts": [pathlib.Path("b")]}
            options.keep(folder, begun)
            options.keep(folder, {**begun, "sources": folder / "c" / ".." / "a"})
            with self.assertRaisesRegex(SystemExit, "begun otherwise: count was 8000 and is 16000; give the same options"):
                options.keep(folder, {**begun, "count": 16000})
            options.keep(folder, begun)

    def test_a_checkpoint_of_unknown_options_does_not_go_on(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "checkpoint.pt").write_bytes(b"")
            with self.assertRaisesRegex(SystemExit, "has checkpoint.pt but no options.json"):
                options.keep(folder, {"count": 1})
            self.assertEqual([path.name for path in folder.iterdir()], ["checkpoint.pt"])

    def test_prompts_of_unknown_options_are_not_gone_on_with(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "own.prompts.jsonl").write_bytes(b"")
            with self.assertRaisesRegex(SystemExit, "has own.prompts.jsonl but no options.json"):
                options.keep(folder, {"count": 1})


class Curves(unittest.TestCase):
    def test_a_run_is_saved_before_its_first_curve(self):
        with tempfile.TemporaryDirectory() as name:
            run = loop.Run(pathlib.Path(name), torch.nn.Linear(4, 4), 1e-3, 10, 1)
            run.save()
            self.assertFalse((run.folder / "curves.png").exists())
            self.assertTrue(loop.Run(run.folder, torch.nn.Linear(4, 4), 1e-3, 10, 1).resume())


if __name__ == "__main__":
    unittest.main()
