"""What only the pixels of a Segmentation tell: how large its segments are and where (semantics 4.5)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from ..errors import ReadError
from .elements import UNDECODABLE
from .frames import frames
from .geometry import Plane, depths, planes
from .segments import is_label_map, is_slide, numbered, of_frames, whole
from .values import texts

_FRACTIONAL_TYPE = 0x00620010


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
    segments, slide = numbered(ds), is_slide(ds)
    extents = {number: _Extent() for number in segments.values()}
    found = planes(ds)
    sizes = [
        plane.pixel_area if slide else _volume(plane, depth) for plane, depth in zip(found, depths(found), strict=True)
    ]
    for index, number, inside, weight in _labelled(ds) if is_label_map(ds) else _segmented(ds):
        if number in extents:
            extents[number].add(inside, weight, found[index], sizes[index])
    return {position: _measures(extents[number], slide) for position, number in segments.items()}


def _labelled(ds: Dataset) -> Iterator[tuple[int, int, np.ndarray, float]]:
    """Frame, segment, mask and what it counts, of a label map."""
    for index, frame in enumerate(frames(ds)):
        for number, count in zip(*np.unique(frame, return_counts=True), strict=True):
            yield index, int(number), frame == number, float(count)


def _segmented(ds: Dataset) -> Iterator[tuple[int, int, np.ndarray, float]]:
    """Frame, segment, mask and what it counts, where a frame is of one segment."""
    numbers, maximum = of_frames(ds), whole(ds)
    is_occupancy = maximum is not None and "OCCUPANCY" in texts(ds, _FRACTIONAL_TYPE)
    for index, frame in enumerate(frames(ds)):
        inside = frame > 0 if maximum is None or is_occupancy else frame >= maximum / 2
        if inside.any():
            weight = frame.sum(dtype=np.uint64) / maximum if maximum and is_occupancy else np.count_nonzero(inside)
            yield index, numbers[index], inside, float(weight)


def _volume(plane: Plane, depth: float | None) -> float | None:
    return plane.pixel_area * depth if plane.pixel_area and depth else None


def _measures(extent: _Extent, is_slide: bool) -> dict[str, Any]:
    measures: dict[str, Any] = {"voxelCount": extent.voxels}
    if extent.size is not None:
        measures |= {"area": extent.size} if is_slide else {"volume": extent.size / 1000}
    if np.isfinite(extent.low).all():
        measures["boundingBox"] = [*extent.low.tolist(), *extent.high.tolist()]
    return measures
