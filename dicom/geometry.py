"""Where the frames of an object lie in the patient, and how far their planes are apart (PS3.3 C.7.6.2.1.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from pydicom.dataset import Dataset

from .elements import items
from .values import MalformedValue, numbers

_PER_FRAME, _SHARED = 0x52009230, 0x52009229
_PLANE_POSITION, _IMAGE_POSITION = 0x00209113, 0x00200032
_PLANE_ORIENTATION, _IMAGE_ORIENTATION = 0x00209116, 0x00200037
_PIXEL_MEASURES, _PIXEL_SPACING = 0x00289110, 0x00280030
_SPACING_BETWEEN_SLICES, _SLICE_THICKNESS = 0x00180088, 0x00180050

_REGULAR = 0.05
"""By how much of a plane distance a plane may lie off the grid that the others make."""

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane of a frame; None and empty where the object doesn't say.

    Attributes
    ----------
    position
        Of the centre of the first voxel, in mm.
    along_row, along_column
        Unit vectors of increasing column and row index.
    row_spacing, column_spacing
        Distance of the centres of two rows, of two columns, in mm.
    spacing, thickness
        Spacing Between Slices and Slice Thickness in mm.
    """

    position: Point | None = None
    along_row: Point = (1.0, 0.0, 0.0)
    along_column: Point = (0.0, 1.0, 0.0)
    row_spacing: float | None = None
    column_spacing: float | None = None
    spacing: float | None = None
    thickness: float | None = None

    @property
    def pixel_area(self) -> float | None:
        """Area of a pixel in mm2."""
        return self.row_spacing * self.column_spacing if self.row_spacing and self.column_spacing else None

    @property
    def offset(self) -> float | None:
        """Distance of the plane from the origin along its normal, in mm."""
        if self.position is None:
            return None
        return float(np.dot(np.cross(self.along_row, self.along_column), self.position))

    def corners(self, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray | None:
        """The centres (4 × 3, mm) of the voxels at the corners of a range of rows and columns, ends included."""
        if self.position is None or not self.row_spacing or not self.column_spacing:
            return None
        down = np.multiply(self.along_column, self.row_spacing)
        right = np.multiply(self.along_row, self.column_spacing)
        return np.array([np.add(self.position, r * down + c * right) for r, c in product(rows, columns)])


def planes(ds: Dataset) -> list[Plane]:
    """The plane of each frame, from the Per-frame or Shared Functional Groups, else from the object itself."""
    shared = next(iter(items(ds, _SHARED)), Dataset())
    frames = items(ds, _PER_FRAME)
    if not frames:
        return [_plane(Dataset(), shared, ds)] * max(1, int(next(iter(_numbers(ds, 0x00280008)), 1)))
    return [_plane(frame, shared, ds) for frame in frames]


def depths(found: Sequence[Plane]) -> list[float | None]:
    """How thick each plane counts, in mm: the distance of the planes (semantics 4.5); None where nothing tells.

    Planes of one orientation belong together. Two frames at one position are one plane. The distance comes from the
    positions: where planes were left out, it is the smallest gap that all others are multiples of. Spacing Between
    Slices settles only what positions leave open: a single plane (there, failing it, Slice Thickness), two planes, gaps
    that have no such smallest one, and planes of which every second or third is there: Slice Thickness, too, says that
    they are thinner. Planes on no grid count to halfway to their neighbours.
    """
    stacks: defaultdict[tuple[float, ...], list[int]] = defaultdict(list)
    for index, plane in enumerate(found):
        stacks[tuple(np.round([*plane.along_row, *plane.along_column], 3))].append(index)
    depth: list[float | None] = [None] * len(found)
    for stack in stacks.values():
        for index, one in zip(stack, _depths([found[index] for index in stack]), strict=True):
            depth[index] = one
    return depth


def _depths(stack: list[Plane]) -> Iterator[float | None]:
    hint, thickness = next(((plane.spacing, plane.thickness) for plane in stack if plane.spacing), (None, None))
    offsets = [plane.offset for plane in stack]
    known = _distinct(sorted(offset for offset in offsets if offset is not None), stack[0])
    if len(known) < 2:
        yield from (plane.spacing or plane.thickness for plane in stack)
        return
    gaps = [after - before for before, after in pairwise(known)]
    by_plane = dict(zip(known, _widths(gaps, hint, thickness), strict=True))
    for offset in offsets:
        yield None if offset is None else by_plane[known[int(np.argmin(np.abs(np.subtract(known, offset))))]]


def _distinct(offsets: list[float], plane: Plane) -> list[float]:
    """Offsets that differ by more than rounding: a hundredth of a pixel."""
    tolerance = 0.01 * min(plane.row_spacing or 1.0, plane.column_spacing or 1.0)
    return [at for index, at in enumerate(offsets) if index == 0 or at - offsets[index - 1] > tolerance]


def _widths(gaps: list[float], hint: float | None, thickness: float | None) -> list[float]:
    confirmed = bool(hint and thickness and thickness <= hint * (1 + _REGULAR))
    for distance, needed in ((hint, len(gaps) == 1 or confirmed), (min(gaps), True), (hint, True)):
        if needed and distance and _on_grid(gaps, distance):
            steps = sum(round(gap / distance) for gap in gaps)
            return [sum(gaps) / steps] * (len(gaps) + 1)
    return [(before + after) / 2 for before, after in pairwise((gaps[0], *gaps, gaps[-1]))]


def _on_grid(gaps: list[float], distance: float) -> bool:
    ratios = np.divide(gaps, distance)
    return bool(np.all(np.round(ratios) >= 1) and np.all(np.abs(ratios - np.round(ratios)) <= _REGULAR))


def _plane(frame: Dataset, shared: Dataset, ds: Dataset) -> Plane:
    position = _first(frame, shared, ds, _PLANE_POSITION, _IMAGE_POSITION, 3)
    orientation = _first(frame, shared, ds, _PLANE_ORIENTATION, _IMAGE_ORIENTATION, 6) or [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    spacing = _first(frame, shared, ds, _PIXEL_MEASURES, _PIXEL_SPACING, 2)
    between = _first(frame, shared, ds, _PIXEL_MEASURES, _SPACING_BETWEEN_SLICES, 1)
    thickness = _first(frame, shared, ds, _PIXEL_MEASURES, _SLICE_THICKNESS, 1)
    return Plane(
        (position[0], position[1], position[2]) if position else None,
        (orientation[0], orientation[1], orientation[2]),
        (orientation[3], orientation[4], orientation[5]),
        spacing[0] if spacing else None,
        spacing[1] if spacing else None,
        abs(between[0]) if between else None,
        thickness[0] if thickness else None,
    )


def _first(frame: Dataset, shared: Dataset, ds: Dataset, macro: int, tag: int, count: int) -> list[float] | None:
    for group in (frame, shared):
        for item in items(group, macro):
            if len(found := _numbers(item, tag)) == count:
                return found
    found = _numbers(ds, tag)
    return found if len(found) == count else None


def _numbers(ds: Dataset, tag: int) -> list[float]:
    try:
        return [float(value) for value in numbers(ds, tag)]
    except MalformedValue:
        return []
