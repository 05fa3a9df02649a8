"""Objects that a form has no use for are counted; a dose is a volume."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset

from cohortgraph.client import Client
from cohortgraph.errors import UsageError
from cohortgraph.export.plan.options import Options
from cohortgraph.export.samples.picks import picks
from cohortgraph.export.samples.units import read_of
from cohortgraph.graph.store.directory import Store

from ..ingest.archives import image, write

DOSE, REPORT, MAPPING = "1.2.840.10008.5.1.4.1.1.481.2", "1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.67"
PIXELS = {"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Rows": 2, "Columns": 2} | {
    "PixelRepresentation": 0,
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "PixelSpacing": [3, 2],
}


def voxels(bits: int, *stored: int) -> dict[str, Any]:
    """The attributes of pixels of so many bits."""
    data = np.array(stored, f"<u{bits // 8}").tobytes()
    return {"BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1, "PixelData": data}


def ct(patient: str) -> bytes:
    """One slice."""
    place = {"ImagePositionPatient": [0, 0, 0], "SliceThickness": 1}
    return image(f"{patient}.1.1", **of(patient, 1, "CT"), **PIXELS, **voxels(16, 1, 2, 3, 4), **place)


def of(patient: str, series: int, modality: str) -> dict[str, Any]:
    """To whom an object belongs."""
    named = {"PatientID": f"P{patient}", "StudyInstanceUID": f"{patient}.0", "Modality": modality}
    return {**named, "SeriesInstanceUID": f"{patient}.{series}"}


def frozen(folder: Path, objects: dict[str, bytes]) -> Client:
    """A store in which all of these are frozen."""
    for name, held in objects.items():
        write(folder / "data" / f"{name}.dcm", held)
    client = Client(Store.init(folder / "store"))
    client.ingest([folder / "data"], "made", workers=1)
    client.create_cohort("all", {"patients": {}})
    client.freeze_cohort("all")
    return client


def mapped(patient: str) -> bytes:
    """A Real World Value Mapping of the patient's CT."""
    reference, series = Dataset(), Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", f"{patient}.1.1"
    series.SeriesInstanceUID, series.ReferencedInstanceSequence = f"{patient}.1", [reference]
    return image(f"{patient}.3.1", SOPClassUID=MAPPING, **of(patient, 3, "RWV"), ReferencedSeriesSequence=[series])


def test_what_a_form_has_no_use_for_is_told_by_kind(tmp_path: Path) -> None:
    reports = {f"sr{p}": image(f"{p}.2.1", SOPClassUID=REPORT, **of(p, 2, "SR")) for p in "12"}
    with frozen(tmp_path, {"ct": ct("1"), "rwv": mapped("1"), **reports}) as client:
        told = client.export_cohort("all", tmp_path / "out", "nifti", workers=1)
        assert told.warnings == ("3 objects are of no use to nifti and are left out: 2 SR, 1 RWV",)
        assert (told.samples, told.objects, told.unsampled) == (1, 1, 1)
        incomplete = json.loads((tmp_path / "out/manifest.json").read_text())["incomplete"]
        assert (incomplete["withoutSample"], incomplete["unused"]) == (1, {"SR": 2, "RWV": 1})
        with pytest.raises(UsageError, match="4 objects are of no use to arrays and are left out: 2 SR, 1 CT, 1 RWV"):
            client.export_cohort("all", tmp_path / "arrays", "arrays", workers=1)


def test_a_report_that_gives_a_column_its_value_is_of_use(tmp_path: Path) -> None:
    report = image("1.2.1", SOPClassUID=REPORT, **of("1", 2, "SR"), ContentLabel="GOOD")
    with frozen(tmp_path, {"ct": ct("1"), "sr": report}) as client:
        told = client.export_cohort(
            "all", tmp_path / "out", "nifti", sample="study", columns=("instances.contentLabel",), workers=1
        )
        assert told.warnings == ()


@pytest.mark.parametrize(("form", "number", "taken"), [("nifti", 0, True), ("nnunet", 0, False), ("nnunet", 1, True)])
def test_a_dose_is_no_channel_unless_it_is_picked(form: Any, number: int, taken: bool) -> None:
    asked = picks(["DOSE = RTDOSE: first"] * number)
    assert ("rtDose" in read_of(Options(form=form, sample="study"), asked)) == taken


def test_a_dose_is_a_volume_in_gray_on_the_planes_of_its_offsets(tmp_path: Path) -> None:
    stored = [0, 1, 2, 3, 10, 11, 12, 13, 100, 101, 102, 4_000_000_000]
    about = {"NumberOfFrames": 3, "DoseGridScaling": "2.5e-6", "DoseUnits": "GY", "GridFrameOffsetVector": [0, 4, 8]}
    about |= {"ImagePositionPatient": [-10, -20, 30], "DoseType": "PHYSICAL", "DoseSummationType": "PLAN"}
    dose = image("1.5.1", SOPClassUID=DOSE, **of("1", 5, "RTDOSE"), **PIXELS, **about, **voxels(32, *stored))
    with frozen(tmp_path, {"dose": dose}) as client:
        told = client.export_cohort("all", tmp_path / "out", "nifti", workers=1)
    assert (told.samples, told.skipped, told.unsampled, told.warnings) == (1, 0, 0, ())
    volume: Any = nibabel.load(min((tmp_path / "out").rglob("*.nii.gz")))
    found = np.asarray(volume.dataobj)
    # NIfTI's axes are columns, rows, planes; its x and y run against DICOM's (PS3.3 C.7.6.2.1.1)
    assert found.shape == (2, 2, 3)
    assert found[1, 0, 1] == pytest.approx(11 * 2.5e-6)
    assert found[0, 1, 2] == pytest.approx(102 * 2.5e-6)
    assert found[1, 1, 2] == pytest.approx(10_000)
    assert volume.affine.tolist() == [[-2, 0, 0, 10], [0, -3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]]
