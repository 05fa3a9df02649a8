"""Reading a filter document: scalars, keys, limits, and what its numbers, codes and fields mean."""

from __future__ import annotations

from typing import Any

import pytest

from cohortgraph.errors import QuestionError
from cohortgraph.graph.engine import Engine
from cohortgraph.queries import load, parse, vocabulary
from cohortgraph.queries.language.ir import And, Coded, Compare, Measured, Not, Op, Or, Question, Some
from cohortgraph.queries.language.relations import LEVELS, relations


def asked(engine: Engine, document: Any) -> Question:
    return parse(load(document), vocabulary(engine))


@pytest.mark.parametrize("text", ["NO", "yes", "00", "000123", "2024-02-29", "1_000", "0x1F", ".5", "+1", "~", "1:30"])
def test_semantics_6_8_what_is_no_json_scalar_is_a_string(text: str) -> None:
    assert load(f"patients: {{patientID: {{eq: {text}}}}}") == {"patients": {"patientID": {"eq": text}}}


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("-0.5", -0.5), ("1e3", 1000.0), ("true", True), ("null", None)]
)
def test_semantics_6_8_json_scalars_keep_their_type(text: str, value: Any) -> None:
    loaded = load(f"a: {text}")["a"]
    assert loaded == value
    assert type(loaded) is type(value)


def test_json_and_yaml_say_the_same() -> None:
    assert load('{"patients": {"AND": []}}') == load("patients:\n  AND: []\n")


def test_strings_and_keys_become_nfc() -> None:
    assert load("studies: {studyDescription: {eq: Mu\u0308ller}}") == load("studies: {studyDescription: {eq: Müller}}")


@pytest.mark.parametrize(
    "text",
    [
        "patients: {a: 1, a: 2}",
        "a: &x [1]\nb: *x",
        "!!python/object:os.system {}",
        "patients: {? [1] : 2}",
        "patients: {1: 2}",
        "- patients",
        "patients: {",
        "",
        "[" * 5000,
        "a: " + "x" * 1_000_001,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_document_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(QuestionError) as error:
        load(text)
    assert "\n" not in str(error.value)


def test_fields_follow_from_the_schema() -> None:
    for level in LEVELS:
        for relation in relations(level.label).values():
            assert relation.hops[-1].label == relation.target


def test_every_level_reaches_those_below_and_above_it() -> None:
    names = [level.name for level in LEVELS]
    assert set(relations("Patient")) == {*names[1:], "datasets"}
    assert {"patient", "study", "series", "instances", "segments"}.isdisjoint(set(relations("Dataset")))
    assert relations("Instance")["series"].plural is False
    assert relations("Study")["series"].plural is True


def test_semantics_6_2_none_and_every_are_not_and_some(loaded: Engine) -> None:
    none = asked(loaded, "patients: {items: {none: {valueType: {eq: NUM}}}}").where
    assert isinstance(none, Not)
    assert isinstance(none.clause, Some)
    assert isinstance(none.clause.where, Compare)
    every = asked(loaded, "patients: {items: {every: {valueType: {eq: NUM}}}}").where
    assert isinstance(every, Not)
    assert isinstance(every.clause, Some)
    assert isinstance(every.clause.where, Not)


def test_semantics_6_4_exists_and_ne_are_about_all_values(loaded: Engine) -> None:
    where = asked(loaded, "series: {softwareVersions: {exists: true, ne: A, in: [B, C]}}").where
    assert isinstance(where, And)
    assert [each.tests[0][0] for each in where.clauses if isinstance(each, Compare)] == [Op.EXISTS, Op.NE, Op.IN]


def test_semantics_6_7_a_quantity_becomes_the_base_unit(loaded: Engine) -> None:
    number = asked(loaded, "items: {number: {gt: {value: 200, unit: ms}}}").where
    assert isinstance(number, Measured)
    assert (number.tests, number.unit) == (((Op.GT, 0.2),), "s")


def test_semantics_6_7_a_property_with_a_unit_takes_both_forms(loaded: Engine) -> None:
    bare = asked(loaded, "segments: {volume: {gt: 60}}").where
    litres = asked(loaded, "segments: {volume: {gt: {value: 0.06, unit: L}}}").where
    assert isinstance(bare, Compare)
    assert isinstance(litres, Compare)
    assert bare.tests == litres.tests


def test_semantics_6_7_a_bare_number_needs_a_unit_beside_it(loaded: Engine) -> None:
    with pytest.raises(QuestionError, match="/items/number/gt"):
        asked(loaded, "items: {number: {gt: 200}, AND: [{unit: {is: UCUM:ms}}]}")
    asked(loaded, "items: {number: {gt: 200}, unit: {is: UCUM:ms}}")


def test_semantics_6_8_dates_are_iso_or_da(loaded: Engine) -> None:
    iso = asked(loaded, "studies: {studyDate: {gte: 2024-02-29}}").where
    assert isinstance(iso, Compare)
    assert (iso.name, iso.tests) == ("studyDateDays", ((Op.GTE, 19782),))
    assert asked(loaded, 'studies: {studyDate: {gte: "20240229"}}').where == iso


def test_semantics_1_4_a_known_scheme_without_the_code_is_a_warning(loaded: Engine) -> None:
    question = asked(loaded, "segments: {type: {is: SCT:1}}")
    assert question.where == Coded("/segments/type", "TYPE", frozenset())
    assert len(question.warnings) == 1
    assert "SCT:1" in question.warnings[0]


def test_semantics_1_4_literals_are_normalised_like_data(loaded: Engine) -> None:
    old, new = (
        asked(loaded, f"segments: {{type: {{is: '{code}'}}}}").where for code in ("SRT:T-32600", "SCT:87878005")
    )
    assert old == new


def test_semantics_3_2_asserts_is_a_value_or_an_affirmed_name(loaded: Engine) -> None:
    where = asked(loaded, "items: {asserts: {memberOf: pacemaker}}").where
    assert isinstance(where, Or)
    assert [each.clauses[0].edge for each in where.clauses if isinstance(each, And)] == ["VALUE", "NAME"]  # type: ignore[union-attr]
