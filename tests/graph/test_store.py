"""A store is a directory with one owner process; what is wrong with it is said in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from cohortgraph.errors import StoreError, UsageError
from cohortgraph.graph.contract.suite import concept, count
from cohortgraph.graph.store.directory import Store

OWNER = """
import sys, time
from cohortgraph.graph.store.directory import Store
store = Store.open(sys.argv[1])
print("open", flush=True)
time.sleep(600)
"""


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    with Store.init(tmp_path / "store") as store:
        store.engine.write(concept())
        store.headers.put({"digest": b"header"})
    with Store.open(tmp_path / "store") as store:
        assert count(store.engine, "(:Concept)") == store.engine.version() == 1
        assert store.headers.get("digest") == b"header"


def test_init_again_changes_nothing(tmp_path: Path) -> None:
    with Store.init(tmp_path / "store") as store:
        store.engine.write(concept())
    settings = (tmp_path / "store" / "store.toml").read_text()
    with Store.init(tmp_path / "store") as store:
        assert store.engine.version() == 1
    assert (tmp_path / "store" / "store.toml").read_text() == settings


def test_an_init_that_was_interrupted_can_be_repeated(tmp_path: Path) -> None:
    Store.init(tmp_path / "store").close()
    for name in ("graph", "headers/headers.sqlite", "lock"):
        (tmp_path / "store" / name).unlink()
    Store.init(tmp_path / "store").close()


def test_a_missing_store_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cohortgraph init --store"):
        Store.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_directory_of_something_else_is_neither_opened_nor_filled(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(StoreError, match="is no store"):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="not empty and no store"):
        Store.init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    "text", ["format = 99", "format = 1\nengine = 'oracle'", "format = [", "format = 1\nengine = 'ladybug'\nx = 1"]
)
def test_a_store_of_another_format_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "store.toml").write_text(text)
    with pytest.raises(StoreError, match=r"store\.toml"):
        Store.open(tmp_path)


def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path: Path) -> None:
    Store.init(tmp_path / "store").close()
    (tmp_path / "store" / "graph").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="graph can't be opened"):
        Store.open(tmp_path / "store")


def test_a_second_opener_is_told_which_process_owns_the_store(tmp_path: Path) -> None:
    Store.init(tmp_path / "store").close()
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path / "store")], stdout=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=f"owned by process {owner.pid}"):
            Store.open(tmp_path / "store")
        owner.kill()
        owner.wait()
    Store.open(tmp_path / "store").close()  # kill -9 freed it


def test_one_process_opens_a_store_once(store: Store) -> None:
    with pytest.raises(StoreError, match="open in this process already"):
        Store.open(store.directory)


def test_a_store_that_can_not_be_opened_is_not_left_locked(tmp_path: Path) -> None:
    Store.init(tmp_path / "store").close()
    graph = tmp_path / "store" / "graph"
    kept = graph.read_bytes()
    graph.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError):
        Store.open(tmp_path / "store")
    graph.write_bytes(kept)
    Store.open(tmp_path / "store").close()


def test_a_store_on_neo4j_keeps_its_own_files_in_a_directory(tmp_path: Path, neo4j_engine, neo4j_url: str) -> None:
    with Store.init(neo4j_url, directory=tmp_path / "store") as store:
        store.engine.write(concept())
        assert store.engine.name == "neo4j"
    with Store.open(tmp_path / "store") as first, Store.open(tmp_path / "store") as second:
        assert first.engine.version() == second.engine.version() == neo4j_engine.version() == 1
    assert not (tmp_path / "store" / "graph").exists()
    with pytest.raises(StoreError, match="name another directory"):
        Store.init("bolt://elsewhere:7687", directory=tmp_path / "store")


def test_a_password_is_never_taken_from_the_url(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="NEO4J_PASSWORD"):
        Store.init("neo4j://neo4j:secret@localhost", directory=tmp_path / "store")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("target", ["http://localhost", "postgresql://localhost"])
def test_a_url_of_something_else_is_wrong_use(target: str) -> None:
    with pytest.raises(UsageError, match="neo4j"):
        Store.init(target)


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"bolt://127\.0\.0\.1:1"):
        Store.init("bolt://127.0.0.1:1", directory=tmp_path / "store")
