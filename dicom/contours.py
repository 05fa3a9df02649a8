"""What the contours of a region of interest enclose (PS3.3 C.8.8.6).

The volume is that of slabs: the area within the closed planar contours of each plane, times the distance of the planes
as `geometry.depths` finds it (semantics 4.5). Of contours that lie within one another in a plane, every second one is a
hole: the rule of CLOSEDPLANAR_XOR, which leaves the keyholes of CLOSED_PLANAR as they are. Contours that cross one
another, which the standard does not provide for, are counted as if they did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from .geometry import Plane, Point, depths
from .values import MalformedValue, numbers, texts

_CONTOUR_DATA, _CONTOUR_GEOMETRIC_TYPE, _CONTOUR_SLAB_THICKNESS = 0x30060050, 0x30060042, 0x30060044

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_PARALLEL = 0.999
"""Cosine of the angle up to which two planes count as parallel."""
_ROUNDED = 0.2
"""Distance in mm by which points of one plane may lie off it: coordinates are often rounded to 0.1 mm."""
_NEAR = 0.2
"""Of the distance of planes: contours that are nearer to each other, and by no more than rounding, are of one plane."""
_LEAST = 0.01
"""Distance in mm within which planes are one, however near the others are."""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contour:
    """One contour.

    Attributes
    ----------
    points
        n × 3, in mm.
    type
        Contour Geometric Type.
    thickness
        Contour Slab Thickness in mm, where given.
    """

    points: Points
    type: str
    thickness: float | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """The closed contours of one plane.

    Attributes
    ----------
    normal
        Unit vector.
    offset
        Of the plane along the normal, in mm.
    low, high
        Between which offsets the plane counts; None where nothing tells how thick it is.
    """

    normal: Points
    offset: float
    contours: tuple[Contour, ...]
    low: float | None
    high: float | None


def sections(contours: Sequence[Contour], spacing: float | None = None) -> list[Section] | None:
    """The planes of the closed contours, in order along their normal; None of planes that aren't parallel.

    Parameters
    ----------
    spacing
        Distance of the planes in mm that contours were drawn on; it settles what the planes themselves leave open.
    """
    closed = [contour for contour in contours if contour.type in CLOSED and len(contour.points) > 2]
    normal = _common_normal([contour.points for contour in closed])
    if normal is None:
        return [] if not closed else None
    offsets, planes = _planes(closed, normal, spacing)
    along_row, along_column = axes(normal)
    thickness = [next((c.thickness for c in planes[n] if c.thickness), None) for n in range(len(offsets))]
    widths = depths(
        [
            Plane(_point(offset * normal), along_row, along_column, spacing=spacing, thickness=thick)
            for offset, thick in zip(offsets, thickness, strict=True)
        ]
    )
    is_even = len(set(widths)) == 1 and not _has_more(offsets)
    found = []
    for n, (offset, width) in enumerate(zip(offsets, widths, strict=True)):
        low = high = width / 2 if width else None
        if not is_even:  # halfway to the neighbours
            low = (offset - offsets[n - 1] if n else offsets[1] - offset) / 2
            high = (offsets[n + 1] - offset if n + 1 < len(offsets) else offset - offsets[n - 1]) / 2
        found.append(
            Section(
                normal,
                offset,
                tuple(planes[n]),
                None if low is None else offset - low,
                None if high is None else offset + high,
            )
        )
    return found


def _planes(
    contours: Sequence[Contour], normal: Points, spacing: float | None
) -> tuple[list[float], list[list[Contour]]]:
    """The offsets of the planes, each the mean of those of its contours, and these contours."""
    found = sorted(((float(each.points.mean(axis=0) @ normal), each) for each in contours), key=lambda pair: pair[0])
    gaps = [gap for (before, _), (after, _) in pairwise(found) if (gap := after - before) > _LEAST]
    # of contours beside and within one another, up to nine in ten have a next one in their own plane
    distance = spacing or float(np.quantile(gaps, 0.9, method="higher")) if gaps else 0.0
    near = max(_LEAST, min(_ROUNDED, _NEAR * distance))
    planes: list[list[tuple[float, Contour]]] = []
    for offset, contour in found:
        if not planes or offset - planes[-1][0][0] > near:
            planes.append([])
        planes[-1].append((offset, contour))
    offsets = [float(np.mean([offset for offset, _ in plane])) for plane in planes]
    return offsets, [[contour for _, contour in plane] for plane in planes]


def _has_more(offsets: Sequence[float]) -> bool:
    """Whether a plane lies between two that are as far apart as most are, so that the smallest gap is no distance."""
    gaps = np.diff(offsets)
    if len(gaps) < 2:
        return False
    usual = np.quantile(gaps, 0.5, method="lower")
    return bool(np.any(np.isclose(gaps[1:] + gaps[:-1], usual, rtol=0.05)))


def volume(contours: Sequence[Contour]) -> float | None:
    """The volume in mL; None without closed contours, of planes that aren't parallel, or one of no thickness."""
    found = sections(contours)
    if not found:
        return None
    basis = np.array(axes(found[0].normal)).T
    total = 0.0
    for section in found:
        if section.low is None or section.high is None:
            return None
        total += (section.high - section.low) * _area([contour.points @ basis for contour in section.contours])
    return total / 1000


def read_contour(item: Dataset) -> Contour | None:
    """A contour of a Contour Sequence; None where it has not three coordinates for each point."""
    try:
        points = np.array(numbers(item, _CONTOUR_DATA), dtype=float).reshape(-1, 3)
        thickness = numbers(item, _CONTOUR_SLAB_THICKNESS)
        type_ = next(iter(texts(item, _CONTOUR_GEOMETRIC_TYPE)), "")
    except (MalformedValue, ValueError):
        return None
    return Contour(points, type_, float(thickness[0]) if thickness else None)


def bounding_box(contours: Sequence[Contour]) -> list[float]:
    """xmin, ymin, zmin, xmax, ymax, zmax of all points in mm; empty without any."""
    found = [contour.points for contour in contours if len(contour.points)]
    if not found:
        return []
    points = np.concatenate(found)
    return [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]


def _doubled_area(points: Points) -> Points:
    """Twice the vector area of a polygon: it stands on its plane."""
    centred = points - points[0]
    return np.asarray(np.cross(centred, np.roll(centred, -1, axis=0)).sum(axis=0))


def _common_normal(polygons: Sequence[Points]) -> Points | None:
    """The unit normal of planes that are parallel, whichever way round their contours go; None for others.

    That of a small contour is as wrong as its points are rounded: it is enough that they lie in one of the planes.
    """
    areas = [_doubled_area(polygon) for polygon in polygons]
    largest = max(areas, key=lambda area: float(np.linalg.norm(area)), default=None)
    if largest is None or not np.linalg.norm(largest):
        return None
    normal: Points = largest / np.linalg.norm(largest)
    normal = normal * np.sign(normal[np.argmax(np.abs(normal))])
    for polygon, area in zip(polygons, areas, strict=True):
        aslant = abs(float(area @ normal)) < _PARALLEL * float(np.linalg.norm(area))
        if aslant and np.ptp(polygon @ normal) > _ROUNDED:
            return None
    return normal


def axes(normal: Points) -> tuple[Point, Point]:
    """Two unit vectors that span the planes, their cross product being the normal."""
    along_row = np.cross(np.eye(3)[np.argmin(np.abs(normal))], normal)
    along_row = along_row / np.linalg.norm(along_row)
    return _point(along_row), _point(np.cross(normal, along_row))


def _point(vector: Points) -> Point:
    return float(vector[0]), float(vector[1]), float(vector[2])


def _area(polygons: Sequence[Points]) -> float:
    """The area in mm2 within the polygons (n × 2) of a plane, every second one of nested ones being a hole."""
    total = 0.0
    for polygon in polygons:
        around = sum(other is not polygon and _contains(other, polygon[0]) for other in polygons)
        x, y = polygon[:, 0], polygon[:, 1]
        x, y = x - x[0], y - y[0]
        area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
        total += -area if around % 2 else area
    return total


def _contains(polygon: Points, point: Points) -> bool:
    """Whether a point lies within a polygon, by the crossings of a ray."""
    start, end = polygon - point, np.roll(polygon, -1, axis=0) - point
    crosses = (start[:, 1] > 0) != (end[:, 1] > 0)
    start, end = start[crosses], end[crosses]
    right = start[:, 0] - start[:, 1] * (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1]) > 0
    return bool(np.count_nonzero(right) % 2)
