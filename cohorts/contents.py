"""What a snapshot holds, as statements: the same over frozen tables and over those in which one is being gathered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select, true, tuple_

from ..registry.cohort_tables import snapshot_instances, snapshot_matched, snapshot_members, snapshot_series
from .model import INSTANCE_LEVELS

_PAGE = 10_000
COLUMN = {"patients": "patient", "studies": "study", "series": "series", "instances": "instance"}


@dataclass(frozen=True, slots=True)
class Contents:
    """Statements that list the contents of one snapshot.

    Attributes
    ----------
    level
        What the cohort consists of.
    members
        ``id``, ``included``.
    instances
        ``patient``, ``patient_id``, ``study``, ``series``, ``instance``, ``header_digest``, ``ordinal``.
    matched
        ``level``, ``id``.
    """

    level: str
    members: Select[Any]
    instances: Select[Any]
    matched: Select[Any]

    def ids(self, level: str) -> Select[Any]:
        """The ids at a level, each once: members, what lies above and below them, and what the question matched."""
        if level == self.level:
            return select(self.members.subquery().c.id)
        if level in INSTANCE_LEVELS:
            return select(self.instances.subquery().c[COLUMN[level]].label("id")).distinct()
        matched = self.matched.subquery()
        return select(matched.c.id).where(matched.c.level == level)

    def levels(self, connection: Connection) -> tuple[str, ...]:
        """The levels that it has entries of: patients to instances, then those of parts of objects."""
        level = self.matched.subquery().c.level
        parts = connection.execute(select(level).distinct().order_by(level)).scalars()
        return tuple(dict.fromkeys((*INSTANCE_LEVELS, self.level, *parts)))

    def counts(self, connection: Connection) -> dict[str, int]:
        """Level → how many ids."""
        counted = {
            level: int(connection.execute(select(func.count()).select_from(self.ids(level).subquery())).scalar_one())
            for level in self.levels(connection)
        }
        return {level: number for level, number in counted.items() if number or level in (*INSTANCE_LEVELS, self.level)}

    def digest(self, connection: Connection, head: Mapping[str, Any]) -> str:
        """SHA-256 over the canonical JSON of ``head``, then of every member, object and matched id in their order."""
        hashed = hashlib.sha256(_canonical(head))
        members, instances, matched = (each.subquery() for each in (self.members, self.instances, self.matched))
        columns = [instances.c[name] for name in ("patient", "study", "series", "instance")]
        for statement in (
            select(members.c.id).order_by(members.c.id),
            select(*columns, instances.c.header_digest).order_by(*columns),
            select(matched.c.level, matched.c.id).order_by(matched.c.level, matched.c.id),
        ):
            hashed.update(b"\n")
            for row in _rows(connection, statement):
                hashed.update(_canonical(list(row)))
        return hashed.hexdigest()


def frozen(snapshot: int, level: str) -> Contents:
    """The contents of a committed snapshot."""
    series, instances = snapshot_series, snapshot_instances
    joined = series.join(
        instances, (series.c.snapshot == instances.c.snapshot) & (series.c.number == instances.c.series)
    )
    return Contents(
        level,
        select(snapshot_members.c.id, snapshot_members.c.included).where(snapshot_members.c.snapshot == snapshot),
        select(
            series.c.patient,
            series.c.patient_id,
            series.c.study,
            series.c.series,
            instances.c.instance,
            instances.c.header_digest,
            instances.c.ordinal,
        )
        .select_from(joined)
        .where(series.c.snapshot == snapshot),
        select(snapshot_matched.c.level, snapshot_matched.c.id).where(snapshot_matched.c.snapshot == snapshot),
    )


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen object: where it belongs, and the digest of its kept header."""

    patient: str
    patient_id: str
    study: str
    series: str
    sop_instance_uid: str
    header_digest: str


def objects(connection: Connection, snapshot: int, *, page: int = 1000) -> Iterator[list[Frozen]]:
    """The objects of a snapshot, by patient, study, series and SOP Instance UID, in pages read one by one."""
    after: tuple[int, str] | None = None
    while rows := object_page(connection, snapshot, page, after):
        yield [found for _, found in rows]
        after = rows[-1][0], rows[-1][1].sop_instance_uid


def ordered(connection: Connection, contents: Contents, *, page: int = 1000) -> Iterator[list[Frozen]]:
    """The objects of contents that nobody else may wish to write meanwhile, in the order and pages of ``objects``."""
    found = contents.instances.subquery()
    columns = [found.c[name] for name in ("patient", "patient_id", "study", "series", "instance", "header_digest")]
    statement = select(*columns).order_by(found.c.patient, found.c.study, found.c.series, found.c.instance)
    rows = connection.execute(statement, execution_options={"yield_per": page})
    for part in rows.partitions(page):
        yield [Frozen(*row) for row in part]


def shared_studies(connection: Connection, snapshot: int) -> dict[str, list[str]]:
    """Study → the patient records, by id, to which its frozen series belong, where these are several."""
    c = snapshot_series.c
    several = (
        select(c.study).where(c.snapshot == snapshot).group_by(c.study).having(func.count(c.patient.distinct()) > 1)
    )
    statement = select(c.study, c.patient).distinct().where(c.snapshot == snapshot, c.study.in_(several))
    shared: dict[str, list[str]] = {}
    for row in connection.execute(statement.order_by(c.study, c.patient)):
        shared.setdefault(row.study, []).append(row.patient)
    return shared


def patient_ids(connection: Connection, contents: Contents) -> dict[str, str]:
    """Id → Patient ID of the patients that have objects, by id."""
    found = contents.instances.subquery()
    statement = select(found.c.patient, found.c.patient_id).distinct().order_by(found.c.patient)
    return {row.patient: row.patient_id for row in connection.execute(statement)}


def object_page(
    connection: Connection, snapshot: int, limit: int, after: tuple[int, str] | None
) -> Sequence[tuple[int, Frozen]]:
    """One page of ``objects``, each with the number of its series; ``after``: the last page's last."""
    instances = snapshot_instances
    behind = true() if after is None else tuple_(instances.c.series, instances.c.instance) > after
    statement = _of_snapshot(snapshot).where(behind).order_by(instances.c.series, instances.c.instance).limit(limit)
    return [(int(number), Frozen(*row)) for number, *row in connection.execute(statement)]


def object_of(connection: Connection, snapshot: int, uid: str) -> Frozen | None:
    """The object of that SOP Instance UID, where the snapshot holds it."""
    row = connection.execute(_of_snapshot(snapshot).where(snapshot_instances.c.instance == uid)).first()
    return Frozen(*row[1:]) if row else None


def _of_snapshot(snapshot: int) -> Select[Any]:
    """Number of the series, then what a Frozen holds."""
    series, instances = snapshot_series, snapshot_instances
    return (
        select(
            instances.c.series,
            series.c.patient,
            series.c.patient_id,
            series.c.study,
            series.c.series,
            instances.c.instance,
            instances.c.header_digest,
        )
        .select_from(instances)
        .join(series, (series.c.snapshot == instances.c.snapshot) & (series.c.number == instances.c.series))
        .where(instances.c.snapshot == snapshot)
    )


def _rows(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    return iter(connection.execute(statement, execution_options={"yield_per": _PAGE}))


def _canonical(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "surrogatepass")
