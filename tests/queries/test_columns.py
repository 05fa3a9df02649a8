"""Named attributes: their values beside plain Python over the same objects, and files that say them wrongly."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.graph.engine import Engine
from cohortgraph.ontology.units import canonical
from cohortgraph.queries.columns import attributes, read, shipped

from ..oracle.evaluate import Oracle
from ..oracle.leaf import measured
from ..oracle.model import Node
from ..oracle.results import select

OWN = """
- {name: diameter in cm, of: {items: {name: {is: "SCT:81827009"}}}, unit: cm}
- {name: diameter as told, of: {items: {name: {is: "SCT:81827009"}}}}
- {name: litres, of: {segments: {}}, value: volume, unit: L}
- {name: side, of: {segments: {}}, value: label}
"""


def _number(item: Node, unit: str) -> float | None:
    found = measured(item)[:1]
    if not unit:
        return found[0].number if found else None
    if not found or found[0].canonical is None:
        return None
    value, base = found[0].canonical
    one, of = canonical("1", unit)
    return float(Decimal(str(value)) / Decimal(str(one))) if of == base else None


def _meaning(node: Node, type_: str) -> str | None:
    found = sorted((code.concept, str(code.properties["codeMeaning"])) for code in node.codes if code.type == type_)
    return "; ".join(meaning for _, meaning in found) or None


def _volume(segment: Node, factor: float = 1.0) -> float | None:
    held = segment.properties.get("volume")
    return None if held is None or math.isnan(held) else held * factor


EXPECTED: dict[str, Any] = {
    "PR interval": lambda node: _number(node, "ms"),
    "QT interval": lambda node: _number(node, "ms"),
    "diameter": lambda node: _number(node, "mm"),
    "diameter in cm": lambda node: _number(node, "cm"),
    "diameter as told": lambda node: _number(node, ""),
    "finding": lambda node: _meaning(node, "VALUE"),
    "LV volume": _volume,
    "litres": lambda node: _volume(node, 0.001),
    "side": lambda node: node.properties.get("segmentLabel") or None,
    "sex": lambda node: node.properties.get("patientSex"),
    "modality": lambda node: node.properties.get("modality"),
    "segments.type": lambda node: _meaning(node, "TYPE"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_values_are_those_of_plain_python(loaded: Engine, oracle: Oracle, name: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    (attribute,) = attributes([name], [tmp_path / "own.yaml"])
    nodes = select(oracle, {attribute.level: dict(attribute.where)})
    expected = {node.id: value for node in nodes if (value := EXPECTED[name](node)) is not None}
    found = {each.node: each.value for each in read(loaded, attribute)}
    assert expected
    assert found == (
        pytest.approx(expected, rel=1e-12) if isinstance(next(iter(expected.values())), float) else expected
    )


def test_seconds_are_told_in_the_unit_of_the_attribute(loaded: Engine) -> None:
    (attribute,) = attributes(["PR interval"])
    found = {each.instance: each.value for each in read(loaded, attribute)}
    assert (found["12.1.1.1"], found["13.1.1.1"]) == (200.0, 210.0)
    assert "15.1.1.1" not in found  # in mm
    assert "14.1.1.1" not in found  # without a unit


def test_all_that_is_shipped_can_be_read(loaded: Engine) -> None:
    for attribute in shipped():
        list(read(loaded, attribute))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: x", "expected a list"),
        ("- {name: x}", "of is None"),
        ("- {name: x, of: {segments: {}}}", "expected a property of segments"),
        ("- {name: x, of: {segments: {}}, value: volum}", "did you mean volume"),
        ("- {name: x, of: {segments: {}}, value: volume, unit: mm}", "stored in mL, not in mm"),
        ("- {name: x, of: {patients: {}}, value: patientSex, unit: mm}", "without a unit"),
        ("- {name: x, of: {items: {}}, unit: milli}", "milli"),
        ("- {name: x, of: {hearts: {}}}", "'hearts' is no level"),
        ("- {name: x, of: {items: {}}, unti: ms}", "'unti'"),
    ],
)
def test_files_that_make_no_sense_say_where(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        attributes(["x"], [tmp_path / "own.yaml"])


@pytest.mark.parametrize(
    ("name", "told"), [("PR intervall", "did you mean 'PR interval'"), ("series.modalty", "did you mean modality")]
)
def test_a_misspelt_name_says_which_is_nearest(name: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        attributes([name])
