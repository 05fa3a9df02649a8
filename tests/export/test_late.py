"""Workers that were taken for dead, or whose export was removed, while they made a sample: nothing of them stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cohortgraph.client import Client
from cohortgraph.export.drive import drive
from cohortgraph.export.folder import Folder
from cohortgraph.export.verify import verify
from cohortgraph.export.work import Outcome, work
from cohortgraph.export.writers.objects import Objects
from cohortgraph.graph.store.directory import Store

from .planned import cohort, contents, planned


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(Store.init(tmp_path / "store")) as opened:
        yield cohort(opened, tmp_path / "data", series=3)


def late(place: Folder, meanwhile: Callable[[], object]) -> Outcome:
    """What comes of a sample, while which was being made something else happened."""
    real = Objects.sample

    def slow(self: Objects, head: Any, sample: Any, fetch: Any, folder: Path) -> Any:
        patched.undo()
        meanwhile()
        return real(self, head, sample, fetch, folder)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Objects, "sample", slow)
        return work(place.address, 1)


def test_of_an_export_that_is_complete_by_now_nothing_is_made_anew(client: Client, tmp_path: Path) -> None:
    place = planned(client, tmp_path / "out")
    outcome = late(place, lambda: drive(place, workers=1))
    assert outcome.stops
    assert "was finished, removed or planned anew" in outcome.error
    assert not place.partial.exists()
    assert verify(place).sound
    assert verify(place).extra == ()


def test_of_an_export_that_was_deleted_nothing_comes_back(client: Client, tmp_path: Path) -> None:
    place = planned(client, tmp_path / "out")
    assert late(place, place.remove).stops
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "store"]


def test_another_export_in_its_place_is_left_alone(client: Client, tmp_path: Path) -> None:
    drive(planned(client, tmp_path / "alone"), workers=1)
    place = planned(client, tmp_path / "out")

    def other() -> None:
        shutil.rmtree(place.partial)
        client.create_cohort("some", {"patients": {"patientID": {"eq": "P1"}}})
        client.freeze_cohort("some")
        planned(client, place.out, "some")

    assert late(place, other).stops
    assert drive(place, workers=1).patients == 1
    assert contents(place.out).keys() < contents(tmp_path / "alone").keys()
    assert verify(place).extra == ()


def test_the_same_export_planned_anew_takes_what_it_made(client: Client, tmp_path: Path) -> None:
    place = planned(client, tmp_path / "out")
    anew = planned(client, tmp_path / "again")
    outcome = late(place, lambda: place.begin(anew.plan))
    assert (outcome.error, outcome.fresh) == ("", True)
    assert place.made(1) is not None


def test_a_plan_that_comes_to_nothing_leaves_that_of_another_process(client: Client, tmp_path: Path) -> None:
    place = Folder(tmp_path / "out")
    with place.planning() as mine:
        mine.with_name("planned.1.sqlite").write_bytes(b"another's")
    assert [each.name for each in place.inner.iterdir()] == ["planned.1.sqlite"]
    mine.with_name("planned.1.sqlite").unlink()
    with place.planning():
        pass
    assert not place.partial.exists()


def test_a_deletion_that_was_killed_goes_on(client: Client, tmp_path: Path) -> None:
    place = planned(client, tmp_path / "out")
    place.partial.rename(tmp_path / "out.removed")
    planned(client, tmp_path / "out").remove()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "store"]
