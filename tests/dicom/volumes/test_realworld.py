"""Real World Value Mappings of a range of stored values each (PS3.3 C.7.6.16.2.11)."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from highdicom.pm import RealWorldValueMapping
from highdicom.sr import CodedConcept
from pydicom.sequence import Sequence

from cohortgraph.dicom.volumes import stacks, values

STORED = np.array([0, 999, 1000, 4095], np.uint16)


def item(first, last, slope=None, intercept=None, unit="mm2/s", lut=None):
    return RealWorldValueMapping(
        lut_label="map",
        lut_explanation="a map",
        unit=CodedConcept(unit, "UCUM", unit),
        value_range=(first, last),
        slope=slope,
        intercept=intercept,
        lut_data=lut,
    )


def read(write_slice, items, stored=STORED, **more):
    file = write_slice(1, 0, PixelData=stored.tobytes(), RealWorldValueMappingSequence=Sequence(items), **more)
    (stack,) = stacks([file])
    return values(stack)


def test_each_stored_value_is_mapped_by_the_item_whose_range_holds_it(write_slice):
    items = [item(0, 999, 1.0, 0.5), item(1000, 4095, 2.0, -1000.0)]
    found = read(write_slice, items)
    expected = [*items[0].apply(STORED[:2]), *items[1].apply(STORED[2:])]
    assert found.real().ravel().tolist() == expected
    assert (found.unit, found.warnings) == ("mm2/s", ())


def test_whole_numbers_of_several_ranges_stay_whole(write_slice):
    found = read(write_slice, [item(0, 999, 1.0, 0.0), item(1000, 4095, 2.0, -1000.0)])
    assert found.array.dtype.kind == "i"
    assert found.array.ravel().tolist() == [0, 999, 1000, 7190]


@pytest.mark.parametrize("slope", [2.0, 0.5])
def test_what_no_item_maps_is_nan_and_told(write_slice, slope):
    mapped = item(500, 1000, slope, 1.0)
    found = read(write_slice, [mapped])
    expected = [np.nan, *mapped.apply(STORED[1:3]), np.nan]
    assert found.real().ravel().tolist() == pytest.approx(expected, nan_ok=True)
    assert found.warnings == ("2 of 4 voxels are NaN: no Real World Value Mapping maps their stored values",)


def test_a_range_that_holds_all_there_is_leaves_stored_values_and_their_line(write_slice):
    found = read(write_slice, [item(0, 4095, 0.5, 1.0)])
    assert (found.array.dtype.kind, found.slope, found.intercept, found.warnings) == ("i", 0.5, 1.0, ())
    assert found.array.ravel().tolist() == STORED.tolist()


def test_a_table_maps_no_more_than_its_range(write_slice):
    mapped = item(998, 1000, lut=[0.25, 0.5, 8.0])
    found = read(write_slice, [mapped])
    expected = [np.nan, *mapped.apply(STORED[1:3]), np.nan]
    assert found.real().ravel().tolist() == pytest.approx(expected, nan_ok=True)


def test_a_map_that_maps_nothing_is_not_used(write_slice):
    found = read(write_slice, [item(5000, 6000, 2.0, 0.0)], RescaleSlope=3, RescaleIntercept=1)
    assert found.array.ravel().tolist() == [1, 2998, 3001, 12286]
    assert found.unit == ""
    assert found.warnings == ("its Real World Value Mapping maps none of its stored values, and is not used",)


def test_maps_to_other_units_and_of_the_same_values_are_left_out_and_told(write_slice):
    items = [item(0, 4095, 2.0, 0.0, "g/ml"), item(0, 4095, 3.0, 0.0, "cm2/ml"), item(0, 4095, 4.0, 0.0, "g/ml")]
    items[2].LUTLabel = "SUVlbm"
    found = read(write_slice, items)
    assert (found.unit, found.array.ravel().tolist()) == ("g/ml", [0, 1998, 2000, 8190])
    assert found.warnings == (
        "the Real World Value Mapping to g/ml is used; others that map otherwise are left out: cm2/ml, SUVlbm",
    )


@pytest.mark.parametrize("vr", ["SS", "US"])
def test_a_first_value_has_the_sign_of_stored_values_whatever_its_vr(write_slice, vr):
    stored = np.array([-3, -2, -1, 0], np.int16)
    mapped = item(-2, 0, 2.0, 0.0)
    expected = [np.nan, *mapped.apply(stored[1:])]
    mapped["RealWorldValueFirstValueMapped"].VR = vr
    mapped.RealWorldValueFirstValueMapped = -2 if vr == "SS" else 65534
    found = read(write_slice, [mapped], stored, PixelRepresentation=1)
    assert found.real().ravel().tolist() == pytest.approx(expected, nan_ok=True)


def test_limits_of_floating_point_values_are_as_exact_as_these(write_slice):
    stored = np.array([0.1, 0.2, np.nan, 0.9], np.float32)
    file = write_slice(
        1,
        0,
        BitsAllocated=32,
        FloatPixelData=stored.tobytes(),
        RealWorldValueMappingSequence=Sequence([item(0.0, 0.2, 10.0, 0.0)]),
    )
    ds = pydicom.dcmread(file.path, force=True)
    del ds.PixelData
    ds.save_as(file.path, enforce_file_format=False)
    found = values(stacks([file])[0])
    assert found.real().ravel().tolist() == pytest.approx([1.0, 2.0, np.nan, np.nan], nan_ok=True)
    assert found.warnings == ("1 of 4 voxels are NaN: no Real World Value Mapping maps their stored values",)
