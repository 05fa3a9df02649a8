"""Closed contours as voxels of a grid.

A voxel is inside where its centre is: within the polygons of the nearest plane by even-odd (`dicom.polygons`), and not
farther from that plane than it counts (`dicom.contours.sections`): half of the distance of the planes to either side.
So contours between slices lie on the nearest ones, and contours on every second slice fill those between, but an end
or a gap is not filled. Contours need not be parallel to the slices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...dicom.contours import Section, axes
from ...dicom.polygons import NEAR, contains, fill
from ...dicom.volumes import Grid
from .mask import Voxels

Points = NDArray[np.float64]

_PARALLEL = 1 - 1e-6
_AT_ONCE = 1_000_000
"""Voxels whose places are held."""
_ROUNDED = 1e-3
"""By how much of their distance two offsets may differ and be one."""


def draw(sections: Sequence[Section], grid: Grid, onto: Voxels) -> None:
    """Add the voxels of parallel planes of contours to a mask on a grid."""
    if not sections:
        return
    normal = sections[0].normal
    axis = next((axis for axis in (2, 1, 0) if abs(float(_normal(grid, axis) @ normal)) > _PARALLEL), None)
    if axis is None:
        _draw_oblique(sections, grid, onto)
        return
    columns, rows = (each for each in (0, 1, 2) if each != axis)
    planes = np.moveaxis(onto, 2 - axis, 0)
    for section in sections:
        for index, offset in _planes(section, grid, axis):
            polygons = [
                grid.to_index(contour.points + np.outer(offset - contour.points @ normal, normal))
                for contour in section.contours
            ]
            planes[index] |= fill([polygon[:, (columns, rows)] for polygon in polygons], planes[index].shape)


def _normal(grid: Grid, axis: int) -> Points:
    """Of the planes on which the index along an axis is one."""
    one, other = (grid.affine[:3, each] for each in (0, 1, 2) if each != axis)
    normal = np.cross(one, other)
    return np.asarray(normal / np.linalg.norm(normal))


def _planes(section: Section, grid: Grid, axis: int) -> Iterator[tuple[int, float]]:
    """The planes of the grid that a section counts for: index along the axis, and offset along the normal."""
    step = float(grid.affine[:3, axis] @ section.normal)
    offsets = float(grid.affine[:3, 3] @ section.normal) + step * np.arange(grid.shape[2 - axis])
    low, high = _extent(section, abs(step))
    rounded = offsets + _ROUNDED * abs(step)
    for index in np.flatnonzero((low <= rounded) & (rounded < high)):
        yield int(index), float(offsets[index])


def _extent(section: Section, width: float) -> tuple[float, float]:
    low = section.offset - width / 2 if section.low is None else section.low
    high = section.offset + width / 2 if section.high is None else section.high
    return low, high


def _draw_oblique(sections: Sequence[Section], grid: Grid, onto: Voxels) -> None:
    """By the place of each voxel's centre."""
    normal = sections[0].normal
    extents = np.array([_extent(section, min(grid.spacing)) for section in sections])
    basis = np.array(axes(normal)).T
    around = np.concatenate([contour.points for section in sections for contour in section.contours])
    near = NEAR * min(grid.spacing)
    low, high = (around @ basis).min(axis=0) - near, (around @ basis).max(axis=0) + near
    thickest = float((extents[:, 1] - extents[:, 0]).max())
    found = grid.to_index(np.concatenate([around - thickest * normal, around + thickest * normal]))
    first = np.maximum(np.floor(found.min(axis=0)), 0).astype(int)
    last = np.minimum(np.ceil(found.max(axis=0)), np.array(grid.shape[::-1]) - 1).astype(int)
    columns, rows = (each.ravel() for each in np.meshgrid(*(np.arange(first[n], last[n] + 1) for n in (0, 1))))
    held = np.ravel_multi_index((rows, columns), grid.shape[1:])
    waiting: list[tuple[NDArray[np.int64], NDArray[np.int64], Points]] = []

    def settle() -> None:
        voxels, plane, places = (np.concatenate(each) for each in zip(*waiting, strict=True))
        waiting.clear()
        order = np.argsort(plane, kind="stable")
        numbers, starts = np.unique(plane[order], return_index=True)
        for number, here in zip(numbers, np.split(order, starts[1:]), strict=True):
            polygons = [contour.points @ basis for contour in sections[number].contours]
            inside = contains(polygons, places[here], near)
            onto.reshape(-1)[voxels[here][inside]] = True

    linear = grid.affine[:3, :3]
    lowest = np.stack([columns, rows], axis=1) @ linear[:, :2].T + grid.affine[:3, 3]
    heights, beside = lowest @ normal, lowest @ basis  # of the slice 0; from one to the next all move alike
    for index in range(first[2], last[2] + 1):
        offsets = heights + index * (linear[:, 2] @ normal)
        plane = np.searchsorted(extents[:, 0], offsets, "right") - 1
        counts = np.flatnonzero((plane >= 0) & (offsets < extents[plane, 1]))
        places = beside[counts] + index * (linear[:, 2] @ basis)
        around_it = ((places >= low) & (places <= high)).all(axis=1)
        counts = counts[around_it]
        waiting.append((held[counts] + index * grid.shape[1] * grid.shape[2], plane[counts], places[around_it]))
        if sum(len(each) for each, _, _ in waiting) > _AT_ONCE:
            settle()
    if waiting:
        settle()
