"""labels.json: which value of a label map means what."""

from __future__ import annotations

import json
from pathlib import Path

from ..plan.model import Head
from ..written_files import whole
from .protocol import MadeFile

NAME = "labels.json"


def write_label_table(head: Head, folder: Path) -> list[MadeFile]:
    """Write the label table of an export that has labels."""
    if not head.labels:
        return []
    told = [
        {"value": each.value, "name": each.name, "concepts": list(each.concepts), "priority": each.priority}
        for each in head.labels
    ]
    return [write_json({"background": 0, "labels": told}, folder, NAME)]


def write_json(value: object, folder: Path, name: str) -> MadeFile:
    """Write a JSON file, the same bytes for the same value."""
    with whole(folder / name) as target:
        target.write((json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n").encode())
    return MadeFile(name, target.digest(), target.size)
