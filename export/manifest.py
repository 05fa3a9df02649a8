"""manifest.json and manifest.csv: what an export or a question's answer holds, streamed, object by object."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

JSON_NAME, CSV_NAME = "manifest.json", "manifest.csv"


def write_manifest(
    folder: Path, about: Mapping[str, Any], columns: Iterable[str], objects: Iterable[Mapping[str, Any]]
) -> None:
    """Write both files, each of which appears whole: the ``columns`` of ``objects``, in JSON behind ``about``."""
    names = list(columns)
    partial = {name: folder / f"{name}.partial" for name in (JSON_NAME, CSV_NAME)}
    try:
        with ExitStack() as stack:
            whole = stack.enter_context(partial[JSON_NAME].open("w", encoding="utf-8", newline="\n"))
            table = stack.enter_context(partial[CSV_NAME].open("w", encoding="utf-8", newline=""))
            writer = csv.DictWriter(table, names)
            writer.writeheader()
            head = json.dumps({**about, "objects": []}, indent=1, ensure_ascii=False, default=str)
            whole.write(head.removesuffix("]\n}"))
            separator = "\n  "
            for each in objects:
                row = {name: each[name] for name in names}
                whole.write(separator + json.dumps(row, ensure_ascii=False))
                writer.writerow(row)
                separator = ",\n  "
            whole.write("\n ]\n}\n")
        for name, path in partial.items():
            path.replace(folder / name)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)


def read_head(folder: Path) -> dict[str, Any]:
    """What the manifest in a folder says before its objects; nothing where there is none of this software's."""
    lines: list[str] = []
    try:
        with (folder / JSON_NAME).open(encoding="utf-8") as stream:
            for line in stream:
                if line.startswith(' "objects": '):
                    head: dict[str, Any] = json.loads("".join([*lines, '"objects": []}']))
                    return head
                lines.append(line)
    except (OSError, ValueError):
        return {}
    return {}
