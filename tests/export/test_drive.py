"""A planned export in the foreground: complete, the same twice, gone on with, failing, on a full disk, elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cohortgraph.client import Client
from cohortgraph.errors import StoreError, WorkFailed
from cohortgraph.export.drive import drive
from cohortgraph.export.folder import Folder
from cohortgraph.export.written import ObjectsMissing
from cohortgraph.graph.store.directory import Store

from .planned import cohort, contents, planned


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(Store.init(tmp_path / "store")) as opened:
        yield cohort(opened, tmp_path / "data", series=5)


def test_every_object_is_in_the_finished_folder_byte_by_byte(client: Client, tmp_path: Path) -> None:
    made = drive(planned(client, tmp_path / "out"), workers=1)
    assert (made.samples, made.objects, made.skipped, made.missing) == (5, 10, 0, ())
    copied = {path.stem: path.read_bytes() for path in (tmp_path / "out").rglob("*.dcm")}
    known = {f"1.2.{s}.{n}": (tmp_path / "data" / f"{s}-{n}.dcm").read_bytes() for s in range(5) for n in range(2)}
    assert copied == known
    assert not (tmp_path / "out.partial").exists()
    assert not (tmp_path / "out" / ".cohortgraph").exists()


def test_in_processes_of_their_own_and_on_any_executor_it_is_the_same(client: Client, tmp_path: Path) -> None:
    drive(planned(client, tmp_path / "one"), workers=1)
    drive(planned(client, tmp_path / "two"), workers=2)
    with ThreadPoolExecutor(2) as threads:
        drive(planned(client, tmp_path / "three"), executor=threads)
    assert contents(tmp_path / "one") == contents(tmp_path / "two") == contents(tmp_path / "three")


def test_what_is_made_stays_as_it_is_and_what_was_altered_is_made_again(client: Client, tmp_path: Path) -> None:
    drive(planned(client, tmp_path / "one"), workers=1)
    place = planned(client, tmp_path / "two")
    events: list[tuple[int, int | None, int]] = []

    def stop_at_three(event: object) -> None:
        if event.done == 3:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(place, workers=1, progress=stop_at_three)
    first = place.made(0)
    assert first is not None
    (place.partial / first.files[0].path).write_bytes(b"altered")
    drive(place, workers=1, progress=lambda event: events.append((event.done, event.total, event.kept)))
    assert events[-1] == (5, 5, 3)  # the altered one, and the two that were not made yet
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_missing_objects_are_named_and_all_else_is_kept(client: Client, tmp_path: Path) -> None:
    place = planned(client, tmp_path / "out")
    gone = tmp_path / "data" / "1-0.dcm"
    kept = gone.read_bytes()
    gone.unlink()
    with pytest.raises(ObjectsMissing) as raised:
        drive(place, workers=1)
    assert [each.sop_instance_uid for each in raised.value.missing] == ["1.2.1.0"]
    assert len(list(place.partial.rglob("*.dcm"))) == 9
    gone.write_bytes(kept)
    assert drive(place, workers=1).missing == ()


def test_missing_objects_may_be_left_out(client: Client, tmp_path: Path) -> None:
    (tmp_path / "data" / "1-0.dcm").unlink()
    made = drive(planned(client, tmp_path / "out"), workers=1, skip_missing=True)
    assert [each.sop_instance_uid for each in made.missing] == ["1.2.1.0"]
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 9


def test_an_export_that_is_complete_is_only_read(client: Client, tmp_path: Path) -> None:
    from cohortgraph.export.finish import finish

    place = planned(client, tmp_path / "out")
    made = drive(place, workers=1)
    assert finish(place, skip_missing=False) == made


def test_a_folder_without_a_plan_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no plan of an export"):
        drive(Folder(tmp_path / "out"), workers=1)


def test_a_sample_that_fails_is_named_and_the_others_are_kept(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cohortgraph.export.writers.objects import WRITER, Objects

    def fail(self: Objects, head: object, sample: object, fetch: object, folder: Path) -> object:
        if sample.unit == "1.3.2":  # type: ignore[attr-defined]
            raise ValueError("no such thing")
        return real(self, head, sample, fetch, folder)

    real = Objects.sample
    monkeypatch.setattr(type(WRITER), "sample", fail)
    place = planned(client, tmp_path / "out")
    with pytest.raises(WorkFailed, match=r"1 samples failed \(.*1\.3\.2: ValueError: no such thing\)"):
        drive(place, workers=1)
    assert len(list(place.partial.rglob("*.dcm"))) == 8
    monkeypatch.undo()
    assert drive(place, workers=1).samples == 5


def test_on_dask_it_is_the_same(client: Client, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    drive(planned(client, tmp_path / "one"), workers=1)
    options = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "dashboard_address": None}
    with distributed.Client(**options) as dask, dask.get_executor() as executor:
        drive(planned(client, tmp_path / "two"), executor=executor)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
