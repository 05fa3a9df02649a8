"""Records that are linked after an export was begun: no person comes into two parts of a split."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cohortgraph.client import Client
from cohortgraph.errors import UsageError, WorkFailed
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.outcome import Event

from ..ingest.archives import image, write

PIXELS = {"Rows": 2, "Columns": 2, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
PIXELS |= {"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "PixelData": bytes(4)}
HALVES = {"split": "train=0.5,test=0.5"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(Store.init(tmp_path / "store")) as opened:
        for number in range(6):
            uids = {"StudyInstanceUID": f"1.4.{number}", "SeriesInstanceUID": f"1.3.{number}"}
            write(tmp_path / "data" / f"{number}.dcm", image(f"1.2.{number}", PatientID=f"P{number}", **uids, **PIXELS))
        opened.ingest([tmp_path / "data"], "x", workers=1)
        opened.create_cohort("all", {"patients": {}})
        opened.freeze_cohort("all")
        yield opened


def across(client: Client, folder: Path) -> tuple[str, str]:
    """Two records that an export puts into two parts."""
    import pyarrow.parquet as pq

    rows = pq.read_table(folder / "samples.parquet").to_pylist()
    return tuple(next(row["patient"] for row in rows if row["split"] == part) for part in ("train", "test"))  # type: ignore[return-value]


def test_a_complete_export_is_another_one_then(client: Client, tmp_path: Path) -> None:
    client.export_cohort("all", tmp_path / "out", "nifti", workers=1, **HALVES)
    client.link_patients(across(client, tmp_path / "out"))
    with pytest.raises(UsageError, match="holds another export, of other objects or people"):
        client.export_cohort("all", tmp_path / "out", "nifti", workers=1, **HALVES)


def test_an_export_that_was_stopped_is_another_one_then(client: Client, tmp_path: Path) -> None:
    def stopped(event: Event) -> None:
        if event.phase == "export" and event.done == 3:
            raise KeyboardInterrupt

    client.export_cohort("all", tmp_path / "other", "nifti", workers=1, **HALVES)
    with pytest.raises(KeyboardInterrupt):
        client.export_cohort("all", tmp_path / "out", "nifti", workers=1, progress=stopped, **HALVES)
    client.link_patients(across(client, tmp_path / "other"))
    with pytest.raises(WorkFailed, match="belongs to another export, of other objects or people"):
        client.export_cohort("all", tmp_path / "out", "nifti", workers=1, **HALVES)


def test_what_was_linked_before_is_no_other_one(client: Client, tmp_path: Path) -> None:
    client.link_patients(["x|P0", "x|P1"])
    first = client.export_cohort("all", tmp_path / "out", "nifti", workers=1, **HALVES)
    assert client.export_cohort("all", tmp_path / "out", "nifti", workers=1, **HALVES) == first
