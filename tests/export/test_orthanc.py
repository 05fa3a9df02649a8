"""Planned objects from a real DICOMweb service."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from .orthanc import URL, NoOrthanc, running

FILES = (
    "dcmqi/data/segmentations/ct-3slice/01.dcm",
    "dcmqi/data/segmentations/ct-3slice/02.dcm",
    "dcmqi/data/segmentations/liver.dcm",
    "dcmjs/examples/data/structured_report.dcm",
)

SCRIPT = f"""
import hashlib, json, sys
from pathlib import Path
import httpx, pydicom
from cohortgraph.dicom import header
from cohortgraph.export.fetching.places import places
from cohortgraph.export.plan.model import PlannedObject

class Headers(dict):
    get = dict.__getitem__

headers, objects = Headers(), []
for file in sys.argv[1:]:
    httpx.post("{URL}/instances", content=Path(file).read_bytes()).raise_for_status()
    ds = pydicom.dcmread(file, stop_before_pixels=True)
    kept = header.keep(ds)
    headers[header.digest(kept)] = kept
    uids = map(str, (ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID))
    objects.append(PlannedObject(*uids, header.digest(kept), ("file:///gone.dcm",), (), ""))
objects.append(PlannedObject("1.2.3", "1.2", "1.2.4", "", (), (), ""))
with places(headers, ["{URL}/dicom-web"]) as fetch:
    found, missing = fetch(objects)
    pixels = {{}}
    for uid, file in found.items():
        ds = pydicom.dcmread(file.path)
        pixels[uid] = hashlib.sha256(ds.get("PixelData", b"")).hexdigest()
    print(json.dumps([pixels, missing]))
"""


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    try:
        with running(tmp_path_factory.mktemp("orthanc")) as into:
            yield into
    except NoOrthanc as reason:
        pytest.skip(str(reason))


def test_objects_come_from_orthanc_with_the_pixels_that_it_was_given(reach: list[str], shared_data: Path) -> None:
    files = [str(shared_data / name) for name in FILES]
    told = subprocess.run([*reach, sys.executable, "-c", SCRIPT, *files], capture_output=True, text=True, check=True)
    found, missing = json.loads(told.stdout)
    expected = {}
    for file in files:
        ds = pydicom.dcmread(file)
        expected[str(ds.SOPInstanceUID)] = hashlib.sha256(ds.get("PixelData", b"")).hexdigest()
    assert found == expected
    assert list(missing) == ["1.2.3"]
    assert "the server answers 404" in missing["1.2.3"]
