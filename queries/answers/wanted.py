"""What a nested page is to show: a tree of relations, with the properties and codes of each one's nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...graph.schema import Edge
from ..language.relations import LEVELS, Relation, walk

FIRST = 20
"""Nodes of a connection, where nobody says how many."""

_LABELS = frozenset(level.label for level in LEVELS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The nodes of a relation or, where there is none, of the question's root.

    Attributes
    ----------
    name
        What they are called in the answer.
    properties
        Name in the answer → stored property.
    codes
        The coded edges to follow.
    concepts
        The stored properties of the concepts that these lead to.
    first, after
        So many of each parent's, after that cursor.
    all
        Whether those too that the question did not match.
    below
        The relations of these nodes.
    """

    name: str
    label: str
    relation: Relation | None = None
    properties: tuple[tuple[str, str], ...] = ()
    codes: tuple[Edge, ...] = ()
    concepts: tuple[str, ...] = ()
    first: int = FIRST
    after: str | None = None
    all: bool = False
    below: tuple[Wanted, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON, by names."""
        related = self.relation
        return {
            "name": self.name,
            "label": self.label,
            "relation": related.name if related else None,
            "basis": related.hops[0].basis if related and related.is_reference else "",
            "properties": dict(self.properties),
            "codes": [edge.type for edge in self.codes],
            "concepts": list(self.concepts),
            "first": self.first,
            "after": self.after,
            "all": self.all,
            "below": [each.to_dict() for each in self.below],
        }

    @property
    def depth(self) -> int:
        """How many relations lie below each other, this one included."""
        return 1 + max((each.depth for each in self.below), default=0)


def descends(relation: Relation) -> bool:
    """Whether a relation leads from a level down to another, so that semantics 6.11 says which nodes it lists."""
    if relation.source not in _LABELS or relation.target not in _LABELS:
        return False
    return relation.plural and relation.hops == walk(relation.source, relation.target)
