"""kill -9 while a cohort is frozen leaves no snapshot at all, and the next freeze works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cohortgraph.client import Client
from cohortgraph.graph.store.directory import Store
from cohortgraph.registry import open_database

from ..ingest.archives import image, write

SCRIPT = """
import os, signal, sys
from cohortgraph.client import connect
from cohortgraph.cohorts import rows, staging

room, attribute = {"gathering": (staging.Stage, "settle"), "series": (staging.Stage, "keep"),
                   "committing": (rows, "record")}[sys.argv[2]]
wanted = getattr(room, attribute)

def killed(*arguments, **named):
    wanted(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(room, attribute, killed)
with connect(sys.argv[1]) as client:
    client.freeze_cohort("all")
"""
"""Dies right after gathering, after the contents are written, and just before the transaction is committed."""


def test_killed_at_any_moment_a_freeze_leaves_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with Client(Store.init(store)) as client:
        for n in range(5):
            write(tmp_path / "data" / f"{n}.dcm", image(f"1.2.{n}"))
        client.ingest([tmp_path / "data"], "one", workers=1)
        client.create_cohort("all", {"patients": {}})
    for moment in ("gathering", "series", "committing"):
        told = subprocess.run([sys.executable, "-c", SCRIPT, str(store), moment], check=False)
        assert told.returncode == -9
    with Client(Store.open(store)) as client:
        assert client.cohort("all").snapshots == ()
        assert [each.event for each in client.cohort("all").history] == ["created"]
        made = client.freeze_cohort("all")
        assert (made.number, made.counts["instances"]) == (1, 5)
    with open_database(store / "registry.sqlite").connect() as connection:
        counts = [
            connection.exec_driver_sql(f"SELECT count(*) FROM snapshot_{name}").scalar_one()
            for name in ("members", "series", "instances", "matched")
        ]
    assert counts == [1, 1, 5, 0]


def test_a_freeze_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cohortgraph.cohorts import rows

    def full(*_: object) -> None:
        raise OSError("disk full")

    with Client(Store.init(tmp_path / "store")) as client:
        client.create_cohort("all", {"patients": {}})
        monkeypatch.setattr(rows, "record", full)
        with pytest.raises(OSError, match="disk full"):
            client.freeze_cohort("all")
        assert client.cohort("all").snapshots == ()
