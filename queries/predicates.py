"""Clauses as boolean expressions of the shared Cypher dialect.

Two-valued (semantics 6.1): in WHERE a null counts as false, so a leaf is coalesced only where a NOT stands above it
within the same WHERE. Values travel as parameters; the one exception are numbers inside ``any()``, where Ladybug 0.22
crashes on a parameter: they are written as literals, read as floats before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ..graph.schema import Type
from .ir import And, Clause, Coded, Compare, Count, Measured, Not, Op, Operand, Or, Some, Test, conjunction
from .relations import Hop, Relation
from .seeds import Chain, Counts, chains

_SYMBOLS = {Op.EQ: "=", Op.NE: "<>", Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}
_LISTS = {Type.STRINGS, Type.INT64S, Type.DOUBLES}
_NAN_PASSES = {Op.NE, Op.LT, Op.LTE}
"""Where an engine lets NaN pass: Ladybug orders it below every number, both say that it differs (semantics 6.7)."""


class Store(Counts, Protocol):
    """What the compiler asks of a store (``Vocabulary``)."""

    @property
    def has_several_values(self) -> bool:
        """Whether a content item has several values."""

    @property
    def has_qualified(self) -> bool:
        """Whether a content item has a qualifier."""


class Predicates:
    """Writes expressions for one statement, collecting its parameters."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.parameters: dict[str, Any] = {}
        self._variables = 0

    def parameter(self, value: Any) -> str:
        """The reference to a new parameter."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def variable(self, label: str) -> str:
        """A new variable for a node of that label."""
        self._variables += 1
        return f"{label[0].lower()}{self._variables}"

    def all(self, clauses: Iterable[Clause], variable: str) -> list[str]:
        """The expressions of clauses that must all hold, without those that always do."""
        found = (self.holds(part, variable) for clause in clauses for part in conjunction(clause))
        return [expression for expression in found if expression != "true"]

    def holds(self, clause: Clause, variable: str, *, negated: bool = False) -> str:
        """A clause about the node ``variable``; ``negated`` where a NOT stands above it."""
        match clause:
            case Compare():
                return _two_valued(self._compare(clause, variable), negated)
            case Measured():
                return _two_valued(self._measured(clause, variable), negated)
            case Coded():
                return self._coded(clause, variable)
            case And(clauses=clauses):
                parts = (self.holds(each, variable, negated=negated) for each in clauses)
                return _joined(" AND ", [part for part in parts if part != "true"], "true")
            case Or(clauses=clauses):
                return _joined(" OR ", [self.holds(each, variable, negated=negated) for each in clauses], "false")
            case Not(clause=inner):
                return f"NOT {self.holds(inner, variable, negated=True)}"
            case Some():
                return self._some(clause, variable)
            case Count():
                return self._count(clause, variable)

    def line(self, chain: Chain, variable: str) -> tuple[str, list[str]]:
        """A chain's pattern from ``variable`` to its code, and the expressions that must hold along it.

        What stands beside the chain at its root is left to the caller.
        """
        pattern, where = f"({variable})", []
        for relation, beside in zip(chain.relations, chain.beside[1:], strict=True):
            variable = self.variable(relation.target)
            pattern += hops(relation.hops, variable)
            where += self.all(beside, variable)
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
            where.append(_joined(" OR ", modifiers, "false"))
        return f"-[{edge}:{leaf.edge}]->{concept}", where

    def _coded(self, leaf: Coded, variable: str) -> str:
        pattern, where = self.coded(leaf)
        return f"EXISTS {{ MATCH ({variable}){pattern}{_where(where)} }}"

    def _some(self, clause: Some, variable: str) -> str:
        found = [chain for chain in chains(clause, self.store) if is_one_pattern(chain)]
        if found and len(found) == len(chains(clause, self.store)):
            lines = (self.line(chain, variable) for chain in found)
            return _joined(
                " OR ", [f"EXISTS {{ MATCH {pattern}{_where(where)} }}" for pattern, where in lines], "false"
            )
        target = self.variable(clause.relation.target)
        where = self.all([clause.where], target)
        return f"EXISTS {{ MATCH ({variable}){hops(clause.relation.hops, target)}{_where(where)} }}"

    def _count(self, clause: Count, variable: str) -> str:
        target = self.variable(clause.relation.target)
        reached = f"({variable}){hops(clause.relation.hops, target)}"
        if clause.relation.repeats:  # distinct targets: each is matched once, however often it is reached
            where = [f"EXISTS {{ MATCH ({variable}){hops(clause.relation.hops, target, labelled=False)} }}"]
            reached = f"({target}:{clause.relation.target})"
        else:
            where = []
        counted = f"COUNT {{ MATCH {reached}{_where(where + self.all([clause.where], target))} }}"
        return self._passes(counted, clause.tests, Type.INT64)

    def _compare(self, leaf: Compare, variable: str) -> str:
        reference = f"{variable}.`{leaf.name}`"
        if leaf.type in _LISTS:
            return self._list(reference, leaf)
        return self._passes(reference, leaf.tests, leaf.type)

    def _list(self, reference: str, leaf: Compare) -> str:
        op, operand = leaf.tests[0]
        if op is Op.EXISTS:
            return f"size({reference}) > 0"
        if op is Op.NE:
            return f"(size({reference}) > 0 AND NOT {self.parameter(operand)} IN {reference})"
        if leaf.type is Type.STRINGS:
            elements = operand if isinstance(operand, tuple) else (operand,)
            return _joined(" OR ", [f"{self.parameter(each)} IN {reference}" for each in elements], "false")
        return f"any(e IN {reference} WHERE {_literally('e', leaf.tests)})"

    def _passes(self, reference: str, tests: Iterable[Test], type_: Type) -> str:
        return _joined(" AND ", [self._test(reference, op, operand, type_) for op, operand in tests], "true")

    def _test(self, reference: str, op: Op, operand: Operand, type_: Type) -> str:
        if op is Op.EXISTS:
            return f"{reference} = {reference}" if type_ is Type.DOUBLE else f"{reference} IS NOT NULL"
        if op is Op.IN:
            return f"{reference} IN {self.parameter(_listed(operand))}"
        if op is Op.BETWEEN:
            low, high = _listed(operand)
            return f"({reference} >= {self.parameter(low)} AND {reference} <= {self.parameter(high)})"
        if op in (Op.CONTAINS, Op.STARTS_WITH):
            word = "CONTAINS" if op is Op.CONTAINS else "STARTS WITH"
            return f"toLower({reference}) {word} {self.parameter(str(operand).lower())}"
        test = f"{reference} {_SYMBOLS[op]} {self.parameter(operand)}"
        return f"({test} AND {reference} = {reference})" if type_ is Type.DOUBLE and op in _NAN_PASSES else test

    def _measured(self, leaf: Measured, variable: str) -> str:
        """The node holds the first value; the UNIT edges hold all, each beside its unit."""
        ways = []
        unpaired = not leaf.unit and leaf.units is None
        if unpaired or not self.store.has_several_values:
            reference = f"{variable}.{'canonicalValue' if leaf.unit else 'numericValue'}"
            ways.append(self._passes(reference, leaf.tests, Type.DOUBLE))
            if leaf.unit:
                ways[0] = f"({ways[0]} AND {variable}.canonicalUnit = {self.parameter(leaf.unit)})"
        if self.store.has_several_values:
            ways.append(self._by_unit(leaf, variable))
        holds = _joined(" OR ", ways, "false")
        if self.store.has_qualified:
            holds = f"({holds} AND NOT EXISTS {{ MATCH ({variable})-[:QUALIFIER]->(:Concept) }})"
        return holds

    def _by_unit(self, leaf: Measured, variable: str) -> str:
        edge, unit = self.variable("edge"), self.variable("unit")
        reference = f"{edge}.{'canonicalValue' if leaf.unit else 'numericValue'}"
        comparable = []
        if leaf.unit:
            comparable.append(f"{unit}.canonicalUnit = {self.parameter(leaf.unit)}")
        if leaf.units is not None:
            comparable.append(f"{unit}.id IN {self.parameter(sorted(leaf.units))}")
        reached = f"MATCH ({variable})-[{edge}:UNIT]->({unit}:Concept)"
        op, operand = leaf.tests[0]
        if op is Op.NE:  # there is a value, and none equals
            some = self._test(reference, Op.EXISTS, True, Type.DOUBLE)
            equal = self._test(reference, Op.EQ, operand, Type.DOUBLE)
            return (
                f"(EXISTS {{ {reached}{_where([*comparable, some])} }} AND "
                f"NOT EXISTS {{ {reached}{_where([*comparable, equal])} }})"
            )
        return f"EXISTS {{ {reached}{_where([*comparable, self._passes(reference, leaf.tests, Type.DOUBLE)])} }}"


def hops(walked: Iterable[Hop], variable: str, *, labelled: bool = True) -> str:
    """The pattern of some hops after a node; the last node is ``variable``, labelled where it is new."""
    steps = list(walked)
    text = ""
    for index, hop in enumerate(steps):
        name = variable if index == len(steps) - 1 else ""
        label = f":{hop.label}" if labelled or not name else ""
        text += f"-[:{hop.edge}]->" if hop.forward else f"<-[:{hop.edge}]-"
        text += f"({name}{label})"
    return text


def is_one_pattern(chain: Chain) -> bool:
    """Whether one MATCH can hold the chain: no edge type twice, since Neo4j never walks one edge twice in a MATCH."""
    return is_simple(chain.relations)


def is_simple(relations: Iterable[Relation]) -> bool:
    """Whether no edge type occurs twice along these relations."""
    edges = [hop.edge for relation in relations for hop in relation.hops]
    return len(edges) == len(set(edges))


def _where(expressions: list[str]) -> str:
    return f" WHERE {' AND '.join(expressions)}" if expressions else ""


def _two_valued(expression: str, negated: bool) -> str:
    return f"coalesce({expression}, false)" if negated else expression


def _joined(word: str, parts: list[str], empty: str) -> str:
    if not parts:
        return empty
    return parts[0] if len(parts) == 1 else f"({word.join(parts)})"


def _listed(operand: Operand) -> list[Any]:
    return list(operand) if isinstance(operand, tuple) else [operand]


def _literally(element: str, tests: Iterable[Test]) -> str:
    parts = []
    for op, operand in tests:
        if op is Op.BETWEEN:
            low, high = (_literal(each) for each in _listed(operand))
            parts.append(f"({element} >= {low} AND {element} <= {high})")
        elif op is Op.IN:
            parts.append(_joined(" OR ", [f"{element} = {_literal(each)}" for each in _listed(operand)], "false"))
        elif op in _NAN_PASSES:
            parts.append(f"({element} {_SYMBOLS[op]} {_literal(operand)} AND {element} = {element})")
        else:
            parts.append(f"{element} {_SYMBOLS[op]} {_literal(operand)}")
    return _joined(" AND ", parts, "true")


def _literal(number: Any) -> str:
    return repr(int(number)) if isinstance(number, int) else repr(float(number))
