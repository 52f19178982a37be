"""What must not be learnt, because drafts are measured on it: the functions that HumanEval asks for."""

import functools
import gzip
import json
import pathlib
import re

PROBLEMS = (
    pathlib.Path(__file__).resolve().parent.parent
    / "models/src/main/resources/dev/dovetail/models/humaneval/HumanEval.jsonl.gz"
)


@functools.cache
def _definition() -> re.Pattern[str]:
    with gzip.open(PROBLEMS, "rt", encoding="utf-8") as lines:
        names = sorted(json.loads(line)["entry_point"] for line in lines)
    return re.compile(rf"\bdef\s+({'|'.join(map(re.escape, names))})\s*\(")


def defines(text: str) -> bool:
    """Whether a text defines a function of the name of one of HumanEval's."""
    return _definition().search(text) is not None
