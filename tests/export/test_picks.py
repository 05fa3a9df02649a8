"""Picks: which series a sample takes, and which it drops and why."""

from __future__ import annotations

from typing import Any

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.export.plan.model import PlannedObject
from cohortgraph.export.plan.options import Options
from cohortgraph.export.samples.gathered import Gathered, Series
from cohortgraph.export.samples.moment import Moment
from cohortgraph.export.samples.picks import choose, picks
from cohortgraph.export.samples.units import check, units

HOUR = 3600


def series(uid: str, modality: str, days: int | None = 0, size: int = 1, **more: Any) -> Series:
    kind = "waveform" if modality == "ECG" else "image"
    objects = tuple(PlannedObject(f"{uid}.{n}", "1", uid, "", (), (), kind) for n in range(size))
    texts = {"seriesDescription": more.pop("description", ""), "bodyPartExamined": more.pop("body", "")}
    moment = None if days is None else Moment(days, more.pop("seconds", None), more.pop("zone", None))
    told = {"study": "1", "description": "", "frames": size, "moment": moment, **more}
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


def test_before_and_after_are_in_time_where_it_is_known() -> None:
    ct = [series("1", "CT", 5, seconds=9 * HOUR)]
    later, earlier = series("9.1", "ECG", 5, seconds=17 * HOUR), series("9.2", "ECG", 4, seconds=8 * HOUR)
    assert chosen("ECG: nearest before CT", [later, earlier], ct) == (["9.2"], {"9.1": "not before CT"})
    assert chosen("ECG: nearest after CT", [later, earlier], ct) == (["9.1"], {"9.2": "not after CT"})
    dated = [series("9.1", "ECG", 5)]  # a date alone is both
    assert chosen("ECG: nearest before CT", dated, ct)[0] == chosen("ECG: nearest after CT", dated, ct)[0] == ["9.1"]


def test_nearest_is_in_time_also_over_midnight() -> None:
    late = [series("1", "CT", 0, seconds=23.5 * HOUR)]
    next_day, same_day = series("9.2", "ECG", 1, seconds=600), series("9.1", "ECG", 0, seconds=300)
    assert chosen("ECG: nearest CT", [next_day, same_day], late) == (["9.2"], {"9.1": "farther: 9.2"})
    assert chosen("ECG: nearest CT, 0 d", [next_day, same_day], late) == (["9.1"], {"9.2": "1 d from CT"})
    # 40 minutes are less than a day of which nobody knows the hour, and that is less than three days
    dated = series("9.0", "ECG", 0)
    assert chosen("ECG: nearest CT", [dated, next_day], late)[0] == ["9.2"]
    assert chosen("ECG: nearest CT", [dated, series("9.3", "ECG", 3, seconds=0)], late)[0] == ["9.0"]


def test_clocks_are_compared_by_their_zones_where_both_are_known() -> None:
    ct = series("1", "CT", 0, seconds=12 * HOUR, zone=-5 * HOUR)  # 17:00 UTC
    half = series("9.2", "ECG", 0, seconds=16.5 * HOUR, zone=0)
    early = series("9.1", "ECG", 0, seconds=12.2 * HOUR, zone=0)
    assert chosen("ECG: nearest before CT, 1 h", [half, early], [ct]) == (["9.2"], {"9.1": "4.8 h from CT"})
    unzoned = series("9.3", "ECG", 0, seconds=12.5 * HOUR)
    assert chosen("ECG: nearest after CT, 1 h", [half, unzoned], [ct])[0] == ["9.3"]
    assert chosen("ECG: first", [half, series("9.4", "ECG", 0, seconds=17 * HOUR, zone=HOUR)])[0] == ["9.4"]


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
