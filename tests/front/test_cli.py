"""The command line as a user meets it: what it prints, where, and with which exit code."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from .conftest import QUESTIONS, ROOT, cohortgraph

BOTH = QUESTIONS / "1-both-ventricles-in-one-segmentation.yaml"
EVERYBODY = "patients: {}"
REPORT_KEYS = [
    "files", "kept", "unchanged", "replaced", "duplicates", "conflicts", "ignored", "quarantined",
    "instances", "nodes", "seconds",
]  # fmt: skip


def test_a_second_ingest_changes_nothing(ingested: Path, drawn: Path) -> None:
    before = cohortgraph("stats", "--digest", "--store", ingested).stdout
    told = cohortgraph("ingest", drawn, "--dataset", "demo", "--json", "--store", ingested)
    report = json.loads(told.stdout)
    assert list(report) == REPORT_KEYS
    assert report["kept"] == 0
    assert report["unchanged"] == report["files"] - report["ignored"]
    assert report["ignored"] == 1  # truth.json
    assert cohortgraph("stats", "--digest", "--store", ingested).stdout == before


def test_count_prints_the_bare_number(ingested: Path) -> None:
    told = cohortgraph("query", BOTH, "--count", "--store", ingested)
    assert told.stdout.strip().isdigit()


def test_pages_join_to_the_whole_answer(ingested: Path) -> None:
    question = json.dumps({"series": {"modality": {"eq": "CT"}}})
    whole = json.loads(cohortgraph("query", "-", "--format", "json", "--store", ingested, stdin=question).stdout)
    ids, after = [], None
    while True:
        options = ["--limit", "5", *(["--after", after] if after else [])]
        told = cohortgraph("query", "-", "--format", "json", "--store", ingested, *options, stdin=question)
        page = json.loads(told.stdout)
        ids += [hit["id"] for hit in page["hits"]]
        after = page["next"]
        if after is None:
            break
    assert ids == [hit["id"] for hit in whole["hits"]]
    assert whole["total"] == len(ids) == 12


def test_csv_and_parquet_hold_the_same_rows(ingested: Path, tmp_path: Path) -> None:
    cohortgraph(
        "query", BOTH, "--level", "segments", "--format", "csv", "--out", tmp_path / "a.csv", "--store", ingested
    )
    cohortgraph(
        "query",
        BOTH,
        "--level",
        "segments",
        "--format",
        "parquet",
        "--out",
        tmp_path / "a.parquet",
        "--store",
        ingested,
    )
    with (tmp_path / "a.csv").open(newline="") as stream:
        ids = [row["id"] for row in csv.DictReader(stream)]
    assert ids
    assert ids == pq.read_table(tmp_path / "a.parquet")["id"].to_pylist()


def test_an_item_comes_with_its_codes(ingested: Path) -> None:
    question = json.dumps({"items": {"name": {"memberOf": "PR interval"}}})
    told = cohortgraph("query", "-", "--json", "--limit", "1", "--store", ingested, stdin=question)
    (hit,) = json.loads(told.stdout)["hits"]
    assert hit["name"] == [{"id": "MDC:2:15872", "meaning": "PR interval global"}]
    assert hit["unit"] == [{"id": "UCUM:ms", "meaning": "millisecond"}]


def test_a_manifest_names_files_and_their_digests(ingested: Path, drawn: Path, tmp_path: Path) -> None:
    told = cohortgraph("query", BOTH, "--manifest", tmp_path / "cohort", "--store", ingested)
    assert told.returncode == 0, told.stderr
    with (tmp_path / "cohort" / "manifest.csv").open(newline="") as stream:
        listed = list(csv.DictReader(stream))
    assert json.loads((tmp_path / "cohort" / "manifest.json").read_text())["objects"] == len(listed) > 0
    files = {hashlib.sha256(path.read_bytes()).hexdigest() for path in drawn.rglob("*.dcm")}
    assert {row["digest"] for row in listed} <= files


def test_a_table_in_a_pipe_keeps_each_row_on_one_line(ingested: Path) -> None:
    ids = cohortgraph("query", BOTH, "--level", "segments", "--format", "csv", "--store", ingested).stdout
    table = cohortgraph("query", BOTH, "--level", "segments", "--store", ingested).stdout
    named = [row["id"] for row in csv.DictReader(ids.splitlines())]
    assert [line.split()[-1] for line in table.splitlines()[1:]] == named


def test_a_table_of_nothing_prints_nothing(ingested: Path) -> None:
    nobody = json.dumps({"patients": {"patientID": {"eq": "nobody"}}})
    told = cohortgraph("query", "-", "--store", ingested, stdin=nobody)
    assert (told.stdout, told.stderr, told.returncode) == ("", "0 patients\n", 0)


def test_studies_are_shown_by_date(ingested: Path) -> None:
    shown = cohortgraph("show", "DEMO-001", "--store", ingested).stdout
    dates = [line.split()[3] for line in shown.splitlines() if line[4:].startswith("Study ")]
    assert len(dates) > 1
    assert dates == sorted(dates)


def test_evidence_names_the_nodes_of_each_clause(ingested: Path) -> None:
    told = cohortgraph("query", BOTH, "--evidence", "--format", "json", "--store", ingested)
    hit = json.loads(told.stdout)["hits"][0]
    assert any("segments" in path for path in hit["evidence"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["query", "missing.yaml"], "missing.yaml"),
        (["query", "-", "--level", "people"], "people"),
        (["show", "nobody"], "nobody"),
        (["cypher", "MATCH (n) DELETE n"], "DELETE"),
        (["ingest", "nowhere", "--dataset", "x"], "nowhere"),
        (["query"], "FILE"),
        (["frobnicate"], "frobnicate"),
        (["qurey"], "'query'"),
        (["query", "-", "--evidence"], "--format json"),
        (["facets", BOTH, "--by", "modalty"], "'modality'"),
    ],
)
def test_wrong_use_exits_with_1_and_one_clear_line(ingested: Path, arguments: list[str], said: str) -> None:
    told = cohortgraph(*arguments, "--store", ingested, stdin="")
    assert told.returncode == 1
    assert said in told.stderr
    assert told.stderr.startswith("error: ")
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_nothing_is_removed_unless_somebody_says_yes(ingested: Path, answer: str) -> None:
    told = cohortgraph("datasets", "delete", "demo", "--store", ingested, stdin=answer)
    assert told.returncode == 1
    assert "nothing was removed" in told.stderr
    assert cohortgraph("query", "-", "--count", "--store", ingested, stdin=EVERYBODY).stdout == "12\n"


def test_a_reader_that_leaves_early_is_no_error_to_print(ingested: Path) -> None:
    command = [sys.executable, "-m", "cohortgraph", "query", "-", "--format", "csv", "--store", str(ingested)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as asking:
        assert asking.stdin and asking.stdout and asking.stderr
        asking.stdout.close()
        asking.stdin.write(EVERYBODY.encode())
        asking.stdin.close()
        assert asking.stderr.read() == b""
    assert asking.returncode == 1


def test_a_bad_question_names_the_path_and_the_nearest_name(ingested: Path) -> None:
    question = "patients: {segments: {some: {typ: {is: 'SCT:87878005'}}}}"
    told = cohortgraph("query", "-", "--store", ingested, stdin=question)
    assert told.returncode == 1
    assert "/segments/some/typ" in told.stderr
    assert "'type'" in told.stderr


def test_no_store_says_how_to_make_one(tmp_path: Path) -> None:
    told = cohortgraph("stats", "--store", tmp_path / "none")
    assert told.returncode == 2
    assert "cohortgraph init" in told.stderr


def test_strict_exits_with_2_when_a_file_is_in_quarantine(tmp_path: Path, drawn: Path) -> None:
    whole = next(drawn.rglob("CT/001.dcm")).read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cut.dcm").write_bytes(whole[:300])
    store = tmp_path / "store"
    cohortgraph("init", "--store", store)
    told = cohortgraph("ingest", tmp_path / "in", "--dataset", "x", "--strict", "--store", store)
    assert told.returncode == 2
    listed = cohortgraph("quarantine", "--store", store)
    assert "cut.dcm" in listed.stdout


def test_cypher_prints_columns_and_rows(ingested: Path) -> None:
    statement = "MATCH (s:Series) RETURN s.modality AS modality, count(*) AS n ORDER BY modality LIMIT 9"
    told = json.loads(cohortgraph("cypher", statement, "--json", "--store", ingested).stdout)
    assert told["columns"] == ["modality", "n"]
    assert {"modality": "CT", "n": 12} in told["rows"]


def test_show_reads_a_report_with_inherited_context(ingested: Path) -> None:
    question = json.dumps({"instances": {"series": {"seriesDescription": {"eq": "ventricular measurements"}}}})
    found = cohortgraph("query", "-", "--format", "json", "--limit", "1", "--store", ingested, stdin=question)
    uid = json.loads(found.stdout)["hits"][0]["id"]
    told = cohortgraph("show", uid, "--store", ingested).stdout
    assert "Volume" in told
    assert "site: Left Ventricle (SCT:87878005) (from" in told


def test_check_finds_nothing_wrong(ingested: Path) -> None:
    told = cohortgraph("check", "--store", ingested)
    assert told.returncode == 0, told.stdout + told.stderr


def test_a_backup_restores_to_an_equal_store(ingested: Path, tmp_path: Path) -> None:
    assert cohortgraph("backup", tmp_path / "store.backup", "--store", ingested).returncode == 0
    told = cohortgraph("restore", tmp_path / "store.backup", "--store", tmp_path / "again")
    assert told.returncode == 0, told.stderr
    digests = {cohortgraph("stats", "--digest", "--store", store).stdout for store in (ingested, tmp_path / "again")}
    assert len(digests) == 1


def test_explain_shows_form_codes_and_cypher(ingested: Path) -> None:
    told = cohortgraph("explain", QUESTIONS / "2-long-pr-prosthesis-no-pacemaker.yaml", "--store", ingested).stdout
    assert "MDC:2:15872" in told
    assert "MATCH" in told


def test_facets_count_patients_by_sex(ingested: Path, truth: list[dict[str, Any]]) -> None:
    told = cohortgraph("facets", "-", "--by", "patientSex", "--format", "json", "--store", ingested, stdin=EVERYBODY)
    found = json.loads(told.stdout)
    assert (found["by"], found["total"], found["missing"]) == ("patientSex", len(truth), 0)
    counted = {each["value"]: each["matched"] for each in found["values"]}
    assert counted == Counter(patient["sex"] for patient in truth)


def test_facets_draw_numbers_with_their_unit(ingested: Path, truth: list[dict[str, Any]]) -> None:
    question = "patients: {segments: {some: {type: {is: 'SCT:87878005'}}}}"
    told = cohortgraph("facets", "-", "--by", "volume", "--format", "csv", "--store", ingested, stdin=question)
    *intervals, missing = csv.DictReader(told.stdout.splitlines())
    assert {each["unit"] for each in intervals} == {"mL"}
    outlined = sum(patient["ventricles"] != "none" for patient in truth)
    assert sum(int(each["matched"]) for each in intervals) == outlined
    assert (missing["value"], missing["matched"]) == ("(none)", "0")


def test_a_facet_by_an_unknown_field_names_the_nearest(ingested: Path) -> None:
    told = cohortgraph("facets", "-", "--by", "segments.typ", "--store", ingested, stdin=EVERYBODY)
    assert (told.returncode, told.stdout) == (1, "")
    assert "did you mean 'type'" in told.stderr


def test_overlap_counts_every_combination(ingested: Path, tmp_path: Path, truth: list[dict[str, Any]]) -> None:
    women, born = tmp_path / "women.yaml", tmp_path / "born.yaml"
    women.write_text("patients: {patientSex: {eq: F}}")
    born.write_text("patients: {patientBirthDate: {gte: 1950-01-01}}")
    told = cohortgraph("overlap", women, born, "--format", "json", "--store", ingested)
    found = {tuple(each["questions"]): each for each in json.loads(told.stdout)["combinations"]}
    expected: Counter[tuple[str, ...]] = Counter()
    for patient in truth:
        holds = {women: patient["sex"] == "F", born: patient["birth_date"] >= "1950-01-01"}
        expected[tuple(str(file) for file, true in holds.items() if true)] += 1
    assert {names: each["exactly"] for names, each in found.items() if each["exactly"]} == expected
    assert found[()]["at_least"] == len(truth)
    table = cohortgraph("overlap", women, born, "--store", ingested).stdout
    assert f"1  {women}: " in table
    assert "exactly" in table
