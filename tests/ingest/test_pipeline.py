"""Ingest: what becomes of each file, and that a second run changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cohortgraph.errors import StoreError, UsageError
from cohortgraph.graph.engine import rows
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.store.directory import Store
from cohortgraph.graph.store.lock import Lock
from cohortgraph.ingest import run as run_module
from cohortgraph.ingest.pipeline import Event, Report, ingest, retry
from cohortgraph.registry import Registry, State

from .archives import image, write, zipped

COUNTS = ("kept", "unchanged", "replaced", "duplicates", "conflicts", "ignored", "quarantined")


def counts(report: Report) -> dict[str, int]:
    """The counts that are not 0; together they are all files."""
    assert report.files == sum(getattr(report, name) for name in COUNTS)
    return {name: getattr(report, name) for name in COUNTS if getattr(report, name)}


@pytest.fixture
def take(store: Store, tmp_path: Path) -> Callable[..., dict[str, int]]:
    """Ingest ``in`` (or other folders of tmp_path) and say the counts."""

    def _take(*folders: str, dataset: str = "one", **options: object) -> dict[str, int]:
        paths = [tmp_path / folder for folder in folders or ("in",)]
        return counts(ingest(store, paths, dataset, workers=1, **options))  # type: ignore[arg-type]

    return _take


def stored(store: Store, name: str, uid: str = "1.2.3") -> object:
    """One property of an instance."""
    return rows(store.engine.read(f"MATCH (i:Instance {{id: $uid}}) RETURN i.{name} AS v", {"uid": uid}))[0]["v"]


Take = Callable[..., dict[str, int]]


def test_a_second_run_changes_nothing(store: Store, tmp_path: Path, take: Take) -> None:
    for name in ("a", "b"):
        write(tmp_path / "in" / name, image(f"1.2.3.{ord(name)}"))
    write(tmp_path / "in/copy", image("1.2.3.97"))
    write(tmp_path / "in/other", image("1.2.3.97", PatientComments="differs"))
    write(tmp_path / "in/text", b"no DICOM")
    write(tmp_path / "in/torn", image("1.2.3.9")[:-3])
    first = {"kept": 2, "duplicates": 1, "conflicts": 1, "ignored": 1, "quarantined": 1}
    assert take() == first
    state = digest(store.engine), store.engine.version()
    assert take() == {"unchanged": 3, "conflicts": 1, "ignored": 1, "quarantined": 1}
    assert (digest(store.engine), store.engine.version()) == state


def test_an_object_is_no_more_at_a_location_that_holds_another(store: Store, tmp_path: Path, take: Take) -> None:
    for name in ("a.dcm", "b.dcm"):
        write(tmp_path / "in" / name, image("1.2.3"))
    take()
    write(tmp_path / "in/a.dcm", image("1.2.4"))
    assert take() == {"kept": 1, "unchanged": 1}
    assert stored(store, "locations", "1.2.3") == [(tmp_path / "in/b.dcm").as_uri()]
    write(tmp_path / "in/b.dcm", image("1.2.4"))
    assert take() == {"duplicates": 1, "unchanged": 1}
    assert not stored(store, "locations", "1.2.3")
    assert take() == {"unchanged": 2}
    write(tmp_path / "in/c.dcm", image("1.2.3", InstanceNumber=7))
    assert take() == {"unchanged": 2, "conflicts": 1}


def test_segmentations_wait_for_a_run_that_measures(store: Store, shared_data: Path) -> None:
    paths = [shared_data / "dcmqi" / "data" / "segmentations" / "liver.dcm"]
    states = []
    for measure in (False, True):
        ingest(store, paths, "one", workers=1, measure=measure)
        states.append([row["m"] for row in rows(store.engine.read("MATCH (i:Instance) RETURN i.measurement AS m"))])
    assert states == [["pending"], ["done"]]


def test_semantics_1_6_an_equal_data_set_is_one_more_location(store: Store, tmp_path: Path, take: Take) -> None:
    write(tmp_path / "in/a.dcm", image("1.2.3"))
    write(tmp_path / "in/b.dcm", image("1.2.3"))
    assert take() == {"kept": 1, "duplicates": 1}
    assert stored(store, "locations") == [(tmp_path / "in" / name).as_uri() for name in ("a.dcm", "b.dcm")]


def test_semantics_1_6_different_content_from_the_location_stored_replaces(
    store: Store, tmp_path: Path, take: Take
) -> None:
    for name in ("a.dcm", "b.dcm"):
        write(tmp_path / "in" / name, image("1.2.3", InstanceNumber=1))
    take()
    write(tmp_path / "in/a.dcm", image("1.2.3", InstanceNumber=2))
    assert take() == {"replaced": 1, "conflicts": 1}
    assert (stored(store, "instanceNumber"), len(stored(store, "locations"))) == (2, 1)  # type: ignore[arg-type]
    assert take() == {"unchanged": 1, "conflicts": 1}


def test_semantics_1_6_within_a_run_the_first_in_path_order_is_kept(store: Store, tmp_path: Path, take: Take) -> None:
    write(tmp_path / "in/b.dcm", image("1.2.3", InstanceNumber=2))
    write(tmp_path / "in/a.zip", zipped({"z": image("1.2.3", InstanceNumber=1)}))
    assert take() == {"kept": 1, "conflicts": 1}
    assert stored(store, "instanceNumber") == 1
    with Registry(store.registry_path) as registry:
        (held,) = registry.conflicts()
    assert held.uri.endswith("b.dcm") and "a.zip!/z" in held.reason


def test_semantics_1_6_between_runs_the_stored_one_is_kept_and_replace_overrides(
    store: Store, tmp_path: Path, take: Take
) -> None:
    write(tmp_path / "in/b.dcm", image("1.2.3", InstanceNumber=2))
    take()
    write(tmp_path / "new/a.dcm", image("1.2.3", InstanceNumber=1))
    assert take("new") == {"conflicts": 1}
    assert stored(store, "instanceNumber") == 2
    assert take("new", replace=True) == {"replaced": 1}
    assert stored(store, "instanceNumber") == 1
    assert take("new", "in", replace=True) == {"unchanged": 1, "conflicts": 1}
    assert stored(store, "instanceNumber") == 1


def test_the_same_file_in_a_second_data_set_adds_the_data_set(store: Store, tmp_path: Path, take: Take) -> None:
    write(tmp_path / "in/a.dcm", image("1.2.3"))
    assert take() == {"kept": 1}
    assert take(dataset="two") == {"duplicates": 1}
    assert take(dataset="two") == {"unchanged": 1}
    names = store.engine.read("MATCH (:Instance)-[:IN_DATASET]->(d:Dataset) RETURN d.id AS id ORDER BY id LIMIT 9")
    assert names.column("id").to_pylist() == ["one", "two"]
    assert len(stored(store, "locations")) == 1  # type: ignore[arg-type]


def test_the_registry_is_repaired_by_the_next_run(store: Store, tmp_path: Path, take: Take) -> None:
    write(tmp_path / "in/a.dcm", image("1.2.3"))
    write(tmp_path / "in/b.dcm", image("1.2.3"))
    write(tmp_path / "in/c.dcm", image("1.2.3", InstanceNumber=5))
    take()
    version = store.engine.version()
    with Registry(store.registry_path) as registry:
        before = {(each.state, each.uri) for each in registry.held()}
    store.registry_path.unlink()
    assert take() == {"unchanged": 2, "conflicts": 1}
    assert store.engine.version() == version
    with Registry(store.registry_path) as registry:
        assert {(each.state, each.uri) for each in registry.held()} == before
        seen = registry.seen([(tmp_path / "in" / name).as_uri() for name in ("a.dcm", "b.dcm")], "one")
    assert [each.state for each in seen.values()] == [State.KEPT, State.DUPLICATE]


def test_a_registry_ahead_of_its_graph_is_not_believed(store: Store, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(run_module, "_RACY_NS", 0)
    write(tmp_path / "in/a.dcm", image("1.2.3"))
    ingest(store, [tmp_path / "in"], "one", workers=1)
    with Store.init(tmp_path / "other") as other:
        other.registry_path.write_bytes(store.registry_path.read_bytes())
        assert counts(ingest(other, [tmp_path / "in"], "one", workers=1)) == {"kept": 1}


def test_a_file_that_is_as_it_was_is_not_read_again(tmp_path: Path, take: Take, monkeypatch) -> None:
    monkeypatch.setattr(run_module, "_RACY_NS", 0)
    write(tmp_path / "in/a.dcm", image("1.2.3", InstanceNumber=1))
    write(tmp_path / "in/b.zip", zipped({"x": image("1.2.4")}))
    write(tmp_path / "in/torn", image("1.2.5")[:-3])
    take()
    monkeypatch.setattr(run_module, "read_object", None)
    assert take() == {"unchanged": 2, "quarantined": 1}


def test_a_file_changed_in_place_with_its_old_size_and_time_is_read_again(
    tmp_path: Path, take: Take, monkeypatch
) -> None:
    monkeypatch.setattr(run_module, "_RACY_NS", 0)
    path = write(tmp_path / "in/a.dcm", image("1.2.3", InstanceNumber=1))
    take()
    status = path.stat()
    path.write_bytes(image("1.2.3", InstanceNumber=2))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert take() == {"replaced": 1}


def test_a_copy_of_an_object_that_the_run_replaces_is_read_again(tmp_path: Path, take: Take, monkeypatch) -> None:
    monkeypatch.setattr(run_module, "_RACY_NS", 0)
    write(tmp_path / "in/a.dcm", image("1.2.3", InstanceNumber=1))
    write(tmp_path / "in/b.dcm", image("1.2.3", InstanceNumber=1))
    take()
    write(tmp_path / "in/a.dcm", image("1.2.3", InstanceNumber=2))
    assert take() == {"replaced": 1, "conflicts": 1}


def test_quarantine_is_listed_and_read_again_on_demand(store: Store, tmp_path: Path, take: Take, monkeypatch) -> None:
    monkeypatch.setattr(run_module, "_RACY_NS", 0)
    whole = image("1.2.3")
    box = zipped({"1.dcm": image("1.2.4")})
    write(tmp_path / "in/a.dcm", whole[:-3])
    write(tmp_path / "in/b.zip", box[:-30])
    write(tmp_path / "in/no.dcm", image("1.2.5", SeriesInstanceUID=None))
    assert take() == {"quarantined": 3}
    with Registry(store.registry_path) as registry:
        assert [each.reason for each in registry.quarantined()] == [
            "its header can't be read to its end: the file ends within an element",
            "the zip archive can't be opened: File is not a zip file",
            "the object lacks Series Instance UID",
        ]
    write(tmp_path / "in/a.dcm", whole)
    write(tmp_path / "in/b.zip", box)
    assert counts(retry(store, workers=1)) == {"kept": 2, "quarantined": 1}
    with Registry(store.registry_path) as registry:
        assert [each.uri for each in registry.quarantined()] == [(tmp_path / "in/no.dcm").as_uri()]
    assert take() == {"unchanged": 2, "quarantined": 1}


def test_a_file_that_turned_out_to_be_no_dicom_leaves_quarantine(store: Store, tmp_path: Path, take: Take) -> None:
    write(tmp_path / "in/a.dcm", image("1.2.3")[:-3])
    take()
    write(tmp_path / "in/a.dcm", b"text")
    assert take() == {"ignored": 1}
    with Registry(store.registry_path) as registry:
        assert registry.held() == []


def test_truncated_pixels_are_a_warning_and_a_truncated_header_is_not(store: Store, tmp_path: Path, take: Take) -> None:
    pixels = {"Rows": 4, "Columns": 4, "BitsAllocated": 8, "PixelRepresentation": 0, "PixelData": bytes(16)}
    write(tmp_path / "in/a.dcm", image("1.2.3", **pixels)[:-1])
    write(tmp_path / "in/b.dcm", image("1.2.4", **pixels))
    assert take() == {"kept": 2}
    assert stored(store, "warnings") == ["PixelData: truncated"]
    assert not stored(store, "warnings", "1.2.4")


def test_progress_tells_how_far_a_run_is(store: Store, tmp_path: Path, shared_data: Path, monkeypatch) -> None:
    monkeypatch.setattr(run_module, "_EVENT_S", 0)
    events: list[Event] = []
    ingest(store, [shared_data / "dcmqi"], "one", workers=1, progress=events.append)
    read = [event for event in events if event.phase == "read"]
    assert [event.done for event in read[:-1]] == list(range(1, read[-1].done + 1))
    assert read[-1].total == read[-1].done and read[-1].kept > 0
    measured = [event for event in events if event.phase == "measure"]
    assert [event.done for event in measured] == list(range(1, measured[0].total + 1))  # type: ignore[operator]


def test_wrong_use_is_told_before_anything_happens(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        ingest(store, [tmp_path / "no"], "one")
    with pytest.raises(UsageError, match="a data set needs a name"):
        ingest(store, [tmp_path], " ")


def test_a_second_ingest_while_one_runs_is_refused(store: Store, tmp_path: Path) -> None:
    (store.directory / "scratch").mkdir()
    lock = Lock(store.directory / "scratch")
    with pytest.raises(StoreError, match="another ingest"):
        ingest(store, [tmp_path], "one")
    lock.release()
    ingest(store, [tmp_path / "store"], "one", workers=1)


def test_why_a_segmentation_could_not_be_measured_is_listed(store: Store, tmp_path: Path, shared_data: Path) -> None:
    data = (shared_data / "dcmqi" / "data" / "segmentations" / "liver.dcm").read_bytes()
    torn = write(tmp_path / "torn.dcm", data[: len(data) // 2])
    for _ in range(2):
        ingest(store, [torn], "one", workers=1)
        with Registry(store.registry_path) as registry:
            (held,) = registry.held()
            assert registry.quarantined() == []
        assert (held.state, held.uri) == ("kept", torn.as_uri())
        assert held.reason.startswith("its voxels can't be measured: ")
