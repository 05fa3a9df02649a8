"""Which store a command works on: flag > environment > cohortgraph.toml > ./cohortgraph-store."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohortgraph import UsageError
from cohortgraph.settings import Server, find, find_store


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("COHORTGRAPH_STORE", "COHORTGRAPH_SERVER"):
        monkeypatch.delenv(name, raising=False)


def test_the_default_lies_in_the_working_directory() -> None:
    assert find_store() == "cohortgraph-store"


def test_flag_beats_environment_beats_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cohortgraph.toml").write_text('store = "from-file"\n')
    assert find_store() == "from-file"
    monkeypatch.setenv("COHORTGRAPH_STORE", "from-environment")
    assert find_store() == "from-environment"
    assert find_store("from-flag") == "from-flag"


@pytest.mark.parametrize("text", ["store = 3\n", "store = \n", "server = 1\n"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "cohortgraph.toml").write_text(text)
    with pytest.raises(UsageError, match=r"cohortgraph\.toml"):
        find_store()


def test_a_server_is_found_as_a_store_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cohortgraph.toml").write_text('server = "http://from.file/"\n')
    assert find() == Server("http://from.file", "server of cohortgraph.toml")
    monkeypatch.setenv("COHORTGRAPH_STORE", "from-environment")
    assert find() == "from-environment"
    monkeypatch.delenv("COHORTGRAPH_STORE")
    monkeypatch.setenv("COHORTGRAPH_SERVER", "https://from.environment")
    assert find() == Server("https://from.environment", "COHORTGRAPH_SERVER")
    assert find("from-flag") == "from-flag"
    assert find(None, "http://from.flag") == find("http://from.flag") == Server("http://from.flag", "--server")


def test_a_store_and_a_server_at_once_are_refused() -> None:
    with pytest.raises(UsageError, match="--store and --server are both given"):
        find("store", "http://127.0.0.1:8000")


def test_what_is_no_url_of_a_server_is_refused() -> None:
    with pytest.raises(UsageError, match="'localhost:8000' is no URL of a server"):
        find(None, "localhost:8000")


def test_work_on_a_stores_own_files_is_not_done_through_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COHORTGRAPH_SERVER", "http://127.0.0.1:8000")
    with pytest.raises(UsageError, match="COHORTGRAPH_SERVER names http://127"):
        find_store()
