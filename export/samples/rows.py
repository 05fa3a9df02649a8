"""The rows of a table: the nodes of a snapshot at a level, with all that an answer says of them, patient by patient."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from ...cohorts.contents import Frozen
from ...cohorts.shelf import Shelf
from ...errors import UsageError
from ...graph.asking import along, ids
from ...graph.engine import Engine
from ...graph.schema import POSITION_BITS, node, public_id
from ...queries.answers.listing import Key
from ...queries.answers.rows import hits
from ...queries.language.parse import as_level
from ...queries.language.relations import Level
from ..plan.model import PlannedObject, Sample
from .gathered import Gathered
from .made import Incomplete, patients
from .values import Columns

_AT_ONCE = 500
_OBJECTS = 200
"""So many objects of patients are looked up together."""
_PAGE = 10_000
_POSITION = (1 << POSITION_BITS) - 1
_UIDS = ("sopInstanceUID", "seriesInstanceUID", "studyInstanceUID")


def table_samples(
    engine: Engine,
    shelf: Shelf,
    ref: str,
    level: str,
    pages: Iterable[list[Frozen]],
    columns: Columns,
    read: Counter[str],
    incomplete: Incomplete,
    *,
    include_model: bool = False,
) -> Iterator[Sample]:
    """A sample for each patient; its ``values`` hold the ``rows`` and, by name, the attributes of the first.

    ``read`` counts the objects of each data set; objects that were altered since are noted in ``incomplete``, not rows.

    Of segments, items and other parts of objects it is those that the question matched; where it matched none at that
    level, all of the frozen objects.

    Raises
    ------
    UsageError
        where the level is none.
    """
    listing = as_level(level)
    with closing(sqlite3.connect("")) as scratch:
        matched = node(listing.label).is_child and _matched(scratch, shelf, ref, level)
        persons = _persons(patients(engine, pages, include_model=include_model))
        for patient, rows in _of_each(engine, persons, listing, scratch if matched else None, columns):
            incomplete.see(patient, lambda _: True)
            if rows:
                read.update(name for each in patient.objects() for name in each.datasets)
                first = {name: rows[0][name] for name in columns.names if name in rows[0]}
                told = {**first, "rows": rows}
                yield Sample("", patient.person, patient.person, patient.patient_id, "", (), (), told)


def _persons(records: Iterable[Gathered]) -> Iterator[Gathered]:
    """Records of a person that were linked since the freeze are one; such persons come last, few as they are."""
    together: dict[str, Gathered] = {}
    for each in records:
        if not each.is_linked:
            yield each
        elif each.person in together:
            together[each.person].add(each)
        else:
            together[each.person] = each
    yield from together.values()


def _matched(scratch: sqlite3.Connection, shelf: Shelf, ref: str, level: str) -> bool:
    """Keep the ids that a snapshot has at a level; whether there are any."""
    if level not in shelf.snapshot(ref).counts:
        return False
    scratch.execute("CREATE TABLE matched (id TEXT PRIMARY KEY) WITHOUT ROWID")
    after: str | None = None
    while True:
        page = shelf.entries(ref, level, limit=_PAGE, after=after)
        scratch.executemany("INSERT INTO matched VALUES (?)", ((each["id"],) for each in page.entries))
        if page.next is None:
            return page.total > 0
        after = page.next


def _of_each(
    engine: Engine, persons: Iterable[Gathered], level: Level, matched: sqlite3.Connection | None, columns: Columns
) -> Iterator[tuple[Gathered, list[dict[str, Any]]]]:
    """Each patient with its rows; those with few objects are looked up together."""
    for some in _together(persons):
        keys = [_above(patient, level) for patient in some]
        if level.label in _CHILDREN:
            keys = _children(engine, some, level, matched)
        every = list(dict.fromkeys(key for own in keys for key in own))
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(every), _AT_ONCE):
            found |= {row["id"]: row for row in hits(engine, level.label, every[start : start + _AT_ONCE])}
        for patient, own in zip(some, keys, strict=True):
            names = (key.public(level.label) for key in own)
            yield patient, list(_told([found[name] for name in names if name in found], patient, columns))


def _together(persons: Iterable[Gathered]) -> Iterator[list[Gathered]]:
    some: list[Gathered] = []
    objects = 0
    for patient in persons:
        some.append(patient)
        objects += sum(len(series.objects) for series in patient.series.values())
        if objects >= _OBJECTS:
            yield some
            some, objects = [], 0
    if some:
        yield some


def _present(patient: Gathered) -> list[PlannedObject]:
    return [each for each in patient.objects() if each.sop_instance_uid not in patient.altered]


def _above(patient: Gathered, level: Level) -> list[Key]:
    """The patient, its studies, series or objects."""
    objects = _present(patient)
    above = {
        "patients": {patient.person},
        "studies": {each.study for each in objects},
        "series": {each.series for each in objects},
        "instances": {each.sop_instance_uid for each in objects},
    }
    return [Key(each, value=each) for each in sorted(above.get(level.name, ()))]


def _children(
    engine: Engine, some: Sequence[Gathered], level: Level, matched: sqlite3.Connection | None
) -> list[list[Key]]:
    """Of each patient the segments, items … of its objects."""
    declared = node(level.label)
    edge = _CHILDREN[level.label]
    query = (
        f"MATCH (i:Instance {{id: r.id}}) OPTIONAL MATCH (i)-[:{edge}]->(n:{level.label}) "
        f"RETURN i.id AS id, n.key AS key, n.{declared.number} AS number"
    )
    objects = [{each.sop_instance_uid for each in _present(patient)} for patient in some]
    keys: defaultdict[str, list[Key]] = defaultdict(list)
    for row in along(engine, query, ids(set().union(*objects)), "key"):
        key = Key(row["id"], row["key"] & _POSITION, row["key"], row["number"])
        if matched is None or _holds(matched, public_id(key.id, level.label, key.number)):
            keys[key.id].append(key)
    return [sorted(key for uid in own for key in keys[uid]) for own in objects]


_CHILDREN = {
    "Segment": "HAS_SEGMENT",
    "ContentItem": "HAS_ITEM",
    "Roi": "HAS_ROI",
    "WaveformChannel": "HAS_CHANNEL",
    "AnnotationGroup": "HAS_ANNOTATION",
}


def _holds(matched: sqlite3.Connection, identifier: str) -> bool:
    return matched.execute("SELECT 1 FROM matched WHERE id = ?", (identifier,)).fetchone() is not None


def _told(rows: Iterable[dict[str, Any]], patient: Gathered, columns: Columns) -> Iterator[dict[str, Any]]:
    held, datasets = columns.of(patient), _datasets(patient)
    for row in rows:
        series = patient.series.get(row.get("seriesInstanceUID", ""))
        study = row.get("studyInstanceUID")
        near = [series] if series else [each for each in patient.series.values() if study in (None, each.study)]
        own = next((row[uid] for uid in _UIDS if row.get(uid)), "")
        told = columns.values(held, patient, near, {row.get("sopInstanceUID", "")})
        yield {**row, **told, "datasets": "; ".join(sorted(datasets[own]))}


def _datasets(patient: Gathered) -> dict[str, set[str]]:
    """The data sets of each object, series and study, by UID, and under no UID those of the patient."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for series in patient.series.values():
        for each in series.objects:
            for uid in (each.sop_instance_uid, each.series, each.study, ""):
                found[uid].update(each.datasets)
    return found


def check_level(level: str) -> None:
    """Whether a level can be the rows of a table.

    Raises
    ------
    UsageError
        where it can't.
    """
    label = as_level(level).label
    if node(label).is_child and label not in _CHILDREN:
        raise UsageError(f"a table has no rows of {level}")
