"""The database of jobs: made once, by however many come; taken on from an earlier version."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from subprocess import PIPE

import pytest
from sqlalchemy import make_url, text

from cohortgraph.client import Client
from cohortgraph.errors import StoreError
from cohortgraph.export.jobs.board import Board
from cohortgraph.export.jobs.database import prepared
from cohortgraph.graph.store.directory import Store

from . import postgres
from .planned import cohort, planned

PREPARED = """
import sys
from cohortgraph.export.jobs.database import prepared
print("ready", flush=True)
sys.stdin.readline()
prepared(sys.argv[1]).dispose()
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_all_who_come_at_once_to_a_new_database_find_its_tables(kind: str, tmp_path: Path) -> None:
    with postgres.running() if kind == "postgresql" else nullcontext(f"sqlite:///{tmp_path / 'new'}") as url:
        known = make_url(url)
        for attempt in range(3):
            new = known.set(database=f"{known.database}{attempt}").render_as_string(hide_password=False)
            command = [sys.executable, "-c", PREPARED, new]
            processes = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) for _ in range(4)]
            assert [_line(each) for each in processes] == ["ready\n"] * 4
            for each in processes:
                _go(each)
            assert [(each.communicate()[1], each.returncode) for each in processes] == [("", 0)] * 4


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def test_one_made_before_exports_had_an_identity_is_taken_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    with Board(url) as board, board._engine.begin() as connection:
        connection.execute(text("ALTER TABLE cohortgraph_export DROP COLUMN identity"))
    with Client(Store.init(tmp_path / "store")) as client:
        cohort(client, tmp_path / "data", 2)
        for attempt in range(2):
            with Board(url) as board:
                job = board.submit(planned(client, tmp_path / f"out{attempt}"), "all@1")
                assert board.job(job.id) == job


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://nobody:secret@127.0.0.1:1/jobs", r"postgresql://nobody:\*\*\*@127\.0\.0\.1:1/jobs: .*refused"),
        ("sqlite:////proc/none/jobs.sqlite", "/proc/none/jobs.sqlite: unable to open"),
    ],
)
def test_one_that_can_not_be_used_is_told_without_its_password(url: str, told: str) -> None:
    with pytest.raises(StoreError, match=told):
        prepared(url)
