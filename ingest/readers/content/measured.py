"""The Measured Value Sequence of a NUM item (PS3.3 C.18.1): numbers, units and their canonical form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from ....dicom.sequences import Level, items
from ....dicom.values import MalformedValue
from ....graph.facts import Child, Coded, InstanceFacts, Properties
from ....ontology import units
from ..coded import add_codes, code_item
from .values import Warn, element, says, texts

MEASURED_VALUE_SEQUENCE = 0x0040A300
NUMERIC_VALUE = 0x0040A30A
NUMERIC_VALUE_QUALIFIER = 0x0040A301
MEASUREMENT_UNITS = 0x004008EA

_UCUM = "UCUM:"


def read(facts: InstanceFacts, child: Child, level: Level, warn: Warn) -> str:
    """Set a NUM item's number and UNIT edges.

    A qualified value (not a number, out of range …) is kept as it was written, but is no number: it never matches
    (semantics 6.7).

    Returns
    -------
    str
        What they don't say, as a member of a DICOM JSON object: nothing; or a Measured Value Sequence with one item
        that holds only the further attributes (Floating Point Value …); or the Measured Value Sequence as it is.
    """
    qualified = bool(level.items(NUMERIC_VALUE_QUALIFIER))
    measured = level.items(MEASURED_VALUE_SEQUENCE)
    written: list[str] = []
    complete = [read_value(facts, child, item, written, warn, qualified) for item in measured] == [True]
    if written:
        child.properties["numericString"] = "\\".join(written)
    if not complete:
        return level.member(MEASURED_VALUE_SEQUENCE)
    further = measured[0].to_json(measured[0].entries.keys() - {NUMERIC_VALUE, MEASUREMENT_UNITS})
    return f'"{MEASURED_VALUE_SEQUENCE:08X}":{{"vr":"SQ","Value":[{further}]}}' if further else ""


def read_value(
    facts: InstanceFacts, child: Child, item: Level, written: list[str], warn: Warn, qualified: bool = False
) -> bool:
    """Add the Numeric Values of an item, each beside its unit, to those ``written``; True where all of it is told."""
    unit: list[Coded] = []
    one_unit = add_codes(facts, unit, "UNIT", item, MEASUREMENT_UNITS)
    try:
        values = texts(item, NUMERIC_VALUE)
    except MalformedValue:
        warn("NumericValue is malformed")
        values = []
    decimals = [decimal_of(value) for value in values]
    if None in decimals:
        warn("NumericValue is no decimal number")
    for value, decimal in zip(values, decimals, strict=True):
        numbers = {} if qualified or decimal is None else in_unit(decimal, unit, warn)
        if not written:
            child.properties.update(numbers)
        numbers.pop("canonicalUnit", None)
        numbers["valueIndex"] = len(written)
        child.codes.extend(Coded("UNIT", coded.concept, coded.properties | numbers) for coded in unit)
        written.append(value)
    if not values:
        child.codes.extend(unit)
    complete = one_unit and bool(values) and None not in decimals
    return complete and says(item, NUMERIC_VALUE, "DS", values, warn)


def write(child: Child, others: Dataset) -> None:
    """Complete, in an item's ``otherAttributes``, the Measured Value Sequence by what properties and edges say."""
    held = items(others, MEASURED_VALUE_SEQUENCE)
    written = child.properties.get("numericString")
    unit = next((coded for coded in child.codes if coded.type == "UNIT"), None)
    whole = MEASURED_VALUE_SEQUENCE in others and (len(held) != 1 or NUMERIC_VALUE in held[0])
    if whole or not isinstance(written, str) or unit is None:
        return
    item = held[0] if held else Dataset()
    item.add(element(MEASUREMENT_UNITS, "SQ", [DicomSequence([code_item(unit.concept, unit.properties)])]))
    item.add(element(NUMERIC_VALUE, "DS", list(written.split("\\"))))
    others.add(element(MEASURED_VALUE_SEQUENCE, "SQ", [DicomSequence([item])]))


def decimal_of(written: str) -> Decimal | None:
    """A DS value exactly as written; None where it is no number."""
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def in_unit(number: Decimal, unit: Sequence[Coded], warn: Warn) -> Properties:
    """A number as it is and, where it has one UCUM unit, in the base unit of its dimension (semantics 6.7)."""
    if not math.isfinite(float(number)):
        warn("NumericValue is not finite")
        return {}
    found: Properties = {"numericValue": float(number)}
    concept = unit[0].concept if unit else ""
    if not concept:
        return found
    try:
        if not concept.startswith(_UCUM):
            raise units.UnknownUnit(concept)
        found["canonicalValue"], found["canonicalUnit"] = units.canonical(number, concept.removeprefix(_UCUM))
    except units.UnknownUnit:
        warn(f"{concept} is no unit of UCUM")
    except ValueError:
        warn(f"NumericValue is beyond what {concept} can be compared in")
    return found
