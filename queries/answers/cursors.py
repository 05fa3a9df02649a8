"""Where a page ends, as an opaque text that carries the store's version (semantics 6.12)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from ...errors import UsageError

Place = tuple[Any, ...]
"""SOP Instance UID and position, or an id and 0; before them the value that the answer is ordered by."""


def cursor(version: int, listing: str, place: Place) -> str:
    """The cursor of the last node of a page; ``listing`` names what is listed, and in which order."""
    told = json.dumps([version, listing, *place]).encode()
    return urlsafe_b64encode(told).decode().rstrip("=")


def read(cursor: str, listing: str, version: int, values: int = 0) -> tuple[Place, list[str]]:
    """The place after which the next page begins, and a warning where the store has changed since.

    Parameters
    ----------
    values
        How many values stand before id and position.

    Raises
    ------
    UsageError
        where it is no cursor, or that of another listing.
    """
    try:
        seen, name, *place = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        seen, name, place = 0, None, []
    if not isinstance(name, str):
        raise UsageError(f"{cursor!r} is no cursor; pass the 'next' of an answer")
    if name != listing or not _fits(place, values):
        raise UsageError(f"the cursor belongs to a listing of {name}, this one lists {listing}")
    changed = f"the store has changed since the first page (version {seen}, now {version}): pages may not fit together"
    return tuple(place), [] if seen == version else [changed]


def _fits(place: list[Any], values: int) -> bool:
    if len(place) != values + 2:
        return False
    *before, identifier, position = place
    return (
        isinstance(identifier, str)
        and isinstance(position, int)
        and all(each is None or isinstance(each, str | int | float) for each in before)
    )
