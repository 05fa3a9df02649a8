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


def named(text: str) -> frozenset[str]:
    """The concepts of PS3.16 and of the shipped tables that have this meaning, whatever its case."""
    return _by_meaning().get(text.casefold(), frozenset())


@cache
def _by_meaning() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for identifier in (*terms(), *_shipped()):
        found.setdefault(meaning(identifier).casefold(), set()).add(identifier)
    return {text: frozenset(identifiers) for text, identifiers in found.items()}
