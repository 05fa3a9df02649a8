"""Picks: which series a sample takes, and which it drops and why."""

from __future__ import annotations

from typing import Any

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.export.plan.model import PlannedObject
from cohortgraph.export.plan.options import Options
from cohortgraph.export.samples.gathered import Gathered, Series
from cohortgraph.export.samples.picks import choose, picks
from cohortgraph.export.samples.units import check, units


def series(uid: str, modality: str, days: int | None = 0, size: int = 1, **more: Any) -> Series:
    kind = "waveform" if modality == "ECG" else "image"
    objects = tuple(PlannedObject(f"{uid}.{n}", "1", uid, "", (), (), kind) for n in range(size))
    texts = {"seriesDescription": more.pop("description", ""), "bodyPartExamined": more.pop("body", "")}
    told = {"study": "1", "description": "", "seconds": None, "frames": size, **more}
    return Series(uid=uid, modality=modality, days=days, objects=objects, texts=texts, **told)


def chosen(text: str, candidates: list[Series], near: list[Series] | None = None) -> tuple[list[str], dict[str, str]]:
    *_, pick = picks([text])
    found, dropped = choose(pick, candidates, near or [])
    return [each.uid for each in found], {each.id: each.reason for each in dropped}


def test_the_nearest_before_within_days_is_taken_and_the_others_say_why_not() -> None:
    ecgs = [series("9.1", "ECG", 60), series("9.2", "ECG", 95), series("9.3", "ECG", 101), series("9.4", "ECG", None)]
    found, dropped = chosen("ECG: nearest before CT, 30 d", [*ecgs, series("9.5", "ECG", 80)], [series("1", "CT", 100)])
    assert found == ["9.2"]
    assert dropped == {
        "9.1": "40 d from CT",
        "9.3": "not before CT",
        "9.4": "without a date, or that of what it is to be near to",
        "9.5": "farther: 9.2",
    }


def test_ties_go_to_the_smaller_uid() -> None:
    two = [series("9.2", "ECG", 98), series("9.1", "ECG", 102)]
    assert chosen("ECG: nearest CT", two, [series("1", "CT", 100)])[0] == ["9.1"]


def test_hours_are_between_the_times_of_series() -> None:
    ecgs = [series("9.1", "ECG", 0, seconds=3600), series("9.2", "ECG", 0, seconds=5 * 3600)]
    found, dropped = chosen("ECG: nearest after CT, 2 h", ecgs, [series("1", "CT", 0, seconds=0)])
    assert (found, dropped) == (["9.1"], {"9.2": "5 h from CT"})


@pytest.mark.parametrize(
    ("rule", "expected"), [("first", ["1.2"]), ("last", ["1.1"]), ("largest", ["1.3"]), ("all", ["1.1", "1.2", "1.3"])]
)
def test_rules_without_another_role(rule: str, expected: list[str]) -> None:
    held = [series("1.1", "CT", 9), series("1.2", "CT", 1), series("1.3", "CT", 5, size=7), series("2", "MR")]
    assert chosen(f"CT: {rule}", held)[0] == expected


def test_a_role_may_be_told_by_modality_and_text() -> None:
    held = [series("1", "MR", description="Ax T1 FS"), series("2", "MR", description="Ax T2")]
    assert chosen("T1 = MR seriesDescription~t1: first", held)[0] == ["1"]


def test_each_anchor_is_a_pair_with_what_is_near_it() -> None:
    held = [series("1.1", "CT", 0), series("1.2", "CT", 200), series("9.1", "ECG", 10), series("9.2", "ECG", 195)]
    patient = Gathered("p", "P", {each.uid: each for each in held})
    options = Options("monai", sample="pair")
    made = list(units(patient, options, picks(["ECG: nearest CT, 30 d"])))
    assert [[(role, each.uid) for role, each in one.series] for one in made] == [
        [("CT", "1.1"), ("ECG", "9.1")],
        [("CT", "1.2"), ("ECG", "9.2")],
    ]


def test_a_pair_may_be_of_two_series_of_one_modality() -> None:
    held = [series("1.1", "CT", 0), series("1.2", "CT", 50), series("1.3", "CT", 90)]
    patient = Gathered("p", "P", {each.uid: each for each in held})
    made = list(units(patient, Options("monai", sample="pair"), picks(["PRIOR = CT: nearest before CT"])))
    assert [([each.uid for _, each in one.series], one.lacks) for one in made] == [
        (["1.1"], ["PRIOR"]),
        (["1.2", "1.1"], []),
        (["1.3", "1.2"], []),
    ]


def test_a_rule_of_its_own_decides_which_series_others_are_near_to() -> None:
    held = [series("1.1", "CT", 0, size=9), series("1.2", "CT", 1), series("9.1", "ECG", 2)]
    patient = Gathered("p", "P", {each.uid: each for each in held})
    (made,) = units(patient, Options("monai", sample="pair"), picks(["CT: largest", "ECG: nearest CT"]))
    assert [each.uid for _, each in made.series] == ["1.1", "9.1"]
    assert [(each.id, each.reason) for each in made.dropped] == [("1.2", "smaller: 1.1")]


def test_frames_count_not_objects() -> None:
    held = [series("1.1", "CT", size=3), series("1.2", "CT", frames=200)]
    assert chosen("CT: largest", held)[0] == ["1.2"]


def test_reasons_are_true_of_ties_and_of_what_has_no_date() -> None:
    held = [series("1.1", "CT", None), series("1.2", "CT", 3), series("1.3", "CT", 3), series("1.4", "CT", 9)]
    assert chosen("CT: first", held) == (
        ["1.2"],
        {"1.1": "without a date: 1.2", "1.3": "its equal has the smaller UID: 1.2", "1.4": "later: 1.2"},
    )


def test_several_conditions_all_hold_and_texts_may_have_spaces() -> None:
    held = [series("1", "MR", description="Ax T1 FS", body="HEAD"), series("2", "MR", description="Ax T1", body="KNEE")]
    assert chosen('T1 = MR seriesDescription~"ax t1" bodyPartExamined~knee: first', held)[0] == ["2"]


def test_a_unit_without_what_is_picked_lacks_it() -> None:
    patient = Gathered("p", "P", {"1": series("1", "CT")})
    (made,) = units(patient, Options("monai", sample="patient"), picks(["ECG: nearest CT"]))
    assert made.lacks == ["ECG"]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["ECG nearest"], "expected ROLE: RULE"),
        (["ECG: closest CT"], "'closest CT' is no rule"),
        (["A = MR: nearest B", "B = CT: nearest A"], "nearest to one another"),
        (["CT: first", "CT: last"], "two picks"),
        (["CT = CT colour~red: first"], "'colour~red' is no condition"),
    ],
)
def test_picks_that_make_no_sense(texts: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        picks(texts)


def test_a_pair_needs_what_it_is_a_pair_of() -> None:
    with pytest.raises(UsageError, match="near to another role"):
        check(Options("monai", sample="pair"), picks(["CT: first"]))
