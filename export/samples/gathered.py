"""What the graph knows of one patient's frozen objects: where they lie, what they show, what they refer to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...cohorts.contents import Frozen
from ...graph.asking import along, ask, ids
from ...graph.engine import Engine, Row
from ...graph.writing.persons import linked
from ..labels.parts import DRAWN, Labelled, labelled
from ..plan.model import Carrier, Dropped, PlannedObject
from .moment import Moment

CARRIERS: dict[str, Carrier] = {
    "segmentation": "segmentation",
    "structureSet": "structureSet",
    "report": "report",
}
"""`PlannedObject.kind` → what holds labels."""

TEXTS = ("seriesDescription", "protocolName", "bodyPartExamined", "manufacturer", "manufacturerModelName")
"""Properties of series by which picks tell them apart."""


@dataclass(frozen=True, slots=True)
class Series:
    """A frozen series.

    Attributes
    ----------
    days
        Of its Study Date, since 1970.
    objects
        Its frozen objects, by SOP Instance UID.
    texts
        What else a pick may ask for: DICOM keyword in this store's spelling → value.
    frames
        How many images it holds, those of multi-frame objects each by itself.
    moment
        When it was acquired, where that is known; of series that are picked by time.
    """

    uid: str
    study: str
    modality: str
    description: str
    days: int | None
    objects: tuple[PlannedObject, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    frames: int = 0
    moment: Moment | None = None

    def holds(self, kinds: Collection[str]) -> bool:
        """Whether an object of these kinds is among its own."""
        return any(each.kind in kinds for each in self.objects)


@dataclass(slots=True)
class Gathered:
    """One patient: series by UID; per object its labelled parts, and the series that it refers to.

    Attributes
    ----------
    patient
        Id of the frozen record.
    altered
        SOP Instance UID → what became of an object since it was frozen: of its content, the graph knows nothing.
    aside
        Objects that a model made, which are not among the others unless that was asked for (semantics 4.6).
    person
        Id of the person whose record it is by now (semantics 1.5): records may have been linked since.
    is_linked
        Whether that person has other records.
    elsewhere
        SOP Instance UID of an object with labels → the patient record of the images that it refers to, where none of
        them is of this one.
    """

    patient: str
    patient_id: str
    series: dict[str, Series] = field(default_factory=dict)
    parts: dict[str, list[Labelled]] = field(default_factory=dict)
    refers: dict[str, set[str]] = field(default_factory=dict)
    altered: dict[str, str] = field(default_factory=dict)
    aside: list[Dropped] = field(default_factory=list)
    person: str = ""
    is_linked: bool = False
    elsewhere: dict[str, str] = field(default_factory=dict)

    def add(self, other: Gathered) -> None:
        """Take in another record of the same person."""
        for uid, series in other.series.items():
            own = self.series.get(uid)
            held = (*own.objects, *series.objects) if own else series.objects
            self.series[uid] = replace(series, objects=held, frames=series.frames + (own.frames if own else 0))
        self.parts |= other.parts
        self.refers |= other.refers
        self.altered |= other.altered
        self.aside += other.aside

    def objects(self) -> Iterator[PlannedObject]:
        """All frozen objects."""
        return (each for series in self.series.values() for each in series.objects)


def gather(engine: Engine, frozen: Sequence[Frozen], *, include_model: bool = False) -> list[Gathered]:
    """Look up the objects of some patients; in the order in which they come, patient by patient.

    A statement costs the same for one object and for some hundreds.

    Parameters
    ----------
    include_model
        Whether objects that models made are among them: those of which every data set says so.
    """
    patients = {each.patient: each.patient_id for each in frozen}
    groups = linked(engine, sorted(patients))
    found = {
        each: Gathered(each, number, person=groups.get(each, (each,))[0], is_linked=each in groups)
        for each, number in patients.items()
    }
    uids = ids(each.sop_instance_uid for each in frozen)
    about = {row["id"]: row for row in ask(engine, _INSTANCE, uids)}
    sets: defaultdict[str, list[str]] = defaultdict(list)
    models: defaultdict[str, set[str | None]] = defaultdict(set)
    for row in along(engine, _DATASETS, uids, "name"):
        sets[row["id"]].append(row["name"])
        models[row["id"]].add(row["model"] or None)
    objects: defaultdict[tuple[str, str], list[PlannedObject]] = defaultdict(list)
    frames: Counter[tuple[str, str]] = Counter()
    for each in frozen:
        row = about.get(each.sop_instance_uid, {})
        made_by = models[each.sop_instance_uid]
        if made_by and None not in made_by and not include_model:
            role = "label" if row.get("kind") in CARRIERS else "image"
            reason = f"made by the model {', '.join(sorted(filter(None, made_by)))}; --include-model takes it"
            found[each.patient].aside.append(Dropped(each.sop_instance_uid, role, reason))
            continue
        if row.get("digest") != each.header_digest:
            found[each.patient].altered[each.sop_instance_uid] = "replaced" if row else "deleted"
        key = each.patient, each.series
        frames[key] += row.get("frames") or 1
        objects[key].append(
            PlannedObject(
                each.sop_instance_uid,
                each.study,
                each.series,
                each.header_digest,
                tuple(row.get("locations") or ()),
                tuple(sorted(sets[each.sop_instance_uid])),
                str(row.get("kind") or ""),
            )
        )
    series = {row["id"]: row for row in ask(engine, _SERIES, ids({uid for _, uid in objects}))}
    for (patient, uid), held in sorted(objects.items()):
        found[patient].series[uid] = _series(uid, series.get(uid, {}), held, frames[patient, uid])
    _labelled(engine, list(found.values()))
    return list(found.values())


_INSTANCE = (
    "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.kind AS kind, i.locations AS locations, "
    "i.headerDigest AS digest, i.numberOfFrames AS frames"
)
_DATASETS = (
    "MATCH (i:Instance {id: r.id}) OPTIONAL MATCH (i)-[:IN_DATASET]->(d:Dataset) "
    "RETURN i.id AS id, d.id AS name, d.model AS model"
)
_SERIES = (
    "MATCH (s:Series {id: r.id}) RETURN s.id AS id, s.modality AS modality, s.seriesDescription AS description, "
    f"s.studyDateDays AS days, {', '.join(f's.{name} AS {name}' for name in TEXTS)}"
)


def _series(uid: str, row: Row, held: list[PlannedObject], frames: int) -> Series:
    """A series; an object that is there no more is taken for one like the others of its series."""
    kinds = Counter(each.kind for each in held if each.kind)
    kind = min(kinds, key=lambda each: (-kinds[each], each), default="")
    return Series(
        uid,
        held[0].study,
        str(row.get("modality") or ""),
        str(row.get("description") or ""),
        row.get("days"),
        tuple(replace(each, kind=each.kind or kind) for each in sorted(held, key=lambda each: each.sop_instance_uid)),
        {name: str(row[name]) for name in TEXTS if row.get(name)},
        frames,
    )


def _labelled(engine: Engine, found: Sequence[Gathered]) -> None:
    """The labelled parts of objects, and the image series that they lie on."""
    owners = {
        each.sop_instance_uid: patient
        for patient in found
        for each in patient.objects()
        if each.kind in CARRIERS and each.sop_instance_uid not in patient.altered
    }
    parts = labelled(engine, owners)
    for uid, held in parts.items():
        owners[uid].parts[uid] = held
    listed: defaultdict[str, set[str]] = defaultdict(set)
    for query in _REFERS:
        for row in along(engine, f"MATCH (i:Instance {{id: r.id}}) OPTIONAL MATCH {query}", ids(parts), "series"):
            if row["basis"] == "evidence":
                listed[row["id"]].add(row["series"])
            elif row["basis"] not in _OF_DOCUMENTS:
                owners[row["id"]].refers.setdefault(row["id"], set()).add(row["series"])
    for uid, series in listed.items():
        owners[uid].refers.setdefault(uid, series)
    _elsewhere(engine, owners)


def _elsewhere(engine: Engine, owners: Mapping[str, Gathered]) -> None:
    """Of objects whose images are all of other patient records, one of these."""
    away = {
        uid: series
        for uid, patient in owners.items()
        if (series := patient.refers.get(uid)) and series.isdisjoint(patient.series)
    }
    keys = ids({each for series in away.values() for each in series})
    records: defaultdict[str, set[str]] = defaultdict(set)
    for row in along(engine, _RECORDS, keys, "patient"):
        if row["lineage"] in (None, [], [row["study"], row["patient"]]):
            records[row["id"]].add(row["patient"])
    for uid, series in away.items():
        others = set().union(*(records[each] for each in series))
        if others and owners[uid].patient not in others:
            owners[uid].elsewhere[uid] = min(others)


_RECORDS = (
    "MATCH (s:Series {id: r.id}) OPTIONAL MATCH (p:Patient)-[:HAS_STUDY]->(t:Study)-[:HAS_SERIES]->(s)"
    "-[:HAS_INSTANCE]->(i:Instance) RETURN DISTINCT s.id AS id, t.id AS study, p.id AS patient, i.lineage AS lineage"
)
_OF_DOCUMENTS = ("predecessor", "identicalDocuments", "rejection")
_REFERS = (
    "(i)-[e:REFERENCES]->(o:Instance)<-[:HAS_INSTANCE]-(s:Series) "
    "RETURN DISTINCT i.id AS id, s.id AS series, e.basis AS basis",
    "(i)-[e:REFERENCES_SERIES]->(s:Series) RETURN DISTINCT i.id AS id, s.id AS series, e.basis AS basis",
    "(i)-[:HAS_ITEM]->(p:ContentItem)-[:HAS_CHILD]->(c:ContentItem)-[e:REFERENCES]->"
    f"(o:Instance)<-[:HAS_INSTANCE]-(s:Series) WHERE {DRAWN} "
    "RETURN DISTINCT i.id AS id, s.id AS series, e.basis AS basis",
)
"""What objects refer to, and by what. Evidence, all that a report rests on, counts where nothing else is said."""
