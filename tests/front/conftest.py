"""A small drawn data set and a store that holds it, made once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "demo" / "questions"
PATIENTS = 12


def cohortgraph(*arguments: object, stdin: str | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "cohortgraph", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo data set, smaller."""
    folder = tmp_path_factory.mktemp("drawn")
    subprocess.run([sys.executable, "-m", "demo", str(folder), "--patients", str(PATIENTS)], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def truth(drawn: Path) -> list[dict[str, Any]]:
    """What is true of each drawn patient."""
    told: list[dict[str, Any]] = json.loads((drawn / "truth.json").read_text())
    return told


@pytest.fixture(scope="session")
def ingested(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the data set in it; tests only read it."""
    store = tmp_path_factory.mktemp("front") / "store"
    for command in (["init"], ["ingest", drawn, "--dataset", "demo"]):
        told = cohortgraph(*command, "--store", store)
        assert told.returncode == 0, told.stderr
    return store
