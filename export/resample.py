"""Voxels of one grid on another, by SimpleITK."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dicom.volumes import Grid

Array = NDArray[Any]


def nearest(array: Array, grid: Grid, target: Grid) -> Array:
    """Labels or a mask on another grid: each voxel has the value of the nearest one; outside the grid it is 0."""
    import SimpleITK as sitk  # noqa: N813

    resampled = _resampled(
        array.astype(np.uint8) if array.dtype == bool else array, grid, target, sitk.sitkNearestNeighbor
    )
    return resampled.astype(array.dtype)


def _resampled(array: Array, grid: Grid, target: Grid, how: int, outside: float = 0.0) -> Array:
    import SimpleITK as sitk  # noqa: N813

    onto: Any = sitk.ResampleImageFilter()  # type: ignore[no-untyped-call]
    onto.SetSize(target.shape[::-1])
    onto.SetOutputOrigin(target.affine[:3, 3].tolist())
    onto.SetOutputSpacing(target.spacing)
    onto.SetOutputDirection(_direction(target))
    onto.SetInterpolator(how)
    onto.SetDefaultPixelValue(outside)
    return np.asarray(sitk.GetArrayFromImage(onto.Execute(_image(array, grid))))


def _image(array: Array, grid: Grid) -> Any:
    import SimpleITK as sitk  # noqa: N813

    image: Any = sitk.GetImageFromArray(array)
    image.SetOrigin(grid.affine[:3, 3].tolist())
    image.SetSpacing(grid.spacing)
    image.SetDirection(_direction(grid))
    return image


def _direction(grid: Grid) -> list[float]:
    """The axes as ITK holds them; of a sheared grid they are not at right angles, which its resampling allows."""
    return [float(value) for value in (grid.affine[:3, :3] / np.array(grid.spacing)).ravel()]
