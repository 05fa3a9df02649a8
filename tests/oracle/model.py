"""The graph as plain Python objects, built straight from facts: what the naive evaluator walks.

A `Node` knows its neighbours by the names a filter document uses: ``patient.related["items"]``,
``item.related["parent"]``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from cohortgraph.graph import schema
from cohortgraph.graph.facts import Child, Coded, InstanceFacts, Properties, Reference, compact

LEVELS = {
    "patients": "Patient",
    "studies": "Study",
    "series": "Series",
    "instances": "Instance",
    "segments": "Segment",
    "items": "ContentItem",
    "rois": "Roi",
    "channels": "WaveformChannel",
    "annotationGroups": "AnnotationGroup",
}
"""Name of a level in a document → label."""

PLURAL = {label: name for name, label in LEVELS.items()}

CHILDREN = ("segments", "items", "rois", "channels", "annotationGroups")
"""The levels below instances."""

DEPTH = {"Patient": 0, "Study": 1, "Series": 2, "Instance": 3} | dict.fromkeys(map(LEVELS.__getitem__, CHILDREN), 4)

ANCESTORS = {"Patient": "patient", "Study": "study", "Series": "series", "Instance": "instance"}
"""Label → the singular relation that leads to it from everything below."""


@dataclass(eq=False, slots=True)
class Node:
    """A node; ``order`` is its place in the stable order of its level (design §3)."""

    label: str
    id: str
    order: tuple[str, int]
    properties: dict[str, Any]
    codes: list[Coded] = field(default_factory=list)
    related: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    attributes: dict[str, list[Any]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<{self.label} {self.id}>"

    def up(self, label: str) -> list[Node]:
        """Its ancestor of that label; itself where it has that label."""
        return [self] if self.label == label else self.related[ANCESTORS[label]]


@dataclass(slots=True)
class Graph:
    """All nodes by label and id, and the meanings that the data give to each concept."""

    nodes: dict[str, dict[str, Node]] = field(default_factory=lambda: defaultdict(dict))
    meanings: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def level(self, name: str) -> list[Node]:
        """All nodes of a level in the stable order."""
        return in_order(self.nodes[LEVELS[name]].values())


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """Distinct nodes in the stable order: SOP Instance UID, then position; other nodes by id."""
    return sorted({id(node): node for node in nodes}.values(), key=lambda node: node.order)


def build(
    facts: Iterable[InstanceFacts],
    further: Iterable[tuple[str, str]] = (),
    people: Iterable[Iterable[str]] = (),
) -> Graph:
    """Build the graph of these objects.

    Parameters
    ----------
    facts
        One for each SOP Instance UID.
    further
        (SOP Instance UID, data set) of equal copies in other data sets.
    people
        Of each person with several Patient records, their ids (semantics 1.5): the smallest is the person's.
    """
    graph = Graph()
    records = {record: sorted(group) for group in map(list, people) for record in group}
    facts = list(facts)
    numbers = {each.patient["id"]: each.patient.get("patientID") for each in facts}
    facts = [
        replace(each, patient={**each.patient, **_person(records[each.patient["id"]], numbers)})
        if each.patient["id"] in records
        else each
        for each in facts
    ]
    # Semantics 1.8: in the order of their UIDs, the first non-empty value of a shared property stays.
    objects = sorted(facts, key=lambda each: each.sop_instance_uid)
    for each in objects:
        _add_object(graph, each)
    for uid, dataset in [(each.sop_instance_uid, each.dataset) for each in objects] + list(further):
        _add_to_dataset(graph, graph.nodes["Instance"][uid], dataset)
    for each in objects:
        for reference in each.references:
            _add_reference(graph, each.sop_instance_uid, reference)
    _track(graph)
    for each in objects:
        _link(graph, each)
    return graph


def _person(group: list[str], numbers: dict[Any, Any]) -> Properties:
    listed = sorted({numbers[record] for record in group if numbers.get(record)})
    return {"id": group[0], "patientID": numbers.get(group[0]), "linkedPatientIDs": listed}


def _add_object(graph: Graph, facts: InstanceFacts) -> None:
    patient = _merged(graph, "Patient", facts.patient)
    study = _merged(graph, "Study", facts.study)
    series = _merged(graph, "Series", facts.series)
    instance = _merged(graph, "Instance", facts.instance)
    instance.codes = list(facts.codes)
    for each in facts.attributes:
        for name, kind, value in json.loads(each.encoded):
            read = date(1970, 1, 1) + timedelta(value) if kind == "days" else value
            instance.attributes.setdefault(name, []).append(read)
    for concept, seen in facts.concepts.items():
        graph.meanings[concept] |= seen.meanings
    _place(study, "studies", [patient])
    _place(series, "series", [study, patient])
    _place(instance, "instances", [series, study, patient])
    items = {}
    for child in facts.children:
        node = _child(graph, facts.sop_instance_uid, child)
        _place(node, PLURAL[child.label], [instance, series, study, patient])
        if child.label == "ContentItem":
            items[child.position] = node
    for child in facts.children:
        if child.parent is not None:
            items[child.position].related["parent"] = [items[child.parent]]
            items[child.parent].related["children"].append(items[child.position])


def _merged(graph: Graph, label: str, properties: Properties) -> Node:
    own = compact(properties)
    node = graph.nodes[label].setdefault(own["id"], Node(label, own["id"], (own["id"], 0), {}))
    node.properties = own | node.properties
    return node


def _child(graph: Graph, uid: str, child: Child) -> Node:
    identifier = schema.public_id(uid, child.label, child.properties[schema.node(child.label).number])
    node = Node(child.label, identifier, (uid, child.position), compact(child.properties), list(child.codes))
    graph.nodes[child.label][identifier] = node
    return node


def _place(node: Node, plural: str, ancestors: list[Node]) -> None:
    for ancestor in ancestors:
        if node not in ancestor.related[plural]:
            ancestor.related[plural].append(node)
        node.related[ANCESTORS[ancestor.label]] = [ancestor]


def _add_to_dataset(graph: Graph, instance: Node, name: str) -> None:
    dataset = graph.nodes["Dataset"].setdefault(name, Node("Dataset", name, (name, 0), {"id": name}))
    below = [node for name in CHILDREN for node in instance.related[name]]
    for node in [instance, *below, *(instance.up(label)[0] for label in ("Series", "Study", "Patient"))]:
        if dataset not in node.related["datasets"]:
            node.related["datasets"].append(dataset)


def _add_reference(graph: Graph, uid: str, reference: Reference) -> None:
    """Semantics 4.1, 6.10: one hop from the holder, the Instance or one of its items, to the target."""
    instance = graph.nodes["Instance"][uid]
    holder = instance
    if reference.holder is not None:
        holder = next(item for item in instance.related["items"] if item.order == (uid, reference.holder))
    label, target = _target(reference)
    found = graph.nodes[label].get(target)
    if found is None:
        kind = _KINDS[label]
        identifier = f"{target}#series" if label == "Series" else target
        missing = Node("UnresolvedTarget", identifier, (identifier, 0), {"id": identifier, "kind": kind})
        found = graph.nodes["UnresolvedTarget"].setdefault(identifier, missing)
    _refer(holder, found, str(reference.properties.get("basis")))


def _refer(holder: Node, target: Node, basis: str) -> None:
    relation, inverse = _RELATIONS.get((holder.label, target.label), ("", ""))
    for start, name, end in ((holder, relation, target), (target, inverse, holder)):
        for known in (name, f"{name} by {basis}") if name else ():
            if end not in start.related[known]:
                start.related[known].append(end)


def _track(graph: Graph) -> None:
    """Semantics 2.10: what segments and items of one person track under one UID."""
    for label in ("Segment", "ContentItem"):
        for node in graph.nodes[label].values():
            if uid := node.properties.get("trackingUID"):
                identifier = f"{node.related['patient'][0].id}#{uid}"
                made = Node("Tracked", identifier, (identifier, 0), {"id": identifier, "trackingUID": uid})
                tracked = graph.nodes["Tracked"].setdefault(identifier, made)
                node.related["sameTracked"] = [tracked]
                tracked.related[PLURAL[label]].append(node)


def _link(graph: Graph, facts: InstanceFacts) -> None:
    """Semantics 4.2: over a Frame of Reference to series, over a tracking UID to segments of the study."""
    instance = graph.nodes["Instance"][facts.sop_instance_uid]
    for image in instance.related["patient"][0].related["instances"]:
        frame = str(image.properties.get("frameOfReferenceUID", ""))
        if image.properties["kind"] == "image" and frame in facts.frames and not frame.startswith("1.2.840.10008.1.4."):
            _refer(instance, image.related["series"][0], "frameOfReference")
    sources = {reference.properties.get("fromItem") for reference in facts.references} - {None}
    for item in instance.related["items"]:
        own = [reference for reference in facts.references if reference.holder == item.order[1]]
        named = any(each.segment is not None or each.properties.get("fromItem") for each in own)
        if named or item.properties["path"] in sources:
            continue
        for tracked in item.related["sameTracked"]:
            for segment in tracked.related["segments"]:
                if segment.related["study"] == item.related["study"]:
                    _refer(item, segment, "trackingUID")


_KINDS = {
    "Instance": "instance",
    "Series": "series",
    "Segment": "segment",
    "ContentItem": "item",
    "WaveformChannel": "channel",
}
"""Label → what an UnresolvedTarget that stands for such a node is called."""

_RELATIONS = {
    ("Instance", "Series"): ("referencedSeries", "referencedBy"),
    ("Instance", "UnresolvedTarget"): ("unresolved", ""),
    ("ContentItem", "UnresolvedTarget"): ("unresolved", ""),
    ("Instance", "Instance"): ("references", "referencedBy"),
    ("Instance", "Segment"): ("", "referencedBy"),
    ("Instance", "ContentItem"): ("", "referencedBy"),
    ("Instance", "WaveformChannel"): ("", "referencedBy"),
    ("ContentItem", "Instance"): ("references", ""),
    ("ContentItem", "Segment"): ("segments", "items"),
    ("ContentItem", "WaveformChannel"): ("channels", "items"),
}
"""Labels of holder and target → the relation from the one to the other, and back."""


def _target(reference: Reference) -> tuple[str, str]:
    if not reference.sop_instance_uid:
        return "Series", reference.series_instance_uid
    if reference.segment is not None:
        return "Segment", schema.public_id(reference.sop_instance_uid, "Segment", reference.segment)
    if reference.channel is not None:
        return "WaveformChannel", schema.public_id(reference.sop_instance_uid, "WaveformChannel", reference.channel)
    if reference.item is not None:
        return "ContentItem", schema.public_id(reference.sop_instance_uid, "ContentItem", reference.item)
    return "Instance", reference.sop_instance_uid
