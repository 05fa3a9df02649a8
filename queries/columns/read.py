"""The values of a named attribute in a store, each with the objects that it is of."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from ...graph.asking import ask, ids
from ...graph.engine import Engine
from ...ontology.ucum import unit
from ..answers.stream import stream
from .attribute import NUMBER, Attribute

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

    Numbers are in the attribute's unit. Of an item it is the first value, by semantics 6.7: none where it is NaN or
    qualified or, where a unit is asked for, without one or of another dimension. A code is its meaning or, without one,
    its id; a Patient's Age is in years, and where a study has none it is of Patient's Birth Date and Study Date.
    """
    reader = stream(engine, {attribute.level: dict(attribute.where)}, level=attribute.level)
    for batch in reader:
        rows = batch.to_pylist()
        by_dates = _ages(engine, rows) if attribute.value == _AGE else {}
        for row in rows:
            value = _value(row, attribute)
            if value is None:
                value = by_dates.get(row["id"])
            if value is not None:
                yield Value(row["id"], value, **{name: row.get(uid) or "" for uid, name in _UIDS.items()})


def _value(row: dict[str, Any], attribute: Attribute) -> Any:
    if attribute.value == NUMBER:
        return _number(row, attribute.unit)
    found = row.get(attribute.value)
    if attribute.value == _AGE:
        return _years(found)
    if isinstance(found, list) and found and isinstance(found[0], dict):
        return "; ".join(each["meaning"] or each["id"] for each in found)
    if found in ("", []) or _is_nan(found):
        return None
    return _in_unit(found, attribute.stored, attribute.unit) if isinstance(found, float) and attribute.unit else found


def _years(age: str | None) -> float | None:
    """An AS value (PS3.5 6.2) in years; None for what is none."""
    told = re.fullmatch(r"(\d{1,3})([DWMY])", age or "")
    return round(int(told[1]) / _IN_A_YEAR[told[2]], 3) if told else None


def _ages(engine: Engine, rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Years from birth to study, of the studies without an age whose two dates are known."""
    found = ask(engine, _DAYS, ids(row["id"] for row in rows if _years(row[_AGE]) is None))
    return {
        row["id"]: _between(row["birth"], row["study"])
        for row in found
        if row["birth"] is not None and row["study"] is not None and row["birth"] <= row["study"]
    }


_DAYS = (
    "MATCH (p:Patient)-[:HAS_STUDY]->(s:Study {id: r.id}) "
    "RETURN s.id AS id, p.patientBirthDateDays AS birth, s.studyDateDays AS study"
)


def _between(birth: int, study: int) -> float:
    """Completed years, as Patient's Age tells them; a part of one in the first year. Both in days since 1970."""
    born, seen = (date(1970, 1, 1) + timedelta(days) for days in (birth, study))
    years = seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day))
    return float(years) if years else round((study - birth) / _IN_A_YEAR["D"], 3)


def _number(row: dict[str, Any], wanted: str) -> float | None:
    if row.get("qualifier"):
        return None
    if not wanted:
        number = row.get("numericValue")
        return None if _is_nan(number) else number
    canonical, of = row.get("canonicalValue"), row.get("canonicalUnit")
    if canonical is None or of is None or unit(of).dimensions != unit(wanted).dimensions:
        return None
    return _in_unit(canonical, of, wanted)


def _in_unit(number: float, of: str, wanted: str) -> float:
    """A number in another unit of its dimension, to 12 significant digits."""
    held, target = unit(of), unit(wanted)
    exact = (Fraction(str(number)) * held.factor + held.offset - target.offset) / target.factor
    return float(f"{float(exact):.12g}")


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
