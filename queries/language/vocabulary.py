"""What a store's concepts are called and how often they occur, read once per version of the store."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from unicodedata import normalize
from weakref import WeakKeyDictionary

import pyarrow as pa

from ...graph.declared import Reading, reading
from ...graph.engine import Engine, rows
from ...graph.writing.state import STATES
from ...ontology import hierarchy
from ...ontology.concept import split_id

_KNOWN: WeakKeyDictionary[Engine, Vocabulary] = WeakKeyDictionary()
_LOCK = threading.Lock()


def vocabulary(engine: Engine) -> Vocabulary:
    """The vocabulary of a store as it is now."""
    version = engine.version()
    with _LOCK:
        known = _KNOWN.get(engine)
    if known is None or known.version != version:
        known = Vocabulary(engine, version)
        with _LOCK:
            _KNOWN[engine] = known
    return known


class Vocabulary:
    """The concepts of a store at one version.

    Attributes
    ----------
    version
        The store's version that it was read from.
    concepts
        The ids of the concepts that the store holds.
    schemes
        Their coding schemes.
    """

    def __init__(self, engine: Engine, version: int) -> None:
        self._engine = engine
        self.version = version
        found = rows(engine.read("MATCH (c:Concept) RETURN c.id AS id, c.meanings AS meanings"))
        self.concepts: frozenset[str] = frozenset(row["id"] for row in found)
        self.schemes: frozenset[str] = frozenset(split_id(concept)[0] for concept in self.concepts)
        self._meanings: dict[str, set[str]] = defaultdict(set)
        for row in found:
            for meaning in row["meanings"] or ():
                self._meanings[_folded(meaning)].add(row["id"])
        self._counts: dict[tuple[str, str], int] = {}
        self._in_state: dict[str, int] = {}
        self._elements: dict[tuple[str, str], tuple[str, ...]] = {}

    def meaning(self, text: str) -> frozenset[str]:
        """The concepts that have this meaning, whatever its case (semantics 6.6)."""
        return frozenset(self._meanings.get(_folded(text), ()))

    def count(self, edge: str, concepts: Iterable[str]) -> int:
        """How many edges of that type lead to these concepts: what an anchor in them costs."""
        wanted = set(concepts)
        unknown = sorted(concept for concept in wanted if (edge, concept) not in self._counts)
        if unknown:
            counted = rows(
                self._engine.read(
                    f"UNWIND $ids AS id MATCH (c:Concept {{id: id}})<-[e:{edge}]-() RETURN id, count(e) AS edges",
                    {"ids": unknown},
                )
            )
            self._counts.update(((edge, concept), 0) for concept in unknown)
            self._counts.update(((edge, row["id"]), row["edges"]) for row in counted)
        return sum(self._counts[edge, concept] for concept in wanted)

    def elements(self, label: str, name: str) -> tuple[str, ...]:
        """The distinct elements of a list property of strings."""
        if (label, name) not in self._elements:
            found = self._engine.read(
                f"MATCH (n:{label}) WHERE size(n.`{name}`) > 0 UNWIND n.`{name}` AS element "
                "RETURN DISTINCT element AS element"
            )
            self._elements[label, name] = tuple(sorted(row["element"] for row in rows(found)))
        return self._elements[label, name]

    @cached_property
    def reading(self) -> Reading:
        """What the kept headers are read for."""
        return reading(self._engine)

    @cached_property
    def tags(self) -> frozenset[str]:
        """The names of the declared attributes (semantics 4.7)."""
        return frozenset(self.reading.tags)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """The ids of the store's data sets."""
        found = rows(self._engine.read("MATCH (d:Dataset) RETURN d.id AS id"))
        return tuple(sorted(row["id"] for row in found))

    @cached_property
    def unlike_shifts(self) -> tuple[str, ...]:
        """The date shifts of the data sets that one patient lies in, of the first whose are unlike (semantics 6.9)."""
        if len(set(_shifts(self._engine.read("MATCH (d:Dataset) RETURN d.dateShift AS shift")))) < 2:
            return ()
        found = self._engine.read(
            "MATCH (p:Patient)-[:HAS_STUDY]->(:Study)-[:HAS_SERIES]->(:Series)-[:HAS_INSTANCE]->(:Instance)"
            "-[:IN_DATASET]->(d:Dataset) RETURN DISTINCT p.id AS id, d.dateShift AS shift"
        )
        of_patient: dict[str, set[str]] = defaultdict(set)
        for row, shift in zip(rows(found), _shifts(found), strict=True):
            of_patient[row["id"]].add(shift)
        return next((tuple(sorted(shifts)) for _, shifts in sorted(of_patient.items()) if len(shifts) > 1), ())

    @cached_property
    def has_several_values(self) -> bool:
        """Whether any content item has more than one value (semantics 6.7)."""
        return self._any("MATCH (:ContentItem)-[u:UNIT]->(:Concept) WHERE u.valueIndex > 0 RETURN 1 AS one LIMIT 1")

    @cached_property
    def has_qualified(self) -> bool:
        """Whether any content item has a Numeric Value Qualifier (semantics 6.7)."""
        return self._any("MATCH (:ContentItem)-[:QUALIFIER]->(:Concept) RETURN 1 AS one LIMIT 1")

    def in_state(self, state: str) -> int:
        """How many objects are superseded or rejected (semantics 4.3)."""
        if state not in self._in_state:
            query = f"MATCH ()-[:{STATES[state]}]->(i:Instance) RETURN count(DISTINCT i.id) AS n"
            self._in_state[state] = int(rows(self._engine.read(query))[0]["n"])
        return self._in_state[state]

    @cached_property
    def has_parts(self) -> bool:
        """Whether any object is a part of a concatenation (semantics 4.4)."""
        return self._any("MATCH (c:Concatenation) RETURN 1 AS one LIMIT 1")

    @cached_property
    def incomplete(self) -> dict[str, list[int]]:
        """Concatenation UID → the numbers of its parts that are not here."""
        query = "MATCH (c:Concatenation) RETURN c.concatenationUID AS uid, c.missingParts AS n"
        return {row["uid"]: row["n"] for row in rows(self._engine.read(query)) if row["n"]}

    @cached_property
    def has_linked(self) -> bool:
        """Whether any person has several Patient records (semantics 1.5)."""
        return self._any("MATCH (r:LinkedRecord) RETURN 1 AS one LIMIT 1")

    @cached_property
    def unmeasured(self) -> int:
        """How many segmentations still wait for the measurement of their voxels (semantics 4.5)."""
        pending = "MATCH (i:Instance) WHERE i.kind = $kind AND i.measurement = $state RETURN count(i) AS n"
        (row,) = rows(self._engine.read(pending, {"kind": "segmentation", "state": "pending"}))
        return int(row["n"])

    def _any(self, cypher: str) -> bool:
        return bool(self._engine.read(cypher).num_rows)


def _shifts(found: pa.Table) -> list[str]:
    """The date shifts in a table; a data set that says nothing shifts none."""
    return [row["shift"] or "none" for row in rows(found)]


def equal(concept: str) -> frozenset[str]:
    """The concept and its exact aliases (semantics 6.5)."""
    return hierarchy.equivalents(concept) | {concept}


def narrower(concept: str) -> frozenset[str]:
    """The concept, its descendants and exact equivalents of those (semantics 6.5)."""
    return frozenset().union(*(equal(each) for each in hierarchy.descendants(concept) | {concept}))


def _folded(text: str) -> str:
    return normalize("NFC", text).casefold()
