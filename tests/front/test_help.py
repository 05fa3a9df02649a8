"""``--help`` stays light: it loads no engine, no reader and no library of theirs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "ladybug",
    "neo4j",
    "pyarrow",
    "pydicom",
    "highdicom",
    "numpy",
    "sqlalchemy",
    "alembic",
    "yaml",
    "rich",
    "pint",
    "fastapi",
    "uvicorn",
    "httpx",
)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["ingest", "--help"],
        ["query", "--help"],
        ["show", "--help"],
        ["facets", "--help"],
        ["serve", "--help"],
        ["--server", "http://127.0.0.1:8000", "query", "--help"],
    ],
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys; from cohortgraph.cli import cohortgraph\n"
        f"cohortgraph.main({arguments!r}, standalone_mode=False)\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip().endswith("LOADED []")
    assert "Usage:" in told.stdout
