"""The values of a named attribute in a store, each with the objects that it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...graph.engine import Engine
from ...ontology.ucum import unit
from ..answers.stream import stream
from .attribute import Attribute

_AGE = "patientAge"
_IN_A_YEAR = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}
_UIDS = {"studyInstanceUID": "study", "seriesInstanceUID": "series", "sopInstanceUID": "instance"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value, and where it is from.

    Attributes
    ----------
    node
        Public id of the node that has it.
    study, series, instance
        UIDs of what the node is or lies in; empty above it.
    """

    node: str
    value: Any
    study: str = ""
    series: str = ""
    instance: str = ""


def read(engine: Engine, attribute: Attribute) -> Iterator[Value]:
    """All values, in the stable order of their nodes.

    Numbers are in the attribute's unit; those of another dimension, without a unit where one is asked for, and nodes
    without a value are left out. A code is its meaning or, without one, its id; a Patient's Age is in years.
    """
    reader = stream(engine, {attribute.level: dict(attribute.where)}, level=attribute.level)
    for batch in reader:
        for row in batch.to_pylist():
            value = _value(row, attribute)
            if value is not None:
                yield Value(row["id"], value, **{name: row.get(uid) or "" for uid, name in _UIDS.items()})


def _value(row: dict[str, Any], attribute: Attribute) -> Any:
    if attribute.value == "number":
        return _number(row, attribute.unit)
    found = row.get(attribute.value)
    if attribute.value == _AGE:
        return _years(found)
    if isinstance(found, list) and found and isinstance(found[0], dict):
        return "; ".join(each["meaning"] or each["id"] for each in found)
    return None if found in ("", []) else found


def _years(age: str | None) -> float | None:
    """An AS value (PS3.5 6.2) in years; None for what is none."""
    told = re.fullmatch(r"(\d{1,3})([DWMY])", age or "")
    return round(int(told[1]) / _IN_A_YEAR[told[2]], 3) if told else None


def _number(row: dict[str, Any], wanted: str) -> float | None:
    canonical, of = row.get("canonicalValue"), row.get("canonicalUnit")
    if isinstance(canonical, list):
        canonical, of = (each[0] if each else None for each in (canonical, of or []))
    if not wanted:
        number = row.get("numericValue")
        return number[0] if isinstance(number, list) else number
    target = unit(wanted)
    if canonical is None or of is None or unit(of).dimensions != target.dimensions:
        return None
    exact = (Fraction(str(canonical)) - target.offset) / target.factor
    return float(f"{float(exact):.12g}")
