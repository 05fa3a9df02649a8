"""Answers: what a hit carries, pages, levels, evidence, warnings."""

from __future__ import annotations

import json

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.graph.engine import Engine
from cohortgraph.queries import ask, count, ids, vocabulary

BOTH = (
    "instances: {AND: [{segments: {some: {type: {is: SCT:87878005}}}}, {segments: {some: {type: {is: SCT:53085002}}}}]}"
)
LEFT = "patients: {segments: {some: {type: {is: SCT:87878005}}}}"


def test_a_hit_carries_its_identities_and_its_properties(loaded: Engine) -> None:
    hit = ask(loaded, LEFT, level="segments").hits[0]
    assert hit["id"] == f"{hit['sopInstanceUID']}#segment/{hit['segmentNumber']}"
    assert hit["sopInstanceUID"].startswith(hit["seriesInstanceUID"])
    assert {"patientID", "studyInstanceUID"} <= set(hit)
    assert not {"key", "position", "ordinal"} & set(hit)


def test_a_patient_has_no_uids(loaded: Engine) -> None:
    hit = ask(loaded, LEFT).hits[0]
    assert "patientID" in hit
    assert not {"studyInstanceUID", "seriesInstanceUID", "sopInstanceUID"} & set(hit)


@pytest.mark.parametrize("level", ["patients", "studies", "series", "instances", "segments", "items"])
def test_ids_are_those_of_the_hits(loaded: Engine, level: str) -> None:
    for document in (LEFT, f"{level}: {{}}"):
        assert ids(loaded, document, level) == [hit["id"] for hit in ask(loaded, document, level=level).hits]


def test_hits_are_json(loaded: Engine) -> None:
    for level in ("patients", "studies", "series", "instances", "segments", "items"):
        json.dumps(ask(loaded, "patients: {}", level=level).hits)


def test_the_last_page_has_no_next(loaded: Engine) -> None:
    number = count(loaded, LEFT)
    assert ask(loaded, LEFT, limit=number).next is None
    page = ask(loaded, LEFT, limit=number - 1)
    assert page.next is not None
    assert len(ask(loaded, LEFT, limit=5, after=page.next).hits) == 1


def test_semantics_6_12_a_cursor_of_another_version_warns(loaded: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    after = ask(loaded, LEFT, limit=1).next
    assert not ask(loaded, LEFT, limit=1, after=after).warnings
    newer = loaded.version() + 1
    monkeypatch.setattr(loaded, "version", lambda: newer)
    page = ask(loaded, LEFT, limit=1, after=after)
    assert len(page.hits) == 1
    assert "changed" in page.warnings[0]


@pytest.mark.parametrize("after", ["", "x", "bm90IGpzb24", "WzEsMl0"])
def test_what_is_no_cursor_is_refused(loaded: Engine, after: str) -> None:
    with pytest.raises(UsageError, match="no cursor"):
        ask(loaded, LEFT, limit=1, after=after)


def test_a_cursor_of_another_level_is_refused(loaded: Engine) -> None:
    after = ask(loaded, LEFT, level="segments", limit=1).next
    with pytest.raises(UsageError, match="segments"):
        ask(loaded, LEFT, level="series", limit=1, after=after)


def test_an_unknown_level_names_the_nearest(loaded: Engine) -> None:
    with pytest.raises(UsageError, match="did you mean 'studies'"):
        ask(loaded, LEFT, level="studys")


def test_semantics_6_12_evidence_names_the_nodes_of_each_clause(loaded: Engine) -> None:
    for hit in ask(loaded, BOTH, evidence=True).hits:
        left, right = (hit["evidence"][f"/instances/AND/{n}/segments/some"] for n in (0, 1))
        assert left["total"] >= 1
        assert right["total"] >= 1
        assert not set(left["ids"]) & set(right["ids"])
        assert all(each.startswith(f"{hit['id']}#segment/") for each in left["ids"] + right["ids"])


def test_semantics_3_2_none_says_how_many_were_examined(loaded: Engine) -> None:
    document = "patients: {items: {none: {asserts: {memberOf: pacemaker}}}}"
    for hit in ask(loaded, document, evidence=True).hits:
        said = hit["evidence"]["/patients/items/none"]
        items = count(loaded, {"items": {"patient": {"id": {"eq": hit["id"]}}}})
        assert said == {"examined": items} | ({} if items else {"vacuous": True})


def test_evidence_of_a_level_is_that_of_its_hits(loaded: Engine) -> None:
    whole = {hit["id"]: hit["evidence"] for hit in ask(loaded, BOTH, evidence=True).hits}
    for hit in ask(loaded, BOTH, level="segments", evidence=True).hits:
        assert hit["evidence"] == whole[hit["sopInstanceUID"]]


def test_semantics_6_7_other_units_are_counted(loaded: Engine) -> None:
    document = "items: {name: {is: SCT:81827009}, number: {gt: {value: 1, unit: s}}}"
    answer = ask(loaded, document)
    numbers = count(loaded, "items: {name: {is: SCT:81827009}, number: {exists: true}}")
    assert answer.total == 0
    assert answer.warnings == [
        f"/items/number: {numbers} items have another dimension or no unit and were not compared"
    ]


def test_semantics_1_4_an_absent_code_warns_and_finds_nothing(loaded: Engine) -> None:
    answer = ask(loaded, "segments: {type: {is: SCT:1}}")
    assert (answer.total, answer.hits) == (0, [])
    assert "SCT:1" in answer.warnings[0]


def test_the_vocabulary_is_read_once_a_version(loaded: Engine) -> None:
    assert vocabulary(loaded) is vocabulary(loaded)
