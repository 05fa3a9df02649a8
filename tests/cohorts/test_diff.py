"""What changed and why, beside plain set differences."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohortgraph.cohorts.diff import Diff
from cohortgraph.cohorts.shelf import Shelf
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.writing.writer import Writer

from ..generated import terms as t
from ..generated.builder import Segment, build
from ..generated.loading import Headers
from .conftest import VENTRICLES, listed, ventricle

EVERYBODY = {"patients": {}}


def told(found: Diff, level: str) -> dict[str, set[tuple[str, str]]]:
    """Of one level: added, removed and changed ids with their causes."""
    parts = {"added": found.added, "removed": found.removed, "changed": found.changed}
    return {
        name: {(each.id, each.cause) for each in changes if each.level == level}
        for name, changes in parts.items()
        if any(each.level == level for each in changes)
    }


@pytest.fixture
def cohort(shelf: Shelf, heart: Writer) -> Shelf:
    """The frozen cohort of patients with a left ventricle: A and B."""
    shelf.create("heart", VENTRICLES)
    shelf.freeze("heart")
    return shelf


def test_nothing_changed(cohort: Shelf) -> None:
    found = cohort.diff("heart")
    assert not found
    assert (found.old, found.new, found.to_dict()["counts"]) == (1, None, {})


def test_a_new_patient_is_new_data(cohort: Shelf, heart: Writer) -> None:
    heart.commit(new=[build("4.1.1.1", patient="D", kind="segmentation", segments=ventricle())])
    found = cohort.diff("heart")
    assert told(found, "patients") == {"added": {("traps|D", "new data")}}
    assert told(found, "segments") == {"added": {("4.1.1.1#segment/1", "new data")}}


def test_a_new_object_of_a_patient_that_stays_is_new_data(cohort: Shelf, heart: Writer) -> None:
    heart.commit(new=[build("1.1.1.2", patient="A")])
    found = cohort.diff("heart")
    assert told(found, "instances") == {"added": {("1.1.1.2", "new data")}}
    assert told(found, "series") == {}


def test_a_patient_that_a_new_object_brings_in_or_sends_out(shelf: Shelf, heart: Writer) -> None:
    shelf.create("without", {"patients": {"segments": {"none": {}}}}, level="series")
    shelf.freeze("without")
    assert listed(shelf, "without", "series") == ["3.1.1"]
    heart.commit(new=[build("3.2.1.1", patient="C", kind="segmentation", segments=ventricle())])
    assert told(shelf.diff("without"), "series") == {"removed": {("3.1.1", "new data")}}


def test_a_replaced_object_is_changed_data(cohort: Shelf, heart: Writer) -> None:
    heart.commit(
        replace=[
            build("1.1.1.1", patient="A", rows=512),
            build("2.1.1.1", patient="B", kind="segmentation", segments=[Segment(t.LIVER, 1.0)]),
        ]
    )
    found = cohort.diff("heart")
    assert told(found, "patients") == {"removed": {("traps|B", "changed data")}}
    assert told(found, "instances") == {
        "changed": {("1.1.1.1", "changed data")},
        "removed": {("2.1.1.1", "changed data"), ("2.1.1.2", "changed data")},
    }


def test_a_deleted_object_is_changed_data_and_one_that_came_back_is_new(cohort: Shelf, heart: Writer) -> None:
    heart.delete(["1.2.1.1"])
    assert told(cohort.diff("heart"), "studies") == {"removed": {("1.2", "changed data")}}
    cohort.freeze("heart")
    heart.commit(new=[build("1.2.1.1", patient="A")])
    assert told(cohort.diff("heart", 2), "studies") == {"added": {("1.2", "new data")}}
    assert not told(cohort.diff("heart", 1), "studies")


def test_what_was_there_and_matches_since_a_change_is_changed_data(shelf: Shelf, heart: Writer) -> None:
    shelf.create("large", {"instances": {"rows": {"eq": 512}}})
    shelf.freeze("large")
    heart.commit(replace=[build("3.1.1.1", patient="C", rows=512)])
    assert told(shelf.diff("large"), "instances") == {"added": {("3.1.1.1", "changed data")}}


def test_another_question(cohort: Shelf) -> None:
    cohort.change("heart", document={"patients": {"patientID": {"in": ["B", "C"]}}})
    assert told(cohort.diff("heart"), "patients") == {
        "added": {("traps|C", "question")},
        "removed": {("traps|A", "question")},
    }


def test_curation(cohort: Shelf) -> None:
    cohort.decide("heart", "C", "include", "a control")
    cohort.decide("heart", "1.1.1", "exclude", "blurred")
    found = cohort.diff("heart")
    assert told(found, "patients") == {"added": {("traps|C", "curation")}}
    assert told(found, "instances") == {
        "added": {("3.1.1.1", "curation")},
        "removed": {("1.1.1.1", "curation")},
    }


def test_each_cause_is_told_apart_where_everything_changed(cohort: Shelf, heart: Writer) -> None:
    heart.commit(
        new=[
            build("4.1.1.1", patient="D", kind="segmentation", segments=ventricle()),
            build("5.1.1.1", patient="E", kind="segmentation", segments=[Segment(t.LIVER, 1.0)]),
        ]
    )
    heart.delete(["2.1.1.1"])
    cohort.change("heart", document={"patients": {"instances": {"some": {"kind": {"eq": "segmentation"}}}}})
    cohort.decide("heart", "C", "include", "a control")
    cohort.decide("heart", "A", "exclude", "withdrawn")
    assert told(cohort.diff("heart"), "patients") == {
        "added": {("traps|C", "curation"), ("traps|D", "new data"), ("traps|E", "question")},
        "removed": {("traps|A", "curation"), ("traps|B", "changed data")},
    }


def test_between_two_snapshots_as_between_one_and_what_it_was_frozen_from(cohort: Shelf, heart: Writer) -> None:
    heart.commit(new=[build("4.1.1.1", patient="D", kind="segmentation", segments=ventricle())])
    cohort.change("heart", document=EVERYBODY)
    now = cohort.diff("heart")
    cohort.freeze("heart")
    then = cohort.diff("heart", 1, 2)
    assert (then.added, then.removed, then.changed) == (now.added, now.removed, now.changed)
    assert then.warnings == ()
    heart.commit(new=[build("9.1.1.1", patient="Z")])
    later = cohort.diff("heart", 1, 2)
    assert later.added == now.added
    assert "today's data" in later.warnings[0]


UIDS = [f"{patient}.{study}.1.{n}" for patient in "12" for study in "12" for n in "12"]
QUESTIONS: list[dict[str, Any]] = [
    EVERYBODY,
    VENTRICLES,
    {"patients": {"segments": {"none": {}}}},
    {"studies": {"instances": {"some": {"kind": {"eq": "image"}}}}},
]
LEVELS = ("patients", "studies", "series", "instances", "segments")
_of_kind = st.dictionaries(st.sampled_from(UIDS), st.sampled_from(["image", "segmentation"]), min_size=1)
_decided = st.dictionaries(
    st.sampled_from(["1", "2", "1.1", "2.2.1", *UIDS[::3]]), st.sampled_from(["include", "exclude"]), max_size=2
)


@settings(max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(_of_kind, _of_kind, st.sampled_from(QUESTIONS), st.sampled_from(QUESTIONS), _decided, _decided)
def test_a_diff_is_the_difference_of_sets_and_its_causes_those_of_going_step_by_step(
    ladybug: Engine,
    shelf: Shelf,
    before: dict[str, str],
    after: dict[str, str],
    old_question: dict[str, Any],
    new_question: dict[str, Any],
    old_decided: dict[str, str],
    new_decided: dict[str, str],
) -> None:
    writer = Writer(ladybug, Headers(), pickle.loads)
    everything = sorted({*before, *after})
    try:
        writer.commit(new=[_object(uid, kind) for uid, kind in before.items()])
        _ask(shelf, "c", old_question, old_decided)
        old = _sets(shelf, "c@1")

        writer.delete([uid for uid in before if uid not in after])
        writer.commit(
            new=[_object(uid, kind) for uid, kind in after.items() if uid not in before],
            replace=[_object(uid, kind) for uid, kind in after.items() if uid in before and before[uid] != kind],
        )
        restored = shelf.restore("c@1")
        shelf.freeze("c")
        states = [old, _sets(shelf, "c@2")]
        shelf.change("c", document=new_question)
        shelf.freeze("c")
        states.append(_sets(shelf, "c@3"))
        for uid, verdict in new_decided.items():
            if uid in _named(ladybug):
                shelf.decide("c", uid, verdict, "new")  # type: ignore[arg-type]
        shelf.freeze("c")
        states.append(_sets(shelf, "c@4"))
        assert restored.name == "c"

        found = shelf.diff("c", 1)
        assert {(each.level, each.id) for each in found.added} == states[-1] - old
        assert {(each.level, each.id) for each in found.removed} == old - states[-1]
        frozen = {uid for level, uid in old & states[-1] if level == "instances"}
        assert {each.id for each in found.changed} == {uid for uid in frozen if before.get(uid) != after.get(uid)}
        for change in (*found.added, *found.removed):
            there = [(change.level, change.id) in state for state in states]
            last = max(n for n in range(3) if there[n] != there[-1])
            assert change.cause in (("new data", "changed data"), ("question",), ("curation",))[last]
            if change.level == "instances" and last == 0 and change.id not in before:
                assert change.cause == "new data"
        again = shelf.diff("c", 1, 4)
        assert (again.added, again.removed, again.changed) == (found.added, found.removed, found.changed)
    finally:
        writer.delete(everything)
        for cohort in shelf.all():
            shelf.delete(cohort.name)


def _object(uid: str, kind: str) -> Any:
    return build(uid, patient=uid[0], kind=kind, segments=ventricle() if kind == "segmentation" else ())


def _ask(shelf: Shelf, name: str, question: dict[str, Any], decided: dict[str, str]) -> None:
    shelf.create(name, question)
    for uid, verdict in decided.items():
        if uid in _named(shelf._graph):
            shelf.decide(name, uid, verdict, "old")  # type: ignore[arg-type]
    shelf.freeze(name)


def _named(engine: Engine) -> set[str]:
    """Every id that a person may name."""
    found = {"1", "2"} & set(engine.read("MATCH (n:Patient) RETURN n.patientID AS id").column("id").to_pylist())
    for label in ("Study", "Series", "Instance"):
        found |= set(engine.read(f"MATCH (n:{label}) RETURN n.id AS id").column("id").to_pylist())
    return found


def _sets(shelf: Shelf, ref: str) -> set[tuple[str, str]]:
    counts = shelf.snapshot(ref).counts
    return {(level, each) for level in LEVELS if level in counts for each in listed(shelf, ref, level)}
