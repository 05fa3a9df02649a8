"""Labels that were drawn and of which an export holds no voxel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cohortgraph.export.protocol import Made
from cohortgraph.export.samples.table import write_samples

from .small_case import SmallCase


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
    assert not any("label 1" in each for each in made.warnings)
    assert listed(case, made, form) == [[1]]
    (path,) = (each.path for each in made.files if "label" in each.path)
    values, counts = np.unique(case.read(path), return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == {0: 64 - 8, 1: 8}
