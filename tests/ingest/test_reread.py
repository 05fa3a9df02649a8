"""Declaring an attribute reads the kept headers, not the sources, and ends as an ingest would have, killed or not."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from cohortgraph.errors import UsageError
from cohortgraph.graph.declared import listed, reading
from cohortgraph.graph.engine import Batch
from cohortgraph.graph.reading.digest import digest, stats
from cohortgraph.graph.store.backup import backup, restore
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest import reread
from cohortgraph.ingest.delete import delete_dataset
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check
from cohortgraph.queries import ask, ids

from .archives import image, write

TAGS = ["XRayTubeCurrent", "InstanceCreationTime", "RequestAttributesSequence.ScheduledProcedureStepID"]
SCRIPT = """
import signal, sys
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest import reread

told = 0

def tell(event):
    global told
    print(event.done, flush=True)
    told += 1
    if told == int(sys.argv[3]):
        signal.pause()

if __name__ == "__main__":
    reread.CHUNK = 7
    with Store.open(sys.argv[1]) as opened:
        change = getattr(reread, sys.argv[2])
        change(opened, *([sys.argv[4:]] if sys.argv[4:] else []), progress=tell)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty images of three series: some attributes alike in a series, one different in each object."""
    made = tmp_path_factory.mktemp("reread") / "in"
    for n in range(60):
        step = Dataset()
        step.ScheduledProcedureStepID = f"step {n % 4}"
        series = {"SeriesInstanceUID": f"1.2.{n % 3}", "ScanOptions": ["HELICAL", f"S{n % 3}"], "FocalSpots": "0.7"}
        own = {"XRayTubeCurrent": 100 + n, "BodyPartExamined": "CHEST", "RequestAttributesSequence": [step]}
        write(made / f"{n:02}.dcm", image(f"1.3.{n}", **series, **own))
    return made


@pytest.fixture(scope="module")
def declared_first(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a store that had the attributes declared before it had objects."""
    with Store.init(tmp_path_factory.mktemp("first") / "store") as made:
        reread.declare(made, TAGS)
        ingest(made, [folder], "one", workers=1)
        return digest(made.engine)


@pytest.fixture
def filled(store: Store, folder: Path) -> Store:
    ingest(store, [folder], "one", workers=1)
    return store


def found(store: Store, **attribute: object) -> int:
    return len(ids(store.engine, {"instances": {"attribute": attribute}}))


def test_declared_later_is_declared_first(filled: Store, declared_first: str) -> None:
    assert reread.declare(filled, TAGS).headers == 60
    assert digest(filled.engine) == declared_first
    assert found(filled, XRayTubeCurrent={"lt": 110}) == 10
    assert found(filled, **{TAGS[2]: {"eq": "step 3"}}) == 15
    assert check(filled) == []


def test_declaring_again_changes_nothing(filled: Store) -> None:
    reread.declare(filled, TAGS)
    version = filled.engine.version()
    assert reread.declare(filled, ["xRayTubeCurrent", "0018,1151"]).headers == 0
    assert filled.engine.version() == version


def test_what_is_forgotten_leaves_the_graph(filled: Store) -> None:
    before = digest(filled.engine)
    reread.declare(filled, TAGS)
    reread.forget(filled, TAGS)
    assert digest(filled.engine) == before
    assert check(filled) == []
    with pytest.raises(UsageError, match="cohortgraph tags list"):
        reread.forget(filled, TAGS)


def test_an_attribute_of_the_default_is_forgotten_and_declared_again(filled: Store) -> None:
    before = digest(filled.engine)
    reread.forget(filled, ["ScanOptions"])
    assert "ScanOptions" not in reading(filled.engine).tags
    assert not filled.engine.read("MATCH (a:Attribute {name: 'ScanOptions'}) RETURN a.id AS id").num_rows
    assert found(filled, FocalSpots={"eq": 0.7}) == 60
    assert check(filled) == []
    reread.declare(filled, ["ScanOptions"])
    assert digest(filled.engine) == before


def test_later_ingests_read_what_is_declared(store: Store, folder: Path) -> None:
    reread.declare(store, TAGS)
    ingest(store, [folder], "one", workers=2)
    assert found(store, XRayTubeCurrent={"exists": True}) == 60
    assert [(each.name, each.values) for each in listed(store.engine) if not each.default] == [
        (TAGS[1], 0),
        (TAGS[2], 4),
        (TAGS[0], 60),
    ]


@pytest.mark.parametrize("name", ["PatientPosition", "0018,0050", "patientID"])
def test_a_property_needs_no_declaration(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="filters always"):
        reread.declare(store, [name])


def test_sets_go_with_their_last_object(filled: Store, folder: Path, tmp_path: Path) -> None:
    reread.declare(filled, TAGS)
    (tmp_path / "two").mkdir()
    same = write(tmp_path / "two" / "a.dcm", (folder / "00.dcm").read_bytes())
    ingest(filled, [same], "two", workers=1)
    delete_dataset(filled, "one")
    assert check(filled) == []
    assert stats(filled.engine).nodes["AttributeSet"] == 3  # the default set's, and two of its own
    delete_dataset(filled, "two")
    assert stats(filled.engine).nodes["AttributeSet"] == stats(filled.engine).nodes["Attribute"] == 0


def test_a_replaced_object_has_its_new_attributes_alone(filled: Store, folder: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "00.dcm", image("1.3.0", SeriesInstanceUID="1.2.0", ScanOptions="AXIAL"))
    ingest(filled, [path], "one", workers=1, replace=True)
    assert ids(filled.engine, {"instances": {"attribute": {"ScanOptions": {"eq": "AXIAL"}}}}) == ["1.3.0"]
    assert check(filled) == []


def killed(tmp_path: Path, place: str, change: str, *tags: str, after: int) -> int:
    """Run a change in a process of its own and kill it after so many lines; how many it had told."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, script, place, change, str(after), *tags],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        told = [line for _, line in zip(range(after), process.stdout, strict=False)]
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return len(told)


def test_killed_in_the_middle_it_goes_on(filled: Store, declared_first: str, tmp_path: Path) -> None:
    filled.close()
    place = str(filled.directory)
    assert killed(tmp_path, place, "declare", *TAGS, after=3) == 3
    with Store.open(place) as opened:
        assert "cohortgraph upgrade" in " ".join(ask(opened.engine, {"instances": {}}).warnings)
        assert reread.upgrade(opened).headers <= 60 - 2 * 7
        assert digest(opened.engine) == declared_first
        assert reading(opened.engine).is_complete
        assert check(opened) == []


def aged(store: Store) -> None:
    """Make a store what the version before attributes wrote: schema 2, without them and without body parts."""
    engine = store.engine
    for label in ("AttributeSet", "Attribute"):
        keys = engine.read(f"MATCH (n:{label}) RETURN n.id AS id")["id"].to_pylist()
        engine.write(Batch(drop_nodes={label: keys}))
    edges = engine.read(
        "MATCH (i:Instance)-[e:ANATOMY]->(c:Concept) WHERE e.path = 'BodyPartExamined' "
        "RETURN i.id AS source, c.id AS target"
    ).to_pylist()
    engine.write(Batch(drop_edges={("ANATOMY", "Instance", "Concept"): edges}))
    engine.write(Batch(set_nodes={"Meta": [{"id": "store", "schemaVersion": 2, "readVersion": None}]}))


def test_an_older_store_is_opened_and_its_headers_read_again_killed_or_not(filled: Store, tmp_path: Path) -> None:
    fresh = digest(filled.engine)
    aged(filled)
    filled.close()
    place = str(filled.directory)
    assert killed(tmp_path, place, "upgrade", after=2) == 2
    with Store.open(place) as opened:
        assert not reading(opened.engine).is_complete
        assert 0 < reread.upgrade(opened).headers < 60
        assert digest(opened.engine) == fresh
        assert check(opened) == []
        version = opened.engine.version()
        assert reread.upgrade(opened).headers == 0
        assert opened.engine.version() == version


def test_upgrading_real_objects_keeps_what_was_measured(store: Store, shared_data: Path) -> None:
    ingest(store, [shared_data / "dcmqi" / "data" / "segmentations"], "one", workers=1)
    fresh = digest(store.engine)
    locations = store.engine.read("MATCH (i:Instance) RETURN i.id AS id, i.locations AS at ORDER BY id").to_pylist()
    aged(store)
    reread.upgrade(store)
    assert digest(store.engine) == fresh
    again = store.engine.read("MATCH (i:Instance) RETURN i.id AS id, i.locations AS at ORDER BY id").to_pylist()
    assert [row | {"at": sorted(row["at"])} for row in again] == [row | {"at": sorted(row["at"])} for row in locations]


def test_a_backup_carries_what_is_declared(filled: Store, tmp_path: Path) -> None:
    reread.declare(filled, TAGS)
    reread.forget(filled, ["FocalSpots"])
    backup(filled, tmp_path / "backup.tar")
    with restore(tmp_path / "backup.tar", tmp_path / "again") as again:
        assert reading(again.engine) == reading(filled.engine)
        assert digest(again.engine) == digest(filled.engine)
        assert check(again) == []


def test_on_neo4j_it_is_the_same(
    neo4j_url: str, neo4j_engine: object, folder: Path, tmp_path: Path, declared_first: str
) -> None:
    with Store.init(neo4j_url, directory=tmp_path / "server") as made:
        ingest(made, [folder], "one", workers=1)
        before = digest(made.engine)
        reread.declare(made, TAGS)
        assert digest(made.engine) == declared_first
        assert check(made) == []
        reread.forget(made, TAGS)
        assert digest(made.engine) == before


def test_real_files_are_found_by_what_pydicom_reads(store: Store, shared_data: Path) -> None:
    for folder in ("pydicom-data", "dcmqi/data/segmentations/ct-3slice"):
        ingest(store, [shared_data / folder], "one", workers=1, measure=False)
    reread.declare(store, ["XRayTubeCurrent", "0045,GEMS_HELIOS_01,06"])
    expected: dict[str, set[str]] = {"private": set(), "tube": set(), "spin echo": set()}
    for location in store.engine.read("MATCH (i:Instance) RETURN i.locations AS at")["at"].to_pylist():
        ds = pydicom.dcmread(location[0].removeprefix("file://"), stop_before_pixels=True, force=True)
        uid = str(ds.SOPInstanceUID)
        if "SE" in ds.get("ScanningSequence", ()):
            expected["spin echo"].add(uid)
        if ds.get("XRayTubeCurrent") and 100 <= ds.XRayTubeCurrent <= 250:
            expected["tube"].add(uid)
        if (0x0045, 0x0010) in ds and ds[0x0045, 0x0010].value == "GEMS_HELIOS_01" and (0x0045, 0x1006) in ds:
            expected["private"].add(uid)
    found = {
        "spin echo": {"ScanningSequence": {"eq": "SE"}},
        "tube": {"XRayTubeCurrent": {"between": [100, 250]}},
        "private": {"0045,GEMS_HELIOS_01,06": {"eq": "OUT OF GANTRY"}},
    }
    for name, attribute in found.items():
        assert set(ids(store.engine, {"instances": {"attribute": attribute}})) == expected[name]
        assert expected[name], name
