"""What a store holds: one hash of everything, equal on every engine and for every way it came there; and counts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...ontology.meanings import meaning
from .. import schema
from ..asking import ask, ids
from ..engine import Engine, rows
from ..writing.merge import LEVELS
from .records import PAGE, Record, canonical, of_instances, shared

_SEEN = ("meanings", "aliases", "codingSchemeUID")
"""Of a Concept: what any object ever said of it, also one that is gone. The edges keep each object's own words."""


_TOP = 20


@dataclass(frozen=True, slots=True)
class TopCode:
    """A concept that many edges lead to."""

    id: str
    meaning: str
    edges: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of a store.

    Attributes
    ----------
    nodes, edges
        By label, by type; derived ones too.
    top_codes
        The concepts that most edges from objects lead to, SHOWS apart.
    unresolved
        References whose target is not here.
    flagged
        Ids of concepts whose value is not valid for its scheme (semantics 1.3).
    disagreements
        ``Label.property`` → how many nodes have instances that disagree on it (semantics 1.8).
    """

    version: int
    nodes: dict[str, int]
    edges: dict[str, int]
    top_codes: list[TopCode]
    unresolved: int
    flagged: list[str]
    disagreements: dict[str, int]


def stats(engine: Engine) -> Stats:
    """Count what a store holds."""
    edges = {e.type: _count(engine, f"MATCH ()-[n:{e.type}]->()") for e in schema.EDGES}
    disagreements: Counter[str] = Counter()
    for label in LEVELS:
        query = f"MATCH (n:{label}) WHERE n.disagreements IS NOT NULL UNWIND n.disagreements AS name RETURN name"
        disagreements.update(f"{label}.{name}" for name in engine.read(query).column("name").to_pylist())
    flagged = engine.read("MATCH (c:Concept) WHERE c.flagged RETURN c.id AS id ORDER BY id").column("id")
    return Stats(
        engine.version(),
        {n.label: _count(engine, f"MATCH (n:{n.label})") for n in schema.NODES if n.label != "Meta"},
        edges,
        _top_codes(engine),
        edges["UNRESOLVED"],
        flagged.to_pylist(),
        dict(sorted(disagreements.items())),
    )


def _count(engine: Engine, matching: str) -> int:
    return int(engine.read(f"{matching} RETURN count(n) AS n").column("n")[0].as_py())


def _top_codes(engine: Engine) -> list[TopCode]:
    counts: Counter[str] = Counter()
    for edge, source, _ in schema.edge_tables():
        if edge.is_coded:
            query = f"MATCH (:{source})-[e:{edge.type}]->(c:Concept) RETURN c.id AS id, count(e) AS n"
            counts.update({row["id"]: row["n"] for row in rows(engine.read(query))})
    top = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))[:_TOP]
    query = "MATCH (c:Concept {id: r.id}) RETURN c.id AS id, c.meanings AS meanings"
    seen = {row["id"]: row["meanings"] for row in ask(engine, query, ids(dict(top)))}
    return [TopCode(code, meaning(code) or next(iter(seen[code] or ()), ""), n) for code, n in top]


def digest(engine: Engine) -> str:
    """SHA-256 over the sorted hashes of the canonical JSON of all nodes and edges, as 64 hexadecimal digits.

    Each instance is hashed with its children and the edges that start there, each other node and edge by itself, so
    that memory grows by 32 bytes an object. Null is absent. Left out is what is local (schema), what a Concept's
    objects said of it, and each Concept, ValueSet or Dataset to which no object leads.
    """
    hashes: list[bytes] = []
    concepts: set[str] = set()
    datasets: set[str] = set()
    uids = engine.read("MATCH (i:Instance) RETURN i.id AS id").column("id")
    for start in range(0, len(uids), PAGE):
        for records in of_instances(engine, uids[start : start + PAGE].to_pylist()).values():
            hashes.append(hashlib.sha256(b"\n".join(sorted(map(canonical, records)))).digest())
            for record in records:
                if record[0] in _TO_CONCEPT:
                    concepts.add(record[2])
                elif record[0] == "IN_DATASET":
                    datasets.add(record[2])
    for record in (*_above(engine), *_vocabulary(engine, concepts), *_nodes(engine, "Dataset", datasets)):
        hashes.append(hashlib.sha256(canonical(record)).digest())
    return hashlib.sha256(b"".join(sorted(hashes))).hexdigest()


_TO_CONCEPT = {
    edge.type for edge, source, target in schema.edge_tables() if target == "Concept" and source != "Concept"
}


def _above(engine: Engine) -> Iterator[Record]:
    """Patients, studies, series, what still waits for its object, which records are one person, what objects share."""
    shared = ("AttributeSet", "Attribute", "FrameOfReference", "Tracked", "Concatenation")
    for label in (*LEVELS, "UnresolvedTarget", "LinkedRecord", *shared):
        yield from _nodes(engine, label)
    for type_, source, target in (
        ("HAS_STUDY", "Patient", "Study"),
        ("HAS_SERIES", "Study", "Series"),
        ("HOLDS", "AttributeSet", "Attribute"),
        ("IN_FRAME", "Series", "FrameOfReference"),
    ):
        yield from ((type_, *pair, {}) for pair in _pairs(engine, type_, source, target))


def _vocabulary(engine: Engine, used: set[str]) -> Iterator[Record]:
    """The concepts that objects name, their ancestors, and the value sets that hold any of them."""
    parents: dict[str, list[str]] = {}
    for concept, parent in _pairs(engine, "IS_A", "Concept", "Concept"):
        parents.setdefault(concept, []).append(parent)
    reached, unseen = set(used), list(used)
    while unseen:
        concept = unseen.pop()
        for parent in parents.get(concept, ()):
            yield "IS_A", concept, parent, {}
            if parent not in reached:
                reached.add(parent)
                unseen.append(parent)
    memberships = [pair for pair in _pairs(engine, "MEMBER_OF", "Concept", "ValueSet") if pair[0] in reached]
    yield from (("MEMBER_OF", *pair, {}) for pair in memberships)
    yield from _nodes(engine, "Concept", reached)
    yield from _nodes(engine, "ValueSet", {name for _, name in memberships})


def _nodes(engine: Engine, label: str, wanted: Iterable[str] | None = None) -> Iterator[Record]:
    declared = schema.node(label)
    properties = [p for p in declared.properties if p.name not in _SEEN or label != "Concept"]
    named = "".join(f", n.{p.name} AS {p.name}" for p in properties)
    for row in rows(engine.read(f"MATCH (n:{label}) RETURN n.id AS id{named}")):
        if wanted is None or row["id"] in wanted:
            yield label, row["id"], shared(properties, row)


def _pairs(engine: Engine, type_: str, source: str, target: str) -> list[tuple[str, str]]:
    found = engine.read(f"MATCH (a:{source})-[:{type_}]->(b:{target}) RETURN a.id AS a, b.id AS b")
    return list(zip(found.column("a").to_pylist(), found.column("b").to_pylist(), strict=True))
