"""The intermediate form of a question: small, validated, free of any engine and of unresolved names.

    Compare, Measured, Coded          leaves about one node
    And, Or, Not                      two-valued logic (semantics 6.1)
    Some                              a related node that satisfies a filter: down, up or by reference
    Count                             how many distinct related nodes do (semantics 6.3)
    TakesPart                         neither superseded nor rejected (semantics 4.3)
    Within, Near                      two series that lie so near in time (semantics 6.9)

``every`` and ``none`` are Not and Some (semantics 6.2). Every node carries ``path``, the JSON Pointer of the clause it
came from.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from ...graph.schema import Type
from .relations import Level, Relation

Scalar = str | int | float | bool | date
Operand = Scalar | tuple[Scalar, ...]


class Op(StrEnum):
    """Operators of a property."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    BETWEEN = "between"
    CONTAINS = "contains"
    STARTS_WITH = "startsWith"
    EXISTS = "exists"


Test = tuple[Op, Operand]

_COMPARISONS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LTE: operator.le,
    Op.GT: operator.gt,
    Op.GTE: operator.ge,
    Op.IN: lambda value, operands: value in operands,
    Op.BETWEEN: lambda value, bounds: bounds[0] <= value <= bounds[1],
    Op.CONTAINS: lambda value, text: text.lower() in value.lower(),
    Op.STARTS_WITH: lambda value, text: value.lower().startswith(text.lower()),
    Op.EXISTS: lambda _value, exists: exists,
}


def passes(value: Scalar, op: Op, operand: Operand) -> bool:
    """Whether a value passes a test, here rather than in an engine (semantics 6.8)."""
    return _COMPARISONS[op](value, operand)


@dataclass(frozen=True, slots=True)
class Compare:
    """A property for which every test holds; of a list property, one element passes them all (semantics 6.4).

    ``exists`` (always of True) and ``ne`` stand alone in ``tests``: they are about all elements.
    """

    path: str
    name: str
    type: Type
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A content item one of whose values passes every test (semantics 6.7).

    Attributes
    ----------
    unit
        The UCUM base unit that the operands are in; empty where they are numbers as stored.
    units
        The concepts that the unit of the same value may be; None where any, or none, will do.
    """

    path: str
    tests: tuple[Test, ...]
    unit: str = ""
    units: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Coded:
    """An edge to one concept that satisfies everything asked of it (semantics 6.4); None asks nothing."""

    path: str
    edge: str
    concepts: frozenset[str] | None = None
    laterality: frozenset[str] | None = None
    modifier: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class And:
    """All clauses hold."""

    path: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one clause holds."""

    path: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The clause does not hold. ``every`` and ``none`` give a Not whose clause is a Some of the same path."""

    path: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class Some:
    """At least one node reached by the relation satisfies ``where``; everything in it is about that one node."""

    path: str
    relation: Relation
    where: Clause


@dataclass(frozen=True, slots=True)
class Count:
    """The number of distinct nodes reached by the relation that satisfy ``where`` passes every test."""

    path: str
    relation: Relation
    where: Clause
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class TakesPart:
    """The node is an object in none of these states, part of one, or above one (semantics 4.3)."""

    path: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """How far two different series of one node lie apart in time (semantics 6.9).

    Attributes
    ----------
    property
        The series' whole number that is compared: days or seconds.
    most
        The largest difference, in the property's unit.
    ordered
        False where it does not matter which of the two comes first.
    within
        The label of the node that both must lie under: Patient or Study.
    """

    property: str
    most: int
    ordered: bool
    within: str


@dataclass(frozen=True, slots=True)
class Near:
    """A series to which another one that satisfies ``where`` is so near; ``later``: the other comes second."""

    path: str
    where: Clause
    gap: Gap
    later: bool


@dataclass(frozen=True, slots=True)
class Within:
    """A series that satisfies ``first`` and, so near to it, another that satisfies ``then`` (semantics 6.9)."""

    path: str
    relation: Relation
    first: Clause
    then: Clause
    gap: Gap

    @property
    def ways(self) -> tuple[Some, Some]:
        """The two clauses that each say the same: from the first series to the other, and back."""
        first, then = f"{self.path}/first", f"{self.path}/then"
        return (
            Some(first, self.relation, And(first, (self.first, Near(then, self.then, self.gap, later=True)))),
            Some(then, self.relation, And(then, (self.then, Near(first, self.first, self.gap, later=False)))),
        )


Clause = Compare | Measured | Coded | And | Or | Not | Some | Count | TakesPart | Within | Near


def conjunction(clause: Clause) -> tuple[Clause, ...]:
    """The clauses that must all hold, nested ANDs taken apart."""
    if isinstance(clause, And):
        return tuple(part for each in clause.clauses for part in conjunction(each))
    return (clause,)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a code, value set or meaning of the document stands for: concepts that this store holds."""

    path: str
    text: str
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A validated question: the nodes of ``root`` for which ``where`` holds.

    ``left_out`` are the states whose objects take no part, of those that the store has any of.
    """

    root: Level
    where: Clause
    resolved: tuple[Resolved, ...] = ()
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
