"""Explaining a question: its form, what its codes stand for, its Cypher and its plan."""

from __future__ import annotations

from cohortgraph.graph.engine import Engine
from cohortgraph.queries import explain

DOCUMENT = """
patients:
  items: {some: {name: {memberOf: PR interval}, number: {gt: {value: 200, unit: ms}}}}
  segments: {none: {type: {isA: SCT:21814001}, region: {is: SCT:80891009, modifier: SCT:264153007}}}
  series: {count: {of: {modality: {eq: CT}}, gte: 2}}
"""


def test_it_shows_form_codes_cypher_and_plan(loaded: Engine) -> None:
    explained = explain(loaded, DOCUMENT)
    text = str(explained)
    for part in ("# intermediate form", "# codes", "# Cypher", "# parameters", "# plan"):
        assert part in text
    assert "number gt 0.2 s" in explained.form
    assert "number of series gte 2" in explained.form
    assert explained.plan.operators


def test_every_line_of_the_form_has_its_pointer(loaded: Engine) -> None:
    first, *rest = explain(loaded, DOCUMENT).form.split("\n")
    assert first == "patients for which"
    assert all(line.split()[-1].startswith("/patients/") or line.strip() == "all of    /patients" for line in rest)


def test_semantics_6_6_it_shows_what_sets_and_meanings_stand_for(loaded: Engine) -> None:
    resolved = {each.path: each.concepts for each in explain(loaded, DOCUMENT).resolved}
    assert "MDC:2:15872" in resolved["/patients/items/some/name/memberOf"]
    meaning = explain(loaded, {"segments": {"type": {"meaning": "left VENTRICLE"}}}).resolved[0]
    assert meaning.concepts == ("SCT:87878005",)


def test_it_names_the_level(loaded: Engine) -> None:
    assert explain(loaded, DOCUMENT).level == "patients"
    assert explain(loaded, DOCUMENT, level="series").level == "series"


def test_it_tells_ancestors_and_context(loaded: Engine) -> None:
    document = {"items": {"ancestors": {"none": {}}, "context": {"some": {"name": {"is": "DCM:122148"}}}}}
    told = explain(loaded, document)
    assert "some context (ContentItem) for which    /items/context/some" in told.form
    assert "some ancestors (ContentItem) for which    /items/ancestors/none" in told.form
    assert not told.plan.cross_product
