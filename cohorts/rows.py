"""Cohorts as the registry's tables hold them: rows in, dataclasses out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from ..errors import NotFound
from ..queries.language.parse import INCLUDE
from ..registry import cohort_tables as tables
from .model import Cohort, Decision, Event, Snapshot
from .names import Ref, unknown


def now() -> str:
    """The time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def root(question: Mapping[str, Any]) -> str:
    """What a question is about: its root key."""
    return next(name for name in question if name != INCLUDE)


def find(connection: Connection, name: str) -> Row[Any]:
    """The row of a cohort.

    Raises
    ------
    UsageError
        where there is none of that name; says which is nearest.
    """
    found = connection.execute(select(tables.cohorts).where(tables.cohorts.c.name == name)).one_or_none()
    if found is None:
        raise unknown(name, connection.execute(select(tables.cohorts.c.name)).scalars())
    return found


def find_snapshot(connection: Connection, ref: Ref) -> tuple[int, Snapshot]:
    """The registry's number and the snapshot that is called so; without a number the newest.

    Raises
    ------
    UsageError
        where there is no such cohort or snapshot.
    """
    row = find(connection, ref.name)
    statement = select(tables.snapshots).where(tables.snapshots.c.cohort == row.id)
    if ref.number is not None:
        statement = statement.where(tables.snapshots.c.number == ref.number)
    found = connection.execute(statement.order_by(tables.snapshots.c.number.desc()).limit(1)).one_or_none()
    if found is None:
        raise NotFound(_no_snapshot(connection, row.id, ref))
    return found.id, snapshot(found, ref.name)


def _no_snapshot(connection: Connection, cohort: int, ref: Ref) -> str:
    number = tables.snapshots.c.number
    known = connection.execute(select(number).where(tables.snapshots.c.cohort == cohort).order_by(number)).scalars()
    numbers = ", ".join(f"{ref.name}@{each}" for each in known)
    if not numbers:
        return f"the cohort {ref.name!r} was never frozen; make a snapshot with: cohortgraph cohort freeze {ref.name}"
    return f"there is no snapshot {ref.name}@{ref.number}; snapshots of it: {numbers}"


def snapshot(row: Row[Any], name: str) -> Snapshot:
    """A snapshot without its contents."""
    return Snapshot(
        name,
        row.number,
        row.digest,
        row.question,
        row.level,
        tuple(row.codes),
        tuple(Decision(**each) for each in row.curation),
        row.counts,
        tuple(row.warnings),
        row.store_version,
        row.software_version,
        row.owner,
        row.note,
        row.created,
        row.next_ordinal,
    )


def cohort(connection: Connection, row: Row[Any]) -> Cohort:
    """A cohort with its curation, snapshots and history."""
    frozen = select(tables.snapshots).where(tables.snapshots.c.cohort == row.id).order_by(tables.snapshots.c.number)
    happened = select(tables.events).where(tables.events.c.cohort == row.id).order_by(tables.events.c.id)
    return Cohort(
        row.name,
        row.question,
        row.level or root(row.question),
        row.owner,
        row.notes,
        row.created,
        tuple(snapshot(each, row.name) for each in connection.execute(frozen)),
        decisions(connection, row.id),
        tuple(Event(each.time, each.owner, each.event, each.detail) for each in connection.execute(happened)),
    )


def decisions(connection: Connection, cohort: int) -> tuple[Decision, ...]:
    """The curation that holds now, in the order of ids."""
    statement = select(tables.decisions).where(tables.decisions.c.cohort == cohort).order_by(tables.decisions.c.uid)
    return tuple(
        Decision(row.uid, row.decision, row.reason, row.owner, row.time) for row in connection.execute(statement)
    )


def decide(connection: Connection, cohort: int, taken: Sequence[Decision], *, anew: bool = False) -> None:
    """Let decisions hold, each instead of an earlier one on its id; ``anew``: instead of all."""
    chosen = tables.decisions.c.cohort == cohort
    if not anew:
        chosen = chosen & tables.decisions.c.uid.in_([each.uid for each in taken])
    connection.execute(delete(tables.decisions).where(chosen))
    if taken:
        connection.execute(insert(tables.decisions), [{"cohort": cohort, **each.to_dict()} for each in taken])


def record(connection: Connection, cohort: int, owner: str, event: str, detail: Mapping[str, Any]) -> None:
    """Add to a cohort's history."""
    values = {"cohort": cohort, "time": now(), "owner": owner, "event": event, "detail": dict(detail)}
    connection.execute(insert(tables.events).values(**values))


def remove(connection: Connection, cohort: int) -> None:
    """Remove a cohort with all its snapshots."""
    frozen = select(tables.snapshots.c.id).where(tables.snapshots.c.cohort == cohort)
    for table in (
        tables.snapshot_members,
        tables.snapshot_series,
        tables.snapshot_instances,
        tables.snapshot_matched,
    ):
        connection.execute(delete(table).where(table.c.snapshot.in_(frozen)))
    for table in (tables.snapshots, tables.decisions, tables.events):
        connection.execute(delete(table).where(table.c.cohort == cohort))
    connection.execute(delete(tables.cohorts).where(tables.cohorts.c.id == cohort))
