"""The whole pipeline on a tiny model, in about two minutes: every step as a user runs it, then the engine itself."""

import collections
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np

TRAINING = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TRAINING))

import corpus  # noqa: E402
import writer  # noqa: E402
from target import TargetFile  # noqa: E402

DOVETAIL = TRAINING.parent / "dovetail"
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "passive"}  # waiting threads leave the cores to others


def step(script: str, *arguments) -> str:
    command = [sys.executable, str(TRAINING / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode:
        raise AssertionError(f"{script} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


class Pipeline(unittest.TestCase):
    def test_from_sources_to_a_draft_that_the_engine_uses(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            target, sources = folder / "target.gguf", self.sources(folder)
            step(
                "tiny_target.py", folder / "target", target, "--corpus", sources, "--vocabulary", 400, "--hidden", 64,
                "--layers", 2, "--feed-forward", 128, "--tokens", 96, "--rows", 8, "--epochs", 30,
            )  # fmt: skip
            texts = ["--target", target, "--sources", sources, "--requests", 0, "--tokens", 48, "--parallel", 16]
            step("generate.py", folder / "texts", *texts, "--count", 160, "--stubs", 0.2, "--excerpts", 0.8)
            step("generate.py", folder / "held", *texts, "--count", 3, "--stubs", 0, "--excerpts", 1, "--greedy", 1, "--held-out")

            again = folder / "torch"
            reads = ["--read", 5, "--read-own", 4]
            step("generate.py", again, *texts, "--count", 160, "--stubs", 0.2, "--excerpts", 0.8, "--writer", "torch", *reads)
            self.alike(folder / "texts", again, 64)

            self.shared_beginnings(target, folder)

            start = folder / "start"
            options = ["--target", target, "--sources", sources, "--layers", 1, "--tokens", 96, "--rows", 4]
            step("pretrain.py", start, *options, "--texts", folder / "texts", "--steps", 40)
            curves = json.loads((start / "curves.json").read_text())
            self.assertLess(curves["loss"][-1][1], curves["loss"][0][1])

            # Ended half-way, a run goes on to where an undisturbed one comes.
            run, undisturbed = folder / "run", folder / "undisturbed"
            options = ["--target", target, "--texts", folder / "texts", "--start", start / "draft"]
            options += ["--tokens", 96, "--rows", 4, "--epochs", 3]
            self.ended_after_its_first_checkpoint("train.py", run, *options)
            self.assertTrue((run / "curves.png").stat().st_size > 1000)
            self.assertIn("goes on after step", step("train.py", run, *options))
            step("train.py", undisturbed, *options)
            curves, whole = (json.loads((each / "curves.json").read_text()) for each in (run, undisturbed))
            self.assertEqual(curves, whole)
            self.assertLess(curves["loss"][-1][1], curves["loss"][0][1])
            with self.assertRaisesRegex(AssertionError, "was begun otherwise: rows was 4 and is 8; give the same options"):
                step("train.py", run, *options, "--rows", 8)

            held = ["--target", target, "--texts", folder / "held", "--shapes", "3,3x2"]
            told = step("evaluate.py", run / "draft", *held)
            packed = folder / "draft.gguf"
            step("export.py", run / "draft", packed, "--target", target, "--about", "A test.", "--type", "f16")
            self.assertIn("A test.", packed.with_suffix(".md").read_text())
            self.assertEqual(step("evaluate.py", packed, *held), told)
            with_lookup = step("evaluate.py", packed, *held, "--lookup")
            self.assertNotEqual(with_lookup, told)
            for draft, said in ((f"cpu:{packed}", told), (f"cpu:lookup+{packed}", with_lookup)):
                for shape in ("3", "3x2"):
                    wanted = next(line for line in said.splitlines() if line.startswith(f"tree {shape}:"))
                    self.assertIn(f"tau {self.engine(target, draft, shape, folder / 'held'):.4f} in", wanted)

    def ended_after_its_first_checkpoint(self, script: str, run: pathlib.Path, *arguments) -> None:
        command = [sys.executable, str(TRAINING / script), str(run), *map(str, arguments)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT) as process:
            while not (run / "curves.png").exists() and process.poll() is None:
                time.sleep(0.02)
            process.terminate()
        self.assertEqual(process.returncode, -signal.SIGTERM, "it was at its end before it was ended")

    def alike(self, engine: pathlib.Path, torch: pathlib.Path, width: int) -> None:
        """The same prompts and spellings, and features that differ by rounding, wherever the tokens are the same."""
        written = {text["id"]: text for text in map(json.loads, (engine / "texts.jsonl").read_text().splitlines())}
        rows = {folder: np.memmap(folder / "features.f16", np.float16, "r").reshape(-1, width) for folder in (engine, torch)}
        same, read = 0, collections.Counter()
        for other in map(json.loads, (torch / "texts.jsonl").read_text().splitlines()):
            self.assertEqual(other["feature_rows"], len(other["prompt_ids"]) + max(0, len(other["token_ids"]) - 1))
            kind = other["id"].split("-")[1]
            if kind in ("read", "own"):
                read[kind] += 1
                self.assertEqual(other["token_ids"], [])
                continue
            text = written[other["id"]]
            self.assertEqual(other["prompt_ids"], text["prompt_ids"])
            if other["token_ids"] == text["token_ids"]:
                same += 1
                for key in ("text", "finish_reason", "temperature", "seed"):
                    self.assertEqual(other[key], text[key])
                a, b = (
                    rows[folder][made["feature_row"] :][: made["feature_rows"]].astype(np.float32)
                    for folder, made in ((engine, text), (torch, other))
                )
                # bf16 has 8 bits of a number: 1/256 a product, several layers deep.
                self.assertLess(np.linalg.norm(a - b) / np.linalg.norm(a), 0.03)
        self.assertGreater(same, 40)
        self.assertEqual(read, {"read": 5, "own": 4})

    def shared_beginnings(self, target: pathlib.Path, folder: pathlib.Path) -> None:
        """Prompts that begin alike have the answers and features that each has alone."""
        beginning = "def count(words):\n    return len([word for word in words.split() if word])\n\n\n"
        ends = ("def first(", "class Lines:\n    def first(", "def first(words):\n    return")
        lines = [
            {"id": f"{i}", "prompt": beginning + end, "temperature": 0.0, "seed": 0, "max_tokens": 20}
            for i, end in enumerate(ends)
        ]
        made, passes = [], []
        for name, groups in (("together", [lines]), ("alone", [[line] for line in lines])):
            texts, rows = {}, {}
            for i, group in enumerate(groups):
                written, features = folder / f"{name}-{i}.jsonl", folder / f"{name}-{i}.f16"
                one = writer.Writer(TargetFile(target), 2, 256)
                read = one.read
                one.read = lambda tokens, *other: passes.append((name, tokens.shape[1])) or read(tokens, *other)
                with contextlib.closing(writer.Output(written, features, 64)) as output:
                    one.write(group, output)
                all_rows = np.fromfile(features, np.float16).reshape(-1, 64).astype(np.float32)
                for text in map(json.loads, written.read_text().splitlines()):
                    texts[text["id"]] = text["prompt_ids"], text["token_ids"]
                    rows[text["id"]] = all_rows[text["feature_row"] :][: text["feature_rows"]]
            made.append((texts, rows))
        (together, rows), (alone, expected) = made
        self.assertEqual(together, alone)
        for i in alone:
            self.assertLess(np.linalg.norm(rows[i] - expected[i]) / np.linalg.norm(expected[i]), 0.03)
        computed = {name: sum(count for kind, count in passes if kind == name) for name in ("together", "alone")}
        self.assertLess(computed["together"], 0.7 * computed["alone"])

    def sources(self, folder: pathlib.Path) -> pathlib.Path:
        """A few files of the standard library, one of which is held out."""
        chosen = folder / "sources"
        chosen.mkdir()
        for held_out, count in ((False, 12), (True, 2)):
            for i, text in enumerate(text for text in corpus.sources(corpus.STANDARD_LIBRARY, held_out) if len(text) < 20000):
                if i == count:
                    break
                # A name that falls on the same side as the file's own did.
                path = next(p for n in range(1000) if corpus.is_held_out(p := pathlib.Path(f"f{i}_{n}.py")) == held_out)
                (chosen / path).write_text(text, encoding="utf-8")
        return chosen

    def engine(self, target: pathlib.Path, draft: str, shape: str, texts: pathlib.Path) -> float:
        """tau as the engine's own statistics have it, on the same prompts; its texts must be the same too."""
        made = {text["id"]: text for text in map(json.loads, (texts / "texts.jsonl").read_text().splitlines())}
        emitted = rounds = 0
        for line in (texts / "texts.prompts.jsonl").read_text().splitlines():
            asked = json.loads(line)
            command = [DOVETAIL, "run", "--raw", "--json", "-m", target, "-d", draft, "--tree", shape, "-n", asked["max_tokens"]]
            done = subprocess.run([*map(str, command), asked["prompt"]], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            answer = json.loads(done.stdout)
            self.assertEqual(answer["token_ids"], made[asked["id"]]["token_ids"])
            emitted += len(answer["token_ids"]) - 1
            rounds += answer["stats"]["rounds"]
        return emitted / rounds


if __name__ == "__main__":
    unittest.main()
