"""Planning references: to what is here, or to an UnresolvedTarget that waits for it (semantics 4.1).

Every change of targets is the same three steps: gather the references that a batch brings and those whose target comes
or goes with it, look where each target is afterwards, and write REFERENCES, REFERENCES_SERIES or UNRESOLVED.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from .. import schema
from ..asking import ask, ids, present
from ..engine import Batch, Engine, Row, rows
from ..facts import InstanceFacts, Reference

BY_FRAME, BY_TRACKING = "frameOfReference", "trackingUID"
DERIVED = (BY_FRAME, BY_TRACKING)
"""Bases of references that no object holds (``links``)."""

_HELD = f"NOT coalesce(e.basis, '') IN {list(DERIVED)}"
_HOLDERS = (("Instance", "id"), ("ContentItem", "key"))
_PROPERTIES = tuple(p.name for p in schema.edge("REFERENCES").properties)
_EDGE = ", ".join(f"e.{name} AS {name}" for name in _PROPERTIES)
_EDGE_TO = {"Series": "REFERENCES_SERIES", "UnresolvedTarget": "UNRESOLVED"}
_NUMBERS = (
    ("segment", "Segment", "HAS_SEGMENT", "segmentNumber"),
    ("item", "ContentItem", "HAS_ITEM", "path"),
    ("channel", "WaveformChannel", "HAS_CHANNEL", "path"),
)


class Target(NamedTuple):
    """What a reference names; ``part`` is a segment number, an item's or a channel's path."""

    kind: str
    uid: str
    part: str | int = ""

    @property
    def id(self) -> str:
        """The id of its UnresolvedTarget while it is missing."""
        if self.kind == "instance":
            return self.uid
        return f"{self.uid}#series" if self.kind == "series" else f"{self.uid}#{self.kind}/{self.part}"


class Link(NamedTuple):
    """A reference whose target's place is still to be looked up."""

    holder: str
    source: str | int
    target: Target
    properties: dict[str, Any]


End = tuple[str, str | int]
"""Label and key of the node that a target turned out to be."""


@dataclass(frozen=True)
class Change:
    """What a batch changes about instances and series.

    Attributes
    ----------
    arriving
        (facts, ordinal) of each object that is new or replaces one.
    leaving
        SOP Instance UID → ordinal of each stored object that is deleted or replaced.
    deleted
        Those of ``leaving`` that do not come back.
    series_gone
        Series that are removed, being empty.
    """

    arriving: list[tuple[InstanceFacts, int]] = field(default_factory=list)
    leaving: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    series_gone: set[str] = field(default_factory=set)

    @cached_property
    def ordinals_leaving(self) -> frozenset[int]:
        """The ordinals of ``leaving``: an item that holds a reference is known by its key."""
        return frozenset(self.leaving.values())


def target_of(reference: Reference) -> Target:
    """What a reference names."""
    if not reference.sop_instance_uid:
        return Target("series", reference.series_instance_uid)
    if reference.segment is not None:
        return Target("segment", reference.sop_instance_uid, reference.segment)
    if reference.item is not None:
        return Target("item", reference.sop_instance_uid, reference.item)
    if reference.channel is not None:
        return Target("channel", reference.sop_instance_uid, reference.channel)
    return Target("instance", reference.sop_instance_uid)


def write(engine: Engine, batch: Batch, change: Change) -> None:
    """Add to ``batch`` the references that ``change`` brings, resolves and loosens."""
    links = _brought(change.arriving)
    orphans = set()
    if change.leaving:
        links += _loosened(engine, change)
        orphans = _left_alone(engine, change)
    arrivals = _Arrivals(change.arriving)
    waiting = _waiting(engine, arrivals)
    links += _held(engine, change, waiting)
    ends = _ends(engine, change, {link.target for link in links}, arrivals)
    missing: dict[str, str] = {}
    rows_of: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for holder, source, target, properties in links:
        end = ends.get(target)
        if end is None:
            end = ends[target] = "UnresolvedTarget", target.id
            missing[target.id] = target.kind
        rows_of[holder, end[0]].append({**properties, "source": source, "target": end[1]})
    for (holder, label), brought in rows_of.items():
        batch.create_edges.setdefault((_EDGE_TO.get(label, "REFERENCES"), holder, label), []).extend(brought)
    stored = present(engine, "UnresolvedTarget", missing)
    batch.create_nodes.setdefault("UnresolvedTarget", []).extend(
        {"id": key, "kind": missing[key]} for key in sorted(missing.keys() - stored)
    )
    gone = {target.id for target in waiting} | (orphans - missing.keys())
    batch.drop_nodes.setdefault("UnresolvedTarget", []).extend(sorted(gone))


def _brought(arriving: list[tuple[InstanceFacts, int]]) -> list[Link]:
    """The references that the arriving objects hold."""
    links = []
    for facts, ordinal in arriving:
        for reference in facts.references:
            target = target_of(reference)
            # No content item names a bare series (PS3.3 C.17.3): such a reference is the object's.
            if reference.holder is None or target.kind == "series":
                links.append(Link("Instance", facts.sop_instance_uid, target, reference.properties))
            else:
                source = schema.child_key(ordinal, reference.holder)
                links.append(Link("ContentItem", source, target, reference.properties))
    return links


class _Arrivals:
    """Where a target lies among the arriving objects; an object's children are indexed when one is asked for."""

    def __init__(self, arriving: list[tuple[InstanceFacts, int]]) -> None:
        self.objects = {facts.sop_instance_uid: (facts, ordinal) for facts, ordinal in arriving}
        self.series = {str(facts.series["id"]) for facts, _ in arriving}
        self._children: dict[str, dict[Target, End]] = {}

    def find(self, target: Target) -> End | None:
        """The node that ``target`` names, None where it is not among them."""
        if target.kind == "series":
            return ("Series", target.uid) if target.uid in self.series else None
        if target.uid not in self.objects:
            return None
        if target.kind == "instance":
            return "Instance", target.uid
        if target.uid not in self._children:
            self._children[target.uid] = _index(*self.objects[target.uid])
        return self._children[target.uid].get(target)


def _index(facts: InstanceFacts, ordinal: int) -> dict[Target, End]:
    """The children of an object by what a reference calls them; of equal numbers the first."""
    ends: dict[Target, End] = {}
    for kind, label, _, number in _NUMBERS:
        for child in sorted((c for c in facts.children if c.label == label), key=lambda c: c.position):
            part: Any = child.properties.get(number)
            target = Target(kind, facts.sop_instance_uid, part)
            ends.setdefault(target, (label, schema.child_key(ordinal, child.position)))
    return ends


def _waiting(engine: Engine, arrivals: _Arrivals) -> set[Target]:
    """The arriving targets for which an UnresolvedTarget waits."""
    targets = [*(Target("instance", uid) for uid in arrivals.objects), *(Target("series", s) for s in arrivals.series)]
    by_id = {target.id: target for target in targets}
    waiting = {by_id[identifier] for identifier in present(engine, "UnresolvedTarget", by_id)}
    if any(facts.children for facts, _ in arrivals.objects.values()):
        # Few references to a child are ever unresolved: reading them all is cheaper than asking for every item.
        query = (
            "MATCH (u:UnresolvedTarget) WHERE u.kind = 'segment' OR u.kind = 'item' OR u.kind = 'channel' "
            "RETURN u.id AS id, u.kind AS kind"
        )
        children = (parse(row["kind"], row["id"]) for row in rows(engine.read(query)))
        waiting.update(target for target in children if arrivals.find(target))
    return waiting


def parse(kind: str, identifier: str) -> Target:
    """The target that an UnresolvedTarget of this kind and id stands for."""
    if kind == "instance":
        return Target(kind, identifier)
    uid, _, fragment = identifier.rpartition("#")
    part = fragment.partition("/")[2]
    return Target(kind, uid, int(part) if kind == "segment" else part)


def _held(engine: Engine, change: Change, targets: set[Target]) -> list[Link]:
    """The UNRESOLVED edges of holders that stay, to these targets."""
    by_id = {target.id: target for target in targets}
    pattern = "MATCH (t:UnresolvedTarget {id: r.id})<-[e:UNRESOLVED]-(h:%s)"
    return [
        Link(holder, row["source"], by_id[row["id"]], {name: row[name] for name in _PROPERTIES})
        for holder, key in _HOLDERS
        for row in ask(engine, f"{pattern % holder} RETURN r.id AS id, h.{key} AS source, {_EDGE}", ids(by_id))
        if not _leaves(change, row["source"])
    ]


def _leaves(change: Change, source: str | int) -> bool:
    """Whether the holder with this key is, or belongs to, an instance that leaves."""
    if isinstance(source, str):
        return source in change.leaving
    return source >> schema.POSITION_BITS in change.ordinals_leaving


def _loosened(engine: Engine, change: Change) -> list[Link]:
    """The references of holders that stay to what leaves: children always, instances and series when they go."""
    links = []
    for holder, key in _HOLDERS:
        returned = f"h.{key} AS source, {_EDGE}"
        for kind, label, edge, number in _NUMBERS:
            query = (
                f"MATCH (i:Instance {{id: r.id}})-[:{edge}]->(t:{label})<-[e:REFERENCES]-(h:{holder}) "
                f"WHERE {_HELD} RETURN i.id AS uid, t.{number} AS part, {returned}"
            )
            for row in ask(engine, query, ids(change.leaving)):
                links.append((holder, row, Target(kind, row["uid"], row["part"])))
        query = f"MATCH (i:Instance {{id: r.id}})<-[e:REFERENCES]-(h:{holder}) RETURN i.id AS uid, {returned}"
        for row in ask(engine, query, ids(change.deleted)):
            links.append((holder, row, Target("instance", row["uid"])))
    query = (
        f"MATCH (s:Series {{id: r.id}})<-[e:REFERENCES_SERIES]-(h:Instance) WHERE {_HELD} "
        f"RETURN s.id AS uid, h.id AS source, {_EDGE}"
    )
    for row in ask(engine, query, ids(change.series_gone)):
        links.append(("Instance", row, Target("series", row["uid"])))
    return [
        Link(holder, row["source"], target, {name: row[name] for name in _PROPERTIES})
        for holder, row, target in links
        if not _leaves(change, row["source"])
    ]


def _left_alone(engine: Engine, change: Change) -> set[str]:
    """The UnresolvedTargets that only leaving holders name."""
    named: set[str] = set()
    for path in ("-[:UNRESOLVED]->", "-[:HAS_ITEM]->(:ContentItem)-[:UNRESOLVED]->"):
        query = f"MATCH (i:Instance {{id: r.id}}){path}(t:UnresolvedTarget) RETURN DISTINCT t.id AS id"
        named.update(row["id"] for row in ask(engine, query, ids(change.leaving)))
    for holder, key in _HOLDERS:
        query = (
            f"MATCH (t:UnresolvedTarget {{id: r.id}})<-[:UNRESOLVED]-(h:{holder}) RETURN t.id AS id, h.{key} AS source"
        )
        named -= {row["id"] for row in ask(engine, query, ids(named)) if not _leaves(change, row["source"])}
    return named


def _ends(engine: Engine, change: Change, targets: Iterable[Target], arrivals: _Arrivals) -> dict[Target, End]:
    """Where each target is after the change; missing ones are left out."""
    arriving = {target: end for target in targets if (end := arrivals.find(target))}
    staying = (t for t in targets if t.uid not in change.leaving and t.uid not in change.series_gone)
    return {**places(engine, [target for target in staying if target not in arriving]), **arriving}


def places(engine: Engine, targets: Iterable[Target]) -> dict[Target, End]:
    """Where each target is stored; missing ones are left out."""
    found: dict[Target, End] = {}
    by_kind: dict[str, list[Target]] = defaultdict(list)
    for target in targets:
        by_kind[target.kind].append(target)
    for kind, label in (("instance", "Instance"), ("series", "Series")):
        for uid in present(engine, label, (target.uid for target in by_kind[kind])):
            found[Target(kind, uid)] = (label, uid)
    for kind, label, edge, number in _NUMBERS:
        query = (
            f"MATCH (i:Instance {{id: r.id}})-[:{edge}]->(t:{label}) WHERE t.{number} = r.part "
            f"RETURN r.id AS id, r.part AS part, min(t.key) AS key"
        )
        for row in ask(engine, query, [{"id": t.uid, "part": t.part} for t in sorted(by_kind[kind])]):
            found[Target(kind, row["id"], row["part"])] = (label, row["key"])
    return found
