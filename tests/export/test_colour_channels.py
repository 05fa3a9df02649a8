"""Images in colour, for frameworks that take one value a voxel: each colour is a channel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from cohortgraph.errors import UsageError
from cohortgraph.export.writers import writer

from .small_case import SmallCase

COLOURS = ["red", "green", "blue"]


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 255, (1, 8, 6, 3)).astype(np.uint8)


@pytest.fixture
def case(tmp_path: Path, pixels: np.ndarray) -> SmallCase:
    made = SmallCase(tmp_path)
    images = made.image(pixels, role="XC")
    made.contour([images], {1: [np.array([[1, 2, 0], [3, 2, 0], [3, 4, 0], [1, 4, 0]])]})
    return made


def finished(case: SmallCase, form: str, name: str) -> dict[str, object]:
    writer(form).finish(case.head(form), [(case.sample, case.made(form))], case.folder / "out")
    return json.loads((case.folder / "out" / name).read_text())


def planes(case: SmallCase, paths: list[str]) -> np.ndarray:
    """What SimpleITK, nnU-Net's reader, finds in each file: slices × rows × columns × files."""
    images = [sitk.ReadImage(str(case.folder / "out" / path)) for path in paths]
    assert {(image.GetDimension(), image.GetNumberOfComponentsPerPixel()) for image in images} == {(3, 1)}
    return np.stack([sitk.GetArrayFromImage(image) for image in images], axis=-1)


def test_nnunet_has_a_file_for_each_colour(case: SmallCase, pixels: np.ndarray) -> None:
    told = finished(case, "nnunet", "dataset.json")
    assert told["channel_names"] == {str(n): f"XC {colour}" for n, colour in enumerate(COLOURS)}
    assert np.array_equal(planes(case, [f"imagesTr/case_000{n}.nii.gz" for n in range(3)]), pixels)
    assert np.count_nonzero(case.read("labelsTr/case.nii.gz")) == 9


def test_monai_stacks_the_colours(case: SmallCase, pixels: np.ndarray) -> None:
    (item,) = finished(case, "monai", "datalist.json")["training"]
    assert item["image"] == [f"images/case_XC.{colour}.nii.gz" for colour in COLOURS]
    assert np.array_equal(planes(case, item["image"]), pixels)


@pytest.mark.parametrize("form", ["nnunet", "monai"])
def test_samples_in_colour_and_in_grey_are_refused_together(case: SmallCase, tmp_path: Path, form: str) -> None:
    grey = SmallCase(tmp_path / "grey")
    grey.folder.mkdir()
    images = grey.image(np.zeros((2, 8, 6), np.uint8), role="XC")
    grey.segment(images, np.ones((2, 8, 6), np.uint8))
    pairs = [(each.sample, each.made(form)) for each in (case, grey)]
    with pytest.raises(UsageError, match=r"case has XC red, XC green, XC blue and case has XC; leave"):
        writer(form).finish(case.head(form), pairs, case.folder / "out")
