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


def sources(folder: pathlib.Path, held_out: bool) -> Iterator[str]:
    """The files that are held out, or all others."""
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
