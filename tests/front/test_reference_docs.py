"""Generated reference pages say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
ASK = """
import runpy, sys
made = runpy.run_path(sys.argv[1])
print(made["TARGET"], made["page"](), sep="\\n", end="")
"""


@pytest.mark.parametrize(
    "name",
    [
        "write_schema_doc",
        "write_command_doc",
        "write_concepts_doc",
        "write_attributes_doc",
        "write_cypher_doc",
        "write_server_doc",
        "write_graphql_schema",
    ],
)
def test_the_page_is_current(name: str) -> None:
    """Written anew by a process of its own: what ran before in this one would show in the commands' help."""
    told = subprocess.run(
        [sys.executable, "-c", ASK, SCRIPTS / f"{name}.py"], capture_output=True, text=True, check=True
    )
    target, page = told.stdout.split("\n", 1)
    assert Path(target).read_text(encoding="utf-8") == page, f"run python scripts/{name}.py"
