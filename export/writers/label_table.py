"""labels.json and labels.csv: which value of a label map means what."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from ...ontology.meanings import meaning
from ..labels.colours import Colour
from ..plan.model import Head
from ..protocol import Made, MadeFile
from ..written_files import whole

NAME = "labels.json"
COLUMNS = ("value", "name", "concepts", "meanings", "colour", "priority")

Colours = dict[int, Colour]


def add_colours(made: Made, colours: Colours) -> None:
    """Add the colours of labels that a sample's objects recommend, of labels that have none yet."""
    for held in (made.details, *made.details.get("labels", ()), *_of_volumes(made)):
        for value, (red, green, blue) in dict(held.get("colours") or {}).items():
            colours.setdefault(int(value), (red, green, blue))


def _of_volumes(made: Made) -> list[dict[str, Any]]:
    return [label for volume in made.details.get("volumes", ()) for label in volume.get("labels", ())]


def write_label_table(head: Head, folder: Path, colours: Colours) -> list[MadeFile]:
    """Write the label table of an export that has labels: value, name, codes and their meanings, colour (RGB)."""
    if not head.labels:
        return []
    told: list[dict[str, Any]] = [
        {
            "value": each.value,
            "name": each.name,
            "concepts": list(each.concepts),
            "meanings": [meaning(concept) for concept in each.concepts],
            "colour": list(colours[each.value]) if each.value in colours else None,
            "priority": each.priority,
        }
        for each in head.labels
    ]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for row in told:
        rows.writerow([_cell(row[column]) for column in COLUMNS])
    with whole(folder / "labels.csv") as target:
        target.write(text.getvalue().encode())
    table = MadeFile("labels.csv", target.digest(), target.size)
    return [write_json({"background": 0, "labels": told}, folder, NAME), table]


def _cell(value: Any) -> Any:
    return " | ".join(map(str, value)) if isinstance(value, list) else value


def write_json(value: object, folder: Path, name: str) -> MadeFile:
    """Write a JSON file, the same bytes for the same value."""
    with whole(folder / name) as target:
        target.write((json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n").encode())
    return MadeFile(name, target.digest(), target.size)
