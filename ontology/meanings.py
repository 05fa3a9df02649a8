"""The display name of a concept that cohortgraph can give without having seen it in data."""

from __future__ import annotations

from functools import cache

from .dicom_terms import terms
from .tables import rows


def meaning(identifier: str) -> str:
    """The Code Meaning of PS3.16 for a concept id, else its name in a shipped table, else ""."""
    term = terms().get(identifier)
    return term.meaning if term else _shipped().get(identifier, "")


@cache
def _shipped() -> dict[str, str]:
    hierarchy = {row[side]: row[f"{side} meaning"] for row in rows("hierarchy") for side in ("narrower", "broader")}
    return hierarchy | {row["concept"]: row["meaning"] for row in rows("value_sets")}
