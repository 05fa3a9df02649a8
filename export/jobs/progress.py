"""How far exports are: a row for each sample that is made, whoever made it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from ..work import Outcome
from .database import SAMPLES

_RATE_OF_S = 60.0
"""The rate is that of the last minute."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is.

    Attributes
    ----------
    samples, objects, size
        Made, read, and bytes written.
    of_samples, of_objects
        In all.
    rate
        Bytes a second, of late.
    remaining
        Seconds; None while that can't be told.
    """

    samples: int
    of_samples: int
    objects: int
    of_objects: int
    size: int
    rate: float
    remaining: float | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def note(connection: Connection, job: str, outcome: Outcome, now: float) -> None:
    """Count a sample, once."""
    of = (SAMPLES.c.job == job) & (SAMPLES.c.number == outcome.sample)
    known = connection.execute(select(SAMPLES.c.made).where(of)).scalar()
    connection.execute(delete(SAMPLES).where(of))
    made = now if outcome.fresh or known is None else known
    row = {"job": job, "number": outcome.sample, "objects": outcome.objects, "size": outcome.size, "made": made}
    connection.execute(insert(SAMPLES).values(row))


def progress(connection: Connection, job: str, samples: int, objects: int, now: float) -> Progress:
    """How far a job is at a time, in seconds since 1970."""
    t = SAMPLES.c
    done, read, size, first = connection.execute(
        select(func.count(), func.sum(t.objects), func.sum(t.size), func.min(t.made)).where(t.job == job)
    ).one()
    since = max(first or now, now - _RATE_OF_S)
    lately, bytes_lately = connection.execute(
        select(func.count(), func.sum(t.size)).where(t.job == job, t.made > since)
    ).one()
    seconds = max(now - since, 1e-3)
    remaining = (samples - done) * seconds / lately if lately else None
    return Progress(done, samples, int(read or 0), objects, int(size or 0), int(bytes_lately or 0) / seconds, remaining)
