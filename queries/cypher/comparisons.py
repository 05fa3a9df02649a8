"""Comparisons of values as expressions of the shared Cypher dialect.

Values travel as parameters; the one exception are numbers inside ``any()``, where Ladybug 0.22 crashes on a parameter:
they are written as literals, read as floats before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...graph.schema import Type
from ..language.ir import Compare, Op, Operand, Test
from .patterns import joined

_SYMBOLS = {Op.EQ: "=", Op.NE: "<>", Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}
_LISTS = {Type.STRINGS, Type.INT64S, Type.DOUBLES}


class Comparisons:
    """Writes comparisons for one statement, collecting its parameters."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}

    def parameter(self, value: Any) -> str:
        """The reference to a new parameter."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def compare(self, reference: str, leaf: Compare) -> str:
        """Whether a property, named by ``reference``, passes a leaf's tests."""
        if leaf.type in _LISTS:
            return self._list(reference, leaf)
        return self.passes(reference, leaf.tests, leaf.type)

    def _list(self, reference: str, leaf: Compare) -> str:
        op, operand = leaf.tests[0]
        if op is Op.EXISTS:
            return f"size({reference}) > 0"
        if op is Op.NE:
            return f"(size({reference}) > 0 AND NOT {self.parameter(operand)} IN {reference})"
        if leaf.type is Type.STRINGS:
            elements = operand if isinstance(operand, tuple) else (operand,)
            return joined(" OR ", [f"{self.parameter(each)} IN {reference}" for each in elements], "false")
        return f"any(e IN {reference} WHERE {_literally('e', leaf.tests)})"

    def passes(self, reference: str, tests: Iterable[Test], type_: Type) -> str:
        """Whether a value passes every test."""
        return joined(" AND ", [self.test(reference, op, operand, type_) for op, operand in tests], "true")

    def test(self, reference: str, op: Op, operand: Operand, type_: Type) -> str:
        """Whether a value passes one test."""
        if op is Op.EXISTS:
            return f"{reference} = {reference}" if type_ is Type.DOUBLE else f"{reference} IS NOT NULL"  # no NaN
        if op is Op.IN:
            return f"{reference} IN {self.parameter(_listed(operand))}"
        if op is Op.BETWEEN:
            low, high = _listed(operand)
            return f"({reference} >= {self.parameter(low)} AND {self.parameter(high)} >= {reference})"
        if op in (Op.CONTAINS, Op.STARTS_WITH):
            word = "CONTAINS" if op is Op.CONTAINS else "STARTS WITH"
            return f"toLower({reference}) {word} {self.parameter(str(operand).lower())}"
        return _compared(reference, op, self.parameter(operand), type_)


def _listed(operand: Operand) -> list[Any]:
    return list(operand) if isinstance(operand, tuple) else [operand]


def _compared(reference: str, op: Op, operand: str, type_: Type) -> str:
    """A comparison that no NaN passes (semantics 6.7): Ladybug says NaN < 5 but never 5 > NaN, both say NaN <> 5."""
    if type_ is Type.DOUBLE and op is Op.NE:
        return f"({operand} > {reference} OR {reference} > {operand})"
    if type_ is Type.DOUBLE and op in (Op.LT, Op.LTE):
        return f"{operand} {'>' if op is Op.LT else '>='} {reference}"
    return f"{reference} {_SYMBOLS[op]} {operand}"


def _literally(element: str, tests: Iterable[Test]) -> str:
    parts = []
    for op, operand in tests:
        if op is Op.BETWEEN:
            low, high = (_literal(each) for each in _listed(operand))
            parts.append(f"({element} >= {low} AND {high} >= {element})")
        elif op is Op.IN:
            parts.append(joined(" OR ", [f"{element} = {_literal(each)}" for each in _listed(operand)], "false"))
        else:
            parts.append(_compared(element, op, _literal(operand), Type.DOUBLE))
    return joined(" AND ", parts, "true")


def _literal(number: Any) -> str:
    return repr(int(number)) if isinstance(number, int) else repr(float(number))
