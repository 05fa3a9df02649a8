"""Voxels of one grid on another, by SimpleITK: images linearly, labels by the label of the greatest linear weight.

Of a label map each label is interpolated by itself and the greatest one stays, as nnU-Net's own resampling does it:
edges come out smoother than by nearest voxels, and no value in between is made up. Nothing is smoothed before
voxels become larger.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dicom.volumes import Grid, Values

Array = NDArray[Any]
Spacing = tuple[float, float, float]

_EXACT = {"u": 2, "i": 2, "f": 4}
"""Kind of type → of how many bytes are numbers that floats of 32 bits hold exactly."""
_NEAR = 1e-3
"""By how much of a voxel two grids may differ and be one."""


def resampled_grid(grid: Grid, spacing: Spacing) -> Grid:
    """A grid of other spacings (in mm, along columns, rows, slices) over the same place.

    It has as many voxels as fit best, its middle is that of the old one. Of a sheared grid it has the rows and columns,
    with slices at right angles to them.
    """
    axes = grid.affine[:3, :3] / np.array(grid.spacing)
    across = np.cross(axes[:, 0], axes[:, 1])
    axes[:, 2] = across / np.linalg.norm(across) * np.sign(across @ axes[:, 2])
    ends = np.array(grid.shape[::-1]) - 0.5
    corners = np.array(list(product(*((-0.5, end) for end in ends))))
    along = (corners @ grid.affine[:3, :3].T + grid.affine[:3, 3]) @ axes
    low, high = along.min(axis=0), along.max(axis=0)
    count = np.maximum(1, np.round((high - low) / spacing)).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = axes * spacing
    affine[:3, 3] = axes @ ((low + high) / 2 - (count - 1) * spacing / 2)
    columns, rows, slices = (int(each) for each in count)
    return Grid((slices, rows, columns), affine, grid.frame_of_reference)


def resampled_values(values: Values, grid: Grid, target: Grid) -> Values:
    """An image on another grid; whole numbers stay whole, outside of the grid it has its smallest value.

    On the grid that it has (within a thousandth of a voxel) its values are left as they are.
    """
    import SimpleITK as sitk  # noqa: N813

    if _is_same(grid, target):
        return values
    stored = values.array
    floats = stored.astype(np.float64 if stored.dtype.itemsize > _EXACT[stored.dtype.kind] else np.float32)
    array = _resampled(floats, grid, target, sitk.sitkLinear, float(stored.min()))
    if stored.dtype.kind in "iu":
        array = _whole(array, stored.dtype)
    return Values(array.astype(stored.dtype), values.slope, values.intercept, values.unit)


def _is_same(grid: Grid, target: Grid) -> bool:
    return grid.is_near(target, _NEAR * min(grid.spacing))


def _whole(array: Array, dtype: np.dtype[Any]) -> Array:
    """The nearest whole numbers, as far as a type holds them: a float of 64 bits may lie just above its largest one."""
    limits = np.iinfo(dtype)
    return np.clip(np.rint(array, out=array), limits.min, np.nextafter(limits.max + 1.0, 0), out=array)


def resampled_labels(array: Array, grid: Grid, target: Grid) -> Array:
    """A label map on another grid; outside of the grid it is 0."""
    import SimpleITK as sitk  # noqa: N813

    return _resampled(array, grid, target, sitk.sitkLabelLinear).astype(array.dtype, copy=False)


def nearest(array: Array, grid: Grid, target: Grid) -> Array:
    """Labels or a mask on another grid: each voxel has the value of the nearest one; outside of the grid it is 0."""
    import SimpleITK as sitk  # noqa: N813

    stored = array.astype(np.uint8) if array.dtype == bool else array
    return _resampled(stored, grid, target, sitk.sitkNearestNeighbor).astype(array.dtype, copy=False)


def _resampled(array: Array, grid: Grid, target: Grid, how: int, outside: float = 0.0) -> Array:
    import SimpleITK as sitk  # noqa: N813

    image: Any = sitk.GetImageFromArray(array, isVector=array.ndim == 4)
    image.SetOrigin(grid.affine[:3, 3].tolist())
    image.SetSpacing(grid.spacing)
    image.SetDirection(_direction(grid))
    onto: Any = sitk.ResampleImageFilter()  # type: ignore[no-untyped-call]
    onto.SetSize(target.shape[::-1])
    onto.SetOutputOrigin(target.affine[:3, 3].tolist())
    onto.SetOutputSpacing(target.spacing)
    onto.SetOutputDirection(_direction(target))
    onto.SetInterpolator(how)
    onto.SetDefaultPixelValue(outside)
    return np.asarray(sitk.GetArrayFromImage(onto.Execute(image)))


def _direction(grid: Grid) -> list[float]:
    """The axes as ITK holds them; of a sheared grid they are not at right angles, which its resampling allows."""
    return [float(value) for value in (grid.affine[:3, :3] / np.array(grid.spacing)).ravel()]
