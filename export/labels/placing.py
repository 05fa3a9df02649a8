"""Where the frames of a Segmentation lie on a grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from ...dicom.elements import items
from ...dicom.geometry import Plane, depths, planes
from ...dicom.values import numbers, texts
from ...dicom.volumes import Frame, Grid, Stack
from .mask import NoPlace

_PER_FRAME, _SHARED = 0x52009230, 0x52009229
_DERIVATION_IMAGE, _SOURCE_IMAGE = 0x00089124, 0x00082112
_REFERENCED_SOP_INSTANCE_UID, _REFERENCED_FRAME_NUMBER = 0x00081155, 0x00081160
_FRAME_OF_REFERENCE_UID = 0x00200052

_IN_PLANE, _ACROSS = 0.05, 0.25
"""By how much of a voxel a frame may lie off the grid: as far as nearest voxels stay the same."""

_THICKER = 1.05
"""Of the distance of slices: frames that are farther apart by what they say are not of single slices."""

Reference = tuple[str, int]
"""SOP Instance UID and frame number from 1; 0 for all frames."""


@dataclass(frozen=True, slots=True)
class Place:
    """The slice that a frame lies on, and the row and column of its first voxel: they may lie outside the grid."""

    slice: int
    row: int = 0
    column: int = 0


def size(ds: Dataset) -> tuple[int, int]:
    """Rows and columns."""
    return int(numbers(ds, 0x00280010)[0]), int(numbers(ds, 0x00280011)[0])


def frame_of_reference(ds: Dataset) -> str:
    """Frame of Reference UID; empty where there is none."""
    return next(iter(texts(ds, _FRAME_OF_REFERENCE_UID)), "")


def places(ds: Dataset, stack: Stack) -> list[Place] | None:
    """Where each frame lies, its voxels being those of the grid; None where they are others.

    A frame with a position lies there; where the image is in another Frame of Reference, or either has no position,
    it lies on the slice of the image that it refers to.

    Raises
    ------
    NoPlace
        where neither tells.
    """
    found = planes(ds)
    if in_same_space(ds, stack) and all(plane.position is not None for plane in found):
        if _are_thicker(found, stack.grid):
            return None
        by_position = [_by_position(plane, size(ds), stack.grid) for plane in found]
        return None if None in by_position else [place for place in by_position if place]
    slices = slices_of(stack)
    by_reference = [next((slices[each] for each in about if each in slices), None) for about in references(ds)]
    if not by_reference or None in by_reference or size(ds) != stack.grid.shape[1:]:
        raise NoPlace(
            "it lies in another Frame of Reference than the image, or has no position, and refers to no slices of "
            "the image of its own size: nothing tells where it lies"
        )
    return [Place(number) for number in by_reference if number is not None]


def _are_thicker(found: Sequence[Plane], grid: Grid) -> bool:
    """Whether each frame stands for several slices."""
    spacing = found[0].spacing
    return grid.shape[0] > 1 and spacing is not None and spacing > grid.spacing[2] * _THICKER


def in_same_space(ds: Dataset, stack: Stack) -> bool:
    """Whether places in the object are places in the image."""
    theirs = {frame_of_reference(ds), stack.grid.frame_of_reference} - {""}
    return stack.has_position and len(theirs) < 2


def references(ds: Dataset) -> list[list[Reference]]:
    """The frames that each frame refers to as its source."""
    shared = [reference for group in items(ds, _SHARED) for reference in _sources(group)]
    groups = items(ds, _PER_FRAME)
    return [list(_sources(group)) or shared for group in groups] if groups else [list(_sources(ds)) or shared]


def _sources(group: Dataset) -> Iterator[Reference]:
    for derivation in items(group, _DERIVATION_IMAGE) or [group]:
        for item in items(derivation, _SOURCE_IMAGE):
            for uid in texts(item, _REFERENCED_SOP_INSTANCE_UID):
                for number in numbers(item, _REFERENCED_FRAME_NUMBER) or [0]:
                    yield uid, int(number)


def slices_of(stack: Stack) -> dict[Reference, int]:
    """The slice of each frame of an image."""
    found = {(frame.sop_instance_uid, frame.number): index for index, frame in enumerate(stack.frames)}
    return {(uid, 0): index for (uid, _), index in reversed(found.items())} | found


def _by_position(plane: Plane, size: tuple[int, int], grid: Grid) -> Place | None:
    rows, columns = size
    corners = plane.corners((0, rows - 1), (0, columns - 1))
    if corners is None:
        return None
    found = grid.to_index(corners)
    column, row, number = (round(float(value)) for value in found[0])
    there = np.array([(column + c, row + r, number) for r in (0, rows - 1) for c in (0, columns - 1)], dtype=float)
    off = np.abs(found - there).max(axis=0)
    return Place(number, row, column) if max(off[0], off[1]) <= _IN_PLANE and off[2] <= _ACROSS else None


def own_stack_of(ds: Dataset, path: Path) -> Stack:
    """The stack that the frames of an object make by themselves."""
    if all(plane.position is not None for plane in planes(ds)):
        return Stack(own_grid(ds), ())
    slices = dict.fromkeys(reference for about in references(ds) for reference in about[:1])
    if not slices:
        raise NoPlace("its frames have no place in the patient, and refer to no image")
    plane = planes(ds)[0]
    affine = np.diag([plane.column_spacing or 1.0, plane.row_spacing or 1.0, 1.0, 1.0])
    frames = tuple(Frame(uid, number or 1, path) for uid, number in slices)
    return Stack(Grid((len(frames), *size(ds)), affine, frame_of_reference(ds)), frames, has_position=False)


def own_grid(ds: Dataset) -> Grid:
    """The grid that the frames of an object make by themselves: what lies between them is empty.

    Raises
    ------
    NoPlace
        where they have no positions, several orientations, or lie at unequal distances.
    """
    found = planes(ds)
    if any(plane.position is None or not plane.row_spacing or not plane.column_spacing for plane in found):
        raise NoPlace("its frames have no place in the patient, and the image that it labels is not here")
    first = found[0]
    axes = np.array([first.along_row, first.along_column])
    if any(np.abs(np.array([plane.along_row, plane.along_column]) - axes).max() > 1e-3 for plane in found):
        raise NoPlace("its frames lie in several orientations, and the image that it labels is not here")
    step, ends = _step(found, first)
    affine = np.eye(4)
    affine[:3, 0] = np.multiply(first.along_row, first.column_spacing or 1.0)
    affine[:3, 1] = np.multiply(first.along_column, first.row_spacing or 1.0)
    affine[:3, 2] = step
    affine[:3, 3] = ends[0].position
    count = 1 + round(
        float(np.linalg.norm(np.subtract(ends[1].position or (), ends[0].position or ())) / np.linalg.norm(step))
    )
    return Grid((count, *size(ds)), affine, frame_of_reference(ds))


def _step(found: Sequence[Plane], first: Plane) -> tuple[np.ndarray, tuple[Plane, Plane]]:
    """From a plane to the next, and the first and the last of them."""
    ordered = sorted(found, key=lambda plane: plane.offset or 0.0)
    ends = ordered[0], ordered[-1]
    widths = {round(width or 0.0, 6) for width in depths(found)}
    if len(widths) > 1:
        raise NoPlace("its frames lie at unequal distances, and the image that it labels is not here")
    width = widths.pop() or 1.0
    way = np.subtract(ends[1].position or (), ends[0].position or ())
    steps = round(((ends[1].offset or 0.0) - (ends[0].offset or 0.0)) / width)
    if steps:
        return way / steps, ends
    return np.cross(first.along_row, first.along_column) * width, ends
