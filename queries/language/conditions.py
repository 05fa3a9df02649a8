"""Reading the leaves of a filter document: conditions on properties, numbers with units, and concepts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from ...errors import QuestionError, UsageError
from ...graph.schema import BASES, Edge, Property, Type
from ...ontology import literals, units, value_sets
from .document import pointer
from .ir import And, Clause, Coded, Compare, Measured, Not, Op, Operand, Resolved, Scalar, Test, passes
from .vocabulary import Vocabulary, equal, narrower

_ORDERED = (Op.EQ, Op.NE, Op.IN, Op.LT, Op.LTE, Op.GT, Op.GTE, Op.BETWEEN)
OPERATORS: dict[Type, tuple[Op, ...]] = {
    Type.STRING: (*_ORDERED, Op.CONTAINS, Op.STARTS_WITH, Op.EXISTS),
    Type.INT64: (*_ORDERED, Op.EXISTS),
    Type.DOUBLE: (*_ORDERED, Op.EXISTS),
    Type.DATE: (*_ORDERED, Op.EXISTS),
    Type.BOOLEAN: (Op.EQ, Op.NE, Op.EXISTS),
}
ELEMENT = {Type.STRINGS: Type.STRING, Type.INT64S: Type.INT64, Type.DOUBLES: Type.DOUBLE}
CONCEPT_OPERATORS = ("is", "in", "isA", "memberOf", "meaning", "exists")
EDGE_OPERATORS = {"laterality": "laterality", "modifier": "modifiers"}
"""Operator → the edge's property (semantics 2.8)."""

_BASIS = re.compile("[A-Za-z0-9]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{8}")
_EPOCH = date(1970, 1, 1)
_INT64 = range(-(2**63), 2**63)

ReadScalar = Callable[[Any, str], Scalar]


def mapping(value: Any, path: str, expected: str, *, needed: bool = False) -> Mapping[str, Any]:
    """``value`` as a mapping; QuestionError where it is none or, where ``needed``, empty."""
    if not isinstance(value, Mapping) or (needed and not value):
        raise QuestionError(path, f"expected {expected} in a mapping, found {_shown(value)}")
    return value


def nearest(name: str, choices: Collection[str]) -> str | None:
    """The choice most like ``name``, whatever its case."""
    folded = {choice.casefold(): choice for choice in reversed(list(choices))}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return folded[found[0]] if found else None


class Conditions:
    """Reads leaves against one store's vocabulary, noting what codes resolved to and what deserves a warning."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.resolved: list[Resolved] = []
        self.warnings: list[str] = []

    def property(self, condition: Any, declared: Property, label: str, path: str) -> Clause:
        """A condition on a stored property, in its declared unit where it has one (semantics 6.7)."""
        type_ = ELEMENT.get(declared.type, declared.type)
        read = _readers[type_] if not declared.unit else _in(declared.unit)
        tests = _tests(condition, path, OPERATORS[type_], read)
        if declared.type is Type.STRINGS:
            return split(path, tests, lambda part: self._elements(path, label, declared, part))
        if declared.type is Type.DATE:  # both engines compare the epoch days beside the date
            return split(path, tests, lambda part: Compare(path, f"{declared.name}Days", Type.INT64, part))
        return split(path, tests, lambda part: Compare(path, declared.name, declared.type, part))

    def _elements(self, path: str, label: str, declared: Property, tests: tuple[Test, ...]) -> Clause:
        """A condition on the elements of a list of strings: those of the store that pass all tests (semantics 6.4)."""
        if tests[0][0] in (Op.EXISTS, Op.NE) or (len(tests) == 1 and tests[0][0] in (Op.EQ, Op.IN)):
            return Compare(path, declared.name, declared.type, tests)
        stored = self._vocabulary.elements(label, declared.name)
        passing = tuple(element for element in stored if all(passes(element, *test) for test in tests))
        return Compare(path, declared.name, declared.type, ((Op.IN, passing),))

    def count(self, condition: Mapping[str, Any], path: str) -> tuple[Test, ...]:
        """The comparisons of a ``count``."""
        tests = _tests(condition, path, _ORDERED, _integer)
        if not tests:
            raise QuestionError(path, "count needs a comparison such as {gte: 2}")
        return tests

    def basis(self, asked: Any, path: str) -> str:
        """The basis of references (semantics 4.1): one of the known, or the keyword of a sequence."""
        if not isinstance(asked, str) or not _BASIS.fullmatch(asked):
            raise QuestionError(path, f"expected a basis of references such as {BASES[0]}, found {_shown(asked)}")
        like = nearest(asked, BASES)
        if asked not in BASES and like and like.casefold() == asked.casefold():
            raise QuestionError(path, f"{asked!r} is no basis of references", like)
        return asked

    def number(self, condition: Any, unit: Any, path: str) -> Clause:
        """A condition on a content item's number; ``unit`` is the condition beside it, which binds the same value.

        Raises
        ------
        QuestionError
            where a number stands bare without a unit beside it, or the units are of different dimensions.
        """
        dimensions: dict[str, str] = {}

        def read(value: Any, here: str) -> Scalar:
            if isinstance(value, Mapping):
                number, base = _quantity(value, here)
                dimensions.setdefault(base, here)
                return number
            dimensions.setdefault("", here)
            return finite(value, here)

        tests = _tests(condition, path, OPERATORS[Type.DOUBLE], read)
        if "" in dimensions and unit is None:
            message = "a bare number needs a unit beside it; write {value: …, unit: …} or add unit: {is: UCUM:…}"
            raise QuestionError(dimensions[""], message)
        if len(dimensions) > 1:
            raise QuestionError(path, "the numbers of one condition need units of one dimension")
        base = next(iter(dimensions), "")
        units_ = self._unit_concepts(unit, pointer(path.rpartition("/")[0], "unit")) if unit is not None else None
        return split(path, tests, lambda part: Measured(path, part, base, units_))

    def comparable_dates(self, path: str) -> None:
        """Refuse to compare dates that were shifted in unlike ways (semantics 6.9)."""
        if unlike := self._vocabulary.unlike_shifts:
            message = f"a patient lies in data sets whose dates are shifted in unlike ways: {', '.join(unlike)}"
            raise QuestionError(path, message)

    def concept(self, condition: Any, edge: Edge, path: str) -> Clause:
        """A condition on a coded edge: one target satisfies all operators; ``exists`` tests presence (6.4)."""
        properties = {each.name for each in edge.properties}
        further = tuple(name for name, stored in EDGE_OPERATORS.items() if stored in properties)
        asked = dict(mapping(condition, path, f"one of {', '.join(CONCEPT_OPERATORS)}", needed=True))
        known(asked, (*CONCEPT_OPERATORS, *further), path)
        clauses: list[Clause] = []
        if "exists" in asked:
            here = pointer(path, "exists")
            exists = boolean(asked.pop("exists"), here)
            clauses.append(Coded(here, edge.type) if exists else Not(here, Coded(here, edge.type)))
        if asked:
            sides = {name: self._side(asked.pop(name), pointer(path, name)) for name in further if name in asked}
            concepts = self._all_of(asked, path) if asked else None
            clauses.append(Coded(path, edge.type, concepts, sides.get("laterality"), sides.get("modifier")))
        return clauses[0] if len(clauses) == 1 else And(path, tuple(clauses))

    def concepts(self, condition: Mapping[str, Any], path: str) -> frozenset[str]:
        """The concepts of the store that satisfy all operators of a condition."""
        known(condition, CONCEPT_OPERATORS[:-1], path)
        return self._all_of(condition, path)

    def _unit_concepts(self, condition: Any, path: str) -> frozenset[str] | None:
        asked = {name: each for name, each in mapping(condition, path, "a unit").items() if name != "exists"}
        known(asked, CONCEPT_OPERATORS, path)
        silent = Conditions(self._vocabulary)  # the unit's own clause reports what it resolved to
        return silent._all_of(asked, path) if asked else None

    def _side(self, condition: Any, path: str) -> frozenset[str]:
        """Laterality and modifier: a code, or a condition on concepts."""
        if isinstance(condition, str):
            return self._resolve("is", condition, path, stored=False)
        asked = mapping(condition, path, "a code or a condition on concepts", needed=True)
        known(asked, CONCEPT_OPERATORS[:-1], path)
        return self._all_of(asked, path, stored=False)

    def _all_of(self, asked: Mapping[str, Any], path: str, *, stored: bool = True) -> frozenset[str]:
        sets = [self._operator(name, operand, pointer(path, name), stored) for name, operand in asked.items()]
        return frozenset.intersection(*sets)

    def _operator(self, name: str, operand: Any, path: str, stored: bool) -> frozenset[str]:
        if name != "in":
            return self._resolve(name, operand, path, stored=stored)
        if not isinstance(operand, list):
            raise QuestionError(path, f"in takes a list of codes, found {_shown(operand)}")
        each = (self._resolve("is", value, pointer(path, n), stored=stored) for n, value in enumerate(operand))
        return frozenset().union(*each)

    def _resolve(self, name: str, operand: Any, path: str, *, stored: bool) -> frozenset[str]:
        """The concepts that one code, value set or meaning stands for.

        ``stored`` keeps those that the store has as nodes: what a coded edge can lead to. Laterality and modifiers are
        ids on an edge, which need no node.
        """
        if not isinstance(operand, str):
            raise QuestionError(path, f"expected a string such as SCT:87878005, found {_shown(operand)}")
        vocabulary = self._vocabulary
        try:
            if name == "memberOf":
                found = value_sets.value_set(operand).members
            elif name == "meaning":
                found = vocabulary.meaning(operand)
            else:
                concept = literals.parse(operand, vocabulary.schemes)
                found = equal(concept) if name == "is" else narrower(concept)
        except UsageError as error:
            raise located(path, error) from None
        if stored:
            found &= vocabulary.concepts
        self.resolved.append(Resolved(path, f"{name} {operand}", tuple(sorted(found))))
        if not found:
            self.warnings.append(f"{path}: {operand!r} names no concept of this store")
        return found


def typed_tests(condition: Any, path: str, type_: Type) -> tuple[Test, ...]:
    """The tests of a condition on values of that type."""
    return _tests(condition, path, OPERATORS[type_], _readers[type_])


def _tests(condition: Any, path: str, operators: tuple[Op, ...], read: ReadScalar) -> tuple[Test, ...]:
    asked = mapping(condition, path, f"one of {', '.join(operators)}", needed=True)
    known(asked, operators, path)
    return tuple((Op(name), _operand(Op(name), value, pointer(path, name), read)) for name, value in asked.items())


def _operand(op: Op, value: Any, path: str, read: ReadScalar) -> Operand:
    if op is Op.EXISTS:
        return boolean(value, path)
    if op in (Op.IN, Op.BETWEEN):
        if not isinstance(value, list):
            raise QuestionError(path, f"{op} takes a list, found {_shown(value)}")
        if op is Op.BETWEEN and len(value) != 2:
            raise QuestionError(path, f"between takes the lowest and the highest value, found {len(value)} values")
        return tuple(read(each, pointer(path, index)) for index, each in enumerate(value))
    return read(value, path)


def split(path: str, tests: tuple[Test, ...], leaf: Callable[[tuple[Test, ...]], Clause]) -> Clause:
    """``exists`` and ``ne`` are about all values, the other tests about one and the same."""
    clauses: list[Clause] = []
    for op, operand in tests:
        if op is Op.EXISTS:
            exists = leaf(((Op.EXISTS, True),))
            clauses.append(exists if operand else Not(path, exists))
        elif op is Op.NE:
            clauses.append(leaf(((op, operand),)))
    others = tuple(test for test in tests if test[0] not in (Op.EXISTS, Op.NE))
    if others:
        clauses.append(leaf(others))
    return clauses[0] if len(clauses) == 1 else And(path, tuple(clauses))


def known(asked: Mapping[str, Any], choices: Collection[str], path: str) -> None:
    """Refuse the first name that is none of ``choices``."""
    for name in asked:
        if name not in choices:
            message = f"{name!r} is no operator here; expected {', '.join(choices)}"
            raise QuestionError(pointer(path, name), message, nearest(name, choices))


def boolean(value: Any, path: str) -> bool:
    """``value`` as true or false; QuestionError where it is neither."""
    if not isinstance(value, bool):
        raise QuestionError(path, f"expected true or false, found {_shown(value)}")
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise QuestionError(path, f"expected a string, found {_shown(value)}")
    return value


def finite(value: Any, path: str) -> float:
    """``value`` as a finite number; QuestionError where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise QuestionError(path, f"expected a number, found {_shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise QuestionError(path, f"expected a finite number, found {_shown(value)}")
    return number


def _integer(value: Any, path: str) -> int:
    number = finite(value, path)
    if not number.is_integer() or int(value) not in _INT64:
        raise QuestionError(path, f"expected a whole number of 64 bits, found {_shown(value)}")
    return int(value)


def _days(value: Any, path: str) -> int:
    """A date as ISO or DA (semantics 6.8), as days since 1970-01-01."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return (date.fromisoformat(value) - _EPOCH).days
        except ValueError:
            pass
    raise QuestionError(path, f"expected a date such as 2024-02-29 or 20240229, found {_shown(value)}")


def _quantity(value: Mapping[str, Any], path: str) -> tuple[float, str]:
    """``{value, unit}`` in the base unit of its dimension, and that unit."""
    known(value, ("value", "unit"), path)
    if len(value) != 2:
        raise QuestionError(path, "expected {value: …, unit: …}")
    number = finite(value["value"], pointer(path, "value"))
    ucum = _text(value["unit"], pointer(path, "unit"))
    try:
        return units.canonical(str(value["value"]), ucum)
    except UsageError as error:
        raise located(pointer(path, "unit"), error) from None
    except ValueError:
        raise QuestionError(pointer(path, "value"), f"{number} {ucum} is beyond the range of a double") from None


def _in(unit: str) -> ReadScalar:
    """A reader of numbers of a property with a declared unit: bare, or of the same dimension."""

    def read(value: Any, path: str) -> Scalar:
        if not isinstance(value, Mapping):
            return finite(value, path)
        number, base = _quantity(value, path)
        if base != units.canonical_unit(unit):
            raise QuestionError(
                pointer(path, "unit"), f"{value['unit']!r} can't be compared with {unit!r}, the unit of this property"
            )
        one, _ = units.canonical("1", unit)
        return float(f"{Decimal(repr(number)) / Decimal(repr(one)):.11e}")

    return read


_readers: dict[Type, ReadScalar] = {
    Type.STRING: _text,
    Type.INT64: _integer,
    Type.DOUBLE: finite,
    Type.DATE: _days,
    Type.BOOLEAN: boolean,
}


def located(path: str, error: UsageError) -> QuestionError:
    """The error of another room, at its place in the document; a suggestion in its words stays there."""
    found = re.search(r"(.*); did you mean '([^']*)'\?$", str(error))
    return QuestionError(path, found[1], found[2]) if found else QuestionError(path, str(error))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
