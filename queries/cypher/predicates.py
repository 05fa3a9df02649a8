"""Clauses as boolean expressions of the shared Cypher dialect.

Two-valued (semantics 6.1): in WHERE a null counts as false, so a leaf is coalesced only where a NOT stands above it
within the same WHERE.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ...graph.schema import Type
from ..language.ir import (
    And,
    Clause,
    Coded,
    Compare,
    Count,
    Measured,
    Near,
    Not,
    Op,
    Or,
    Some,
    TakesPart,
    Within,
    conjunction,
    passes,
)
from ..language.relations import Hop, Relation, walk
from .comparisons import Comparisons
from .patterns import Ref, hops, is_one_pattern, joined, tied, where_
from .seeds import Chain, Counts, chains

_SAME_STUDY = (Hop("HAS_SERIES", False, "Study"), Hop("HAS_SERIES", True, "Series"))
_SAME_PATIENT = (
    Hop("HAS_SERIES", False, "Study"),
    Hop("HAS_STUDY", False, "Patient"),
    Hop("HAS_STUDY", True, "Study"),
    Hop("HAS_SERIES", True, "Series"),
)


class Store(Counts, Protocol):
    """What the compiler asks of a store (``Vocabulary``)."""

    @property
    def has_several_values(self) -> bool:
        """Whether a content item has several values."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """The ids of its data sets."""

    @property
    def has_qualified(self) -> bool:
        """Whether a content item has a qualifier."""


class Predicates(Comparisons):
    """Writes expressions for one statement, collecting its parameters.

    A subquery starts from a node of its own and is tied to the outer one by key, ``j.id = i.id``: tied by the variable
    itself, Ladybug 0.22 scans the label and counts no match as null instead of 0.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self._variables = 0

    def variable(self, label: str) -> str:
        """A new variable for a node or edge."""
        self._variables += 1
        return f"{label[0].lower()}{self._variables}"

    def ref(self, label: str) -> Ref:
        """A new node of that label."""
        return Ref(self.variable(label), label)

    def all(self, clauses: Iterable[Clause], node: Ref) -> list[str]:
        """The expressions of clauses that must all hold, without those that always do."""
        found = (self.holds(part, node) for clause in clauses for part in conjunction(clause))
        return [expression for expression in found if expression != "true"]

    def holds(self, clause: Clause, node: Ref, *, negated: bool = False) -> str:
        """A clause about ``node``; ``negated`` where a NOT stands above it."""
        match clause:
            case Compare():
                return _two_valued(self.compare(f"{node.name}.`{clause.name}`", clause), negated)
            case Measured():
                return _two_valued(self._measured(clause, node), negated)
            case Coded():
                pattern, where = self.coded(clause)
                return self._exists(node, pattern, where)
            case And(clauses=clauses):
                parts = (self.holds(each, node, negated=negated) for each in clauses)
                return joined(" AND ", [part for part in parts if part != "true"], "true")
            case Or(clauses=clauses):
                return joined(" OR ", [self.holds(each, node, negated=negated) for each in clauses], "false")
            case Not(clause=inner):
                return f"NOT {self.holds(inner, node, negated=True)}"
            case Some():
                return self._some(clause, node)
            case Count():
                return self._count(clause, node)
            case TakesPart(states=states):
                return self.takes_part(states, node)
            case Within():
                return self._some(clause.ways[0], node)
            case Near():
                return self._near(clause, node)

    def takes_part(self, states: Iterable[str], node: Ref) -> str:
        """Whether a node is an object in none of these states, part of one, or above one (semantics 4.3)."""
        path = walk(node.label, "Instance")
        if path is None:
            return "true"
        instance = self.ref("Instance") if path else node
        marked = [f"coalesce({instance.name}.`{state}`, false)" for state in states]
        own = f"NOT {joined(' OR ', marked, 'false')}"
        return self._exists(node, hops(path, instance), [own]) if path else own

    def _exists(self, node: Ref, pattern: str, where: list[str], same: Ref | None = None) -> str:
        """A subquery from a node of its own, ``same``, that is ``node``."""
        return f"EXISTS {{ {self._tied(node, pattern, where, same)} }}"

    def _tied(self, node: Ref, pattern: str, where: list[str], same: Ref | None = None) -> str:
        same = same or self.ref(node.label)
        return f"MATCH {same}{pattern}{where_([*where, f'{same.key} = {node.key}'])}"

    def _some(self, clause: Some, node: Ref) -> str:
        relation, found = clause.relation, chains(clause.where, self.store)
        if not found or not all(is_one_pattern(chain.under((), relation)) for chain in found):
            same, target = self.ref(node.label), self.ref(relation.target)
            where = [*tied(relation, same, target), *self.all([clause.where], target)]
            return self._exists(node, hops(relation.hops, target), where, same)
        ways = []
        for chain in found:  # alternatives that each begin at a code
            same, target = self.ref(node.label), self.ref(relation.target)
            pattern, where = self._line(chain, target)
            where = [*tied(relation, same, target), *where]
            ways.append(self._exists(node, hops(relation.hops, target) + pattern, where, same))
        return joined(" OR ", ways, "false")

    def walk(self, relation: Relation, where: Clause, node: Ref, target: Ref) -> tuple[str, list[str]]:
        """A pattern from ``node`` to the ``target`` that satisfies ``where``, and what must hold along it."""
        found, tie = chains(where, self.store), tied(relation, node, target)
        if len(found) == 1 and is_one_pattern(found[0].under((), relation)):
            pattern, conditions = self._line(found[0], target)
            return hops(relation.hops, target) + pattern, [*tie, *conditions]
        return hops(relation.hops, target), [*tie, *self.all([where], target)]

    def _line(self, chain: Chain, node: Ref) -> tuple[str, list[str]]:
        """A chain's pattern after ``node``, its root, and what must hold along it."""
        where = self.all(chain.beside[0], node)
        pattern = ""
        for relation, beside in zip(chain.relations, chain.beside[1:], strict=True):
            above, node = node, self.ref(relation.target)
            pattern += hops(relation.hops, node)
            where += [*tied(relation, above, node), *self.all(beside, node)]
        if chain.code is not None:
            end, conditions = self.coded(chain.code)
            pattern += end
            where = conditions + where
        return pattern, where

    def coded(self, leaf: Coded) -> tuple[str, list[str]]:
        """The pattern from a node along a coded edge, and what must hold of its ends."""
        where: list[str] = []
        concept = "(:Concept)"
        if leaf.concepts is not None:
            ids = sorted(leaf.concepts)
            if len(ids) == 1:
                concept = f"(:Concept {{id: {self.parameter(ids[0])}}})"
            else:
                name = self.variable("Concept")
                concept = f"({name}:Concept)"
                where.append(f"{name}.id IN {self.parameter(ids)}")
        edge = ""
        if leaf.laterality is not None or leaf.modifier is not None:
            edge = self.variable("edge")
        if leaf.laterality is not None:
            where.append(f"{edge}.laterality IN {self.parameter(sorted(leaf.laterality))}")
        if leaf.modifier is not None:
            modifiers = [f"{self.parameter(each)} IN {edge}.modifiers" for each in sorted(leaf.modifier)]
            where.append(joined(" OR ", modifiers, "false"))
        return f"-[{edge}:{leaf.edge}]->{concept}", where

    def _count(self, clause: Count, node: Ref) -> str:
        """A comparison of a number of nodes, asked of what has any: within a subquery, Ladybug counts nothing as null.

        Hence in a subquery of its own, whose absence says the same as the number 0.
        """
        same = self.ref(node.label)
        compared = self.passes(self._number(clause, same), clause.tests, Type.INT64)
        if all(passes(0, *test) for test in clause.tests):
            return f"NOT {self._exists(node, '', [f'NOT {compared}'], same)}"
        return self._exists(node, "", [compared], same)

    def _number(self, clause: Count, node: Ref) -> str:
        """The one subquery tied by the variable: tied by key, Ladybug counts too many in all but small stores."""
        relation, target = clause.relation, self.ref(clause.relation.target)
        where = [*tied(relation, node, target), *self.all([clause.where], target)]
        if not relation.repeats:
            return f"COUNT {{ MATCH ({node.name}){hops(relation.hops, target)}{where_(where)} }}"
        if len(relation.hops) == 1:  # of parallel edges, the first counts
            edge, other = self.variable("edge"), self.variable("edge")
            earlier = (
                f"({node.name}){hops(relation.hops, target, other, labelled=False)} WHERE id({other}) < id({edge})"
            )
            where = [*where, f"NOT EXISTS {{ MATCH {earlier} }}"]
            return f"COUNT {{ MATCH ({node.name}){hops(relation.hops, target, edge)}{where_(where)} }}"
        # many ways lead to few data sets: ask of each whether one does
        walked = relation.hops
        return joined(" + ", [self._one_if(node, walked, target, where, each) for each in self.store.datasets], "0")

    def _one_if(self, node: Ref, walked: Iterable[Hop], target: Ref, where: list[str], identifier: str) -> str:
        exists = self._exists(node, hops(walked, target), [f"{target.key} = {self.parameter(identifier)}", *where])
        return f"CASE WHEN {exists} THEN 1 ELSE 0 END"

    def _near(self, clause: Near, node: Ref) -> str:
        """Another series of the same study or, over a second study, of the same patient.

        Two patterns, since Neo4j never walks one edge twice in a MATCH: back down to the study that it came from.
        """
        ways = [_SAME_STUDY] if clause.gap.within == "Study" else [_SAME_STUDY, _SAME_PATIENT]
        return joined(" OR ", [self._near_over(walked, clause, node) for walked in ways], "false")

    def _near_over(self, walked: tuple[Hop, ...], clause: Near, node: Ref) -> str:
        gap, here, other = clause.gap, self.ref(node.label), self.ref(node.label)
        first, then = (f"{each.name}.{gap.property}" for each in ((here, other) if clause.later else (other, here)))
        most = self.parameter(gap.most)
        apart = [f"{then} - {first} <= {most}", f"{then} >= {first}" if gap.ordered else f"{first} - {then} <= {most}"]
        where = [*self.all([clause.where], other), *apart, f"{other.key} <> {here.key}"]
        return self._exists(node, hops(walked, other), where, here)

    def _measured(self, leaf: Measured, node: Ref) -> str:
        """The node holds the first value; the UNIT edges hold all, each beside its unit."""
        ways = []
        unpaired = not leaf.unit and leaf.units is None
        if unpaired or not self.store.has_several_values:
            reference = f"{node.name}.{'canonicalValue' if leaf.unit else 'numericValue'}"
            ways.append(self.passes(reference, leaf.tests, Type.DOUBLE))
            if leaf.unit:
                ways[0] = f"({ways[0]} AND {node.name}.canonicalUnit = {self.parameter(leaf.unit)})"
        if self.store.has_several_values:
            ways.append(self._by_unit(leaf, node))
        holds = joined(" OR ", ways, "false")
        if self.store.has_qualified:
            holds = f"({holds} AND NOT {self._exists(node, '-[:QUALIFIER]->(:Concept)', [])})"
        return holds

    def _by_unit(self, leaf: Measured, node: Ref) -> str:
        edge, unit = self.variable("edge"), self.variable("unit")
        reference = f"{edge}.{'canonicalValue' if leaf.unit else 'numericValue'}"
        comparable = []
        if leaf.unit:
            comparable.append(f"{unit}.canonicalUnit = {self.parameter(leaf.unit)}")
        if leaf.units is not None:  # coalesced, lest Neo4j seek item and unit by their indexes and cross the two
            comparable.append(f"coalesce({unit}.id, '') IN {self.parameter(sorted(leaf.units))}")
        reached = f"-[{edge}:UNIT]->({unit}:Concept)"
        op, operand = leaf.tests[0]
        if op is not Op.NE:
            return self._exists(node, reached, [*comparable, self.passes(reference, leaf.tests, Type.DOUBLE)])
        some = self.test(reference, Op.EXISTS, True, Type.DOUBLE)
        equal = self.test(reference, Op.EQ, operand, Type.DOUBLE)
        value, same = (self._exists(node, reached, [*comparable, test]) for test in (some, equal))
        return f"({value} AND NOT {same})"


def _two_valued(expression: str, negated: bool) -> str:
    return f"coalesce({expression}, false)" if negated else expression
