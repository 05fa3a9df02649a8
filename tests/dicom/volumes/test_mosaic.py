"""Siemens' mosaics, beside nibabel's reading and the places that a scanner's protocol names."""

from __future__ import annotations

import gzip
import warnings
from importlib.resources import files
from pathlib import Path

import numpy as np
import pydicom
import pytest

from cohortgraph.dicom import csa
from cohortgraph.dicom.volumes import File, stacks, values

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it calls its readers experimental
    from nibabel.nicom import csareader, dicomwrappers

REAL = "dicom2nifti/tests/data/siemens/dti/001"


def sample(number: int) -> pydicom.Dataset:
    """One of nibabel's mosaics, whose pixels were zeroed: with others."""
    held = files("nibabel.nicom.tests").joinpath(f"data/siemens_dwi_{number}.dcm.gz").read_bytes()
    ds = pydicom.dcmread(pydicom.filebase.DicomBytesIO(gzip.decompress(held)))
    pixels = np.random.default_rng(number).integers(0, 4096, ds.Rows * ds.Columns, dtype=np.uint16)
    ds.PixelData = pixels.tobytes()
    return ds


def written(ds: pydicom.Dataset, path: Path) -> File:
    ds.save_as(path)
    return File(str(ds.SOPInstanceUID), path)


@pytest.mark.parametrize("number", [0, 1000])
def test_a_mosaic_is_the_volume_that_nibabel_reads(tmp_path: Path, number: int) -> None:
    file = written(sample(number), tmp_path / "mosaic.dcm")
    (stack,) = stacks([file])
    theirs = dicomwrappers.wrapper_from_file(file.path)  # columns and rows are swapped there
    assert np.array_equal(values(stack).array, theirs.get_data().transpose(2, 0, 1))
    assert np.abs(stack.grid.affine[:, [1, 0, 2, 3]] - theirs.affine).max() < 1e-4
    assert stack.warnings == ()


def test_mosaics_are_parted_by_their_b_values(tmp_path: Path) -> None:
    found = stacks(written(sample(number), tmp_path / f"{number}.dcm") for number in (1000, 0))
    assert [stack.dimensions for stack in found] == [{"diffusionBValue": 0}, {"diffusionBValue": 1000}]
    assert [stack.grid.shape for stack in found] == [(48, 128, 128)] * 2


def test_slices_that_a_real_protocol_numbers_backwards_lie_where_it_says(shared_data: Path) -> None:
    paths = sorted((shared_data / REAL).glob("*.dcm"))
    found = stacks(File(path.name, path) for path in paths)
    assert [stack.grid.shape for stack in found] == [(40, 192, 192)] * 2
    protocol = bytes(pydicom.dcmread(paths[0])[0x0029, 0x1020].value).decode("latin-1")
    told = dict(line.split("=", 1) for line in protocol.replace(" ", "").replace("\t", "").splitlines() if "=" in line)
    for number in (0, 39):
        place = [float(told[f"sSliceArray.asSlice[{number}].sPosition.d{axis}"]) for axis in ("Sag", "Cor", "Tra")]
        assert (found[0].grid.affine @ [96, 96, number, 1])[:3] == pytest.approx(place, abs=1e-4)
    whole = pydicom.dcmread(paths[0]).pixel_array
    array = values(found[0]).array
    for number in (0, 8, 39):  # the last tile lies lowest
        down, right = divmod(39 - number, 7)
        assert np.array_equal(array[number], whole[192 * down :, 192 * right :][:192, :192])


def test_one_that_does_not_say_how_many_slices_it_holds_stays_an_image(tmp_path: Path) -> None:
    ds = sample(0)
    for tag in ((0x0019, 0x100A), (0x0029, 0x1010), (0x0029, 0x1020)):
        del ds[tag]
    (stack,) = stacks([written(ds, tmp_path / "mosaic.dcm")])
    assert stack.grid.shape == (1, 896, 896)
    assert stack.warnings == ("it is a mosaic that does not say of how many slices: it stays one image",)


def test_headers_of_the_scanner_are_read_as_by_nibabel() -> None:
    held = sample(1000)[0x0029, 0x1010].value
    for name, element in csareader.read(held)["tags"].items():
        assert csa.values(held, name) == [str(each) for each in element["items"]] or [
            float(each) for each in csa.values(held, name)
        ] == [float(each) for each in element["items"]]


def test_damaged_headers_of_the_scanner_tell_nothing_and_end() -> None:
    held = bytearray(sample(0)[0x0029, 0x1010].value)
    random = np.random.default_rng(7)
    for _ in range(500):
        damaged = bytearray(held)
        for at in random.integers(0, len(held), 20):
            damaged[at] = random.integers(0, 256)
        assert len(csa.values(bytes(damaged[: random.integers(0, len(held))]), "SliceNormalVector")) <= 6
