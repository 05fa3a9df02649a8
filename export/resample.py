"""Voxels of one grid on another, by SimpleITK: images linearly, labels where they have half of the linear weight.

Of a label map each label is interpolated by itself and stays where it has at least one half, the larger value where two
have just that: as nnU-Net's own resampling does it (`resize_segmentation` of batchgenerators, order 1). Edges come out
smoother than by nearest voxels, and no value in between is made up. Nothing is smoothed before voxels become larger.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dicom.volumes import Grid, Values

Array = NDArray[Any]
Spacing = tuple[float, float, float]
Box = tuple[slice, slice, slice]
"""Slices, rows, columns."""

_EXACT = {"u": 2, "i": 2, "f": 4}
"""Kind of type → of how many bytes are numbers that floats of 32 bits hold exactly."""
_NEAR = 1e-3
"""By how much of a voxel two grids may differ and be one."""
_HALF = 0.5 - 1e-4
"""Of a label's weight, which is rounded."""


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
    array = _resampled(floats, grid, target, sitk.sitkLinear, float(np.nanmin(stored)))
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

    if _is_same(grid, target):
        return array
    found = np.zeros(target.shape, array.dtype)
    for value in np.unique(array[array != 0]):
        mask = array == value
        own = _around(mask)
        part = _part(grid, own)
        onto = _over(target, part)
        if all(each.start < each.stop for each in onto):
            weight = _resampled(
                mask[own].astype(np.uint8), part, _part(target, onto), sitk.sitkLinear, type_=sitk.sitkFloat32
            )
            found[onto][weight >= _HALF] = value
    return found


def _around(mask: Array) -> Box:
    """The box of a mask's voxels and their neighbours."""
    found = []
    for axis, count in enumerate(mask.shape):
        held = np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis})))
        found.append(slice(max(0, int(held[0]) - 1), min(count, int(held[-1]) + 2)))
    return found[0], found[1], found[2]


def _over(grid: Grid, part: Grid) -> Box:
    """The box of a grid's voxels that lie on a part of another one; where none do, it is empty."""
    ends = np.array(list(product(*((-0.5, count - 0.5) for count in part.shape[::-1]))))
    found = grid.to_index(ends @ part.affine[:3, :3].T + part.affine[:3, 3])[:, ::-1]
    first = np.clip(np.floor(found.min(axis=0)), 0, grid.shape).astype(int)
    last = np.clip(np.ceil(found.max(axis=0)) + 1, 0, grid.shape).astype(int)
    slices, rows, columns = (slice(int(one), int(other)) for one, other in zip(first, last, strict=True))
    return slices, rows, columns


def _part(grid: Grid, box: Box) -> Grid:
    """The voxels of a box as a grid of their own."""
    affine = grid.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [each.start for each in box[::-1]]
    slices, rows, columns = (each.stop - each.start for each in box)
    return Grid((slices, rows, columns), affine, grid.frame_of_reference)


def nearest(array: Array, grid: Grid, target: Grid) -> Array:
    """Labels or a mask on another grid: each voxel has the value of the nearest one; outside of the grid it is 0."""
    import SimpleITK as sitk  # noqa: N813

    stored = array.astype(np.uint8) if array.dtype == bool else array
    return _resampled(stored, grid, target, sitk.sitkNearestNeighbor).astype(array.dtype, copy=False)


def _resampled(
    array: Array, grid: Grid, target: Grid, how: int, outside: float = 0.0, type_: int | None = None
) -> Array:
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
    if type_ is not None:
        onto.SetOutputPixelType(type_)
    return np.asarray(sitk.GetArrayFromImage(onto.Execute(image)))


def _direction(grid: Grid) -> list[float]:
    """The axes as ITK holds them; of a sheared grid they are not at right angles, which its resampling allows."""
    return [float(value) for value in (grid.affine[:3, :3] / np.array(grid.spacing)).ravel()]
