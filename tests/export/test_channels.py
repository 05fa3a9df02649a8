"""Cases of several channels: which labels they have, and which files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cohortgraph.errors import UsageError
from cohortgraph.export.writers import writer

from .small_case import Images, SmallCase


@pytest.fixture
def case(tmp_path: Path) -> SmallCase:
    return SmallCase(tmp_path)


def box(shape: tuple[int, int, int], first: int, last: int, value: int) -> np.ndarray:
    """A cube on the diagonal."""
    mask = np.zeros(shape, np.uint8)
    mask[first:last, first:last, first:last] = value
    return mask


def two(case: SmallCase, spacing: float = 2.0) -> tuple[Images, Images]:
    """Two images of 20 mm, the first of 1 mm."""
    count = round(20 / spacing)
    one = case.image(np.zeros((20, 20, 20), np.uint16), role="T1")
    return one, case.image(np.zeros((count,) * 3, np.uint16), spacing, spacing / 2 - 0.5, role="T2")


@pytest.mark.parametrize("form", ["nnunet", "monai"])
def test_labels_on_the_second_channel_count(case: SmallCase, form: str) -> None:
    one, other = two(case)
    case.segment(one, box((20, 20, 20), 2, 6, 1))
    case.segment(other, box((10, 10, 10), 6, 9, 2))
    made = case.made(form, 1.0, count=3)
    found = case.read(made.files[-1].path)
    assert np.array_equal(found == 1, box((20, 20, 20), 2, 6, 1))
    expected = box((20, 20, 20), 12, 18, 2)  # along each axis its outer voxels have three quarters of the weight
    for corner in np.ndindex(2, 2, 2):
        expected[tuple(12 + 5 * np.array(corner))] = 0  # 0.75 ** 3 < 0.5
    assert np.array_equal(found == 2, expected == 2)
    assert made.details["voxels"] == {1: 64, 2: 208}
    assert made.warnings == ("nobody drew label 3 on T1, T2: where it is, it counts as background",)


def test_channels_of_one_grid_need_no_resampling(case: SmallCase) -> None:
    one, other = two(case, 1.0)
    case.segment(one, box((20, 20, 20), 2, 6, 1))
    case.segment(other, box((20, 20, 20), 6, 9, 2))
    made = case.made("nnunet")
    expected = box((20, 20, 20), 2, 6, 1) + box((20, 20, 20), 6, 9, 2)
    assert np.array_equal(case.read(made.files[-1].path), expected)
    assert made.warnings == ()


def test_where_only_the_second_channel_is_labelled_the_case_is_on_its_grid_and_in_the_same_order(
    case: SmallCase,
) -> None:
    case.image(np.zeros((24, 24, 24), np.uint16), role="T1")
    other = case.image(np.zeros((10, 10, 10), np.uint16), 2.0, 0.5, role="T2")
    case.segment(other, box((10, 10, 10), 6, 9, 2))
    made = case.made("nnunet", 2.0)
    assert [volume["role"] for volume in made.details["volumes"]] == ["T1", "T2"]
    assert made.details["volumes"][0]["shape"] == [10, 10, 10]
    assert np.array_equal(case.read(made.files[-1].path), box((10, 10, 10), 6, 9, 2))
    assert made.warnings == ("nobody drew label 1 on T1, T2: where it is, it counts as background",)


def test_samples_may_be_labelled_on_different_channels(case: SmallCase) -> None:
    one, other = two(case)
    case.segment(one, box((20, 20, 20), 2, 6, 1))
    case.segment(other, box((10, 10, 10), 6, 9, 2))
    samples = [replace(case.sample, labels=(each,)) for each in case.labels]
    writer("nnunet").check(case.head("nnunet", 1.0), samples)


def test_labels_side_by_side_on_channels_of_one_grid_do_not_overlap_when_resampled(case: SmallCase) -> None:
    one, other = two(case, 1.0)
    left, right = np.zeros((2, 20, 20, 20), np.uint8)
    left[..., :9], right[..., 9:] = 1, 2  # both have half of the tenth new voxel
    case.segment(one, left)
    case.segment(other, right)
    made = case.made("nnunet", 2.0)
    assert case.read(made.files[-1].path)[0, 0].tolist() == [1] * 4 + [2] * 6


def test_labels_that_overlap_across_channels_are_refused(case: SmallCase) -> None:
    one, other = two(case)
    case.segment(one, box((20, 20, 20), 2, 6, 1))
    case.segment(other, box((10, 10, 10), 2, 9, 2))
    with pytest.raises(
        UsageError, match=r"'label 2' \(of .*\) and 'label 1' \(of .*\) overlap in 7 voxels"
    ):  # 8, but for a corner
        case.made("nnunet", 1.0)


def test_what_refers_to_both_channels_is_taken_once(case: SmallCase) -> None:
    one, other = two(case)
    corners = np.array([(3.6, 3.6), (9.4, 3.6), (9.4, 9.4), (3.6, 9.4)])
    contours = [np.column_stack([corners, np.full(4, z)]) for z in (4, 5, 6)]
    case.contour([one, other], {1: contours})
    case.segment(other, box((10, 10, 10), 7, 9, 2))
    made = case.made("nnunet", 1.0)
    expected = np.zeros((20, 20, 20), bool)
    expected[4:7, 4:10, 4:10] = True  # the voxels of the first channel, not those of 2 mm, which reach farther
    assert np.array_equal(case.read(made.files[-1].path) == 1, expected)
    assert made.warnings == ()
