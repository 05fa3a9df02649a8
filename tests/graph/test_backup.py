"""A backup is one file, from which either engine makes the same store again."""

import sqlite3
from pathlib import Path

import pytest

from cohortgraph.errors import StoreError, UsageError
from cohortgraph.graph.contract.dialect import GRAPH
from cohortgraph.graph.contract.suite import VALUES, concept, content
from cohortgraph.graph.engine import Batch
from cohortgraph.graph.schema import node
from cohortgraph.graph.store import backup as backups
from cohortgraph.graph.store.backup import backup, restore
from cohortgraph.graph.store.directory import Store


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with something of everything: nodes, edges, headers, a registry."""
    store.engine.write(GRAPH)
    store.engine.write(concept("SCT:1"))
    full = [{"id": f"V{i}"} | {p.name: VALUES[p.type][i] for p in node("Instance").properties} for i in range(3)]
    store.engine.write(Batch(create_nodes={"Instance": full}))
    store.engine.reserve_ordinals(7)
    store.headers.put({"digest": b"\x00header", "other": b""})
    with sqlite3.connect(store.registry_path) as registry:
        registry.execute("CREATE TABLE held (reason TEXT)")
        registry.execute("INSERT INTO held VALUES ('truncated')")
    return store


def assert_alike(a: Store, b: Store) -> None:
    assert content(a.engine) == content(b.engine)
    assert {d: a.headers.get(d) for d in a.headers.digests()} == {d: b.headers.get(d) for d in b.headers.digests()}
    with sqlite3.connect(b.registry_path) as registry:
        assert registry.execute("SELECT reason FROM held").fetchall() == [("truncated",)]
    assert a.engine.reserve_ordinals(1) == b.engine.reserve_ordinals(1) == 7


def test_a_backup_restores_the_whole_store(filled: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "backup.tar")
    with restore(tmp_path / "backup.tar", tmp_path / "again") as again:
        assert_alike(filled, again)


@pytest.mark.usefixtures("neo4j_engine")
def test_a_backup_restores_on_the_other_engine_and_back(filled: Store, tmp_path: Path, neo4j_url: str) -> None:
    backup(filled, tmp_path / "ladybug.tar")
    with restore(tmp_path / "ladybug.tar", neo4j_url, directory=tmp_path / "neo4j") as server:
        assert server.engine.name == "neo4j"
        assert content(server.engine) == content(filled.engine)
        backup(server, tmp_path / "neo4j.tar")
    with restore(tmp_path / "neo4j.tar", tmp_path / "back") as back:
        assert_alike(filled, back)


def test_pages_split_nodes_and_edges_without_loss(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "PAGE", 2)
    filled.engine.write(Batch(create_nodes={"Concept": [{"id": f"DCM:{i}"} for i in range(10, 15)]}))
    backup(filled, tmp_path / "backup.tar")
    with restore(tmp_path / "backup.tar", tmp_path / "again") as again:
        assert content(again.engine) == content(filled.engine)


def test_a_backup_never_replaces_a_file(filled: Store, tmp_path: Path) -> None:
    (tmp_path / "backup.tar").write_text("precious")
    with pytest.raises(UsageError, match="exists"):
        backup(filled, tmp_path / "backup.tar")
    assert (tmp_path / "backup.tar").read_text() == "precious"


def test_a_store_that_holds_anything_is_no_target(filled: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "backup.tar")
    with Store.init(tmp_path / "other") as other:
        other.engine.write(concept())
    with pytest.raises(StoreError, match="not empty"):
        restore(tmp_path / "backup.tar", tmp_path / "other")
    with Store.open(tmp_path / "other") as other:
        assert list(content(other.engine)) == ["Concept"]


@pytest.mark.parametrize("kept", [0, 600, 5000, -15_000])
def test_a_truncated_backup_is_named_and_nothing_is_made(filled: Store, tmp_path: Path, kept: int) -> None:
    file = tmp_path / "backup.tar"
    backup(filled, file)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(StoreError, match=r"backup\.tar is damaged"):
        restore(file, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_changed_byte_is_found(filled: Store, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup(filled, file)
    data = bytearray(file.read_bytes())
    data[data.index(b"PAR1") + 10] ^= 1
    file.write_bytes(data)
    with pytest.raises(StoreError, match=r"backup\.tar is damaged: nodes/.*parquet"):
        restore(file, tmp_path / "again")


def test_an_interrupted_restore_leaves_no_store_that_opens(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(filled, tmp_path / "backup.tar")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backups, "_load", interrupted)
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "backup.tar", tmp_path / "again")
    with pytest.raises(StoreError, match="interrupted; delete the directory"):
        Store.open(tmp_path / "again")
