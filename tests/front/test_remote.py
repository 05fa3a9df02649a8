"""A running server is asked as a store is: the command line, Python, REST and GraphQL find the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner

import cohortgraph as package
from cohortgraph.cli import cohortgraph as command_line
from cohortgraph.errors import UsageError

from .conftest import QUESTIONS, ROOT, cohortgraph

HOW_TO = ROOT / "docs" / "how-to" / "serve.md"
THREE = sorted(QUESTIONS.glob("[123]-*.yaml"))
LABELS = {"patients": "Patient", "items": "ContentItem"}


@dataclass(frozen=True)
class Served:
    """A store, and where a server answers for it."""

    store: Path
    url: str


@pytest.fixture(scope="module")
def served(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server, a process of its own, of a copy of the demo's store."""
    place = tmp_path_factory.mktemp("served")
    store = Path(shutil.copytree(ingested, place / "store"))
    command = [sys.executable, "-m", "cohortgraph", "serve", "--port", "0", "--store", str(store)]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        yield Served(store, _until(lambda: _url(place / "log")))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _url(log: Path) -> str:
    told = (json.loads(line) for line in log.read_text().splitlines())
    return next((line["url"] for line in told if line.get("event") == "serving"), "")


def _until(holds: Callable[[], Any]) -> Any:
    ends = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)
    return found


def _run(*arguments: object) -> str:
    """What a command prints; an error is raised as it is."""
    told = CliRunner().invoke(command_line, [*map(str, arguments)], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.stdout


def _printed(*arguments: object) -> list[str]:
    return [hit["id"] for hit in json.loads(_run(*arguments))["hits"]]


def _python(target: Path | str, document: str) -> list[str]:
    with package.connect(target) as client:
        return [hit["id"] for hit in client.query(document).hits]


def _rest(url: str, document: str) -> list[str]:
    answer = httpx.post(f"{url}/api/query", json={"document": document, "limit": 500}).json()
    return [hit["id"] for hit in answer["hits"]]


def _graphql(url: str, document: str) -> list[str]:
    ((root, where),) = yaml.safe_load(document).items()
    query = f"query($where: {LABELS[root]}Filter) {{ {root}(where: $where, first: 500) {{ nodes {{ id }} }} }}"
    variables = {"where": json.loads(json.dumps(where))}
    answer = httpx.post(f"{url}/graphql", json={"query": query, "variables": variables}).json()
    return [node["id"] for node in answer["data"][root]["nodes"]]


@pytest.mark.parametrize("question", THREE, ids=lambda path: path.stem)
def test_the_demos_questions_find_the_same_each_way(ingested: Path, served: Served, question: Path) -> None:
    document = question.read_text()
    query = ("query", question, "--format", "json")
    expected = _python(ingested, document)
    assert expected
    assert _printed(*query, "--store", ingested) == expected
    assert _printed("--server", served.url, *query) == expected
    assert _printed(*query, "--store", served.store) == expected
    assert _python(served.url, document) == expected
    assert _rest(served.url, document) == expected
    assert _graphql(served.url, document) == expected


def test_the_demo_has_three_questions() -> None:
    assert len(THREE) == 3


COMMANDS: tuple[tuple[object, ...], ...] = (
    ("datasets", "list", "--json"),
    ("patients", "list", "--json"),
    ("references", "--json"),
    ("tags", "list", "--json"),
    ("facets", THREE[0], "--by", "segments.type", "--format", "json"),
    ("overlap", THREE[0], THREE[1], "--format", "json"),
    ("explain", THREE[0], "--json"),
    ("show", "DEMO-001", "--json"),
    ("cypher", "MATCH (s:Series) RETURN s.modality AS m, count(*) AS n ORDER BY m", "--format", "json"),
    ("cohort", "list", "--json"),
    ("quarantine", "--json"),
    ("stats", "--json"),
    ("check",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(map(str, command[:2])))
def test_a_command_prints_the_same_of_a_server(
    command: tuple[object, ...], ingested: Path, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = _run(*command, "--store", ingested)
    monkeypatch.setenv("COHORTGRAPH_SERVER", served.url)
    assert _run(*command) == here != ""


def test_files_are_taken_in_and_along_through_a_server(served: Served, drawn: Path, tmp_path: Path) -> None:
    asked = partial(_run, "--server", served.url)
    some = sorted(drawn.rglob("*.dcm"))[:3]
    report = json.loads(asked("ingest", *some, "--dataset", "again", "--json"))
    assert (report["files"], report["kept"]) == (3, 0)
    asked("cohort", "create", "three", THREE[0])
    asked("cohort", "freeze", "three")
    asked("export", "three", "--out", tmp_path / "three")
    assert (tmp_path / "three" / "manifest.csv").is_file()
    asked("query", THREE[0], "--manifest", tmp_path / "where")
    asked("cohort", "delete", "three", "--yes")
    asked("datasets", "delete", "again", "--yes")
    asked("upgrade")
    asked("backup", tmp_path / "backup")
    assert (tmp_path / "backup").stat().st_size


@pytest.mark.parametrize("command", [["init"], ["serve"], ["restore", str(HOW_TO)]], ids=lambda each: each[0])
def test_what_makes_no_sense_through_a_server_says_so(command: list[str]) -> None:
    with pytest.raises(UsageError, match="not through a server, and --server names http://"):
        _run("--server", "http://127.0.0.1:9", *command)


def test_where_no_server_answers_the_command_says_how_to_start_one() -> None:
    told = cohortgraph("--server", "http://127.0.0.1:9", "stats")
    assert told.returncode == 2
    assert "no server answers at http://127.0.0.1:9" in told.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_curl_command_of_the_how_to_runs(served: Served, drawn: Path, tmp_path: Path) -> None:
    some = sorted(drawn.rglob("*.dcm"))
    shutil.copy(some[0], tmp_path / "report.dcm")
    shutil.make_archive(str(tmp_path / "study"), "zip", some[-1].parent)
    blocks = re.sub(r"\\\n\s+", " ", HOW_TO.read_text(encoding="utf-8"))
    commands = re.findall(r"^    (curl .*)$", blocks, re.MULTILINE)
    assert len(commands) == 6
    job = ""
    for command in commands:
        text = command.replace("http://127.0.0.1:8000", served.url).replace("jobs/ID", f"jobs/{job}")
        told = subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, check=True, env=os.environ)
        if told.stdout.startswith(b"{"):
            found = json.loads(told.stdout)
            assert "error" not in found or found["error"] is None, f"{command}\n{told.stdout!r}"
            job = found.get("id", job)
    assert job
    assert (tmp_path / "segments.parquet").read_bytes().startswith(b"PAR1")
