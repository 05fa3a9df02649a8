"""What only the pixels of a Segmentation tell: how large its segments are and where (semantics 4.5)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from ..errors import ReadError
from .codes import read_code
from .elements import UNDECODABLE, items
from .frames import frames
from .geometry import Plane, depths, planes
from .values import numbers, texts

_SEGMENT_SEQUENCE, _SEGMENT_NUMBER, _SEGMENT_TYPE = 0x00620002, 0x00620004, 0x0062000F
_SEGMENTATION_TYPE, _FRACTIONAL_TYPE, _MAXIMUM_FRACTIONAL_VALUE = 0x00620001, 0x00620010, 0x0062000E
_SEGMENT_IDENTIFICATION, _REFERENCED_SEGMENT_NUMBER = 0x0062000A, 0x0062000B
_PER_FRAME, _SHARED = 0x52009230, 0x52009229
_NUMBER_OF_FRAMES = 0x00280008
_TOTAL_PIXEL_MATRIX_ROWS = 0x00480007
_BACKGROUND = ("DCM", "125040")


@dataclass(slots=True)
class _Extent:
    """What has been counted of one segment.

    ``size`` is in mm3, of slide microscopy in mm2; None as soon as a frame of it has no known geometry.
    """

    voxels: int = 0
    size: float | None = 0.0
    low: np.ndarray = field(default_factory=lambda: np.full(3, np.inf))
    high: np.ndarray = field(default_factory=lambda: np.full(3, -np.inf))

    def add(self, inside: np.ndarray, weight: float, plane: Plane, voxel_size: float | None) -> None:
        """Add the voxels of one frame: a mask (rows × columns), and the sum of what they count."""
        self.voxels += int(np.count_nonzero(inside))
        self.size = None if self.size is None or voxel_size is None else self.size + weight * voxel_size
        rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        corners = plane.corners((rows[0], rows[-1]), (columns[0], columns[-1]))
        if corners is not None:
            self.low = np.minimum(self.low, corners.min(axis=0))
            self.high = np.maximum(self.high, corners.max(axis=0))


def measure(ds: Dataset) -> dict[int, dict[str, Any]]:
    """Measure the segments of a Segmentation or Label Map Segmentation.

    BINARY: its voxels. FRACTIONAL: voxels of PROBABILITY of at least one half; of OCCUPANCY those above zero, in the
    volume by their fractions. LABELMAP: the voxels of its value. Frames of a segment at one position all count.

    Parameters
    ----------
    ds
        With Pixel Data. One frame at a time is decoded.

    Returns
    -------
    dict
        Position in the Segment Sequence → ``voxelCount``; ``volume`` in mL, of slide microscopy ``area`` in mm2;
        ``boundingBox`` xmin, ymin, zmin, xmax, ymax, zmax of the voxels' centres in mm. What the object's geometry
        doesn't tell is left out. The background of a label map is no segment (semantics 4.4).

    Raises
    ------
    ReadError
        where the pixels can't be decoded.
    """
    try:
        return _measure(ds)
    except (*UNDECODABLE, RuntimeError, IndexError, zlib.error) as error:
        raise ReadError(f"its pixels can't be decoded ({type(error).__name__})") from error


def _measure(ds: Dataset) -> dict[int, dict[str, Any]]:
    is_label_map = "LABELMAP" in texts(ds, _SEGMENTATION_TYPE)
    is_slide = _TOTAL_PIXEL_MATRIX_ROWS in ds
    segments = _segments(ds, is_label_map)
    extents = {number: _Extent() for number in segments.values()}
    found = planes(ds)
    sizes = [
        plane.pixel_area if is_slide else _volume(plane, depth)
        for plane, depth in zip(found, depths(found), strict=True)
    ]
    for index, number, inside, weight in _labelled(ds) if is_label_map else _segmented(ds, list(segments.values())):
        if number in extents:
            extents[number].add(inside, weight, found[index], sizes[index])
    return {position: _measures(extents[number], is_slide) for position, number in segments.items()}


def _segments(ds: Dataset, is_label_map: bool) -> dict[int, int]:
    """Position in the Segment Sequence → Segment Number."""
    found = {}
    for position, item in enumerate(items(ds, _SEGMENT_SEQUENCE)):
        codes = filter(None, map(read_code, items(item, _SEGMENT_TYPE)))
        if not (is_label_map and any((code.scheme_designator, code.value) == _BACKGROUND for code in codes)):
            found[position] = int(numbers(item, _SEGMENT_NUMBER)[0])
    return found


def _labelled(ds: Dataset) -> Iterator[tuple[int, int, np.ndarray, float]]:
    """Frame, segment, mask and what it counts, of a label map."""
    for index, frame in enumerate(frames(ds)):
        for number, count in zip(*np.unique(frame, return_counts=True), strict=True):
            yield index, int(number), frame == number, float(count)


def _segmented(ds: Dataset, numbered: list[int]) -> Iterator[tuple[int, int, np.ndarray, float]]:
    """Frame, segment, mask and what it counts, where a frame is of one segment."""
    numbers_of_frames = _segment_of_frames(ds, numbered)
    is_fractional = "FRACTIONAL" in texts(ds, _SEGMENTATION_TYPE)
    is_occupancy = is_fractional and "OCCUPANCY" in texts(ds, _FRACTIONAL_TYPE)
    maximum = numbers(ds, _MAXIMUM_FRACTIONAL_VALUE)[0] if is_fractional else 1
    for index, frame in enumerate(frames(ds)):
        inside = frame > 0 if is_occupancy or not is_fractional else frame >= maximum / 2
        if inside.any():
            weight = frame.sum(dtype=np.uint64) / maximum if is_occupancy else np.count_nonzero(inside)
            yield index, numbers_of_frames[index], inside, float(weight)


def _segment_of_frames(ds: Dataset, numbered: list[int]) -> list[int]:
    """The Segment Number of each frame; without functional groups (TILED_FULL) segments follow one another."""
    shared = [number for group in items(ds, _SHARED) for number in _identified(group)]
    if per_frame := items(ds, _PER_FRAME):
        return [(_identified(group) or shared)[0] for group in per_frame]
    each = int(numbers(ds, _NUMBER_OF_FRAMES)[0]) // (1 if shared else len(numbered))
    return [number for number in shared or numbered for _ in range(each)]


def _identified(group: Dataset) -> list[int]:
    return [int(numbers(item, _REFERENCED_SEGMENT_NUMBER)[0]) for item in items(group, _SEGMENT_IDENTIFICATION)]


def _volume(plane: Plane, depth: float | None) -> float | None:
    return plane.pixel_area * depth if plane.pixel_area and depth else None


def _measures(extent: _Extent, is_slide: bool) -> dict[str, Any]:
    measures: dict[str, Any] = {"voxelCount": extent.voxels}
    if extent.size is not None:
        measures |= {"area": extent.size} if is_slide else {"volume": extent.size / 1000}
    if np.isfinite(extent.low).all():
        measures["boundingBox"] = [*extent.low.tolist(), *extent.high.tolist()]
    return measures
