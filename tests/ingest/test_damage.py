"""Files that are gone and kept headers that are damaged: named, survived, and mended by ingesting again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from cohortgraph.client import Client
from cohortgraph.errors import CohortGraphError, StoreError, UsageError
from cohortgraph.export.written import ObjectsMissing
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check
from cohortgraph.registry import Registry

from .archives import image, write

COUNT = 24
Damage = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for n in range(COUNT):
        write(tmp_path / f"in/{n:02}.dcm", image(f"1.2.{n}", InstanceNumber=n, ImageComments="x" * 300))
    return tmp_path / "in"


@pytest.fixture
def filled(tmp_path: Path, folder: Path) -> Path:
    """The folder of a store that holds all."""
    with Store.init(tmp_path / "store") as store:
        ingest(store, [folder], "one", workers=1)
    return tmp_path / "store"


def headers(store: Path) -> Path:
    return store / "headers" / "headers.sqlite"


def _changed(statement: str) -> Damage:
    def _change(file: Path) -> None:
        with sqlite3.connect(file) as sqlite:
            sqlite.execute(statement)
        sqlite.close()

    return _change


def _flipped(seed: int) -> Damage:
    """A bit here and there behind the first page."""

    def _flip(file: Path) -> None:
        data, random = bytearray(file.read_bytes()), Random(seed)
        for _ in range(25):
            data[random.randrange(4096, len(data))] ^= 1 << random.randrange(8)
        file.write_bytes(data)

    return _flip


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


LOST: dict[str, tuple[Damage, int]] = {
    "one header is gone": (_changed("DELETE FROM header WHERE rowid = 3"), 1),
    "one header is another's bytes": (_changed("UPDATE header SET blob = x'0011' WHERE rowid = 3"), 1),
    "some headers are cut": (_changed("UPDATE header SET blob = substr(blob, 1, 40) WHERE rowid % 10 = 3"), 3),
    "the file is gone": (Path.unlink, COUNT),
    "the file is empty": (lambda file: file.write_bytes(b"") and None, COUNT),
}


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_of_the_kept_headers_is_named_and_mended_by_ingesting_again(
    filled: Path, folder: Path, name: str
) -> None:
    damage, lost = LOST[name]
    with Store.open(filled) as store:
        before = digest(store.engine)
    damage(headers(filled))
    with Store.open(filled) as store:
        named = {problem.subject for problem in check(store)} & {f"1.2.{n}" for n in range(COUNT)}
        assert len(named) == lost
        report = ingest(store, [folder], "one", workers=1, replace=True)
        assert (report.unchanged, report.replaced) == (COUNT, 0)
        assert check(store) == []
        assert digest(store.engine) == before


@pytest.mark.parametrize("damage", [*(_flipped(seed) for seed in range(3)), _cut])
def test_a_damaged_file_ends_nothing_but_in_an_error_that_says_what_to_do(
    filled: Path, folder: Path, damage: Damage
) -> None:
    damage(headers(filled))
    told = []
    try:
        with Store.open(filled) as store:
            told += map(str, check(store))
            ingest(store, [folder], "one", workers=1, replace=True)
            told += map(str, check(store))
    except CohortGraphError as error:
        told.append(str(error))
    assert told
    for file in headers(filled).parent.iterdir():  # as the message says
        file.unlink()
    with Store.open(filled) as store:
        ingest(store, [folder], "one", workers=1)
        assert check(store) == []


def test_an_altered_file_replaces_an_object_whose_header_is_damaged(filled: Path, folder: Path) -> None:
    _changed("UPDATE header SET blob = x'00'")(headers(filled))
    write(folder / "07.dcm", image("1.2.7", InstanceNumber=700))
    with Store.open(filled) as store:
        assert ingest(store, [folder], "one", workers=1, replace=True).replaced == 1
        assert check(store) == []


def test_a_copy_can_not_be_compared_with_a_damaged_header(filled: Path, folder: Path, tmp_path: Path) -> None:
    _changed("UPDATE header SET blob = x'00'")(headers(filled))
    write(tmp_path / "other/7.dcm", image("1.2.7", InstanceNumber=700))
    with Store.open(filled) as store:
        assert ingest(store, [tmp_path / "other"], "one", workers=1).conflicts == 1


def test_without_its_file_a_lost_header_stays_named(filled: Path, folder: Path) -> None:
    _changed("DELETE FROM header WHERE rowid <= 2")(headers(filled))
    for file in folder.iterdir():
        if file.stem < "12":
            file.unlink()
    with Store.open(filled) as store:
        ingest(store, [folder], "one", workers=1, replace=True)
        with pytest.raises(StoreError, match="no kept header"):
            store.headers.get("0" * 64)
        assert "its header is not kept" in {problem.message for problem in check(store)}


def test_what_is_gone_stays_known_and_an_export_names_it(filled: Path, folder: Path, tmp_path: Path) -> None:
    (folder / "03.dcm").unlink()
    with Client(Store.open(filled)) as client:
        again = client.ingest([folder], "one", workers=1)
        assert (again.files, again.unchanged) == (COUNT - 1, COUNT - 1)
        assert client.check() == []  # it is about the store, not about the files
        client.create_cohort("all", {"instances": {}})
        client.freeze_cohort("all")
        with pytest.raises(ObjectsMissing) as told:
            client.export_cohort("all", tmp_path / "out", "dicom")
    (missing,) = told.value.missing
    assert missing.sop_instance_uid == "1.2.3"
    assert "03.dcm" in missing.reason


def test_a_known_file_that_is_no_dicom_any_more_is_in_quarantine_and_its_object_stays(
    filled: Path, folder: Path
) -> None:
    (folder / "03.dcm").write_bytes((folder / "03.dcm").read_bytes()[:200])
    with Store.open(filled) as store, Registry(store.registry_path) as registry:
        report = ingest(store, [folder], "one", workers=1)
        assert (report.unchanged, report.quarantined) == (COUNT - 1, 1)
        assert [each.uri.endswith("/03.dcm") for each in registry.quarantined()] == [True]
        assert check(store) == []
        write(folder / "03.dcm", image("1.2.3", InstanceNumber=3, ImageComments="x" * 300))
        assert ingest(store, [folder], "one", workers=1).unchanged == COUNT
        assert registry.quarantined() == []


def test_a_folder_that_is_gone_is_wrong_use_and_changes_nothing(filled: Path, folder: Path) -> None:
    with Store.open(filled) as store:
        before = digest(store.engine)
        with pytest.raises(UsageError, match="gone"):
            ingest(store, [folder.parent / "gone"], "one", workers=1)
        assert digest(store.engine) == before
