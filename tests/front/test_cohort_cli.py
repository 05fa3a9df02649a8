"""Cohorts by the command line: the how-to as it stands, JSON of every command, errors that help."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cohortgraph.cli import cohortgraph as command
from cohortgraph.errors import UsageError

from .conftest import QUESTIONS, ROOT, cohortgraph

HOW_TOS = {"freeze-and-export-a-cohort.md": 12, "export-for-training.md": 11}
"""Pages, and how many commands they have at least."""
BOTH = QUESTIONS / "1-both-ventricles-in-one-segmentation.yaml"


@pytest.fixture
def store(ingested: Path, tmp_path: Path) -> Path:
    """A copy of the store, to write to."""
    return Path(shutil.copytree(ingested, tmp_path / "store"))


def run(*arguments: object, store: Path, stdin: str | None = None) -> Result:
    """Run a command in this process; an error is raised as it is."""
    asked = [*map(str, arguments), "--store", str(store)]
    return CliRunner().invoke(command, asked, input=stdin, catch_exceptions=False)


def told(*arguments: object, store: Path, stdin: str | None = None) -> Any:
    """What a command prints as JSON."""
    found = run(*arguments, "--json", store=store, stdin=stdin)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


@pytest.mark.parametrize("page", HOW_TOS)
def test_every_command_of_the_how_to_runs(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    commands = re.findall(r"^    cohortgraph (.+)$", text, re.MULTILINE)
    assert len(commands) >= HOW_TOS[page]
    for line in commands:
        arguments = shlex.split(line.replace("build/how-to", str(tmp_path)))
        if arguments[:2] == ["export", "verify"]:  # which needs no store
            assert CliRunner().invoke(command, arguments).exit_code == 0, line
            continue
        one = ["--workers", "1"] if arguments[0] == "export" else []
        found = run(*arguments, *one, store=store)
        assert found.exit_code == 0, (line, found.output)


def test_each_command_prints_json(store: Path, truth: list[dict[str, Any]], tmp_path: Path) -> None:
    expected = sum(p["ventricles"] == "together" and p["lv_volume"] > 120 for p in truth)
    other = next(p["patientID"] for p in truth if p["ventricles"] == "none")
    assert told("cohort", "create", "both", "-", store=store, stdin=BOTH.read_text())["level"] == "patients"
    frozen = told("cohort", "freeze", "both", store=store)
    assert frozen["counts"]["patients"] == expected
    assert told("cohort", "include", "both", other, "--reason", "x", store=store)["curation"][0]["reason"] == "x"
    diff = told("cohort", "diff", "both", store=store)
    assert diff["counts"]["patients"] == {"added": {"curation": 1}}
    assert told("cohort", "show", "both", store=store)["condition"]["gone"]["instances"] == []
    assert told("cohort", "show", "both@1", store=store)["digest"] == frozen["digest"]
    assert [each["name"] for each in told("cohort", "list", store=store)] == ["both"]
    assert (
        told("cohort", "exclude", "both", other, "--reason", "y", store=store)["curation"][0]["decision"] == "exclude"
    )
    assert told("cohort", "change", "both", "--notes", "n", store=store)["notes"] == "n"
    assert told("cohort", "restore", "both@1", store=store)["curation"] == []
    written = told("cohort", "export", "both", "--out", tmp_path / "out", store=store)
    assert written["objects"] == frozen["counts"]["instances"]
    assert told("cohort", "delete", "both", "--yes", store=store) == {"deleted": "both"}


def test_what_a_person_reads_before_and_after_the_data_are_deleted(store: Path, tmp_path: Path) -> None:
    run("cohort", "create", "both", BOTH, "--owner", "ada", store=store)
    assert "instances" in run("cohort", "freeze", "both", store=store).stdout
    assert "nothing changed" in run("cohort", "diff", "both", store=store).stdout
    assert "as they were frozen" in run("cohort", "show", "both", store=store).stdout
    run("datasets", "delete", "demo", "--yes", store=store)
    assert "gone patients" in run("cohort", "show", "both", store=store).stdout
    assert "changed data" in run("cohort", "diff", "both", store=store).stdout
    failed = cohortgraph("export", "both", "--out", tmp_path / "out", "--store", store)
    assert failed.returncode == 2
    assert failed.stderr.count("missing: ") > 10
    assert "--skip-missing" in failed.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cohort", "show", "bth"], "did you mean 'both'"),
        (["cohort", "diff", "both@1", "other@2"], "no snapshot of both"),
        (["cohort", "change", "both"], "nothing to change"),
        (["cohort", "include", "both", "1.2.3", "--reason", "x"], "nothing in the store is called"),
        (["export", "both", "--out", "out"], "never frozen"),
    ],
)
def test_errors_help(store: Path, arguments: list[str], said: str) -> None:
    run("cohort", "create", "both", BOTH, store=store)
    with pytest.raises(UsageError, match=said):
        run(*arguments, store=store)
