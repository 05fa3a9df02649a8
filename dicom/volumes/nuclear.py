"""Multi-frame images of nuclear medicine: which frame is which, and where slices lie (PS3.3 C.8.4.8, .11 and .15).

Vectors that Frame Increment Pointer names say of each frame which energy window, detector, phase … and slice it is of.
Position and orientation, of the first slice, stand with the detector; Spacing Between Slices is along the normal where
it is positive, and against it where it is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pydicom.dataset import Dataset

from ..elements import items
from ..geometry import Plane, Point
from ..values import MalformedValue, numbers, texts

VECTORS = (0x00540010, 0x00540020, 0x00540030, 0x00540050, 0x00540060, 0x00540070, 0x00540090, 0x00540100)
"""Of Energy Windows, Detectors, Phases, Rotations, R-R Intervals, Time Slots, Angular Views and Time Slices."""
_DETECTOR, _SLICE = 0x00540020, 0x00540080
_DETECTORS, _FRAMES, _IMAGE_TYPE = 0x00540022, 0x00280008, 0x00080008
_POSITION, _ORIENTATION, _SPACING = 0x00200032, 0x00200037, 0x00180088
_RECONSTRUCTED = "RECON"


def frames(ds: Dataset) -> list[Dataset]:
    """What the vectors say of each frame, as one value each; none where they don't say it of every frame."""
    count = _count(ds)
    found = {tag: values for tag in (*VECTORS, _SLICE) if len(values := _numbers(ds, tag)) == count}
    made = [Dataset() for _ in range(count if found else 0)]
    for tag, values in found.items():
        for frame, value in zip(made, values, strict=True):
            frame.add_new(tag, "US", int(value))
    return made


def placed(ds: Dataset, found: Sequence[Plane], origin: Point | None = None) -> list[Plane]:
    """The planes of slices, by their number and their detector; unchanged where an image is of no slices.

    Parameters
    ----------
    found
        The plane of each frame by the object itself, its sizes and distances.
    origin
        Where the first slice lies if nothing says so.
    """
    detectors = items(ds, _DETECTORS)
    if not detectors and _SLICE not in ds:
        return list(found)
    about = frames(ds)
    slices = [frame[_SLICE].value - 1 for frame in about if _SLICE in frame] or _unnumbered(ds, about)
    if len(slices) != len(found):
        return list(found)
    numbered = [int(frame[_DETECTOR].value) if _DETECTOR in frame else 1 for frame in about] or [1] * len(found)
    step = next(iter(_numbers(ds, _SPACING)), 0.0) or found[0].spacing or found[0].thickness or 1.0
    first = [_first(detectors[min(one, len(detectors)) - 1 :], found[0], origin) for one in numbered]
    return [_moved(plane, step * number) for plane, number in zip(first, slices, strict=True)]


def _unnumbered(ds: Dataset, about: Sequence[Dataset]) -> list[int]:
    """Frames are slices where nothing else is said of a reconstruction; a single frame is one."""
    try:
        is_reconstructed = any(_RECONSTRUCTED in each for each in texts(ds, _IMAGE_TYPE))
    except MalformedValue:
        is_reconstructed = False
    count = _count(ds)
    return list(range(count)) if count == 1 or (is_reconstructed and not about) else []


def _first(detectors: Sequence[Dataset], plane: Plane, origin: Point | None) -> Plane:
    """The plane of the first slice, by its detector, else by the object."""
    position = _numbers(detectors[0], _POSITION) if detectors else []
    axes = _numbers(detectors[0], _ORIENTATION) if detectors else []
    if len(axes) == 6:
        plane = replace(plane, along_row=(axes[0], axes[1], axes[2]), along_column=(axes[3], axes[4], axes[5]))
    if len(position) == 3:
        return replace(plane, position=(position[0], position[1], position[2]))
    return plane if plane.position else replace(plane, position=origin)


def _moved(plane: Plane, along: float) -> Plane:
    if plane.position is None:
        return plane
    x, y, z = np.add(plane.position, along * np.cross(plane.along_row, plane.along_column)).tolist()
    return replace(plane, position=(x, y, z))


def _count(ds: Dataset) -> int:
    return max(1, int(next(iter(_numbers(ds, _FRAMES)), 1)))


def _numbers(ds: Dataset, tag: int) -> list[float]:
    try:
        return [float(value) for value in numbers(ds, tag)]
    except MalformedValue:
        return []
