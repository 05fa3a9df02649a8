"""Small made-up objects, and a store of kept headers in memory, for the tests of the write path."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from cohortgraph.graph.engine import Batch, Engine
from cohortgraph.graph.facts import Child, Coded, ConceptSeen, InstanceFacts, Location, Properties, Reference
from cohortgraph.graph.schema import NODES
from cohortgraph.graph.writing.writer import Writer

HEART = "SCT:80891009"
LEFT_VENTRICLE = "SCT:87878005"
AREA = "SCT:42798000"
MILLIMETRE = "UCUM:mm"


class MemoryHeaders(dict[str, bytes]):
    """Kept headers in a dict."""

    def put(self, blobs: Mapping[str, bytes]) -> None:
        self.update(blobs)

    def get(self, digest: str) -> bytes:  # type: ignore[override]
        return self[digest]

    def discard(self, digests: Collection[str]) -> None:
        for digest in digests:
            self.pop(digest, None)

    def digests(self) -> set[str]:
        return set(self)

    def damage(self) -> list[str]:
        return []


def writer(engine: Engine) -> Writer:
    """A writer whose headers are pickled facts."""
    return Writer(engine, MemoryHeaders(), pickle.loads)


def again(header: bytes, dataset: str) -> InstanceFacts:
    """Read a kept header for a data set."""
    facts: InstanceFacts = pickle.loads(header)
    return facts


def instance(
    uid: str,
    *,
    patient: str = "d|P",
    study: str = "8",
    series: str = "8.1",
    dataset: str = "d",
    date_: date | None = None,
    patient_says: Mapping[str, Any] | None = None,
    study_says: Mapping[str, Any] | None = None,
    series_says: Mapping[str, Any] | None = None,
    children: Sequence[Child] = (),
    references: Sequence[Reference] = (),
    codes: Sequence[Coded] = (),
    **properties: Any,
) -> InstanceFacts:
    """An object whose levels say little unless told to."""
    dated: Properties = {}
    if date_ is not None:
        dated = {"studyDate": date_, "studyDateDays": (date_ - date(1970, 1, 1)).days}
    facts = InstanceFacts(
        dataset,
        Location(f"file:///{dataset}/{uid}"),
        {"id": patient, "patientID": patient.partition("|")[2], "authority": "d", **(patient_says or {})},
        {"id": study, **dated, **(study_says or {})},
        {"id": series, "modality": "CT", **(series_says or {})},
        {"id": uid, "kind": "image", **properties},
        list(codes),
        list(children),
        list(references),
    )
    holders = [*facts.codes, *(code for child in facts.children for code in child.codes)]
    facts.concepts = {code.concept: ConceptSeen({f"meaning of {code.concept}"}) for code in holders}
    facts.header = pickle.dumps(facts)
    facts.instance["headerDigest"] = hashlib.sha256(facts.header).hexdigest()
    return facts


def segment(number: int, position: int | None = None, type_: str = LEFT_VENTRICLE) -> Child:
    """A segment; its position is its number - 1 unless told otherwise."""
    position = number - 1 if position is None else position
    return Child("Segment", position, {"segmentNumber": number}, [Coded("TYPE", type_, {"codeMeaning": "as read"})])


def item(path: str, position: int, parent: int | None = None, **properties: Any) -> Child:
    """A content item named Area."""
    own = {"path": path, "valueType": "NUM", "relationshipType": "CONTAINS" if parent is not None else None}
    return Child("ContentItem", position, {**own, **properties}, [Coded("NAME", AREA)], parent)


def edges(engine: Engine, source: str, type_: str, target: str) -> list[tuple[Any, Any]]:
    """(source, target) of every edge between these labels: ids, or what numbers a child."""
    names = {"Segment": "segmentNumber", "ContentItem": "path"}
    found = engine.read(
        f"MATCH (a:{source})-[:{type_}]->(b:{target}) "
        f"RETURN a.{names.get(source, 'id')} AS a, b.{names.get(target, 'id')} AS b"
    )
    return sorted(zip(found.column("a").to_pylist(), found.column("b").to_pylist(), strict=True))


def nodes(engine: Engine, label: str, *properties: str) -> list[tuple[Any, ...]]:
    """The id and these properties of every node of a label."""
    returned = ", ".join(f"n.{name} AS {name}" for name in ("id", *properties))
    return sorted(tuple(row.values()) for row in engine.read(f"MATCH (n:{label}) RETURN {returned}").to_pylist())


def wipe(engine: Engine) -> None:
    """Empty a store; for tests that run many examples in one."""
    stored = {
        node.label: engine.read(f"MATCH (n:{node.label}) RETURN n.{node.key.name} AS key").column("key").to_pylist()
        for node in NODES
        if node.label != "Meta"
    }
    engine.write(Batch(drop_nodes={label: keys for label, keys in stored.items() if keys}))
