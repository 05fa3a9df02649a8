"""Patient, Study and Series: what they say when instances disagree, and how they hang together."""

from __future__ import annotations

import json
from datetime import date
from itertools import permutations

import pytest

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.writing.merge import GIVEN, Merged, from_row, remerge

from .objects import edges, instance, nodes, writer


def test_semantics_1_8_smallest_uid_with_a_value_wins(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.3", study_says={"studyDescription": "of 1.3", "studyID": "of 1.3"})])
    into.commit([instance("1.1", study_says={"studyDescription": "of 1.1"})])
    into.commit([instance("1.2", study_says={"studyDescription": "of 1.2", "studyID": "of 1.2"})])
    ((_, description, study_id, disagreements, contributors),) = nodes(
        engine, "Study", "studyDescription", "studyID", "disagreements", "contributors"
    )
    assert (description, study_id) == ("of 1.1", "of 1.2")
    assert disagreements == ["studyDescription", "studyID"]
    assert json.loads(contributors) == {"1.1": ["studyDescription"], "1.2": ["studyID"]}


@pytest.mark.parametrize("order", permutations(["1.1", "1.2", "1.3"]))
def test_semantics_1_8_merging_is_independent_of_the_order(order: tuple[str, ...]) -> None:
    says = {"1.1": {"studyID": ""}, "1.2": {"studyID": "b", "patientAge": "040Y"}, "1.3": {"studyID": "a"}}
    merged = Merged()
    for uid in order:
        merged.add(uid, says[uid], GIVEN["Study"])
    assert merged.values == {"studyID": "b", "patientAge": "040Y"}
    assert merged.disagreements == {"studyID"}
    assert from_row("Study", merged.row("Study")) == merged


def test_semantics_1_8_recomputed_on_delete_and_on_replace(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance(f"1.{n}", series_says={"seriesDescription": f"of 1.{n}"}) for n in (1, 2, 3)])
    into.delete(["1.1"])
    assert nodes(engine, "Series", "seriesDescription", "disagreements") == [("8.1", "of 1.2", ["seriesDescription"])]
    into.commit(replace=[instance("1.2")])
    assert nodes(engine, "Series", "seriesDescription", "disagreements") == [("8.1", "of 1.3", None)]


def test_merging_anew_stops_reading_when_all_is_found_again() -> None:
    before = Merged({"studyID": "a"}, {"studyID": "1.1"})

    def remaining():
        yield "1.2", instance("1.2", study_says={"studyID": "a"})
        raise AssertionError("read on, though nothing was left to find")

    assert remerge("Study", before, remaining()).contributors == {"studyID": "1.2"}


def test_a_series_copies_the_merged_date_of_its_study(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.2", series="8.1", date_=date(2021, 2, 3)), instance("1.3", series="8.2")])
    assert nodes(engine, "Series", "studyDate") == [("8.1", date(2021, 2, 3)), ("8.2", date(2021, 2, 3))]
    into.commit([instance("1.1", series="8.3", date_=date(2020, 1, 1))])
    assert {day for _, day, _ in nodes(engine, "Series", "studyDate", "studyDateDays")} == {date(2020, 1, 1)}
    assert {days for *_, days in nodes(engine, "Series", "studyDateDays")} == {18262}


def test_emptied_levels_go_with_their_last_instance(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1", series="8.1"), instance("1.2", series="8.2")])
    into.delete(["1.1"])
    assert [nodes(engine, label) for label in ("Patient", "Study", "Series")] == [[("d|P",)], [("8",)], [("8.2",)]]
    into.delete(["1.2"])
    assert [nodes(engine, label) for label in ("Patient", "Study", "Series", "Instance")] == [[], [], [], []]


def test_a_replaced_object_moves_to_the_patient_and_series_it_names_now(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1"), instance("1.2")])
    into.commit(replace=[instance("1.1", patient="d|Q", study="9", series="9.1")])
    assert edges(engine, "Patient", "HAS_STUDY", "Study") == [("d|P", "8"), ("d|Q", "9")]
    assert edges(engine, "Study", "HAS_SERIES", "Series") == [("8", "8.1"), ("9", "9.1")]
    assert edges(engine, "Series", "HAS_INSTANCE", "Instance") == [("8.1", "1.2"), ("9.1", "1.1")]


def test_a_study_corrected_object_by_object_leaves_its_old_patient(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1"), instance("1.2")])
    into.commit(replace=[instance("1.1", patient="d|Q")])
    assert edges(engine, "Patient", "HAS_STUDY", "Study") == [("d|P", "8"), ("d|Q", "8")]
    into.commit(replace=[instance("1.2", patient="d|Q")])
    assert edges(engine, "Patient", "HAS_STUDY", "Study") == [("d|Q", "8")]
    assert nodes(engine, "Patient", "patientID", "authority") == [("d|Q", "Q", "d")]
