"""Including and excluding by hand: what it means at each level, and what beats what."""

from __future__ import annotations

import pytest

from cohortgraph.cohorts.shelf import Shelf
from cohortgraph.errors import UsageError
from cohortgraph.graph.facts import Reference
from cohortgraph.graph.writing.writer import Writer

from ..generated.builder import build
from .conftest import VENTRICLES, listed

INSTANCES = ["1.1.1.1", "1.1.2.1", "1.2.1.1", "2.1.1.1", "2.1.1.2"]
"""What VENTRICLES freezes of patients A and B."""


def _frozen(shelf: Shelf, level: str | None, *decisions: tuple[str, str]) -> None:
    shelf.create("heart", VENTRICLES, level=level)
    for verdict, uid in decisions:
        shelf.decide("heart", uid, verdict, "as said")  # type: ignore[arg-type]
    shelf.freeze("heart")


@pytest.mark.parametrize("uid", ["C", "traps|C", "3.1", "3.1.1", "3.1.1.1"])
def test_whatever_is_included_brings_in_its_patient(shelf: Shelf, heart: Writer, uid: str) -> None:
    _frozen(shelf, None, ("include", uid))
    assert listed(shelf, "heart", "patients") == ["traps|A", "traps|B", "traps|C"]
    assert listed(shelf, "heart", "instances") == [*INSTANCES, "3.1.1.1"]


@pytest.mark.parametrize(
    ("uid", "series"),
    [
        ("A", ["1.1.1", "1.1.2", "1.2.1", "2.1.1"]),
        ("1.1", ["1.1.1", "1.1.2", "2.1.1"]),
        ("3.1.1.1", ["1.1.2", "2.1.1", "3.1.1"]),
    ],
)
def test_at_the_level_of_series_all_below_comes_in_or_what_holds_it(
    shelf: Shelf, heart: Writer, uid: str, series: list[str]
) -> None:
    _frozen(shelf, "series", ("include", uid))
    assert listed(shelf, "heart", "series") == series


@pytest.mark.parametrize(
    ("uid", "patients", "instances"),
    [
        ("B", ["traps|A"], INSTANCES[:3]),
        ("2.1", ["traps|A", "traps|B"], INSTANCES[:3]),
        ("1.1.1", ["traps|A", "traps|B"], ["1.1.2.1", "1.2.1.1", "2.1.1.1", "2.1.1.2"]),
        ("2.1.1.2", ["traps|A", "traps|B"], INSTANCES[:4]),
    ],
)
def test_what_is_excluded_goes_with_all_that_is_under_it(
    shelf: Shelf, heart: Writer, uid: str, patients: list[str], instances: list[str]
) -> None:
    _frozen(shelf, None, ("exclude", uid))
    assert listed(shelf, "heart", "patients") == patients
    assert listed(shelf, "heart", "instances") == instances


def test_an_excluded_segment_is_matched_no_more_but_its_object_stays(shelf: Shelf, heart: Writer) -> None:
    _frozen(shelf, None, ("exclude", "2.1.1.1#segment/1"))
    assert listed(shelf, "heart", "segments") == ["1.1.2.1#segment/1"]
    assert listed(shelf, "heart", "instances") == INSTANCES


def test_a_segment_can_be_included_among_segments(shelf: Shelf, heart: Writer) -> None:
    _frozen(shelf, "segments", ("include", "2.1.1.1#segment/2"), ("exclude", "1.1.2"))
    assert listed(shelf, "heart", "segments") == ["2.1.1.1#segment/1", "2.1.1.1#segment/2"]
    assert listed(shelf, "heart", "instances") == ["2.1.1.1"]


def test_the_excluded_beat_the_included_and_both_beat_the_question(shelf: Shelf, heart: Writer) -> None:
    _frozen(shelf, None, ("include", "C"), ("exclude", "3.1.1"), ("include", "1.1.1.1"), ("exclude", "A"))
    assert listed(shelf, "heart", "patients") == ["traps|B", "traps|C"]
    assert listed(shelf, "heart", "instances") == ["2.1.1.1", "2.1.1.2"]


def test_on_the_same_id_the_last_decision_holds_and_the_history_keeps_both(shelf: Shelf, heart: Writer) -> None:
    _frozen(shelf, None, ("exclude", "B"), ("include", "traps|B"))
    assert listed(shelf, "heart", "patients") == ["traps|A", "traps|B"]
    cohort = shelf.cohort("heart")
    assert [(each.uid, each.decision) for each in cohort.curation] == [("traps|B", "include")]
    assert [each.event for each in cohort.history] == ["created", "excluded", "included", "frozen"]


def test_a_rejected_object_takes_part_where_it_is_included_itself(shelf: Shelf, heart: Writer) -> None:
    rejects = Reference("2.1.1.2", properties={"basis": "rejection"})
    heart.commit(new=[build("2.1.3.1", patient="B", kind="keyObject", modality="KO", references=[rejects])])
    _frozen(shelf, None, ("include", "B"))
    assert "2.1.1.2" not in listed(shelf, "heart", "instances")
    shelf.decide("heart", "2.1.1.2", "include", "good enough")
    shelf.freeze("heart")
    assert "2.1.1.2" in listed(shelf, "heart", "instances")


def test_the_snapshot_keeps_what_was_decided_and_why(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES, owner="ada")
    shelf.decide("heart", "C", "include", "a control", by="bob")
    (kept,) = shelf.freeze("heart").curation
    assert (kept.uid, kept.decision, kept.reason, kept.owner) == ("traps|C", "include", "a control", "bob")
    shelf.decide("heart", "C", "exclude", "no control")
    assert shelf.snapshot("heart").curation == (kept,)


def test_an_inclusion_that_is_gone_is_a_warning(shelf: Shelf, heart: Writer) -> None:
    _frozen(shelf, None, ("include", "C"))
    heart.delete(["3.1.1.1"])
    made = shelf.freeze("heart")
    assert made.warnings == ("traps|C was included by hand, but is not in the store any more",)
    assert listed(shelf, "heart", "patients") == ["traps|A", "traps|B"]


@pytest.mark.parametrize("uid", ["7.7.7", "D", "1.1.2.1#segment/9", "1.1.2.1#item/1", "7.7#segment/1", "#", ""])
def test_an_id_of_nothing_is_refused(shelf: Shelf, heart: Writer, uid: str) -> None:
    shelf.create("heart", VENTRICLES)
    for verdict in ("include", "exclude"):
        with pytest.raises(UsageError, match="nothing in the store is called"):
            shelf.decide("heart", uid, verdict, "why")  # type: ignore[arg-type]


def test_a_part_of_an_object_is_no_part_of_another_kind(shelf: Shelf, heart: Writer) -> None:
    shelf.create("items", {"items": {}})
    with pytest.raises(UsageError, match="consists of items"):
        shelf.decide("items", "1.1.2.1#segment/1", "include", "why")
    with pytest.raises(UsageError, match="none of the items"):
        shelf.decide("items", "1.1.2.1", "include", "why")


def test_a_reason_is_needed(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES)
    with pytest.raises(UsageError, match="a reason is needed"):
        shelf.decide("heart", "C", "include", " ")
