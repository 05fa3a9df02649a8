import numpy as np
import pytest

from cohortgraph.dicom.geometry import Plane, depths


def stack(offsets, spacing=None, thickness=None, **other):
    return [
        Plane((0.0, 0.0, at), row_spacing=1.0, column_spacing=1.0, spacing=spacing, thickness=thickness, **other)
        for at in offsets
    ]


@pytest.mark.parametrize(
    ("offsets", "spacing", "expected"),
    [
        ([0, 3, 6], None, 3),
        ([6, 0, 3], None, 3),  # in any order
        ([0, 3, 6], 1, 3),  # positions win over Spacing Between Slices
        ([0, 3, 3, 6], None, 3),  # two frames of one position are one plane
        ([0, 3, 9], None, 3),  # a plane was left out
        ([0, 4, 10], 2, 2),  # the gaps have no smallest one, but that
        ([0, 5], 2.5, 2.5),  # two planes: a gap or a spacing? it says
        ([0, 5], 2, 5),  # but not if the planes are on no such grid
        ([0, 5], None, 5),
        ([7], 2.5, 2.5),  # one plane
        ([0, 2.999, 6.0005], None, 3.00025),  # rounded positions
    ],
)
def test_semantics_4_5_plane_distance_from_positions(offsets, spacing, expected):
    assert depths(stack(offsets, spacing)) == pytest.approx([expected] * len(offsets))


@pytest.mark.parametrize(("thickness", "expected"), [(1.0, 1), (2.0, 2), (None, 2)])
def test_semantics_4_5_of_every_second_plane_both_spacing_and_thickness_tell(thickness, expected):
    assert depths(stack([1, 3, 5], spacing=1.0, thickness=thickness)) == pytest.approx([expected] * 3)


def test_semantics_4_5_a_single_plane_is_as_thick_as_its_slice():
    assert depths(stack([7], thickness=4)) == [4]
    assert depths(stack([7])) == [None]


def test_semantics_4_5_planes_on_no_grid_count_to_halfway_to_their_neighbours():
    assert depths(stack([0, 2, 5])) == pytest.approx([2, 2.5, 3])


def test_planes_of_another_orientation_are_a_stack_of_their_own():
    sagittal = stack([0, 4], along_row=(0.0, 1.0, 0.0), along_column=(0.0, 0.0, 1.0))
    sagittal = [
        Plane((x, 0.0, 0.0), p.along_row, p.along_column, 1.0, 1.0) for x, p in zip((0.0, 4.0), sagittal, strict=True)
    ]
    assert depths(stack([0, 3, 6]) + sagittal) == pytest.approx([3, 3, 3, 4, 4])


def test_a_plane_without_a_position_has_no_depth_beside_others_that_have_one():
    assert depths([*stack([0, 3]), Plane(row_spacing=1.0, column_spacing=1.0)]) == [3, 3, None]


def test_corners_follow_rows_and_columns():
    plane = Plane((10.0, 20.0, 30.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0), row_spacing=2.0, column_spacing=0.5)
    corners = plane.corners((1, 3), (0, 4))
    assert np.array_equal(corners, [[10, 20, 28], [10, 22, 28], [10, 20, 24], [10, 22, 24]])
