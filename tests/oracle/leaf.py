"""Conditions on a property and on an item's number: semantics 6.1, 6.4, 6.7, 6.8."""

from __future__ import annotations

import math
import operator
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cohortgraph.graph.facts import Coded
from cohortgraph.graph.schema import Property, Type
from cohortgraph.ontology import units

from .model import Node

Condition = Mapping[str, Any]
"""Operator → operand, as in the document."""

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "in": lambda value, operands: value in operands,
    "between": lambda value, bounds: bounds[0] <= value <= bounds[1],  # 6.7: inclusive
    "contains": lambda value, text: text.lower() in value.lower(),  # 6.8: these two compare lower case
    "startsWith": lambda value, text: value.lower().startswith(text.lower()),
}


def property_holds(declared: Property, stored: Any, condition: Condition) -> bool:
    """Whether a stored value satisfies every operator of a condition."""
    values = present(stored)
    operands = {name: _operands(declared, operand) for name, operand in condition.items()}
    return _holds(values, operands)


def present(stored: Any) -> list[Any]:
    """The values there are: none of a missing one, the elements of a list; NaN is none (6.7)."""
    values = stored if isinstance(stored, list) else [stored]
    return [value for value in values if value is not None and value != "" and not _is_nan(value)]


def _holds(values: list[Any], condition: Condition) -> bool:
    """6.4: some one element satisfies the operators; ``ne`` = has values and none equals; 6.1: none of no value."""
    if "exists" in condition and condition["exists"] != bool(values):
        return False
    if "ne" in condition and (not values or condition["ne"] in values):
        return False
    others = {name: operand for name, operand in condition.items() if name not in ("exists", "ne")}
    return not others or any(_satisfies(value, others) for value in values)


def _satisfies(value: Any, condition: Condition) -> bool:
    return all(COMPARISONS[name](value, operand) for name, operand in condition.items())


def _operands(declared: Property, operand: Any) -> Any:
    if isinstance(operand, list):
        return [_operands(declared, each) for each in operand]
    if isinstance(operand, Mapping):
        return _in_unit(operand, declared.unit)
    if declared.type is Type.DATE and isinstance(operand, str):
        return date.fromisoformat(operand)  # 6.8: ISO or DA, both of which Python reads
    if isinstance(operand, str):
        return unicodedata.normalize("NFC", operand)
    return operand


def _in_unit(quantity: Mapping[str, Any], unit: str) -> float:
    """6.7: the question's quantity in the property's declared unit, rounded to 12 significant digits."""
    value, _ = units.canonical(str(quantity["value"]), quantity["unit"])
    one, _ = units.canonical("1", unit)
    return round_12(Decimal(repr(value)) / Decimal(repr(one)))


def round_12(value: Decimal) -> float:
    """Round to 12 significant digits."""
    return float(f"{value:.11e}")


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


@dataclass(frozen=True, slots=True)
class Measured:
    """One of an item's values, in its stored and in its canonical form, with the unit of the same index."""

    number: float
    unit: Coded | None
    canonical: tuple[float, str] | None


def measured(item: Node) -> list[Measured]:
    """6.7: the values of an item, paired by index with their units; none where NaN, empty or qualified."""
    if any(code.type == "QUALIFIER" for code in item.codes):
        return []
    written = str(item.properties.get("numericString", "")).split("\\")
    unit_edges = [code for code in item.codes if code.type == "UNIT"]
    if not unit_edges:
        return [Measured(number, None, None) for number in present(item.properties.get("numericValue"))]
    values = []
    for edge in unit_edges:
        for number in present(edge.properties.get("numericValue")):
            text = written[int(str(edge.properties["valueIndex"]))]
            values.append(Measured(number, edge, _canonical(text, edge.concept)))
    return values


def number_holds(item: Node, condition: Condition, unit_matches: Callable[[Coded], bool] | None) -> bool:
    """Whether one value of the item satisfies every operator and has the unit asked for beside it."""
    values = measured(item)
    if unit_matches is not None:
        values = [value for value in values if value.unit is not None and unit_matches(value.unit)]
    quantities = [operand for operand in _flat(condition.values()) if isinstance(operand, Mapping)]
    if not quantities:
        return _holds([value.number for value in values], condition)
    asked = {units.canonical(str(each["value"]), each["unit"])[1] for each in quantities}
    comparable = [value.canonical[0] for value in values if value.canonical and {value.canonical[1]} == asked]
    return _holds(comparable, {name: _canonical_operand(operand) for name, operand in condition.items()})


def _canonical(text: str, concept: str) -> tuple[float, str] | None:
    """The value in its dimension's base unit; None where the unit is not UCUM's or the text no number."""
    scheme, _, code = concept.partition(":")
    if scheme != "UCUM":
        return None
    try:
        return units.canonical(text, code)
    except ValueError:
        return None


def _canonical_operand(operand: Any) -> Any:
    if isinstance(operand, list):
        return [_canonical_operand(each) for each in operand]
    if isinstance(operand, Mapping):
        return units.canonical(str(operand["value"]), operand["unit"])[0]
    return operand


def _flat(operands: Any) -> list[Any]:
    return [each for operand in operands for each in (operand if isinstance(operand, list) else [operand])]
