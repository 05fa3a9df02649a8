"""Volumes of real series, beside SimpleITK's reading of the same files."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from cohortgraph.dicom.volumes import File, Grid, Stack, stacks, values
from cohortgraph.errors import ReadError
from cohortgraph.export.writers.niftis import write_nifti

FOLDERS = ("dicom2nifti", "dcmqi/data", "highdicom", "pydicom-data", "dcmjs")
NO_VOLUME = ("SM", "SEG", "SR", "ANN", "PR", "KO", "ECG", "RTSTRUCT")


def series(root: Path) -> dict[str, list[File]]:
    """The first file of each object of each image series."""
    found: defaultdict[str, dict[str, File]] = defaultdict(dict)
    tags = ["SeriesInstanceUID", "SOPInstanceUID", "Modality", "Rows"]
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.dcm")):
            try:
                ds = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=tags)
            except Exception:
                continue
            if "SeriesInstanceUID" in ds and "Rows" in ds and ds.get("Modality") not in NO_VOLUME:
                uid = str(ds.SOPInstanceUID)
                found[ds.SeriesInstanceUID].setdefault(uid, File(uid, path))
    return {uid: list(files.values()) for uid, files in found.items()}


def read_by_simpleitk(stack: Stack) -> sitk.Image | None:
    """The same slices in the same order; None where it can't read them."""
    files = list(dict.fromkeys(str(frame.path) for frame in stack.frames))
    try:
        if len(files) == 1:
            return sitk.ReadImage(files[0])
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(files)
        return reader.Execute()
    except RuntimeError:
        return None


def affine(image: sitk.Image) -> np.ndarray:
    found = np.eye(4)
    found[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    found[:3, 3] = image.GetOrigin()
    return found


OTHERWISE = {
    "dx_image.dcm": "MONOCHROME1: SimpleITK inverts what only a display inverts (PS3.3 C.7.6.3.1.2)",
    "RG3_J2KR.dcm": "MONOCHROME1",
    "RG3_J2KI.dcm": "MONOCHROME1",
    "mlut_18.dcm": "SimpleITK leaves the Modality LUT out (PS3.3 C.11.1)",
    "gdcm-US-ALOKA-16.dcm": "a palette of 16 bits: colours here have 8",
}
"""Files of which SimpleITK gives other values, and the rule that holds here."""


def test_every_real_series_that_simpleitk_can_read_is_equal(shared_data: Path) -> None:
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    compared, differ = 0, []
    for files in series(shared_data).values():
        for stack in stacks(files):
            image = read_by_simpleitk(stack)
            if image is None or image.GetDimension() != 3 or image.GetSize()[2] != len(stack.frames):
                continue
            name = stack.frames[0].path.name
            if name in OTHERWISE:
                continue
            compared += 1
            found, expected = values(stack), sitk.GetArrayFromImage(image)
            numbers = [frame.number for frame in stack.frames]
            if max(numbers) > 1:  # it takes the frames of one file in their order, we in that of their places
                expected = expected[[number - 1 for number in numbers]]
            if expected.shape != found.array.shape:
                differ.append(f"{name}: {found.array.shape}, {expected.shape}")
            elif not np.abs(found.real().astype(float) - expected).max() <= abs(found.slope) * 1.001:
                differ.append(f"{name}: values")
            elif stack.has_position and not stack.grid.is_sheared and numbers == sorted(numbers):
                ours = stack.grid.affine
                # Of a single slice it knows no thickness; of slices in a file no places but the first one's.
                columns = [0, 1, 3] if len(stack.frames) == 1 or max(numbers) > 1 else [0, 1, 2, 3]
                if (off := np.abs(affine(image) - ours)[:, columns].max()) > 1e-3:
                    differ.append(f"{name}: affine {off}")
    assert not differ, "\n".join(differ)
    assert compared > 60


def test_a_volume_comes_back_from_nifti(shared_data: Path, tmp_path: Path) -> None:
    files = [
        File(path.name, path) for path in sorted((shared_data / "dcmqi/data/segmentations/ct-3slice").glob("*.dcm"))
    ]
    (stack,) = stacks(reversed(files))
    found = values(stack)
    digest, size = write_nifti(found, stack.grid, tmp_path / "ct.nii.gz")
    again = write_nifti(found, stack.grid, tmp_path / "again.nii.gz")
    image, other = sitk.ReadImage(str(tmp_path / "ct.nii.gz")), nibabel.load(tmp_path / "ct.nii.gz")
    assert again == (digest, size) == (hashlib.sha256((tmp_path / "ct.nii.gz").read_bytes()).hexdigest(), size)
    assert np.array_equal(sitk.GetArrayFromImage(image), found.array)
    assert np.abs(affine(image) - stack.grid.affine).max() < 1e-3
    assert np.array_equal(np.asanyarray(other.dataobj).T, found.array)
    assert np.abs(np.diag([-1, -1, 1, 1]) @ other.affine - stack.grid.affine).max() < 1e-4


def heights(found: list[Stack]) -> list[list[int]]:
    return [values(stack).array[:, 0, 0].tolist() for stack in found]


def test_places_decide_not_instance_numbers(write_slice) -> None:
    assert heights(stacks([write_slice(1, 5), write_slice(2, 0), write_slice(3, 2.5)])) == [[2, 3, 1]]


def test_a_missing_slice_parts_a_series(write_slice) -> None:
    found = stacks([write_slice(number, z) for number, z in enumerate((0, 1, 2, 4, 5), start=1)])
    assert heights(found) == [[1, 2, 3], [4, 5]]
    assert all("missing" in stack.warnings[0] for stack in found)
    assert [stack.grid.affine[2, 3] for stack in found] == [0, 4]


@pytest.mark.parametrize(
    ("keyword", "one", "other"),
    [
        ("TemporalPositionIdentifier", 1, 2),
        ("DiffusionBValue", 0.0, 1000.0),
        ("EchoTime", "2.3", "4.6"),
        ("ImageType", ["ORIGINAL", "PRIMARY", "M"], ["ORIGINAL", "PRIMARY", "P"]),
        ("TriggerTime", "0", "40"),
    ],
)
def test_what_lies_at_one_place_is_parted_by_what_tells_it_apart(
    write_slice, keyword: str, one: object, other: object
) -> None:
    files = [write_slice(n, n % 2, **{keyword: one if n < 3 else other}) for n in (1, 2, 3, 4)]
    found = stacks(files)
    assert heights(found) == [[2, 1], [4, 3]]
    assert [next(iter(stack.dimensions)).lower() for stack in found] == [keyword.lower()] * 2


def test_copies_at_one_place_are_told_apart_by_number_and_named(write_slice) -> None:
    found = stacks([write_slice(n, n % 2) for n in (1, 2, 3, 4)])
    assert heights(found) == [[2, 1], [4, 3]]
    assert "Instance Number" in found[0].warnings[0]


def test_a_tilted_gantry_is_a_sheared_grid(write_slice) -> None:
    files = [write_slice(n, n, ImagePositionPatient=[0, 0.25 * n, n]) for n in (1, 2, 3)]
    (stack,) = stacks(files)
    assert stack.grid.is_sheared
    assert stack.grid.affine[:3, 2].tolist() == [0, 0.25, 1]
    assert "14.0 degrees" in stack.warnings[0]


def test_slopes_that_differ_are_multiplied_out(write_slice) -> None:
    files = [write_slice(n, n, RescaleSlope=str(0.5 * n), RescaleIntercept="1") for n in (1, 2)]
    found = values(stacks(files)[0])
    assert (found.array.dtype, found.array[:, 0, 0].tolist(), found.slope) == (np.float32, [1.5, 3.0], 1.0)


def test_a_grid_tells_which_voxel_a_point_is_in() -> None:
    grid = Grid((3, 4, 5), np.array([[2.0, 0, 0, 10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]]))
    assert grid.to_index(np.array([[14.0, 23, 38]])).tolist() == [[2, 1, 2]]
    assert grid.spacing == (2, 3, 4)


def test_a_number_of_frames_that_no_file_of_its_size_holds_is_refused(write_slice) -> None:
    file = write_slice(1, 0, NumberOfFrames=300_000_000)
    with pytest.raises(ReadError, match="says that it has 300000000 frames, and is too small for them"):
        stacks([file])
    ds = pydicom.dcmread(file.path, force=True)
    del ds.PixelData
    ds.save_as(file.path, enforce_file_format=False)
    with pytest.raises(ReadError, match="says that it has 300000000 frames, and has no pixels"):
        stacks([file])


def test_a_transfer_syntax_that_is_none_is_told(write_slice) -> None:
    file = write_slice(1, 0)
    ds = pydicom.dcmread(file.path, force=True)
    ds.file_meta.TransferSyntaxUID = "1.2.3.999"
    pydicom.dcmwrite(file.path, ds, implicit_vr=False, little_endian=True, enforce_file_format=False)
    with pytest.raises(ReadError, match=r"'1\.2\.3\.999' is no transfer syntax that is known"):
        stacks([file])
