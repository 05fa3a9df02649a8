"""Planning concepts: a Concept on first sight, with its ancestors and the value sets that hold it.

Concepts are never removed. What is known of them is kept between batches as long as no other writer changed the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from ...ontology import hierarchy, units, value_sets
from ...ontology.concept import split_id
from ..asking import ask, ids, present
from ..engine import Batch, EdgeKey, Engine, Row
from ..facts import ConceptSeen

_IS_A: EdgeKey = ("IS_A", "Concept", "Concept")
_MEMBER_OF: EdgeKey = ("MEMBER_OF", "Concept", "ValueSet")
_NAMES = ("meanings", "aliases", "codingSchemeUID", "flagged")


@dataclass(slots=True)
class Known:
    """The concepts and value sets that are certainly stored."""

    concepts: dict[str, ConceptSeen] = field(default_factory=dict)
    value_sets: set[str] = field(default_factory=set)

    def update(self, other: Known) -> None:
        """Learn what a batch has written."""
        self.concepts.update(other.concepts)
        self.value_sets.update(other.value_sets)


def write(
    engine: Engine, batch: Batch, known: Known, seen: Iterable[Mapping[str, ConceptSeen]], used: Collection[str]
) -> Known:
    """Add what is new of these concepts to ``batch``.

    Parameters
    ----------
    known
        What earlier batches wrote.
    seen
        What objects say of concepts, by id.
    used
        Concepts that a coded edge leads to.

    Returns
    -------
    Known
        What is known in addition, once the batch is written.
    """
    news: dict[str, ConceptSeen] = {used_id: ConceptSeen() for used_id in used if used_id not in known.concepts}
    for concepts in seen:
        for identifier, said in concepts.items():
            before = news.get(identifier) or known.concepts.get(identifier)
            if before is None or _adds(said, before):
                news[identifier] = _union(said, before or ConceptSeen())
    learnt = Known()
    if not news:
        return learnt
    above = _ancestors(identifier for identifier in news if identifier not in known.concepts)
    missing = ((news.keys() | above) - known.concepts.keys()) or set()
    stored = _read(engine, missing)
    for identifier in sorted(news.keys() | missing):
        before = known.concepts.get(identifier) or stored.get(identifier)
        said = news.get(identifier, ConceptSeen())
        now = _union(said, before) if before else said
        learnt.concepts[identifier] = now
        if before is None:
            batch.create_nodes.setdefault("Concept", []).append(_node(identifier, now))
        elif _adds(said, before):
            batch.set_nodes.setdefault("Concept", []).append({"id": identifier, **_seen(now)})
    _relate(engine, batch, known, learnt, sorted(missing - stored.keys()))
    return learnt


def _relate(engine: Engine, batch: Batch, known: Known, learnt: Known, created: list[str]) -> None:
    """The parents and memberships of concepts that are created."""
    sets: set[str] = set()
    for identifier in created:
        for parent in sorted(hierarchy.parents(identifier)):
            batch.create_edges.setdefault(_IS_A, []).append({"source": identifier, "target": parent})
        for name in sorted(value_sets.memberships(identifier)):
            batch.create_edges.setdefault(_MEMBER_OF, []).append({"source": identifier, "target": name})
            sets.add(name)
    learnt.value_sets = sets - known.value_sets
    for name in sorted(learnt.value_sets - present(engine, "ValueSet", learnt.value_sets)):
        found = value_sets.value_set(name)
        batch.create_nodes.setdefault("ValueSet", []).append({"id": name, "title": found.title, "source": found.source})


def _ancestors(identifiers: Iterable[str]) -> set[str]:
    return {ancestor for identifier in identifiers for ancestor in hierarchy.ancestors(identifier)}


def _read(engine: Engine, identifiers: Iterable[str]) -> dict[str, ConceptSeen]:
    returned = ", ".join(f"c.{name} AS {name}" for name in _NAMES)
    return {
        row["id"]: ConceptSeen(
            set(row["meanings"] or ()), set(row["aliases"] or ()), row["codingSchemeUID"] or "", bool(row["flagged"])
        )
        for row in ask(engine, f"MATCH (c:Concept {{id: r.id}}) RETURN c.id AS id, {returned}", ids(identifiers))
    }


def _adds(said: ConceptSeen, before: ConceptSeen) -> bool:
    """Whether ``said`` holds what ``before`` doesn't."""
    return (
        not said.meanings <= before.meanings
        or not said.aliases <= before.aliases
        or (said.flagged and not before.flagged)
        or _uid(said, before) != before.coding_scheme_uid
    )


def _uid(one: ConceptSeen, other: ConceptSeen) -> str:
    """Where objects name different scheme UIDs, the smallest: the order of arrival makes no difference."""
    return min(filter(None, (one.coding_scheme_uid, other.coding_scheme_uid)), default="")


def _union(one: ConceptSeen, other: ConceptSeen) -> ConceptSeen:
    return ConceptSeen(
        one.meanings | other.meanings, one.aliases | other.aliases, _uid(one, other), one.flagged or other.flagged
    )


def _seen(concept: ConceptSeen) -> Row:
    return {
        "meanings": sorted(concept.meanings) or None,
        "aliases": sorted(concept.aliases) or None,
        "codingSchemeUID": concept.coding_scheme_uid or None,
        "flagged": concept.flagged,
    }


def _node(identifier: str, concept: ConceptSeen) -> Row:
    scheme, value = split_id(identifier)
    return {
        "id": identifier,
        "codingSchemeDesignator": scheme,
        "codeValue": value,
        "canonicalUnit": canonical_unit(identifier),
        **_seen(concept),
    }


def canonical_unit(identifier: str) -> str | None:
    """The base unit of a UCUM unit's dimension; None of any other concept."""
    scheme, value = split_id(identifier)
    # What is no unit of UCUM's is kept as a concept all the same; its numbers compare with nothing (semantics 6.7).
    with suppress(units.UnknownUnit):
        return units.canonical_unit(value) if scheme == "UCUM" else None
    return None
