"""Labels that were drawn and of which an export holds no voxel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pydicom
import pytest

from cohortgraph.export.protocol import Made
from cohortgraph.export.samples.table import write_samples

from .small_case import SmallCase

ROI = "ROI 2 (label 2): "


def square(middle: float, slice_: float, half: float = 2.0) -> np.ndarray:
    """A contour around a place on the diagonal."""
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half + middle
    return np.column_stack([corners, np.full(4, slice_)])


@pytest.fixture
def case(tmp_path: Path) -> SmallCase:
    return SmallCase(tmp_path)


def listed(case: SmallCase, made: Made, form: str) -> list[list[int]]:
    """The values of each object's labels in samples.parquet."""
    write_samples(case.head(form), [(case.sample, made)], case.folder)
    (row,) = pq.read_table(case.folder / "samples.parquet").to_pylist()
    return [each["values"] for each in row["labels"]]


@pytest.mark.parametrize("form", ["nifti", "nnunet", "monai"])
def test_a_label_that_resampling_loses_is_told_and_not_listed(case: SmallCase, form: str) -> None:
    images = case.image(np.zeros((8, 8, 8), np.uint16))
    mask = np.zeros((8, 8, 8), np.uint8)
    mask[2:6, 2:6, 2:6] = 1
    mask[1, 1, 1] = 2  # an eighth of a voxel of 2 mm
    case.segment(images, mask)
    assert listed(case, case.made(form), form) == [[1, 2]]
    made = case.made(form, 2.0)
    assert "label 2: resampling leaves none of its 1 voxels" in made.warnings
    told = any("no voxel is label 2, though it was drawn" in each for each in made.warnings)
    assert told == (form != "nifti")
    assert not any("label 1" in each for each in made.warnings)
    assert listed(case, made, form) == [[1]]
    (path,) = (each.path for each in made.files if "label" in each.path)
    values, counts = np.unique(case.read(path), return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == {0: 64 - 8, 1: 8}


@pytest.mark.parametrize("form", ["nifti", "nnunet", "monai"])
@pytest.mark.parametrize(
    ("contours", "told", "count"),
    [
        ([square(20, 3), square(20, 4)], ["outside the image: 2 of its 2 contours"], 0),
        ([square(4, 30)], ["outside the image: 1 of its 1 contours"], 0),
        ([square(4, 6), square(4, 7), square(4, 8)], ["outside the image: 1 of its 3 contours"], 50),
        ([square(0, 6)], ["partly outside the image: 1 of its 1 contours"], 9),
        (
            [square(20, 5), square(0, 6)],
            [f"{part}outside the image: 1 of its 2 contours" for part in ("", "partly ")],
            9,
        ),
        ([square(4, 6)], [], 25),
        ([square(3.5, 6, 4)], [], 64),
    ],
)
def test_contours_outside_the_image_are_told(
    case: SmallCase, form: str, contours: list[np.ndarray], told: list[str], count: int
) -> None:
    images = case.image(np.zeros((8, 8, 8), np.uint16))
    case.contour([images], {1: [square(4, 3)], 2: contours})
    made = case.made(form)
    assert [each for each in made.warnings if "label 1" in each] == []
    assert [each.removeprefix(ROI) for each in made.warnings if each.startswith(ROI)] == told
    assert ("no voxel is label 2" in str(made.warnings)) == (not count and form != "nifti")
    assert listed(case, made, form) == [[1, 2] if count else [1]]
    (path,) = (each.path for each in made.files if "label" in each.path)
    assert np.count_nonzero(case.read(path) == 2) == count


def test_a_segment_without_voxels_is_told(case: SmallCase) -> None:
    images = case.image(np.zeros((2, 8, 8), np.uint16))
    here, there = np.zeros((2, 2, 8, 8), np.uint8)
    here[:, 2:4], there[:, 4:6] = 1, 2
    case.segment(images, here)
    case.segment(images, there)
    path = case.files[case.labels[1].object.sop_instance_uid]
    ds = pydicom.dcmread(path)
    ds.PixelData = bytes(len(ds.PixelData))
    ds.save_as(path)
    made = case.made("nnunet", count=3)
    assert [each.partition(":")[0] for each in made.warnings] == [
        "nobody drew label 3 on MR",
        "no voxel is label 2, though it was drawn",
    ]
