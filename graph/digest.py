"""One hash of all that a store holds, equal on every engine and for every way it came there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from . import schema
from .engine import Engine, rows
from .merge import LEVELS
from .records import PAGE, Record, canonical, of_instances, shared

_SEEN = ("meanings", "aliases", "codingSchemeUID")
"""Of a Concept: what any object ever said of it, also one that is gone. The edges keep each object's own words."""


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
    """Patients, studies, series and what still waits for its object."""
    for label in (*LEVELS, "UnresolvedTarget"):
        yield from _nodes(engine, label)
    for type_, source, target in (("HAS_STUDY", "Patient", "Study"), ("HAS_SERIES", "Study", "Series")):
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
