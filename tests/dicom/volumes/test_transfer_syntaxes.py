"""Frames of every encapsulated transfer syntax beside their uncompressed originals, dcmtk and SimpleITK."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.pixels import pixel_array

from cohortgraph.dicom.volumes import File, stacks, values
from cohortgraph.dicom.volumes.encoding import Encoding, encoding, header
from cohortgraph.dicom.volumes.stored import stored

PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
SYNTAXES = {
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.8.1",
    *(f"1.2.840.10008.1.2.4.{each}" for each in (50, 51, 70, 80, 81, 90, 91, 201, 203)),
}
DAMAGED = "JPEG2000-embedded-sequence-delimiter.dcm"
"""A delimiter within the code stream: pydicom, GDCM and dcmtk can't read it either."""

OTHERWISE = {
    "SC_rgb_rle_16bit.dcm": "colour of more than 8 bits: its bytes come in another order; dcmtk and the original agree",
    "SC_rgb_rle_16bit_2frame.dcm": "likewise",
    "SC_rgb_rle_32bit.dcm": "likewise",
    "SC_rgb_rle_32bit_2frame.dcm": "likewise",
    "rtdose_rle.dcm": "it leaves Dose Grid Scaling out (PS3.3 C.8.8.3)",
}
"""What SimpleITK reads otherwise, and why."""

ORIGINALS = {
    "693_J2KI.dcm": "693_UNCI.dcm",
    "693_J2KR.dcm": "693_UNCR.dcm",
    "JPEG2000.dcm": "JPEG2000_UNC.dcm",
    "MR2_J2KI.dcm": "MR2_UNCI.dcm",
    "MR2_J2KR.dcm": "MR2_UNCR.dcm",
    "MR_small_RLE.dcm": "MR_small.dcm",
    "MR_small_jp2klossless.dcm": "MR_small.dcm",
    "MR_small_jpeg_ls_lossless.dcm": "MR_small.dcm",
    "OBXXXX1A_rle.dcm": "OBXXXX1A.dcm",
    "OBXXXX1A_rle_2frame.dcm": "OBXXXX1A_2frame.dcm",
    "SC_rgb_gdcm_KY.dcm": "SC_rgb.dcm",
    "SC_rgb_jpeg_gdcm.dcm": "SC_rgb.dcm",
    "SC_rgb_rle.dcm": "SC_rgb.dcm",
    "SC_rgb_rle_16bit.dcm": "SC_rgb_16bit.dcm",
    "SC_rgb_rle_16bit_2frame.dcm": "SC_rgb_16bit_2frame.dcm",
    "SC_rgb_rle_2frame.dcm": "SC_rgb_2frame.dcm",
    "SC_rgb_rle_32bit.dcm": "SC_rgb_32bit.dcm",
    "SC_rgb_rle_32bit_2frame.dcm": "SC_rgb_32bit_2frame.dcm",
    "emri_small_RLE.dcm": "emri_small.dcm",
    "emri_small_jpeg_2k_lossless.dcm": "emri_small.dcm",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "emri_small.dcm",
    "emri_small_jpeg_ls_lossless.dcm": "emri_small.dcm",
    "examples_jpeg2k.dcm": "US1_UNCR.dcm",
    "liver_deflate.dcm": "liver.dcm",
    "liver_j2k.dcm": "liver.dcm",
    "liver_nonbyte_aligned_deflate.dcm": "liver_nonbyte_aligned.dcm",
    "liver_nonbyte_aligned_j2k.dcm": "liver_nonbyte_aligned.dcm",
    "liver_nonbyte_aligned_rle.dcm": "liver_nonbyte_aligned.dcm",
    "liver_rle.dcm": "liver.dcm",
    "rtdose_rle.dcm": "rtdose.dcm",
    "rtdose_rle_1frame.dcm": "rtdose_1frame.dcm",
    "sm_image_jpegls.dcm": "sm_image.dcm",
    "sm_image_jpegls_nobot.dcm": "sm_image.dcm",
}
"""A file → the one that it was encoded from without loss, or that its encoder says it decodes to."""


@pytest.fixture(scope="module")
def files(shared_data: Path) -> dict[str, list[Encoding]]:
    """By name, the images that are there, however encoded."""
    found: dict[str, list[Encoding]] = {}
    for folder in (PYDICOM, shared_data):
        for path in sorted(folder.rglob("*.dcm")):
            if "fuzz" in str(path) or path.name == DAMAGED:
                continue
            try:
                head = header(path)
                if "Rows" in head.ds:
                    found.setdefault(path.name, []).append(encoding(head))
            except Exception:  # of the corpora's broken files
                continue
    return found


@pytest.fixture(scope="module")
def encapsulated(files: dict[str, list[Encoding]]) -> list[Encoding]:
    return [each for named in files.values() for each in named if each.transfer_syntax not in NATIVE]


def decoded(found: Encoding) -> np.ndarray:
    return np.stack([frame for _, frame in stored(found, range(1, found.frames + 1))])


def named(found: Encoding) -> str:
    return f"{found.path.parent.name}/{found.path.name}"


def test_frames_equal_those_they_were_encoded_from(files: dict[str, list[Encoding]]) -> None:
    for name, original in ORIGINALS.items():
        expected = pixel_array(files[original][0].path)
        assert np.array_equal(decoded(files[name][0]).reshape(expected.shape), expected), name


def test_every_transfer_syntax_is_there(encapsulated: list[Encoding]) -> None:
    assert {each.transfer_syntax for each in encapsulated} == SYNTAXES


def by_dcmtk(found: Encoding, target: Path) -> np.ndarray | None:
    """The frames as dcmtk decodes them; None where it can't."""
    kind = found.transfer_syntax.removeprefix("1.2.840.10008.1.2.")
    tool = {"5": ["dcmdrle"], "1.99": ["dcmconv", "+te"], "4.80": ["dcmdjpls"], "4.81": ["dcmdjpls"]}.get(kind)
    tool = tool or (["dcmdjpeg"] if kind in ("4.50", "4.51", "4.70") else None)
    if tool is None or subprocess.run([*tool, found.path, target], capture_output=True).returncode:
        return None
    return pixel_array(target)


@pytest.mark.skipif(not shutil.which("dcmdjpeg"), reason="needs dcmtk")
def test_frames_equal_dcmtks(encapsulated: list[Encoding], tmp_path: Path) -> None:
    compared, differ = set(), []
    for each in encapsulated:
        expected = by_dcmtk(each, tmp_path / "plain.dcm")
        if expected is not None:
            compared.add(each.transfer_syntax)
            if not np.array_equal(decoded(each).reshape(expected.shape), expected):
                differ.append(named(each))
    assert not differ
    assert {uid.removeprefix("1.2.840.10008.1.2.") for uid in compared} == {
        *("1.99", "5", "4.50", "4.51", "4.70", "4.80", "4.81")
    }


def by_simpleitk(found: Encoding) -> Iterator[np.ndarray]:
    """The values as SimpleITK reads them; none where it can't."""
    try:
        image = sitk.GetArrayFromImage(sitk.ReadImage(str(found.path)))
    except RuntimeError:
        return
    if image.shape[0] == found.frames:
        yield image


def test_values_equal_simpleitks(encapsulated: list[Encoding]) -> None:
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    compared, differ = set(), []
    for each in encapsulated:
        for expected in by_simpleitk(each) if each.path.name not in OTHERWISE else ():
            compared.add(each.transfer_syntax)
            if each.samples > 1:
                found, step = decoded(each), 0.0
            else:
                (stack,) = stacks([File("1.2.3", each.path)])
                read = values(stack)
                found, step = read.real(), abs(read.slope) if read.slope != 1 else 0.0
            if each.photometric_interpretation == "MONOCHROME1":  # SimpleITK inverts what only a display inverts
                expected = (1 << each.bits_stored) - 1 - expected
            if not np.abs(found.astype(float) - expected).max() <= step:
                differ.append(named(each))
    assert not differ
    assert SYNTAXES - compared == {"1.2.840.10008.1.2.8.1"}  # Deflated Image Frame, which it doesn't know
