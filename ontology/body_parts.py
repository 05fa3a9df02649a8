"""Body Part Examined (0018,0015) as a concept: Annex L of PS3.16."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from .tables import rows


class BodyPart(NamedTuple):
    """What a code string stands for: a concept's id and the standard's meaning."""

    concept: str
    meaning: str


def body_part(text: str) -> BodyPart | None:
    """The concept of a Body Part Examined; None where Table L-1 lacks the text.

    Case, blanks and underscores don't count: ``Whole Body`` and ``WHOLE_BODY`` are WHOLEBODY.
    """
    return _table().get(text.upper().replace(" ", "").replace("_", ""))


@cache
def _table() -> dict[str, BodyPart]:
    return {row["body_part"]: BodyPart(row["concept"], row["meaning"]) for row in rows("body_parts")}
