"""Deleting a data set leaves what a store would hold that never had it, also when it is killed in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.graph.datasets import dataset, datasets, describe
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest import delete
from cohortgraph.ingest.delete import delete_dataset
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check
from cohortgraph.registry import Registry

from .archives import image, write

SCRIPT = """
import signal, sys
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest import delete

def tell(event):
    print(event.done, flush=True)
    signal.pause()

if __name__ == "__main__":
    delete.CHUNK = 20
    with Store.open(sys.argv[1]) as opened:
        delete.delete_dataset(opened, "one", progress=tell)
"""


@pytest.fixture(params=["ladybug", "neo4j"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store on each engine."""
    target = str(tmp_path / "either")
    if request.param == "ladybug":
        with Store.init(target) as made:
            yield made
        return
    url = request.getfixturevalue("neo4j_url")
    wipe: Callable[[], None] = request.getfixturevalue("wipe_neo4j")
    wipe()
    with Store.init(url, directory=target) as made:
        yield made


def only(tmp_path: Path, paths: list[Path], name: str, authority: str | None = None) -> str:
    """The digest of a store that never had another data set."""
    with Store.init(tmp_path / "only") as store:
        ingest(store, paths, name, workers=1, authority=authority)
        return digest(store.engine)


def test_objects_of_other_data_sets_stay_as_if_the_deleted_one_had_never_been(
    either: Store, tmp_path: Path, shared_data: Path
) -> None:
    whole, part = shared_data / "dcmqi", sorted((shared_data / "dcmqi").rglob("*.dcm"))[::3]
    ingest(either, [whole], "one", workers=1)
    ingest(either, part, "two", workers=1)
    assert dataset(either.engine, "one").shared > 0
    deleted = delete_dataset(either, "one")
    assert deleted.kept > 0
    assert [each.name for each in datasets(either.engine)] == ["two"]
    assert digest(either.engine) == only(tmp_path, part, "two")
    assert check(either) == []
    report = ingest(either, part, "two", workers=1)
    assert report.unchanged == report.files - report.ignored - report.conflicts - report.quarantined


def test_a_deleted_data_set_is_forgotten_whole(either: Store, tmp_path: Path) -> None:
    write(tmp_path / "in" / "torn.dcm", image("1.2.3")[:-3])
    write(tmp_path / "in" / "whole.dcm", image("1.2.4"))
    empty = digest(either.engine)
    ingest(either, [tmp_path / "in"], "one", workers=1)
    delete_dataset(either, "one")
    assert digest(either.engine) == empty
    assert list(either.headers.digests()) == []
    with Registry(either.registry_path) as registry:
        assert registry.held() == []
    with pytest.raises(UsageError, match="no data set 'one'"):
        delete_dataset(either, "one")
    assert ingest(either, [tmp_path / "in"], "one", workers=1).kept == 1


def test_a_deletion_that_is_killed_leaves_a_sound_store_and_goes_on(tmp_path: Path) -> None:
    for n in range(120):
        write(tmp_path / "in" / f"{n:03}.dcm", image(f"1.2.{n}", SeriesInstanceUID=f"1.3.{n % 3}"))
    shared = [tmp_path / "in" / f"{n:03}.dcm" for n in range(0, 120, 5)]
    target = tmp_path / "store"
    with Store.init(target) as store:
        ingest(store, [tmp_path / "in"], "one", workers=1)
        ingest(store, shared, "two", workers=1)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with subprocess.Popen([sys.executable, script, target], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == 20
        process.send_signal(signal.SIGKILL)
    with Store.open(target) as store:
        assert check(store) == []
        left = sum(dataset(store.engine, "one").objects.values())
        assert 0 < left <= 100
        deleted = delete_dataset(store, "one")
        assert deleted.removed + deleted.kept == left
        assert digest(store.engine) == only(tmp_path, shared, "two")
        assert check(store) == []


def test_progress_tells_of_each_chunk(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        write(tmp_path / "in" / f"{n}.dcm", image(f"1.2.{n}"))
    ingest(store, [tmp_path / "in"], "one", workers=1)
    monkeypatch.setattr(delete, "CHUNK", 2)
    told: list[tuple[str, int, int | None]] = []
    delete_dataset(store, "one", progress=lambda event: told.append((event.phase, event.done, event.total)))
    assert told == [("delete", 2, 5), ("delete", 4, 5), ("delete", 5, 5)]


def test_semantics_1_5_authority_is_issuer_else_assigning_authority_else_data_set(
    either: Store, tmp_path: Path
) -> None:
    write(tmp_path / "a.dcm", image("1.2.1", PatientID="7", StudyInstanceUID="1.1"))
    write(tmp_path / "b.dcm", image("1.2.2", PatientID="7", IssuerOfPatientID="H", StudyInstanceUID="1.4"))
    ingest(either, [tmp_path / "a.dcm", tmp_path / "b.dcm"], "one", workers=1, authority="Clinic")
    ingest(either, [tmp_path / "a.dcm"], "two", workers=1)
    found = either.engine.read("MATCH (p:Patient) RETURN p.id AS id ORDER BY id")["id"].to_pylist()
    assert found == ["Clinic|7", "H|7"]
    with pytest.raises(UsageError, match="other people's"):
        ingest(either, [tmp_path / "a.dcm"], "one", workers=1, authority="Elsewhere")
    assert ingest(either, [tmp_path / "a.dcm"], "one", workers=1, authority="Clinic").unchanged == 1
    delete_dataset(either, "one")
    found = either.engine.read("MATCH (p:Patient) RETURN p.id AS id")["id"].to_pylist()
    assert found == ["two|7"]
    assert check(either) == []


def test_what_is_said_of_a_data_set_is_validated(either: Store) -> None:
    said = {"title": "T", "license": "CC-BY-4.0", "useTerms": "DUO:0000007 DUO:0000042", "dateShift": "perPatient(k1)"}
    describe(either.engine, "one", said)
    assert dataset(either.engine, "one").properties == said | {"useTerms": "DUO:0000007, DUO:0000042"}
    describe(either.engine, "one", {"useTerms": "HMB-NPU, ncu DUO_0000007"})
    assert dataset(either.engine, "one").properties["useTerms"] == "DUO:0000006, DUO:0000045, DUO:0000046, DUO:0000007"
    describe(either.engine, "one", {"title": ""})
    assert "title" not in dataset(either.engine, "one").properties
    for wrong in ({"useTerms": "research only"}, {"dateShift": "weekly"}, {"licence": "MIT"}):
        with pytest.raises(UsageError):
            describe(either.engine, "one", wrong)
