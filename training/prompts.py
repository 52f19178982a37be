"""What a target is asked to write: function stubs, requests to complete them, and user turns that it made up itself."""

import ast
import pathlib
import random
import textwrap
import warnings
from collections.abc import Iterator

import jinja2

VERBS = (
    "add append average build calculate capitalize check clean clear combine compare compute contains convert copy count "
    "create decode delete difference divide double encode evaluate even extract factorial fetch filter find first fix flatten "
    "format gcd generate get group has index insert intersect invert is join largest last length list load longest lower make "
    "map match max mean median merge min mode move multiply next normalize odd order parse partition pop power prime print "
    "process product random range read remove repeat replace reverse rotate round save search second select shift shuffle "
    "simplify smallest sort split square string strip sum swap title to total transform transpose trim unique update upper "
    "validate vowel word write zip"
).split()
PREAMBLES = ("", "", "from typing import List\n\n\n", "from typing import List, Tuple, Optional\n\n\n", "import math\n\n\n")
REQUESTS = (
    "Complete this Python function:\n```python\n{stub}```",
    "Write the body of this function.\n\n{stub}",
    "Please implement the following function in Python.\n```python\n{stub}```\nShow how to use it.",
    "{stub}\nFinish this function and explain how it works.",
    "Can you complete the code?\n\n```\n{stub}```",
)
SHORTEST, LONGEST = 60, 900  # characters of a stub


def documented(folder: pathlib.Path) -> Iterator[str]:
    """Heads of functions with their docstrings, from the sources of a folder."""
    for path in sorted(folder.rglob("*.py")):
        if {"site-packages", "dist-packages", "__pycache__"} & set(path.relative_to(folder).parts):
            continue
        try:
            source = path.read_text(encoding="utf-8")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source)
        except (UnicodeDecodeError, SyntaxError, ValueError):
            continue
        lines = source.splitlines(keepends=True)
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef) or not ast.get_docstring(node):
                continue
            stub = textwrap.dedent("".join(lines[node.lineno - 1 : node.body[0].end_lineno]))
            if SHORTEST <= len(stub) <= LONGEST and len(node.body) > 1:
                yield stub if stub.endswith("\n") else stub + "\n"


def beginnings(count: int, rng: random.Random) -> list[str]:
    """First words of functions that the target shall document itself."""
    return [f"{rng.choice(PREAMBLES)}def {rng.choice(VERBS)}{rng.choice(('_', '_', '(', ''))}" for _ in range(count)]


def stub_of(text: str) -> str | None:
    """A head and its docstring from what a target made of a beginning; None if there is no whole docstring."""
    for quotes in ('"""', "'''"):
        parts = text.split(quotes)
        if len(parts) >= 3:
            stub = quotes.join(parts[:2]) + quotes + "\n"
            whole = "def " in parts[0] and parts[0].rstrip().endswith(":") and parts[1].strip()
            return stub if whole and SHORTEST <= len(stub) <= LONGEST else None
    return None


def user_turn(template: str, begin: str, end: str) -> str:
    """All that stands before the words of a first user turn, in a chat template's spelling."""
    mark = "\N{OBJECT REPLACEMENT CHARACTER}"
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string(template).render(
        messages=[{"role": "user", "content": mark}], add_generation_prompt=False, bos_token=begin, eos_token=end
    )
    return text.split(mark)[0]
