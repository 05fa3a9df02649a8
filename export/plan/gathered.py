"""What the graph knows of one patient's frozen objects: where they lie, what they show, what they refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...cohorts.contents import Frozen
from ...graph.asking import ask, ids
from ...graph.engine import Engine, Row
from ..labels.parts import DRAWN, Labelled, labelled
from .model import Carrier, PlannedObject

CARRIERS: dict[str, Carrier] = {
    "segmentation": "segmentation",
    "structureSet": "structureSet",
    "report": "report",
}
"""`PlannedObject.kind` → what holds labels."""


@dataclass(frozen=True, slots=True)
class Series:
    """A frozen series.

    Attributes
    ----------
    objects
        Its frozen objects, by SOP Instance UID.
    """

    uid: str
    study: str
    modality: str
    description: str
    days: int | None
    seconds: int | None
    objects: tuple[PlannedObject, ...]


@dataclass(slots=True)
class Gathered:
    """One patient: series by UID; per object its labelled parts, and the series that it refers to."""

    patient: str
    patient_id: str
    series: dict[str, Series] = field(default_factory=dict)
    parts: dict[str, list[Labelled]] = field(default_factory=dict)
    refers: dict[str, set[str]] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)

    def object(self, uid: str) -> PlannedObject | None:
        """A frozen object by its SOP Instance UID."""
        return next((o for each in self.series.values() for o in each.objects if o.sop_instance_uid == uid), None)


def gather(engine: Engine, frozen: Sequence[Frozen]) -> Gathered:
    """Look up the objects of one patient."""
    found = Gathered(frozen[0].patient, frozen[0].patient_id)
    uids = ids(each.sop_instance_uid for each in frozen)
    about = {row["id"]: row for row in ask(engine, _INSTANCE, uids)}
    sets: defaultdict[str, list[str]] = defaultdict(list)
    for row in ask(engine, _DATASETS, uids):
        sets[row["id"]].append(row["name"])
    objects: defaultdict[str, list[PlannedObject]] = defaultdict(list)
    for each in frozen:
        row = about.get(each.sop_instance_uid, {})
        objects[each.series].append(
            PlannedObject(
                each.sop_instance_uid,
                each.study,
                each.series,
                each.header_digest,
                tuple(row.get("locations") or ()),
                tuple(sorted(sets[each.sop_instance_uid])),
                str(row.get("kind") or "other"),
            )
        )
    series = {row["id"]: row for row in ask(engine, _SERIES, ids(objects))}
    for uid, held in sorted(objects.items()):
        found.series[uid] = _series(uid, series.get(uid, {}), held)
    _labelled(engine, found)
    return found


_INSTANCE = "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.kind AS kind, i.locations AS locations"
_DATASETS = "MATCH (i:Instance {id: r.id})-[:IN_DATASET]->(d:Dataset) RETURN i.id AS id, d.id AS name"
_SERIES = (
    "MATCH (s:Series {id: r.id}) RETURN s.id AS id, s.modality AS modality, s.seriesDescription AS description, "
    "s.studyDateDays AS days, s.seriesDateTimeSeconds AS seconds"
)


def _series(uid: str, row: Row, held: list[PlannedObject]) -> Series:
    return Series(
        uid,
        held[0].study,
        str(row.get("modality") or ""),
        str(row.get("description") or ""),
        row.get("days"),
        row.get("seconds"),
        tuple(sorted(held, key=lambda each: each.sop_instance_uid)),
    )


def _labelled(engine: Engine, found: Gathered) -> None:
    """The labelled parts of objects, and the image series that they lie on."""
    uids = [o.sop_instance_uid for each in found.series.values() for o in each.objects if o.kind in CARRIERS]
    found.parts.update(labelled(engine, uids))
    for query in _REFERS:
        for row in ask(engine, query, ids(found.parts)):
            found.refers.setdefault(row["id"], set()).add(row["series"])


_REFERS = (
    "MATCH (i:Instance {id: r.id})-[:REFERENCES]->(o:Instance)<-[:HAS_INSTANCE]-(s:Series) "
    "RETURN DISTINCT i.id AS id, s.id AS series",
    "MATCH (i:Instance {id: r.id})-[:REFERENCES_SERIES]->(s:Series) RETURN DISTINCT i.id AS id, s.id AS series",
    "MATCH (i:Instance {id: r.id})-[:HAS_ITEM]->(p:ContentItem)-[:HAS_CHILD]->(c:ContentItem)-[:REFERENCES]->"
    f"(o:Instance)<-[:HAS_INSTANCE]-(s:Series) WHERE {DRAWN} RETURN DISTINCT i.id AS id, s.id AS series",
)
