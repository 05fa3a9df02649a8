"""Slices made for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from cohortgraph.dicom.volumes import File

WriteSlice = Callable[..., File]


@pytest.fixture
def write_slice(tmp_path: Path) -> WriteSlice:
    """Writes a slice of 2 × 2 voxels, each its number, at a height in mm; returns its file."""

    def write(number: int, z: float, **more: object) -> File:
        ds = pydicom.Dataset()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        ds.SOPClassUID, ds.SOPInstanceUID, ds.InstanceNumber = "1.2.840.10008.5.1.4.1.1.4", f"1.2.{number}", number
        ds.Rows = ds.Columns = 2
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
        ds.BitsAllocated = ds.BitsStored = 16
        ds.HighBit = 15
        ds.PixelSpacing, ds.ImageOrientationPatient = [1, 1], [1, 0, 0, 0, 1, 0]
        ds.ImagePositionPatient = [0, 0, z]
        ds.PixelData = np.full(4, number, np.uint16).tobytes()
        for keyword, value in more.items():
            setattr(ds, keyword, value)
        path = tmp_path / f"{number}.dcm"
        ds.save_as(path, enforce_file_format=False)
        return File(ds.SOPInstanceUID, path)

    return write
