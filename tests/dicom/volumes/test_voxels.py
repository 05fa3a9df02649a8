"""What stored values mean."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from cohortgraph.dicom.volumes import File, stacks, values
from cohortgraph.errors import ReadError


def read(*files):
    (stack,) = stacks(files)
    return values(stack)


def mapping(slope=None, intercept=None, lut=None):
    item = pydicom.Dataset()
    unit = pydicom.Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "mm2/s", "UCUM", "mm2/s"
    item.MeasurementUnitsCodeSequence = [unit]
    if lut is None:
        item.RealWorldValueSlope, item.RealWorldValueIntercept = slope, intercept
    else:
        item.RealWorldValueFirstValueMapped, item.RealWorldValueLUTData = 1, lut
        item["RealWorldValueFirstValueMapped"].VR = "US"
    return [item]


def test_a_real_world_value_mapping_wins_over_rescaling_to_no_unit(write_slice):
    found = read(
        write_slice(
            3, 0, RescaleSlope=2, RescaleIntercept=0, RescaleType="US", RealWorldValueMappingSequence=mapping(0.5, 1.0)
        )
    )
    assert (found.array[0, 0, 0], found.slope, found.intercept, found.unit) == (3, 0.5, 1.0, "mm2/s")
    assert found.real()[0, 0, 0] == 2.5


def test_rescaling_to_a_named_unit_wins(write_slice):
    found = read(
        write_slice(
            3, 0, RescaleSlope=2, RescaleIntercept=-4, RescaleType="HU", RealWorldValueMappingSequence=mapping(0.5, 1.0)
        )
    )
    assert (found.array[0, 0, 0], found.slope, found.unit) == (2, 1.0, "HU")


def test_a_real_world_value_table(write_slice):
    files = [write_slice(n, n, RealWorldValueMappingSequence=mapping(lut=[0.25, 0.5, 8.0])) for n in (1, 2, 3)]
    assert read(*files).array[:, 0, 0].tolist() == [0.25, 0.5, 8.0]


@pytest.mark.parametrize(
    ("stored", "signed", "expected"), [(0xF123, False, 0x123), (0xF800, True, -2048), (0x07FF, True, 2047)]
)
def test_bits_above_those_stored_do_not_count(write_slice, stored, signed, expected):
    found = read(
        write_slice(
            1,
            0,
            BitsStored=12,
            HighBit=11,
            PixelRepresentation=int(signed),
            PixelData=np.full(4, stored, "<u2").tobytes(),
        )
    )
    assert found.array[0, 0, 0] == expected


@pytest.mark.parametrize(
    ("number", "intercept", "dtype"), [(100, -1024, np.int16), (65535, -1024, np.int32), (65535, 0, np.uint16)]
)
def test_whole_numbers_are_in_the_smallest_type(write_slice, number, intercept, dtype):
    found = read(write_slice(number, 0, RescaleSlope=1, RescaleIntercept=intercept))
    assert (found.array.dtype, found.array[0, 0, 0]) == (dtype, number + intercept)


def test_large_numbers_in_small_steps_need_float64(write_slice):
    files = [write_slice(n, n, RescaleSlope="0.0001", RescaleIntercept=str(1e6 * n)) for n in (1, 2)]
    assert read(*files).array.dtype == np.float64


def test_a_truncated_file_is_named(write_slice):
    file = write_slice(1, 0)
    file.path.write_bytes(file.path.read_bytes()[:-1])
    with pytest.raises(ReadError, match=r"1\.dcm"):
        read(file)


def test_memory_is_the_result_and_little_more(tmp_path):
    side, count = 256, 40
    for number in range(count):
        ds = pydicom.Dataset()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", f"1.2.{number}"
        ds.Rows = ds.Columns = side
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
        ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
        ds.PixelSpacing, ds.ImageOrientationPatient = [1, 1], [1, 0, 0, 0, 1, 0]
        ds.ImagePositionPatient = [0, 0, number]
        ds.PixelData = np.full(side * side, number, np.uint16).tobytes()
        ds.save_as(tmp_path / f"{number:03}.dcm", enforce_file_format=False)
    (stack,) = stacks([File(f"1.2.{number}", tmp_path / f"{number:03}.dcm") for number in range(count)])
    values(stack)
    tracemalloc.start()
    found = values(stack)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    frame = 8 * side * side  # as int64, in which it is rescaled
    assert found.array.dtype == np.int16
    assert peak < found.array.nbytes + 3 * frame


def test_planes_of_a_dose_lie_by_their_offsets_and_hold_doses():
    path = Path(pydicom.__file__).parent / "data" / "test_files" / "rtdose.dcm"
    expected, ds = sitk.ReadImage(str(path)), pydicom.dcmread(path)
    (stack,) = stacks([File(ds.SOPInstanceUID, path)])
    found = values(stack)
    assert stack.grid.shape == expected.GetSize()[::-1]
    assert stack.grid.spacing == pytest.approx(expected.GetSpacing())
    assert stack.grid.affine[:3, 3] == pytest.approx(expected.GetOrigin())
    assert found.real() == pytest.approx(sitk.GetArrayFromImage(expected) * float(ds.DoseGridScaling), rel=1e-6)
