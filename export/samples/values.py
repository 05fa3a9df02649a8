"""The named attributes of samples: read of the store once, kept in a scratch file, looked up patient by patient."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from types import TracebackType
from typing import Any, NamedTuple, Self

from ...graph.engine import Engine
from ...queries.columns import Attribute, read
from .gathered import Gathered, Series

_AT_ONCE = 500


_Rank = tuple[float, ...]


class Held(NamedTuple):
    """A value: the number of its column, where it is from, when."""

    column: int
    node: str
    study: str
    series: str
    instance: str
    value: Any


class Columns:
    """Values of attributes by study; a context manager.

    A sample's value is the nearest there is: of its own objects, else of its studies, else of its patient. Of the
    latter it is the one of the Study Date nearest to the sample's, before it rather than after; of several that are
    left, the last in the stable order of their nodes.

    Attributes
    ----------
    several
        Column → how many samples had different values to choose from, in one place and on one day.
    """

    def __init__(self, engine: Engine, attributes: Sequence[Attribute]) -> None:
        self.several: Counter[str] = Counter()
        self._attributes = attributes
        self._sqlite = sqlite3.connect("")
        self._sqlite.execute("CREATE TABLE value (number INTEGER, node, study, series, instance, json)")
        for number, attribute in enumerate(attributes):
            self._sqlite.executemany(
                "INSERT INTO value VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (number, each.node, each.study, each.series, each.instance, json.dumps(each.value, default=str))
                    for each in read(engine, attribute)
                ),
            )
        self._sqlite.execute("CREATE INDEX by_study ON value (study)")
        self._sqlite.execute("CREATE INDEX by_node ON value (node) WHERE study = ''")

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns are called."""
        return tuple(each.name for each in self._attributes)

    def of(self, patient: Gathered) -> list[Held]:
        """The values of a patient's frozen objects."""
        objects = {each.sop_instance_uid for each in patient.objects()} - patient.altered.keys()
        studies = sorted({each.study for each in patient.series.values()})
        found = self._rows("study", studies) + [row for row in self._rows("node", [patient.person]) if not row.study]
        return [
            row
            for row in found
            if (not row.series or row.series in patient.series) and (not row.instance or row.instance in objects)
        ]

    def values(
        self, held: Iterable[Held], patient: Gathered, series: Iterable[Series], labels: set[str]
    ) -> dict[str, Any]:
        """Column → value of a sample that reads these series and the labels of these objects; absent ones left out."""
        own = {each.uid for each in series}
        studies = {each.study for each in series}
        days = {each.study: each.days for each in patient.series.values() if each.days is not None}
        dates = [days[study] for study in sorted(studies) if study in days]
        found: dict[int, tuple[_Rank, list[Any]]] = {}
        for row in held:
            if row.series in own or row.instance in labels:
                rank: _Rank = (2,)
            elif row.study in studies:
                rank = (1,)
            else:
                rank = (0, *_closeness(days.get(row.study), dates))
            if row.column not in found or rank > found[row.column][0]:
                found[row.column] = rank, [row.value]
            elif rank == found[row.column][0]:
                found[row.column][1].append(row.value)
        names = {number: self._attributes[number].name for number in found}
        self.several.update(
            names[number] for number, (_, values) in found.items() if any(v != values[0] for v in values)
        )
        return {names[number]: values[-1] for number, (_, values) in sorted(found.items())}

    def _rows(self, column: str, keys: Sequence[str]) -> list[Held]:
        rows: list[Held] = []
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            columns = "number, node, study, series, instance, json"
            query = f"SELECT {columns} FROM value WHERE {column} IN ({marks}) ORDER BY rowid"  # noqa: S608  names of ours
            with closing(self._sqlite.execute(query, some)) as found:
                rows += (Held(n, node, study, uid, i, json.loads(text)) for n, node, study, uid, i, text in found)
        return rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sqlite.close()


def _closeness(day: int | None, dates: Sequence[int]) -> _Rank:
    """How near a day is to the nearest of some: more is nearer, on the same side earlier; least without a date."""
    if day is None or not dates:
        return (-math.inf, 0)
    return max((-abs(day - date), date >= day) for date in dates)
