"""Lookup tables of 8 and 16 bits an entry, in either byte order."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.pixels import apply_modality_lut
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from cohortgraph.dicom.volumes import File, stacks, values

ENTRIES = np.arange(7, 7 + 3 * 63, 3)
"""An odd number of them, of which 8 bits hold each."""


def image(syntax, pixels, photometric="MONOCHROME2"):
    ds = pydicom.Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.7", "1.2.3", "OT"
    ds.Rows, ds.Columns = pixels.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, photometric
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.dtype.itemsize
    ds.HighBit = ds.BitsStored - 1
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    ds.PixelData = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def words(entries, syntax, packed):
    """As PS3.5 8 and A.2 lay out bytes: of a pair the first in the lower half of the word."""
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    if packed:
        padded = [*entries, 0] if len(entries) % 2 else entries
        entries = [low + 256 * high for low, high in zip(padded[::2], padded[1::2], strict=True)]
    return np.array(entries).astype(f"{order}u2").tobytes()


def read(ds, path):
    ds.save_as(path, enforce_file_format=True)
    (stack,) = stacks([File(ds.SOPInstanceUID, path)])
    return values(stack)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize(("bits", "packed"), [(8, True), (8, False), (16, False)])
@pytest.mark.parametrize("first", [0, -30])
def test_a_modality_lut(tmp_path, syntax, bits, packed, first):
    pixels = (np.arange(64) + first).reshape(8, 8).astype(np.int16 if first else np.uint16)
    ds = image(syntax, pixels)
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "SS" if first else "US", [len(ENTRIES), first, bits])
    item.ModalityLUTType = "US"
    item.add_new("LUTData", "OW", words(ENTRIES, syntax, packed))
    ds.ModalityLUTSequence = [item]
    found = read(ds, tmp_path / "1.dcm").array[0]
    assert found.ravel().tolist() == [*ENTRIES, ENTRIES[-1]]  # the last one counts beyond the end
    if not packed:
        assert found.tolist() == apply_modality_lut(pixels, pydicom.dcmread(tmp_path / "1.dcm")).tolist()


@pytest.mark.skipif(not shutil.which("dcmj2pnm"), reason="needs dcmtk")
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize(("bits", "packed"), [(8, True), (8, False), (16, False)])
def test_a_palette(tmp_path, syntax, bits, packed):
    count = 300
    ds = image(syntax, np.arange(300).reshape(15, 20).astype(np.uint16), "PALETTE COLOR")
    random = np.random.default_rng(1)
    for colour in ("Red", "Green", "Blue"):
        entries = random.integers(0, 256, count) << (bits - 8)
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [count, 0, bits])
        setattr(ds, f"{colour}PaletteColorLookupTableData", words(entries, syntax, packed))
    found = read(ds, tmp_path / "1.dcm").array[0]
    subprocess.run(["dcmj2pnm", "--write-raw-pnm", tmp_path / "1.dcm", tmp_path / "1.ppm"], check=True)
    assert np.array_equal(found, np.asarray(Image.open(tmp_path / "1.ppm")))
