"""Contents being gathered: in temporary tables of a connection of their own, so that nothing half is ever seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
)

from ..registry import cohort_tables as tables
from .contents import Contents

_metadata = MetaData(schema="temp")
_members = Table(
    "staged_members",
    _metadata,
    Column("stage", Integer, primary_key=True),
    Column("id", String, primary_key=True),
    Column("included", Boolean),
    sqlite_with_rowid=False,
)
_instances = Table(
    "staged_instances",
    _metadata,
    Column("stage", Integer, primary_key=True),
    Column("instance", String, primary_key=True),
    Column("patient", String),
    Column("patient_id", String),
    Column("study", String),
    Column("series", String),
    Column("header_digest", String),
    Column("ordinal", BigInteger),
    sqlite_with_rowid=False,
)
_matched = Table(
    "staged_matched",
    _metadata,
    Column("stage", Integer, primary_key=True),
    Column("level", String, primary_key=True),
    Column("id", String, primary_key=True),
    sqlite_with_rowid=False,
)

_HOLDERS = {"studies": "study", "series": "series", "instances": "instance"}
"""Level of a matched node → the column of the frozen objects that holds it; else it is a part of an instance."""


class Staging:
    """Temporary tables for one or more gathered contents, numbered; they vanish at its end, however it comes.

    Gathering takes no lock of the registry; ``Stage.keep`` moves one into it, in a transaction that
    ``connection.commit`` ends, durably.
    """

    def __init__(self, database: Engine) -> None:
        self.connection = database.connect()
        self.connection.detach()  # closed at the end, not given back to the pool with its temporary tables
        self.connection.exec_driver_sql("PRAGMA synchronous = FULL")
        _metadata.create_all(self.connection, checkfirst=False)
        self._stages = 0

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def begin(self, level: str) -> Stage:
        """An empty stage for contents at this level."""
        self._stages += 1
        return Stage(self.connection, self._stages, level)


class Stage:
    """One gathered contents; what is added again is passed over."""

    def __init__(self, connection: Connection, number: int, level: str) -> None:
        self._connection = connection
        self._number = number
        self._level = level

    @property
    def contents(self) -> Contents:
        """The statements that list it."""
        return Contents(
            self._level,
            select(_members.c.id, _members.c.included).where(_members.c.stage == self._number),
            select(*(c for c in _instances.c if c.name != "stage")).where(_instances.c.stage == self._number),
            select(_matched.c.level, _matched.c.id).where(_matched.c.stage == self._number),
        )

    def add_members(self, ids: Iterable[str], *, included: bool) -> None:
        """Members, found by the question or included by hand."""
        self._add(_members, [{"id": each, "included": included} for each in ids])

    def add_instances(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Objects: rows of ``patient``, ``patient_id``, ``study``, ``series``, ``instance``, …"""
        self._add(_instances, list(rows))

    def add_matched(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Level and public id of matched nodes."""
        self._add(_matched, [{"level": level, "id": each} for level, each in pairs])

    def settle(self) -> None:
        """Forget matched nodes that are no part of the gathered objects."""
        own = select(_instances).where(_instances.c.stage == self._number).subquery()
        stage = _matched.c.stage == self._number
        for level, column in _HOLDERS.items():
            gone = _matched.c.id.not_in(select(own.c[column]))
            self._connection.execute(delete(_matched).where(stage, _matched.c.level == level, gone))
        holder = func.substr(_matched.c.id, 1, func.instr(_matched.c.id, "#") - 1)
        part = _matched.c.level.not_in(_HOLDERS)
        self._connection.execute(delete(_matched).where(stage, part, holder.not_in(select(own.c.instance))))
        self._connection.commit()

    def keep(self, cohort: int, values: Mapping[str, Any]) -> int:
        """Write the snapshot's row and contents; its number within the cohort. The caller commits."""
        numbers = tables.snapshots.alias()
        last = select(func.coalesce(func.max(numbers.c.number), 0) + 1).where(numbers.c.cohort == cohort)
        row = insert(tables.snapshots).values(cohort=cohort, number=last.scalar_subquery(), **values)
        created = self._connection.execute(row.returning(tables.snapshots.c.id, tables.snapshots.c.number)).one()
        self._copy(created.id)
        return int(created.number)

    def _copy(self, snapshot: int) -> None:
        run = self._connection.execute
        own = select(_instances).where(_instances.c.stage == self._number).subquery()
        place = [own.c[name] for name in ("patient", "study", "series")]
        number = func.dense_rank().over(order_by=place) - 1  # of the series; a join by texts would be quadratic
        run(
            insert(tables.snapshot_series).from_select(
                ["snapshot", "number", "patient", "patient_id", "study", "series"],
                select(
                    literal(snapshot), number, own.c.patient, own.c.patient_id, own.c.study, own.c.series
                ).distinct(),
            )
        )
        run(
            insert(tables.snapshot_instances).from_select(
                ["snapshot", "series", "instance", "header_digest", "ordinal"],
                select(literal(snapshot), number, own.c.instance, own.c.header_digest, own.c.ordinal),
            )
        )
        for table, staged in ((tables.snapshot_members, _members), (tables.snapshot_matched, _matched)):
            names = [column.name for column in staged.c if column.name != "stage"]
            chosen = select(literal(snapshot), *(staged.c[name] for name in names))
            run(insert(table).from_select(["snapshot", *names], chosen.where(staged.c.stage == self._number)))

    def _add(self, table: Table, rows: list[dict[str, Any]] | list[Mapping[str, Any]]) -> None:
        if rows:
            statement = insert(table).prefix_with("OR IGNORE")
            self._connection.execute(statement, [{"stage": self._number, **row} for row in rows])
            self._connection.commit()
