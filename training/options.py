"""Options that a folder was begun with, and that whoever goes on in it must give again."""

import json
import os
import pathlib


def keep(folder: pathlib.Path, options: dict) -> None:
    """Notes them in the folder, paths in full, or compares them with those that are noted there.

    Exits with a message if they differ: what the folder holds would no longer be of one kind.
    """
    path = folder / "options.json"
    begun = [*folder.glob("checkpoint.pt"), *folder.glob("*.prompts.jsonl")]
    if begun and not path.exists():
        raise SystemExit(f"{folder} has {begun[0].name} but no options.json, so how it was begun is not known; take another folder")
    wanted = json.loads(json.dumps(options, default=lambda path: str(path.resolve())))
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
        os.replace(part, path)
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    differences = [
        f"{name} was {found.get(name)} and is {wanted.get(name)}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]
    if differences:
        raise SystemExit(f"{folder} was begun otherwise: {'; '.join(differences)}; give the same options, or another folder")
