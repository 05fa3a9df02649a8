"""The demo's questions find what is true of the drawn patients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cohortgraph as package

from .conftest import QUESTIONS, cohortgraph

Truth = list[dict[str, Any]]


def _answer(store: Path, question: str, *options: object) -> dict[str, Any]:
    told = cohortgraph("query", QUESTIONS / question, "--format", "json", "--store", store, *options)
    assert told.returncode == 0, told.stderr
    answer: dict[str, Any] = json.loads(told.stdout)
    return answer


def test_both_ventricles_in_one_object_with_a_large_left_one(ingested: Path, truth: Truth) -> None:
    found = _answer(ingested, "1-both-ventricles-in-one-segmentation.yaml")
    expected = {p["patientID"] for p in truth if p["ventricles"] == "together" and p["lv_volume"] > 120}
    assert expected
    assert {hit["patientID"] for hit in found["hits"]} == expected


def test_both_ventricles_anywhere_finds_also_those_spread_over_two_objects(ingested: Path, truth: Truth) -> None:
    anywhere = {
        "patients": {
            "AND": [
                {"segments": {"some": {"type": {"is": "SCT:87878005"}}}},
                {"segments": {"some": {"type": {"is": "SCT:53085002"}}}},
            ]
        }
    }
    told = cohortgraph("query", "-", "--format", "json", "--store", ingested, stdin=json.dumps(anywhere))
    found = {hit["patientID"] for hit in json.loads(told.stdout)["hits"]}
    assert found == {p["patientID"] for p in truth if p["ventricles"] in ("together", "apart")}


def test_long_pr_interval_prosthesis_and_nobody_says_pacemaker(ingested: Path, truth: Truth) -> None:
    found = _answer(ingested, "2-long-pr-prosthesis-no-pacemaker.yaml")
    expected = {
        p["patientID"]
        for p in truth
        if p["pr_interval"] > 200 and p["prosthesis"] and p["pacemaker"] in ("no", "not mentioned")
    }
    assert expected
    assert {hit["patientID"] for hit in found["hits"]} == expected


def test_items_come_with_their_public_ids_and_their_patients(ingested: Path) -> None:
    found = _answer(ingested, "3-wide-right-ventricles.yaml")
    assert found["level"] == "items"
    for hit in found["hits"]:
        assert hit["id"].startswith(f"{hit['sopInstanceUID']}#item/")
        assert hit["patientID"].startswith("DEMO-")


def test_the_measured_volume_is_the_drawn_one_within_five_percent(ingested: Path, truth: Truth) -> None:
    question = {"segments": {"type": {"is": "SCT:87878005"}}}
    with package.connect(str(ingested)) as store:
        measured = {hit["patientID"]: hit["volume"] for hit in store.query(question).hits}
    drawn = {p["patientID"]: p["lv_volume"] for p in truth if p["ventricles"] != "none"}
    assert measured.keys() == drawn.keys()
    for patient, volume in measured.items():
        assert volume == pytest.approx(drawn[patient], rel=0.05)


def test_python_and_command_line_agree(ingested: Path) -> None:
    question = (QUESTIONS / "2-long-pr-prosthesis-no-pacemaker.yaml").read_text()
    told = _answer(ingested, "2-long-pr-prosthesis-no-pacemaker.yaml")
    with package.connect(ingested) as store:
        assert [hit["id"] for hit in store.query(question).hits] == [hit["id"] for hit in told["hits"]]
        assert store.count(question) == told["total"]


def test_an_ecg_in_the_month_before_the_ct(ingested: Path, truth: Truth) -> None:
    found = _answer(ingested, "4-ecg-in-the-month-before-the-ct.yaml")
    expected = {p["patientID"] for p in truth if 0 <= p["ecg_days_before_ct"] <= 30}
    assert expected and len(expected) < len(truth)
    assert {hit["patientID"] for hit in found["hits"]} == expected


def test_the_days_between_ecg_and_ct_are_the_drawn_ones(ingested: Path, truth: Truth) -> None:
    asked = {"first": {"modality": {"eq": "ECG"}}, "then": {"modality": {"eq": "CT"}}, "ordered": False}
    with package.connect(str(ingested)) as store:
        for days in (0, 1, 3, 29, 45):
            found = {hit["patientID"] for hit in store.query({"patients": {"within": asked | {"days": days}}}).hits}
            assert found == {p["patientID"] for p in truth if abs(p["ecg_days_before_ct"]) <= days}
