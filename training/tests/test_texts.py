"""What is trained on, and that what was begun one way does not go on another."""

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

import humaneval  # noqa: E402
import loop  # noqa: E402
import options  # noqa: E402
import prompts  # noqa: E402
import texts  # noqa: E402

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
            self.assertEqual([text.id for text in texts.read(folder, 2)], ["0", "2"])


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
            with self.assertRaisesRegex(SystemExit, "has a checkpoint but no options.json"):
                options.keep(folder, {"count": 1})
            self.assertEqual([path.name for path in folder.iterdir()], ["checkpoint.pt"])


class Curves(unittest.TestCase):
    def test_a_run_is_saved_before_its_first_curve(self):
        with tempfile.TemporaryDirectory() as name:
            run = loop.Run(pathlib.Path(name), torch.nn.Linear(4, 4), 1e-3, 10, 1)
            run.save()
            self.assertFalse((run.folder / "curves.png").exists())
            self.assertTrue(loop.Run(run.folder, torch.nn.Linear(4, 4), 1e-3, 10, 1).resume())


if __name__ == "__main__":
    unittest.main()
