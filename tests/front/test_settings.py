"""Which store a command works on: flag > environment > cohortgraph.toml > ./cohortgraph-store."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohortgraph import UsageError
from cohortgraph.settings import find_store


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COHORTGRAPH_STORE", raising=False)


def test_the_default_lies_in_the_working_directory() -> None:
    assert find_store() == "cohortgraph-store"


def test_flag_beats_environment_beats_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cohortgraph.toml").write_text('store = "from-file"\n')
    assert find_store() == "from-file"
    monkeypatch.setenv("COHORTGRAPH_STORE", "from-environment")
    assert find_store() == "from-environment"
    assert find_store("from-flag") == "from-flag"


@pytest.mark.parametrize("text", ["store = 3\n", "store = \n"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "cohortgraph.toml").write_text(text)
    with pytest.raises(UsageError, match=r"cohortgraph\.toml"):
        find_store()
