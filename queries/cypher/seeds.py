"""Where a question begins: the coded end of a chain of positive ``some`` clauses, the rarest code first.

A *chain* is one line through the conjunctions of a question, from its root to a code:

    patients → instances.some → segments.some → type is SCT:87878005

What stands beside the line stays with the level it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ...graph import schema
from ..language.ir import Clause, Coded, Compare, Op, Or, Some, Within, conjunction
from ..language.relations import Relation


class Counts(Protocol):
    """How many edges of a type lead to some concepts (``Vocabulary.count``)."""

    def count(self, edge: str, concepts: frozenset[str]) -> int:
        """The number of edges."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A line from the root down to a code.

    Attributes
    ----------
    beside
        For each level of the line, root first: the clauses that must hold there besides.
    relations
        From each level to the next.
    code
        The coded leaf at the end; None where a line ends at an indexed property instead.
    cost
        How many nodes the code begins with.
    """

    beside: tuple[tuple[Clause, ...], ...]
    relations: tuple[Relation, ...] = ()
    code: Coded | None = None
    cost: int = 0

    def under(self, beside: tuple[Clause, ...], relation: Relation) -> Chain:
        """The chain one level higher."""
        return Chain((beside, *self.beside), (relation, *self.relations), self.code, self.cost)

    def along(self, beside: tuple[Clause, ...]) -> Chain:
        """The chain with further clauses at its root."""
        return Chain((beside + self.beside[0], *self.beside[1:]), self.relations, self.code, self.cost)


def chains(clause: Clause, counts: Counts) -> list[Chain]:
    """The cheapest way to begin from codes; several chains are alternatives (OR). None: no code must be there."""
    parts = conjunction(clause)
    best: list[Chain] = []
    for index, part in enumerate(parts):
        beside = parts[:index] + parts[index + 1 :]
        found = _through(part, beside, counts)
        if found and (not best or cost(found) < cost(best)):
            best = found
    return best


def cost(found: list[Chain]) -> int:
    """How many nodes the codes of alternatives begin with, all together."""
    return sum(chain.cost for chain in found)


def _through(part: Clause, beside: tuple[Clause, ...], counts: Counts) -> list[Chain]:
    if isinstance(part, Coded) and part.concepts is not None:
        return [Chain((beside,), code=part, cost=counts.count(part.edge, part.concepts))]
    if isinstance(part, Some):
        return [chain.under(beside, part.relation) for chain in chains(part.where, counts)]
    if isinstance(part, Or):
        branches = [chains(branch, counts) for branch in part.clauses]
        return [chain.along(beside) for branch in branches for chain in branch] if all(branches) else []
    if isinstance(part, Within):
        ways = [found for way in part.ways if (found := _through(way, beside, counts))]
        return min(ways, key=cost, default=[])
    return []


def indexed(clause: Clause, label: str) -> Chain | None:
    """A line to an indexed property with a value asked for, for questions without a code."""
    parts = conjunction(clause)
    if any(_is_indexed(part, label) for part in parts):
        return Chain((parts,))
    for index, part in enumerate(parts):
        if isinstance(part, Within):
            part = part.ways[0]
        if isinstance(part, Some) and (chain := indexed(part.where, part.relation.target)):
            return chain.under(parts[:index] + parts[index + 1 :], part.relation)
    return None


def _is_indexed(part: Clause, label: str) -> bool:
    if not isinstance(part, Compare) or part.tests[0][0] not in (Op.EQ, Op.IN):
        return False
    declared = schema.node(label).property(part.name)
    return declared is not None and (declared.indexed or declared == schema.node(label).key)
