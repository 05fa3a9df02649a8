"""The display name of a concept that cohortgraph can give without having seen it in data."""

from __future__ import annotations

from .dicom_terms import terms
from .hierarchy import names


def meaning(identifier: str) -> str:
    """The Code Meaning of PS3.16 for a concept id, else its name in the shipped hierarchy, else ""."""
    term = terms().get(identifier)
    return term.meaning if term else names().get(identifier, "")
