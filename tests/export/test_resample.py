"""Resampling beside truth of few lines: what linear interpolation keeps, what nnU-Net's rule leaves of labels."""

from __future__ import annotations

import numpy as np
import pytest

from cohortgraph.dicom.volumes import Grid, Values
from cohortgraph.export.resample import resampled_grid, resampled_labels, resampled_values


def grid(shape=(6, 20, 24), spacing=(0.8, 0.9, 3.0), tilt=0.0) -> Grid:
    turn = np.linalg.qr(np.array([[1, 0.2, 0.1], [-0.1, 1, 0.3], [0.2, -0.2, 1]]))[0]
    affine = np.eye(4)
    affine[:3, :3] = turn * spacing
    affine[:3, 2] += tilt * turn[:, 1]
    affine[:3, 3] = [10, -20, 30]
    return Grid(shape, affine, "1.2")


def places(where: Grid) -> np.ndarray:
    indices = np.stack(np.meshgrid(*(np.arange(n) for n in where.shape), indexing="ij")[::-1], axis=-1)
    return indices @ where.affine[:3, :3].T + where.affine[:3, 3]


def middle(where: Grid) -> np.ndarray:
    return where.affine[:3, :3] @ ((np.array(where.shape[::-1]) - 1) / 2) + where.affine[:3, 3]


def test_the_new_grid_covers_the_same_place_in_the_same_directions() -> None:
    old = grid()
    new = resampled_grid(old, (1.0, 1.0, 1.0))
    assert new.spacing == pytest.approx((1, 1, 1))
    assert new.shape == (18, 18, 19)
    assert np.allclose(middle(new), middle(old))
    assert np.allclose(new.affine[:3, :3], old.affine[:3, :3] / old.spacing)
    assert new.frame_of_reference == "1.2"
    assert resampled_grid(old, old.spacing).is_near(old)


@pytest.mark.parametrize("tilt", [0.0, 0.7])
def test_what_is_linear_stays_what_it_is(tilt: float) -> None:
    old = grid(tilt=tilt)
    new = resampled_grid(old, (1.0, 1.2, 1.0))
    assert not new.is_sheared
    slope = np.array([2.0, -1.5, 0.5])
    found = resampled_values(Values((places(old) @ slope).astype(np.float32), unit="HU"), old, new)
    at = old.to_index(places(new).reshape(-1, 3)).reshape(*new.shape, 3)
    inside = ((at >= 0) & (at <= np.array(old.shape[::-1]) - 1)).all(axis=-1)
    assert inside.mean() > 0.4
    assert np.abs(found.array - places(new) @ slope)[inside].max() < 1e-3
    assert found.unit == "HU"


def test_outside_of_the_grid_is_the_smallest_number_that_there_is() -> None:
    old = Grid((3, 3, 3), np.eye(4))
    array = np.full(old.shape, 5, np.float32)
    array[0, 0, 0] = np.nan
    beyond = np.eye(4)
    beyond[:3, 3] = [10, 0, 0]
    assert (resampled_values(Values(array), old, Grid((3, 3, 3), beyond)).array == 5).all()


def test_whole_numbers_stay_whole_and_keep_their_scale() -> None:
    old = grid()
    array = np.arange(np.prod(old.shape), dtype=np.int16).reshape(old.shape) - 1000
    new = resampled_grid(old, (1, 1, 1))
    found = resampled_values(Values(array, 0.5, -3.0), old, new)
    real = resampled_values(Values(array.astype(np.float32)), old, new)
    assert found.array.dtype == np.int16
    assert (found.slope, found.intercept) == (0.5, -3.0)
    assert np.abs(found.array - real.array).max() <= 0.5


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.uint64, np.int64])
def test_the_largest_and_the_smallest_number_stay_what_they_are(dtype: type) -> None:
    limits = np.iinfo(dtype)
    old = grid((6, 12, 12), (1, 1, 2))
    array = np.full(old.shape, limits.min, dtype)
    array[:, :6] = limits.max
    found = resampled_values(Values(array), old, resampled_grid(old, (0.5, 0.5, 1))).array
    assert found.dtype == dtype
    assert found[4, 3, 8] == pytest.approx(limits.max, rel=1e-15)  # a float holds 2**63 - 1 only that nearly
    assert found[4, -4, 8] == limits.min
    assert (np.diff(found[4, :, 8].astype(float)) <= 0).all()  # from the largest down, without a leap


def test_whole_numbers_of_32_bits_keep_every_bit() -> None:
    old = grid((6, 12, 12), (1, 1, 2))
    array = np.full(old.shape, 2**24 + 1, np.int32)
    assert (resampled_values(Values(array), old, resampled_grid(old, (0.7, 0.8, 1))).array == 2**24 + 1).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.uint64, np.float32])
def test_on_its_own_grid_an_image_is_left_as_it_is(dtype: type) -> None:
    old = grid()
    array = np.random.default_rng(3).integers(0, np.iinfo(np.uint16).max, old.shape).astype(dtype)
    if dtype is np.uint64:
        array += np.uint64(2**63)
    assert np.array_equal(resampled_values(Values(array), old, resampled_grid(old, old.spacing)).array, array)


def test_colours_are_resampled_each_by_itself() -> None:
    old = grid()
    rgb = np.stack([np.full(old.shape, n, np.uint8) for n in (10, 20, 30)], axis=-1)
    assert resampled_values(Values(rgb), old, resampled_grid(old, (1, 1, 1))).array[5, 5, 5].tolist() == [10, 20, 30]


def test_a_label_stays_where_it_has_half_of_the_linear_weight() -> None:
    old = grid((4, 9, 10), (1, 1, 2))
    rng = np.random.default_rng(5)
    array = rng.choice(np.array([0, 0, 3, 200, 4000], np.uint16), size=old.shape)
    new = resampled_grid(old, (0.7, 0.6, 1.1))
    expected, sure = np.zeros(new.shape, np.uint16), np.ones(new.shape, bool)
    for value in (3, 200, 4000):
        weight = resampled_values(Values((array == value).astype(np.float32)), old, new).array
        expected[weight >= 0.5] = value
        sure &= np.abs(weight - 0.5) > 1e-3
    found = resampled_labels(array, old, new)
    assert found.dtype == np.uint16
    assert sure.mean() > 0.9
    assert np.array_equal(found[sure], expected[sure])


def halved(mask: np.ndarray) -> np.ndarray:
    """The linear weight on voxels twice as large: each lies in the middle of eight."""
    slices, rows, columns = (count // 2 for count in mask.shape)
    return mask.reshape(slices, 2, rows, 2, columns, 2).mean(axis=(1, 3, 5))


@pytest.mark.parametrize("tilt", [0.0, 0.37])
def test_half_of_the_weight_is_enough(tilt: float) -> None:
    """A cube of 64 mm3 between the new voxels, and a ball of 4169: nnU-Net's rule leaves 56 and 4320 of them."""
    size = 40
    affine = np.eye(4)
    affine[:3, :3] = np.array([[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    affine[:3, 3] = [-312.7, 101.3, 1004.9]
    old = Grid((size,) * 3, affine, "1.2")
    array = np.zeros(old.shape, np.uint8)
    place = np.indices(old.shape) - 20
    array[(place**2).sum(axis=0) <= 100] = 1
    array[5:9, 5:9, 5:9] = 2
    array[33:35, 33:35, 33:35] = 3
    found = resampled_labels(array, old, resampled_grid(old, (2.0, 2.0, 2.0)))
    assert [8 * np.count_nonzero(found == value) for value in (1, 2, 3)] == [4320, 56, 0]
    for value in (1, 2):
        assert np.array_equal(found == value, halved(array == value) >= 0.5)


def test_of_two_labels_with_half_of_the_weight_each_the_larger_value_stays() -> None:
    old = Grid((2, 2, 8), np.eye(4))
    array = np.zeros(old.shape, np.uint8)
    array[..., 1:3], array[..., 3:5], array[..., 5:7] = 7, 2, 4
    found = resampled_labels(array, old, resampled_grid(old, (2.0, 2.0, 2.0)))
    assert found.tolist() == [[[7, 7, 4, 4]]]


def test_labels_at_the_border_and_beyond_it() -> None:
    old = Grid((3, 3, 3), np.eye(4))
    array = np.zeros(old.shape, np.uint8)
    array[0, 0, 0] = array[2, 2, 2] = 5
    shifted = np.eye(4)
    shifted[:3, 3] = [-1, -1, -1]
    found = resampled_labels(array, old, Grid((2, 2, 2), shifted))
    assert np.argwhere(found).tolist() == [[1, 1, 1]]
    shifted[:3, 3] = [20, 0, 0]
    assert not resampled_labels(array, old, Grid((2, 2, 2), shifted)).any()
