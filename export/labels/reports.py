"""Masks from regions that reports draw (PS3.16 TID 1410, TID 1411): polygons, circles, ellipses, ellipsoids.

A region of SCOORD lies on the frames that it was selected from; a planar one of SCOORD3D on the nearest slice, or
through several where it lies aslant. Lines are closed. Round shapes are polygons of so many sides that it makes no
difference. Points are no regions (see `points`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from pydicom.dataset import Dataset

from ...dicom.contours import Contour, sections
from ...dicom.polygons import fill
from ...dicom.volumes import Grid, Stack
from ...errors import ReadError
from ..plan.model import Part
from .drawn import draw
from .items import Drawn, Points, drawn
from .mask import Mask, Voxels
from .outside import outside

POINTS = ("POINT", "MULTIPOINT")
_SIDES = 720


def region_masks(ds: Dataset, parts: Sequence[Part], stack: Stack) -> Iterator[Mask]:
    """The masks of the regions among some content items, of those that are drawn on this image.

    Raises
    ------
    ReadError
        where there is no such item, its coordinates are not those of its shape, or lie elsewhere.
    """
    for found in drawn(ds, parts, stack):
        if found.type in POINTS:
            continue
        array = np.zeros(stack.grid.shape, bool)
        if found.type == "ELLIPSOID":
            _fill_ellipsoid(found, stack.grid, array)
        elif found.slices is None:
            outline = Contour(_outline(found), "CLOSED_PLANAR")
            draw(sections([outline], stack.grid.spacing[2]) or (), stack.grid, array)
        else:
            array[list(found.slices)] = fill([_outline(found)], stack.grid.shape[1:])
        yield Mask(found.part, array, tuple(_told(found, stack.grid)))


def _told(found: Drawn, grid: Grid) -> Iterator[str]:
    """Whether a region lies outside of its image."""
    if found.type == "ELLIPSOID":
        ends = grid.to_index(found.points)
        reach = np.linalg.norm(ends[1::2] - ends[::2], axis=0) / 2
        indices = ends.mean(axis=0) + np.array([-reach, reach])
    else:
        outline = _outline(found)
        indices = grid.to_index(outline) if found.slices is None else np.pad(outline, ((0, 0), (0, 1)))
    whole, part = outside([indices], grid.shape)
    if whole or part:
        yield f"item {found.part.key} ({found.part.name}): it lies {'partly ' if part else ''}outside the image"


def _outline(found: Drawn) -> Points:
    """The corners of a region, in its own coordinates."""
    points = found.points
    if found.type in ("POLYGON", "POLYLINE"):
        return points
    if found.type == "CIRCLE" and len(points) == 2:
        centre, radius = points[0], float(np.linalg.norm(points[1] - points[0]))
        return _ellipse(centre, np.array([radius, 0.0]), np.array([0.0, radius]))
    if found.type == "ELLIPSE" and len(points) == 4:
        centre = points.mean(axis=0)
        return _ellipse(centre, (points[1] - points[0]) / 2, (points[3] - points[2]) / 2)
    raise ReadError(f"item {found.part.key} is a {found.type} of {len(points)} points, which is no region")


def _ellipse(centre: Points, one: Points, other: Points) -> Points:
    angle = np.linspace(0, 2 * np.pi, _SIDES, endpoint=False)
    return np.asarray(centre + np.outer(np.cos(angle), one) + np.outer(np.sin(angle), other))


def _fill_ellipsoid(found: Drawn, grid: Grid, onto: Voxels) -> None:
    """By the ends of its three axes."""
    if len(found.points) != 6:
        raise ReadError(f"item {found.part.key} is an ELLIPSOID of {len(found.points)} points; expected 6")
    centre = found.points.mean(axis=0)
    axes = np.array([(found.points[n + 1] - found.points[n]) / 2 for n in (0, 2, 4)])
    into = np.linalg.inv(axes.T) @ grid.affine[:3, :3]
    start = np.linalg.inv(axes.T) @ (grid.affine[:3, 3] - centre)
    rows, columns = np.mgrid[: grid.shape[1], : grid.shape[2]]
    for index in range(grid.shape[0]):
        inside = sum((start[n] + into[n, 0] * columns + into[n, 1] * rows + into[n, 2] * index) ** 2 for n in range(3))
        onto[index] |= np.asarray(inside <= 1)
