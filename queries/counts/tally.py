"""From values and the nodes that have them to counts: by name, by year or month, by interval."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...ontology import units
from ..answers.listing import KeyValue
from .bins import intervals

Roots = dict[Any, set[KeyValue]]
"""Value → the root nodes that have it."""

MONTHS = 24
"""Dates that span at most so many months are counted by month, others by year."""


@dataclass(frozen=True, slots=True)
class Value:
    """How many root nodes have a value: a text, a concept's id with its meaning, a year or a month.

    ``matched`` counts over matched children, ``copatient`` over everything that belongs to the same patients.
    """

    value: str
    matched: int
    copatient: int
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Bin:
    """How many root nodes have a number in [low, high), None where it is open; one number where both are equal."""

    low: float | None
    high: float | None
    matched: int
    copatient: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Numbers of one dimension; ``minimum`` and ``maximum`` are those of matched children, None where there are none.

    ``unit`` is a UCUM code, or the id of a concept that is no UCUM unit; empty where there is none.
    """

    unit: str
    minimum: float | None
    maximum: float | None
    bins: list[Bin]


class Measure(NamedTuple):
    """A number as it was written, the id of its unit, and both in the base of their dimension (semantics 6.7)."""

    number: float
    unit: str | None
    canonical: float | None
    base: str | None

    @property
    def dimension(self) -> str:
        """What it compares with: the base unit; else its own unit, or none."""
        return self.unit or "" if self.canonical is None else f"UCUM:{self.base}"


def named(matched: Roots, copatient: Roots) -> list[Value]:
    """The most frequent value first."""
    found = [Value(str(value), len(matched.get(value, ())), len(roots)) for value, roots in copatient.items()]
    return sorted(found, key=lambda each: (-each.matched, -each.copatient, each.value))


def dated(matched: Roots, copatient: Roots) -> list[Value]:
    """By month where all dates lie within MONTHS, else by year; in their order."""
    months = [day.year * 12 + day.month for day in copatient]
    length = len("2024-01") if months and max(months) - min(months) < MONTHS else len("2024")
    periods = [
        _merged((day.isoformat()[:length], roots) for day, roots in side.items()) for side in (matched, copatient)
    ]
    return sorted(named(*periods), key=lambda each: each.value)


def histogram(unit: str, matched: Roots, copatient: Roots, *, whole: bool = False) -> Histogram:
    """Numbers in one unit; ``whole`` where they are counts."""
    bins = []
    for interval in intervals(matched, copatient, whole=whole):
        counts = [
            len(set[KeyValue]().union(*(roots for number, roots in side.items() if interval.holds(number))))
            for side in (matched, copatient)
        ]
        bins.append(Bin(interval.low, interval.high, *counts))
    return Histogram(unit, min(matched, default=None), max(matched, default=None), bins)


def measured(matched: Roots, copatient: Roots) -> list[Histogram]:
    """Of Measures: a histogram for each dimension, in the unit that most were measured in; the fullest first."""
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for measure, roots in copatient.items():
        used[measure.dimension][measure.unit or ""] += len(roots)
    drawn = []
    for dimension in sorted(used, key=lambda dimension: (-used[dimension].total(), dimension)):
        unit = min(used[dimension], key=lambda unit: (-used[dimension][unit], unit))
        factor = _factor(unit)
        sides = (
            _merged((_number(each, factor), found) for each, found in side.items() if each.dimension == dimension)
            for side in (matched, copatient)
        )
        shown = dimension if factor is None else unit
        drawn.append(histogram(shown.removeprefix("UCUM:"), *sides))
    return drawn


def _factor(unit: str) -> float | None:
    """How many base units one unit is; None where it is no UCUM unit, or its zero lies elsewhere (``Cel``)."""
    scheme, _, code = unit.partition(":")
    try:
        zero, one = (units.canonical(number, code)[0] for number in ("0", "1"))
    except units.UnknownUnit:
        return None
    return one if scheme == "UCUM" and zero == 0 else None


def _number(measure: Measure, factor: float | None) -> float:
    """A measure's number in the unit of that factor, else in the base; equal to 12 digits is equal (semantics 6.7)."""
    if measure.canonical is None:
        return measure.number
    return measure.canonical if factor is None else float(f"{measure.canonical / factor:.12g}")


def _merged(found: Iterable[tuple[Any, set[KeyValue]]]) -> Roots:
    """The roots of equal values together."""
    merged: Roots = defaultdict(set)
    for value, roots in found:
        merged[value] |= roots
    return merged
