"""Facets: oracle = Ladybug = Neo4j, for written and generated questions (semantics 6.12)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohortgraph.errors import UsageError
from cohortgraph.graph.engine import Engine
from cohortgraph.ontology import units
from cohortgraph.queries import Facet, facets
from cohortgraph.queries.counts.tally import Bin, Histogram

from ..corpus.questions import Question, questions
from ..generated.documents import documents
from ..oracle.evaluate import Oracle
from ..oracle.facets import Side, facet

PATHS = {
    "patients": ["patientSex", "series.modality", "segments.type", "segments.volume", "items.name", "items.number",
                 "studies.studyDate", "instances.kind", "instances.references.kind", "datasets.name"],
    "studies": ["studyDate", "patient.patientSex", "items.site", "segments.region"],
    "series": ["modality", "patient.patientBirthDate", "instances.rows", "segments.label"],
    "instances": ["kind", "sopClassUID", "series.modality", "anatomy", "items.value", "items.children.name"],
    "segments": ["type", "volume", "label", "instance.kind", "items.name"],
    "items": ["name", "number", "text", "children.name", "context.value", "valueType", "contextAmbiguous"],
    "rois": ["roiName", "type", "volume", "patient.patientSex"],
    "channels": ["source", "samplingFrequency", "instance.kind"],
    "annotationGroups": ["type", "instance.kind"],
}  # fmt: skip
QUICK = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


def agree(found: Facet, matched: Side, copatient: Side) -> None:
    """The same counts."""
    assert (found.missing, found.missing_copatient) == (len(matched.missing), len(copatient.missing))
    if found.histograms:
        _agree_on_numbers(found.histograms, matched, copatient)
        return
    expected = {_named(found, value) for value in copatient.hits}
    assert {each.value for each in found.values} == expected
    for each in found.values:
        for number, side in ((each.matched, matched), (each.copatient, copatient)):
            having = [hits for value, hits in side.hits.items() if _named(found, value) == each.value]
            assert number == len(set().union(*having)), each


def _named(found: Facet, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if found.by.lower().endswith("date"):
        return str(value)[: len(found.values[0].value)]
    return str(value)


def _agree_on_numbers(drawn: list[Histogram], matched: Side, copatient: Side) -> None:
    counted = 0
    for histogram in drawn:
        sides = [_in_unit(side, histogram.unit) for side in (matched, copatient)]
        counted += len(sides[1])
        if sides[0]:
            assert (histogram.minimum, histogram.maximum) == (min(sides[0]), max(sides[0]))
        covered = set()
        for each in histogram.bins:
            for number, side in zip((each.matched, each.copatient), sides, strict=True):
                within = [value for value in side if _lies(value, each)]
                assert number == len(set().union(*(side[value] for value in within))), each
                covered |= set(within)
        assert covered == set(sides[1])
    assert counted == len(copatient.hits)


def _lies(value: float, each: Bin) -> bool:
    if each.low == each.high:
        return value == each.low
    return (each.low is None or each.low <= value) and (each.high is None or value < each.high)


def _in_unit(side: Side, unit: str) -> dict[float, set[str]]:
    """The numbers of a unit's dimension, in that unit."""
    numbers = {}
    for value, hits in side.hits.items():
        if not isinstance(value, tuple):  # a property: stored in its declared unit
            numbers[float(value)] = hits
        elif value[1] == unit:
            numbers[value[0]] = hits
        elif unit and ":" not in unit and value[1] == units.canonical_unit(unit):
            numbers[float(f"{value[0] / units.canonical('1', unit)[0]:.12g}")] = hits
    return numbers


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.title)
def test_semantics_6_12_facets_of_written_questions(loaded: Engine, oracle: Oracle, question: Question) -> None:
    ((root, _),) = question.document.items()
    place = sum(map(ord, question.title))
    for by in (PATHS[root][place % len(PATHS[root])], PATHS[root][(place + 1) % len(PATHS[root])]):
        agree(facets(loaded, question.document, by), *facet(oracle, question.document, by))


@pytest.mark.parametrize(("root", "by"), [(root, by) for root, paths in PATHS.items() for by in paths])
def test_every_path_over_everything(loaded: Engine, oracle: Oracle, root: str, by: str) -> None:
    agree(facets(loaded, {root: {}}, by), *facet(oracle, {root: {}}, by))


@settings(QUICK, max_examples=40)
@given(document=documents(3), place=st.integers(0, 99))
def test_facets_of_generated_questions(loaded: Engine, oracle: Oracle, document: dict[str, Any], place: int) -> None:
    ((root, _),) = document.items()
    by = PATHS[root][place % len(PATHS[root])]
    agree(facets(loaded, document, by), *facet(oracle, document, by))


def test_what_matched_stands_apart_from_what_the_same_patients_have(loaded: Engine) -> None:
    left = {"patients": {"segments": {"some": {"type": {"is": "SCT:87878005"}}}}}
    found = {each.value: each for each in facets(loaded, left, "type").values}
    assert (found["SCT:87878005"].matched, found["SCT:87878005"].meaning) == (4, "Left ventricle")
    assert (found["SCT:53085002"].matched, found["SCT:53085002"].copatient) == (0, 3)


def test_a_field_that_the_root_lacks_is_looked_for_below_then_above(loaded: Engine) -> None:
    assert facets(loaded, {"patients": {}}, "modality").by == "series.modality"
    assert facets(loaded, {"segments": {}}, "modality").by == "series.modality"
    assert facets(loaded, {"studies": {}}, "patientSex").by == "patient.patientSex"


def test_numbers_are_shown_in_the_unit_most_were_measured_in(loaded: Engine) -> None:
    intervals = {"items": {"name": {"memberOf": "PR interval"}}}
    (milliseconds, *others) = facets(loaded, intervals, "number").histograms
    assert (milliseconds.unit, milliseconds.minimum, milliseconds.maximum) == ("ms", 180.0, 250.0)
    assert {each.unit for each in others} == {"", "mm"}


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("segments.typ", "did you mean 'type'"),
        ("segment.type", "did you mean 'segments'"),
        ("segments", "leads to other nodes"),
        ("nothing.like.this", "no relation 'nothing'"),
    ],
)
def test_a_wrong_path_names_the_nearest(loaded: Engine, by: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        facets(loaded, {"patients": {}}, by)


def test_a_facet_of_nothing_is_empty(loaded: Engine) -> None:
    found = facets(loaded, {"patients": {"OR": []}}, "segments.type")
    assert (found.total, found.missing, found.values) == (0, 0, [])


def test_the_roots_own_name_may_stand_before_its_fields(loaded: Engine) -> None:
    question = {"segments": {}}
    assert facets(loaded, question, "segments.type") == facets(loaded, question, "type")
