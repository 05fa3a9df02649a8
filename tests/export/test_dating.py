"""When series were acquired, as their files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cohortgraph.client import Client
from cohortgraph.graph.store.directory import Store

from ..ingest.archives import image, write
from .test_unused import PIXELS, voxels

ECG = "1.2.840.10008.5.1.4.1.1.9.1.1"
STUDIED = {"StudyDate": "20240101", "StudyTime": "113730", "ContentDate": "20240101", "ContentTime": "113730"}
ACQUIRED = {"AcquisitionDateTime": "20210215113730"}


def ct(series: int, **when: str) -> bytes:
    """A CT of one slice."""
    place = {"ImagePositionPatient": [0, 0, 0], "SliceThickness": 1}
    uids = {"SeriesInstanceUID": f"1.{series}", "StudyInstanceUID": f"2.{series}"}
    return image(f"1.{series}.1", **uids, **PIXELS, **voxels(16, 1, 2, 3, 4), **place, **when)


def ecg(series: int, **when: str) -> bytes:
    """An ECG; its samples are not read here."""
    uids = {"SeriesInstanceUID": f"1.{series}", "StudyInstanceUID": f"2.{series}"}
    return image(f"1.{series}.1", SOPClassUID=ECG, Modality="ECG", **uids, **when)


def picked(folder: Path, pick: str, *objects: bytes) -> list[list[str]]:
    """The series of each pair, by UID."""
    for number, held in enumerate(objects):
        write(folder / "data" / f"{number}.dcm", held)
    with Client(Store.init(folder / "store")) as client:
        client.ingest([folder / "data"], "made", workers=1)
        client.create_cohort("all", {"patients": {}})
        client.freeze_cohort("all")
        client.export_cohort("all", folder / "out", "nifti", sample="pair", picks=(pick,), workers=1)
    rows = pq.read_table(folder / "out/samples.parquet").to_pylist()
    return [[each["seriesInstanceUID"] for each in row["series"]] for row in rows]


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        (STUDIED | ACQUIRED, "20210215 113730"),
        ({**STUDIED, "AcquisitionDate": "20210215", "AcquisitionTime": "113730"}, "20210215 113730"),
        ({**STUDIED, "ContentDate": "20210215"}, "20210215 113730"),
        ({"StudyDate": "20240101", "SeriesDate": "20210215", "SeriesTime": "113730"}, "20210215 113730"),
        ({"StudyDate": "20210215", "StudyTime": "113730"}, "20210215 113730"),
        # a date without its time has that of the same day, where something tells it
        ({**STUDIED, "AcquisitionDate": "20240101"}, "20240101 113730"),
    ],
)
def test_the_moment_is_that_of_the_acquisition_else_the_nearest_to_it(
    tmp_path: Path, when: dict[str, str], moment: str
) -> None:
    day, time = moment.split()
    at = ct(1, AcquisitionDate=day, AcquisitionTime=time)
    assert picked(tmp_path, "ECG: nearest CT, 0 h", at, ecg(2, **when)) == [["1.1", "1.2"]]


def test_time_zones_are_those_of_the_files(tmp_path: Path) -> None:
    objects: list[Any] = [
        ct(1, SeriesDate="20200101", SeriesTime="120000", TimezoneOffsetFromUTC="-0500"),  # 17:00 UTC
        ecg(2, SeriesDate="20200101", SeriesTime="121000", TimezoneOffsetFromUTC="+0000"),
        ecg(3, AcquisitionDateTime="20200101173000+0100"),  # 16:30 UTC
    ]
    assert picked(tmp_path, "ECG: nearest before CT, 1 h", *objects) == [["1.1", "1.3"]]


def test_a_real_ecg_without_series_date_has_its_acquisition_datetime(shared_data: Path, tmp_path: Path) -> None:
    import pydicom

    held = pydicom.dcmread(shared_data / "cardio-ai/example_ecg.dcm")
    assert (held.get("SeriesDate"), held.AcquisitionDateTime, held.StudyDate) == (None, "20210215113730", "20240101")
    at = ct(1, PatientID=held.PatientID, SeriesDate="20210215", SeriesTime="120000")
    pick = "ECG: nearest before CT, 1 h"
    found = picked(tmp_path, pick, at, (shared_data / "cardio-ai/example_ecg.dcm").read_bytes())
    assert found == [["1.1", held.SeriesInstanceUID]]
