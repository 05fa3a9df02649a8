"""Generated reference pages say what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.mark.parametrize(
    "name",
    [
        "write_schema_doc",
        "write_command_doc",
        "write_concepts_doc",
        "write_cypher_doc",
        "write_server_doc",
        "write_graphql_schema",
    ],
)
def test_the_page_is_current(name: str) -> None:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.TARGET.read_text(encoding="utf-8") == script.page(), f"run python scripts/{name}.py"
