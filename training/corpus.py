"""Python sources of a folder, by default the running interpreter's own standard library (PSF licence)."""

import hashlib
import pathlib
import sysconfig
from collections.abc import Iterator

STANDARD_LIBRARY = pathlib.Path(sysconfig.get_path("stdlib"))
LEFT_OUT = {"test", "tests", "idlelib", "site-packages", "dist-packages", "__pycache__", "lib2to3", "turtledemo"}
LEFT_OUT |= {"encodings", "pydoc_data"}  # tables, and pages of prose


def is_held_out(name: pathlib.PurePath) -> bool:
    """By its path in the folder alone; one file in twenty is."""
    return int(hashlib.sha256(name.as_posix().encode()).hexdigest(), 16) % 20 == 0


def sources(folder: pathlib.Path, held_out: bool) -> list[str]:
    """The files that are held out, or all others. Exits with a message if there is none."""
    texts = list(_sources(folder, held_out))
    if not texts:
        share = "held out (one in twenty is)" if held_out else "trained on (one in twenty is held out)"
        raise SystemExit(f"{folder} has no Python source that is {share}: wanted a folder with more of them")
    return texts


def identity(texts: list[str]) -> dict:
    """What must not change below a run that goes on."""
    return {"sources' SHA-256": hashlib.sha256("\0".join(texts).encode()).hexdigest()}


def _sources(folder: pathlib.Path, held_out: bool) -> Iterator[str]:
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder)
        if LEFT_OUT & set(name.parts) or is_held_out(name) != held_out:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if text.strip():
            yield text
