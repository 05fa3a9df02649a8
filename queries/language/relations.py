"""How a filter document walks from node to node, derived from the schema's edges.

Every level reaches every level below it (plural) and above it (singular), at any depth. A new child label of the
schema needs one line in LEVELS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache

from ...graph import schema


@dataclass(frozen=True, slots=True)
class Level:
    """A level that a question can be about or list: the root key, the label and its name as a relation upwards."""

    name: str
    label: str
    singular: str = ""


LEVELS = (
    Level("patients", "Patient", "patient"),
    Level("studies", "Study", "study"),
    Level("series", "Series", "series"),
    Level("instances", "Instance", "instance"),
    Level("segments", "Segment"),
    Level("items", "ContentItem"),
    Level("rois", "Roi"),
    Level("channels", "WaveformChannel"),
    Level("annotationGroups", "AnnotationGroup"),
)


ATTRIBUTE = "attribute"
"""The walk to a declared attribute, or to the property that one is: part of a condition on the instance."""
REFERENCES = ("REFERENCES", "REFERENCES_SERIES", "UNRESOLVED")
"""The edges that have a basis."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One edge, walked along its direction or against it, and the label it leads to.

    ``basis`` is that of the references to walk (semantics 4.1); empty for any.
    """

    edge: str
    forward: bool
    label: str
    basis: str = ""


class Tie(Enum):
    """What two content items of one object must be to each other (semantics 2)."""

    DESCENDANT = auto()
    ANCESTOR = auto()
    CONTEXT = auto()


@dataclass(frozen=True, slots=True)
class Relation:
    """A named walk from one label to another.

    ``plural`` relations take ``some``, ``every``, ``none`` and ``count``; the others take a filter. ``repeats`` is True
    where the walk may reach one target twice (parallel edges, several ways), so that counting must be distinct. With a
    ``tie``, only those targets are meant that are this to the source.
    """

    name: str
    source: str
    target: str
    hops: tuple[Hop, ...]
    plural: bool = True
    repeats: bool = False
    tie: Tie | None = None

    @property
    def is_condition(self) -> bool:
        """Whether it is part of a condition on its source, so that a hit owes itself to no node that it leads to."""
        return self.name == ATTRIBUTE

    @property
    def is_reference(self) -> bool:
        """Whether it walks references, each of which has a basis."""
        return len(self.hops) == 1 and self.hops[0].edge in REFERENCES

    def by(self, basis: str) -> Relation:
        """The relation over references of one basis only."""
        return replace(self, hops=tuple(replace(hop, basis=basis) for hop in self.hops))


_PARENTS = {
    target: (edge.type, source)
    for edge in schema.EDGES
    for source, target in edge.pairs
    if edge.type.startswith("HAS_") and source != target
}
"""Label → the edge that leads to it and the label it comes from, up to Patient."""

_ITEM = "ContentItem"
_SAME_OBJECT = (Hop("HAS_ITEM", False, "Instance"), Hop("HAS_ITEM", True, _ITEM))
_OF_ITEMS = (
    Relation("children", _ITEM, _ITEM, (Hop("HAS_CHILD", True, _ITEM),)),
    Relation("parent", _ITEM, _ITEM, (Hop("HAS_CHILD", False, _ITEM),), plural=False),
    Relation("descendants", _ITEM, _ITEM, _SAME_OBJECT, tie=Tie.DESCENDANT),
    Relation("ancestors", _ITEM, _ITEM, _SAME_OBJECT, tie=Tie.ANCESTOR),
    Relation("context", _ITEM, _ITEM, _SAME_OBJECT, tie=Tie.CONTEXT),
)
"""Over the item's object: paths of any length are slow on Neo4j and, at depth, too much for Ladybug."""


def _reference(name: str, source: str, target: str, *, forward: bool = True, edge: str = "REFERENCES") -> Relation:
    return Relation(name, source, target, (Hop(edge, forward, target),), repeats=True)


_REFERENCES = (
    _reference("references", "Instance", "Instance"),
    _reference("referencedSeries", "Instance", "Series", edge="REFERENCES_SERIES"),
    _reference("referencedBy", "Series", "Instance", forward=False, edge="REFERENCES_SERIES"),
    _reference("references", "ContentItem", "Instance"),
    _reference("segments", "ContentItem", "Segment"),
    _reference("channels", "ContentItem", "WaveformChannel"),
    _reference("items", "Segment", "ContentItem", forward=False),
    _reference("items", "WaveformChannel", "ContentItem", forward=False),
    _reference("referencedBy", "Instance", "Instance", forward=False),
    _reference("referencedBy", "Segment", "Instance", forward=False),
    _reference("referencedBy", "ContentItem", "Instance", forward=False),
    _reference("referencedBy", "WaveformChannel", "Instance", forward=False),
)
"""From the holder to its target and back, one hop, resolved targets only (semantics 6.10)."""

_TRACKING = {"Segment": "TRACKS", "ContentItem": "ITEM_TRACKS"}
_SAME_TRACKED = tuple(
    relation
    for label, edge in _TRACKING.items()
    for relation in (
        Relation("sameTracked", label, "Tracked", (Hop(edge, True, "Tracked"),), plural=False),
        Relation({"Segment": "segments", "ContentItem": "items"}[label], "Tracked", label, (Hop(edge, False, label),)),
    )
)
"""To what a segment or item tracks, and to all that tracks it (semantics 2.10)."""

UNRESOLVED = "unresolved"
_MISSING = tuple(
    _reference(UNRESOLVED, holder, "UnresolvedTarget", edge=UNRESOLVED.upper())
    for holder, _ in schema.edge("UNRESOLVED").pairs
)
_NAMES = {level.name: level for level in LEVELS}
_LABELS = {level.label: level for level in LEVELS}


def level(name: str) -> Level:
    """The level of that name; KeyError where there is none."""
    return _NAMES[name]


def level_of(label: str) -> Level:
    """The level whose nodes have that label; KeyError where there is none."""
    return _LABELS[label]


def is_level(label: str) -> bool:
    """Whether nodes of that label are listed: those of data sets and of absent objects are not."""
    return label in _LABELS


@cache
def lineage(label: str) -> tuple[str, ...]:
    """The labels from Patient down to ``label``, itself included; Dataset and UnresolvedTarget have only themselves."""
    parent = _PARENTS.get(label)
    return (*(lineage(parent[1]) if parent else ()), label)


@cache
def walk(source: str, target: str) -> tuple[Hop, ...] | None:
    """The hops between two labels of one line of descent, either way; None where neither lies above the other."""
    if source in lineage(target):
        below = lineage(target)[lineage(target).index(source) + 1 :]
        return tuple(Hop(_PARENTS[label][0], True, label) for label in below)
    if target in lineage(source):
        line = lineage(source)
        above = reversed(range(line.index(target), len(line) - 1))
        return tuple(Hop(_PARENTS[line[n + 1]][0], False, line[n]) for n in above)
    return None


@cache
def relations(label: str) -> dict[str, Relation]:
    """Every relation that starts from ``label``, by name; ``unresolved`` apart."""
    found = (*_hierarchy(label), *_datasets(label), *_OF_ITEMS, *_REFERENCES, *_SAME_TRACKED)
    return {relation.name: relation for relation in found if relation.source == label}


@cache
def unresolved(label: str) -> Relation | None:
    """The relation to the missing targets of a holder's references (semantics 6.10)."""
    return next((relation for relation in _MISSING if relation.source == label), None)


def _hierarchy(label: str) -> Iterator[Relation]:
    if label not in _LABELS:
        return
    for other in LEVELS:
        hops = walk(label, other.label)
        if hops and hops[0].forward:
            yield Relation(other.name, label, other.label, hops)
        elif hops:
            yield Relation(other.singular, label, other.label, hops, plural=False)


def _datasets(label: str) -> Iterator[Relation]:
    """IN_DATASET starts from Instance; every other level derives it through its instances."""
    to_instance = walk(label, "Instance") if label in _LABELS else None
    if to_instance is not None:
        yield Relation("datasets", label, "Dataset", (*to_instance, Hop("IN_DATASET", True, "Dataset")), repeats=True)


def reverse(relation: Relation) -> tuple[Hop, ...]:
    """The relation's hops from its target back to its source."""
    labels = (relation.source, *(hop.label for hop in relation.hops[:-1]))
    return tuple(
        Hop(hop.edge, not hop.forward, label, hop.basis)
        for hop, label in zip(reversed(relation.hops), reversed(labels), strict=True)
    )
