"""The draft network against itself, computed another way."""

import pathlib
import sys
import unittest

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import evaluate  # noqa: E402
from dgf import Draft  # noqa: E402
from llama import Shape  # noqa: E402

SHAPE = Shape(24, 2, 3, 1, 8, 40, 50, 0, 1e-5, 1e4, tied=True)


def draft() -> Draft:
    torch.manual_seed(7)
    made = Draft(SHAPE)
    for parameter in made.parameters():
        parameter.data += torch.randn_like(parameter) * 0.1
    return made.eval()


class Levels(unittest.TestCase):
    @torch.no_grad()
    def test_all_positions_at_once_equal_one_chain_after_the_other(self):
        """What training computes for every position at once, the drafter computes round by round."""
        network, tokens = draft(), 13
        features, embedding, head = torch.randn(1, tokens, 24), torch.randn(50, 24), torch.randn(50, 24)
        following = torch.randint(0, 50, (1, tokens))
        seen = torch.ones(1, tokens, tokens, dtype=torch.bool).tril()
        levels = network(features, embedding[following], torch.arange(tokens), seen, 4)
        for start in range(1, tokens - 3):
            drafter = evaluate.Drafter(network, embedding, head, torch.arange(50))
            guess = drafter.extend(features[0, : start + 1], following[0, : start + 1])
            torch.testing.assert_close(guess, levels[0][0, start], atol=1e-4, rtol=1e-4)
            past = drafter.verified
            for level in range(1, 4):
                at = start + level
                mask = torch.ones(1, at + 1, dtype=torch.bool)
                x, past = drafter.pass_(guess[None], following[0, at : at + 1], torch.tensor([at]), mask, past)
                guess = x[0]
                torch.testing.assert_close(guess, levels[level][0, at], atol=1e-4, rtol=1e-4)

    @torch.no_grad()
    def test_a_tree_holds_the_likeliest_paths(self):
        """Levels grown with keys and values kept equal those by computing every path anew."""
        network = draft()
        features, embedding, head = torch.randn(5, 24), torch.randn(50, 24), torch.randn(50, 24)
        following = torch.randint(0, 50, (5,))
        drafter = evaluate.Drafter(network, embedding, head, torch.arange(50))
        guess = drafter.extend(features, following)
        levels = drafter.tree(guess, 3, 4)
        paths = [((), 0.0)]
        for level in levels:
            grown = []
            for path, log in paths:
                other = evaluate.Drafter(network, embedding, head, torch.arange(50))
                x = other.extend(features, following)
                for token in path:
                    x = other.extend(x[None], torch.tensor([token]))
                logs = (x @ head.T).log_softmax(-1)
                grown += [((*path, token), log + logs[token].item()) for token in range(50)]
            paths = sorted(grown, key=lambda p: -p[1])[:4]
            self.assertEqual([token for token, _ in level], [path[-1] for path, _ in paths])


if __name__ == "__main__":
    unittest.main()
