"""What a target is asked to write: function stubs, requests to complete them, and user turns that it made up itself."""

import ast
import random
import textwrap
import warnings
from collections.abc import Iterable, Iterator

import jinja2

import humaneval

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
# Shown before a beginning, so that the target writes a docstring behind it; only what it writes itself is kept.
EXAMPLES = (
    '''def second_largest(values: List[int]) -> int:
    """ Return the second largest of some whole numbers.
    >>> second_largest([3, 9, 4])
    4
    """
    return sorted(values)[-2]


''',
    '''def has_digit(text: str) -> bool:
    """Say whether there is a digit in a text.

    Examples:
    has_digit("ab1") returns True
    has_digit("") returns False
    """
    return any(letter.isdigit() for letter in text)


''',
    '''def celsius(fahrenheit):
    """
    Convert degrees Fahrenheit to degrees Celsius.
    The result is rounded to one decimal.

    celsius(212) == 100.0
    """
    return round((fahrenheit - 32) * 5 / 9, 1)


''',
)
REQUESTS = (
    "Complete this Python function:\n```python\n{stub}```",
    "Write the body of this function.\n\n{stub}",
    "Please implement the following function in Python.\n```python\n{stub}```\nShow how to use it.",
    "{stub}\nFinish this function and explain how it works.",
    "Give me the whole function, with its docstring:\n```python\n{stub}```",
    "Can you complete the code?\n\n```\n{stub}```",
)
SHORTEST, LONGEST = 60, 900  # characters of a stub


def parsed(source: str) -> Iterator[ast.FunctionDef]:
    """A source's documented functions."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) and len(node.body) > 1:
            yield node


def functions(sources: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Documented functions: the head with its docstring, and the whole of it."""
    for source in sources:
        lines = source.splitlines(keepends=True)
        for node in parsed(source):
            stub, whole = (
                textwrap.dedent("".join(lines[node.lineno - 1 : end])).rstrip("\n") + "\n"
                for end in (node.body[0].end_lineno, node.end_lineno)
            )
            if SHORTEST <= len(stub) <= LONGEST and len(whole) <= LONGEST * 2:
                yield stub, whole


def excerpt(sources: list[str], rng: random.Random) -> str:
    """Some lines from a random place in a random source, with no function named like one of HumanEval's."""
    while True:
        lines = rng.choice(sources).splitlines(keepends=True)
        begin = rng.randrange(max(1, len(lines) - 5))
        text = "".join(lines[begin : begin + rng.randint(3, 20)])[:LONGEST]
        if not humaneval.defines(text):
            return text


def beginning(rng: random.Random) -> tuple[str, str]:
    """What stands before a function that the target shall document itself: examples, and its first words."""
    shown = rng.sample(EXAMPLES, 2)
    return "".join(shown), f"{rng.choice(PREAMBLES)}def {rng.choice(VERBS)}{rng.choice(('_', '_', '(', ''))}"


def stub_of(text: str) -> str | None:
    """A head and its docstring from what a target made of a beginning; None if there is no whole docstring."""
    for quotes in ('"""', "'''"):
        parts = text.split(quotes)
        if len(parts) >= 3:
            stub = quotes.join(parts[:2]) + quotes + "\n"
            whole = "def " in parts[0] and parts[0].rstrip().endswith(":") and parts[1].strip()
            return stub if whole and SHORTEST <= len(stub) <= LONGEST else None
    return None


def rendered(template: str, begin: str, end: str, words: str, answer: bool) -> str:
    """A chat template with a user's words in it, and with what stands before the answer if there is to be one."""
    mark = "\N{OBJECT REPLACEMENT CHARACTER}"
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string(template).render(
        messages=[{"role": "user", "content": mark}], add_generation_prompt=answer, bos_token=begin, eos_token=end
    )
    return text.replace(mark, words) if answer else text.split(mark)[0] + words
