"""A value of an answer as the text of one cell: of a CSV file, of a table in the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def cell(value: Any, *, brief: bool = False) -> str:
    """A value as text; ``brief`` names a code by its meaning only, and rounds."""
    if value is None:
        return ""
    if brief and isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list) and all(isinstance(part, dict) and "meaning" in part for part in value):
        return "; ".join(part["meaning"] or part["id"] if brief else _code(part) for part in value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _code(part: Mapping[str, str]) -> str:
    return f"{part['meaning']} ({part['id']})" if part["meaning"] else part["id"]
