"""What a store holds depends on no order, number of processes or packing (semantics 1.6, 1.8, 4.1)."""

from __future__ import annotations

import random
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from cohortgraph.graph.engine import Engine, rows
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.store.directory import Store
from cohortgraph.graph.writing.writer import Writer
from cohortgraph.ingest.pipeline import Report, ingest
from cohortgraph.ingest.reading import reread
from cohortgraph.registry import Registry

from .walker import path_of

Real = tuple[Store, Report]


def in_conflict(store: Store) -> set[str]:
    """The SOP Instance UIDs of which differing files are listed."""
    with Registry(store.registry_path) as registry:
        return {each.sop_instance_uid for each in registry.conflicts()}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def without_conflicts(store: Store) -> str:
    """The digest of what does not depend on which of several differing objects came first."""
    Writer(store.engine, store.headers, reread).delete(in_conflict(store))
    return digest(store.engine)


@pytest.fixture(scope="module")
def apart(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], str]:
    """The UIDs in conflict, and the digest of all other objects, as of one run in path order."""
    with Store.init(tmp_path_factory.mktemp("apart") / "store") as store:
        ingest(store, [shared_data], "real", workers=1, measure=False)
        return in_conflict(store), without_conflicts(store)


def test_every_uid_in_more_than_one_readable_file_is_named(real: Real, shared_data: Path) -> None:
    store, _ = real
    with Registry(store.registry_path) as registry:
        unreadable = {each.uri for each in registry.quarantined()}
    copies: dict[str, list[str]] = defaultdict(list)
    for path in files(shared_data):
        try:
            ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            uid = str(ds.get("SOPInstanceUID", "")).strip()
        except Exception:  # what pydicom can't read is in quarantine, or no DICOM
            continue
        if uid and path.as_uri() not in unreadable:
            copies[uid].append(path.as_uri())
    several = {uid for uid, uris in copies.items() if len(uris) > 1}
    query = "MATCH (i:Instance) RETURN i.id AS uid, i.locations AS uris"
    located = {row["uid"]: set(row["uris"]) for row in rows(store.engine.read(query))}
    with Registry(store.registry_path) as registry:
        differing = {each.uri: each.sop_instance_uid for each in registry.conflicts()}
    assert len(several) > 10
    for uid in several:
        held = {uri for uri, of in differing.items() if of == uid}
        assert located[uid] | held == set(copies[uid])
        assert located[uid].isdisjoint(held)
    assert {uid for uid, uris in located.items() if len(uris) > 1} | in_conflict(store) == several


@pytest.mark.parametrize(("seed", "runs", "workers"), [(1, 1, 1), (2, 7, 1), (3, 2, 4)])
def test_any_order_of_arrival_gives_the_same_store(
    shared_data: Path, tmp_path: Path, apart: tuple[set[str], str], seed: int, runs: int, workers: int
) -> None:
    shuffled = files(shared_data)
    random.Random(seed).shuffle(shuffled)
    with Store.init(tmp_path / "store") as store:
        for number in range(runs):
            ingest(store, shuffled[number::runs], "real", workers=workers, measure=False)
        assert (in_conflict(store), without_conflicts(store)) == apart


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Report]]:
    """A store of one folder, among them files in conflict."""
    with Store.init(tmp_path_factory.mktemp("folder") / "store") as store:
        yield store, ingest(store, [shared_data / "dcmqi"], "real", workers=1)


@pytest.mark.parametrize("packed", ["zip", "tar.gz"])
def test_an_archive_of_a_folder_is_the_folder(folder: Real, shared_data: Path, tmp_path: Path, packed: str) -> None:
    """Conflicts too: members come in the order in which files would."""
    archive = tmp_path / f"files.{packed}"
    shuffled = files(shared_data / "dcmqi")
    random.Random(5).shuffle(shuffled)
    if packed == "zip":
        with zipfile.ZipFile(archive, "w") as made:
            for path in shuffled:
                made.write(path, path.relative_to(shared_data / "dcmqi"))
    else:
        with tarfile.open(archive, "w:gz", compresslevel=1) as made:
            for path in shuffled:
                made.add(path, path.relative_to(shared_data / "dcmqi"))
    with Store.init(tmp_path / "store") as store:
        report = ingest(store, [archive], "real", workers=1)
        assert digest(store.engine) == digest(folder[0].engine)
        assert report.to_dict() | {"seconds": 0} == folder[1].to_dict() | {"seconds": 0}
        assert in_conflict(store) == in_conflict(folder[0])


def test_a_neo4j_holds_the_same(
    folder: Real, neo4j_engine: Engine, neo4j_url: str, shared_data: Path, tmp_path: Path
) -> None:
    with Store.init(neo4j_url, directory=tmp_path / "store") as store:
        ingest(store, [shared_data / "dcmqi"], "real", workers=2)
        assert digest(store.engine) == digest(folder[0].engine)


def test_semantics_1_5_an_empty_patient_id_joins_nobody(real: Real, shared_data: Path) -> None:
    store, _ = real
    query = (
        "MATCH (p:Patient)-[:HAS_STUDY]->(s:Study)-[:HAS_SERIES]->(:Series)-[:HAS_INSTANCE]->(i:Instance) "
        "WHERE i.lineage IS NULL OR i.lineage[2] = p.id "  # where a study has several patients
        "RETURN i.locations AS uris, p.id AS patient, s.id AS study, p.patientIDMissing AS missing"
    )
    studies: dict[str, set[str]] = defaultdict(set)
    for row in rows(store.engine.read(query)):
        for uri in row["uris"]:
            ds = pydicom.dcmread(path_of(uri), stop_before_pixels=True, force=True)
            assert bool(row["missing"]) == (not str(ds.get("PatientID") or "").strip())
            if row["missing"]:
                studies[row["patient"]].add(ds.StudyInstanceUID)
    assert len(studies) > 5
    assert {len(found) for found in studies.values()} == {1}
