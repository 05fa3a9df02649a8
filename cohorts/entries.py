"""Pages of what a snapshot holds at a level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ..errors import UsageError
from .contents import frozen, object_page
from .model import Snapshot


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of a snapshot's entries at a level.

    Attributes
    ----------
    total
        How many there are, on all pages.
    next
        What the following page is asked for with; None on the last.
    entries
        Each with its ``id``; objects also with ``patient``, ``patientID``, ``studyInstanceUID``,
        ``seriesInstanceUID``, ``sopInstanceUID`` and ``headerDigest``.
    """

    snapshot: str
    level: str
    total: int
    next: str | None
    entries: tuple[dict[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "snapshot": self.snapshot,
            "level": self.level,
            "total": self.total,
            "next": self.next,
            "entries": list(self.entries),
        }


def entries(
    connection: Connection, snapshot: Snapshot, number: int, level: str, limit: int, after: str | None
) -> Entries:
    """A page in the order of ids; of objects, in that of patient, study, series and SOP Instance UID.

    Raises
    ------
    UsageError
        where the snapshot has nothing at that level, or ``limit`` or ``after`` is not valid.
    """
    if level not in snapshot.counts:
        raise UsageError(f"{snapshot.ref} has no {level}; it has {', '.join(snapshot.counts)}")
    if limit < 1:
        raise UsageError(f"limit should be at least 1, found {limit}")
    if level == "instances":
        found, following = _objects(connection, number, limit, after)
    else:
        ids = frozen(number, snapshot.level).ids(level).subquery()
        statement = select(ids.c.id).order_by(ids.c.id).limit(limit + 1)
        if after is not None:
            statement = statement.where(ids.c.id > after)
        listed = list(connection.execute(statement).scalars())
        found = [{"id": each} for each in listed[:limit]]
        following = listed[limit - 1] if len(listed) > limit else None
    return Entries(snapshot.ref, level, snapshot.counts[level], following, tuple(found))


def _objects(
    connection: Connection, number: int, limit: int, after: str | None
) -> tuple[list[dict[str, str]], str | None]:
    behind = None
    if after is not None:
        series, slash, uid = after.partition("/")
        if not slash or not series.isdecimal():
            raise UsageError(f"{after!r} is no cursor; pass the 'next' of a page")
        behind = int(series), uid
    page = object_page(connection, number, limit + 1, behind)
    told = [
        {
            "id": each.sop_instance_uid,
            "patient": each.patient,
            "patientID": each.patient_id,
            "studyInstanceUID": each.study,
            "seriesInstanceUID": each.series,
            "sopInstanceUID": each.sop_instance_uid,
            "headerDigest": each.header_digest,
        }
        for _, each in page[:limit]
    ]
    if len(page) <= limit:
        return told, None
    series_number, last = page[limit - 1]
    return told, f"{series_number}/{last.sop_instance_uid}"
