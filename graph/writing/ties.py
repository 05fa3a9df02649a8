"""What objects of one person share: a Frame of Reference (semantics 4.2), what they track (2.10), the whole that they
are parts of (4.4).

Each is a node of its own, a *hub*, keyed by person and UID, so that partners find one another by key, without looking
through the store. A *tie* is the edge to it: of a segment, of a content item, of an object that names no image, of a
part, of a series with images. Ties follow from each object alone, but for a series: it has the ties of its images.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .. import schema
from ..asking import along, ask, ids
from ..engine import Engine, Row
from ..facts import InstanceFacts
from . import concatenations
from .concatenations import CONCATENATION, SAID
from .levels import members

WELL_KNOWN_FRAMES = "1.2.840.10008.1.4."
"""What the UIDs of well-known Frames of Reference begin with (PS3.6 Table A-2): an atlas is no one's own."""

FRAME, TRACKED = "FrameOfReference", "Tracked"
_UIDS = {FRAME: "frameOfReferenceUID", TRACKED: "trackingUID", CONCATENATION: "concatenationUID"}
_PART = "".join(f", e.{name} AS {name}" for name in SAID)
_TRACKING = {"Segment": "TRACKS", "ContentItem": "ITEM_TRACKS"}
"""Label of a child → its edge to what it tracks."""


class Tie(NamedTuple):
    """An edge to a hub.

    ``owner`` is the SOP Instance UID of what is tied, empty of a series; ``said`` are the edge's properties, sorted.
    """

    edge: str
    label: str
    key: str | int
    owner: str
    hub: str
    id: str
    said: tuple[tuple[str, Any], ...] = ()

    @property
    def properties(self) -> Row:
        """The edge's properties."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.said}

    @property
    def row(self) -> Row:
        """The edge as a row of a batch."""
        return {"source": self.key, "target": self.id, **self.properties}


def hub(person: str, uid: str) -> str:
    """The id of a hub."""
    return f"{person}#{uid}"


def hub_row(label: str, identifier: str) -> Row:
    """A hub as a row of a batch."""
    return {"id": identifier, _UIDS[label]: uid_of(identifier)}


def uid_of(identifier: str) -> str:
    """The UID in the id of a hub."""
    return identifier.rpartition("#")[2]


def of_object(facts: InstanceFacts, ordinal: int = 0) -> Iterator[Tie]:
    """The ties of an object and its children."""
    uid, person = facts.sop_instance_uid, str(facts.patient["id"])
    for frame in facts.frames:
        yield Tie("IN_FRAME", "Instance", uid, uid, FRAME, hub(person, frame))
    if whole := concatenations.uid_of(facts):
        said = _said(concatenations.said(facts.instance))
        yield Tie("PART_OF", "Instance", uid, uid, CONCATENATION, hub(person, whole), said)
    tracking = [child for child in facts.children if child.label in _TRACKING and child.properties.get("trackingUID")]
    placed = _placed(facts) if tracking else frozenset()
    for child in tracking:
        key = schema.child_key(ordinal, child.position)
        identifier = hub(person, str(child.properties["trackingUID"]))
        own = {"placed": True} if child.label == "ContentItem" and child.position in placed else {}
        yield Tie(_TRACKING[child.label], child.label, key, uid, TRACKED, identifier, _said(own))


def _placed(facts: InstanceFacts) -> frozenset[int]:
    """The positions of the items that name, have in their context, or are a region or segment."""
    sources = {str(each.properties["fromItem"]) for each in facts.references if each.properties.get("fromItem")}
    holders = {
        each.holder
        for each in facts.references
        if each.holder is not None and (each.segment is not None or each.properties.get("fromItem"))
    }
    regions = {c.position for c in facts.children if c.label == "ContentItem" and c.properties.get("path") in sources}
    return frozenset(holders | regions)


def of_image(series: str, person: str, instance: Mapping[str, object]) -> Tie | None:
    """The tie that an image gives its series."""
    frame = str(instance.get("frameOfReferenceUID") or "")
    if instance.get("kind") != "image" or not frame or frame.startswith(WELL_KNOWN_FRAMES):
        return None
    return Tie("IN_FRAME", "Series", series, "", FRAME, hub(person, frame))


def of_series(engine: Engine, series: Iterable[str], persons: Mapping[str, str | None]) -> set[Tie]:
    """The ties that their stored images give these series.

    ``persons`` overrides, by SOP Instance UID, whose an image is; None: it is not to be looked at.
    """
    listed = [each for found in members(engine, "Series", series).values() for each in found]
    staying = {each.uid: each for each in listed if persons.get(each.uid, "") is not None}
    query = (
        "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.kind AS kind, i.frameOfReferenceUID AS frameOfReferenceUID"
    )
    found = set()
    for row in ask(engine, query, ids(staying)):
        place = staying[row["id"]].place
        if tie := of_image(place.series, persons.get(row["id"]) or place.patient, row):
            found.add(tie)
    return found


def stored_of(engine: Engine, uids: Iterable[str]) -> set[Tie]:
    """The stored ties of these objects and their children."""
    keys = ids(uids)
    start = "MATCH (i:Instance {id: r.id}) OPTIONAL MATCH"
    framed = along(engine, f"{start} (i)-[:IN_FRAME]->(h:{FRAME}) RETURN i.id AS id, h.id AS hub", keys, "hub")
    found = {Tie("IN_FRAME", "Instance", row["id"], row["id"], FRAME, row["hub"]) for row in framed}
    query = f"{start} (i)-[e:PART_OF]->(h:{CONCATENATION}) RETURN i.id AS id, h.id AS hub{_PART}"
    found.update(map(_part, along(engine, query, keys, "hub")))
    for label, edge in _TRACKING.items():
        query = (
            f"{start} (i)-[:{schema.CHILDREN[label]}]->(n:{label})-[e:{edge}]->(h:{TRACKED}) "
            f"RETURN i.id AS id, n.key AS key, h.id AS hub{_placed_of(label)}"
        )
        found.update(_tracked(label, row) for row in along(engine, query, keys, "hub"))
    return found


def stored_of_series(engine: Engine, series: Iterable[str]) -> set[Tie]:
    """The stored ties of these series."""
    query = f"MATCH (x:Series {{id: r.id}})-[:IN_FRAME]->(h:{FRAME}) RETURN x.id AS id, h.id AS hub"
    return {Tie("IN_FRAME", "Series", row["id"], "", FRAME, row["hub"]) for row in ask(engine, query, ids(series))}


def stored_at(engine: Engine, hubs: Mapping[str, Iterable[str]]) -> set[Tie]:
    """All stored ties to these hubs, by label."""
    keys = ids(hubs.get(FRAME, ()))
    found: set[Tie] = set()
    for label in ("Instance", "Series"):
        query = f"MATCH (h:{FRAME} {{id: r.id}})<-[:IN_FRAME]-(n:{label}) RETURN h.id AS hub, n.id AS id"
        for row in ask(engine, query, keys):
            owner = row["id"] if label == "Instance" else ""
            found.add(Tie("IN_FRAME", label, row["id"], owner, FRAME, row["hub"]))
    query = f"MATCH (h:{CONCATENATION} {{id: r.id}})<-[e:PART_OF]-(i:Instance) RETURN h.id AS hub, i.id AS id{_PART}"
    found.update(_part(row) for row in ask(engine, query, ids(hubs.get(CONCATENATION, ()))))
    keys = ids(hubs.get(TRACKED, ()))
    for label, edge in _TRACKING.items():
        query = (
            f"MATCH (h:{TRACKED} {{id: r.id}})<-[e:{edge}]-(n:{label})<-[:{schema.CHILDREN[label]}]-(i:Instance) "
            f"RETURN h.id AS hub, n.key AS key, i.id AS id{_placed_of(label)}"
        )
        found.update(_tracked(label, row) for row in ask(engine, query, keys))
    return found


def _placed_of(label: str) -> str:
    return ", e.placed AS placed" if label == "ContentItem" else ""


def _tracked(label: str, row: Row) -> Tie:
    own = _said({"placed": True} if row.get("placed") else {})
    return Tie(_TRACKING[label], label, row["key"], row["id"], TRACKED, row["hub"], own)


def _part(row: Row) -> Tie:
    own = _said({name: row[name] for name in SAID if row[name] is not None})
    return Tie("PART_OF", "Instance", row["id"], row["id"], CONCATENATION, row["hub"], own)


def _said(properties: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((name, tuple(v) if isinstance(v, list) else v) for name, v in properties.items()))


def studies(engine: Engine, uids: Iterable[str]) -> dict[str, str]:
    """The study of each of these stored objects."""
    return {uid: listed[0].place.study for uid, listed in members(engine, "Instance", uids).items()}


def by_hub(ties: Iterable[Tie]) -> dict[tuple[str, str], list[Tie]]:
    """Ties by the label and id of their hub."""
    found: dict[tuple[str, str], list[Tie]] = defaultdict(list)
    for tie in ties:
        found[tie.hub, tie.id].append(tie)
    return found


def moved(tie: Tie, person: str) -> Tie:
    """The tie after its object became another person's."""
    return tie._replace(id=hub(person, uid_of(tie.id)))
