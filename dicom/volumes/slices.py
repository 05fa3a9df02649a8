"""What the headers of image objects say of each of their frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ...errors import ReadError
from ..geometry import Plane, planes
from ..values import MalformedValue, numbers, texts
from . import nuclear
from .dimensions import Said, said
from .encoding import Encoding, encoding, has_pixels, header
from .mosaic import in_tiles, tiled
from .realworld import Mapping, mapping

_ROUNDED = 1e-3
"""By how much direction cosines, and spacings of themselves, may differ within a volume."""

_GRID_FRAME_OFFSETS = 0x3004000C
_SKEWED = 0.01
"""By how much the axes of a plane may be off unit length and right angles."""


@dataclass(frozen=True, slots=True)
class File:
    """An object's file on this machine."""

    sop_instance_uid: str
    path: Path


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: SOP Instance UID, number from 1, file; how its pixels are encoded and mapped, where that is known."""

    sop_instance_uid: str
    number: int
    path: Path
    encoding: Encoding | None = field(default=None, compare=False, repr=False)
    mapping: Mapping | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A frame, where it lies, and what else is said of it."""

    frame: Frame
    plane: Plane
    said: Said
    size: tuple[int, int]
    frame_of_reference: str

    @property
    def position(self) -> NDArray[np.float64]:
        """Of the centre of its first voxel, in mm."""
        return np.asarray(self.plane.position, dtype=float)

    @property
    def spacing(self) -> tuple[float, float]:
        """Distances of its rows and of its columns in mm; 1 where it doesn't say."""
        return self.plane.row_spacing or 1.0, self.plane.column_spacing or 1.0

    @property
    def normal(self) -> NDArray[np.float64]:
        """Row × column: along which slices are ordered."""
        return np.cross(self.plane.along_row, self.plane.along_column)

    def is_parallel(self, other: Slice) -> bool:
        """Whether orientation and spacing are those of another, but for rounding."""
        mine, yours = ((*each.plane.along_row, *each.plane.along_column) for each in (self, other))
        return bool(
            np.abs(np.subtract(mine, yours)).max() <= _ROUNDED
            and np.abs(np.divide(self.spacing, other.spacing) - 1).max() <= _ROUNDED
        )


def slices(file: File) -> list[Slice]:
    """The frames of an object.

    Raises
    ------
    ReadError
        where the file can't be read, or is no image.
    """
    head = header(file.path)
    size = _size(file, head.ds)
    how = in_tiles(head.ds, encoding(head)) if has_pixels(head) else None
    if how is None:
        _check_frames(file, head.ds)
    found, about = _planes(head.ds), said(head.ds)
    if how and how.tiles:
        size, found, about = how.slice_size, list(tiled(head.ds, found[0], how)), about * how.tiles
    frame_of_reference = next(iter(texts(head.ds, 0x00200052)), "") if 0x00200052 in head.ds else ""
    mappings = [mapping(one) for one in (about if about[0] is not about[-1] else about[:1])]
    return [
        Slice(
            Frame(file.sop_instance_uid, number, file.path, how, mappings[min(number, len(mappings)) - 1]),
            sound(plane),
            one,
            size,
            frame_of_reference,
        )
        for number, (plane, one) in enumerate(zip(found, about, strict=False), start=1)
    ]


def _check_frames(file: File, ds: Dataset) -> None:
    """Whether a file without pixels is large enough for its Number of Frames."""
    try:
        count = next(iter(numbers(ds, 0x00280008)), 1)
    except MalformedValue:
        count = 1
    if count > file.path.stat().st_size:
        raise ReadError(f"{file.path}: it says that it has {count:.0f} frames, and has no pixels")


def _planes(ds: Dataset) -> list[Plane]:
    """The plane of each frame; slices of nuclear medicine, and of a dose by Grid Frame Offset Vector (PS3.3 C.8.8.3.2).

    Its first value is 0, or the z of the first plane of a grid whose planes are axial.
    """
    found = nuclear.placed(ds, planes(ds))
    try:
        offsets = [float(value) for value in numbers(ds, _GRID_FRAME_OFFSETS)]
    except MalformedValue:
        return found
    first = found[0]
    if first.position is None or len(offsets) != len(found):
        return found
    normal = np.cross(first.along_row, first.along_column)
    away = np.subtract(offsets, offsets[0])[:, None] * (normal if offsets[0] == 0 else np.array([0.0, 0.0, 1.0]))
    return [replace(first, position=(at[0], at[1], at[2])) for at in (np.add(first.position, away)).tolist()]


def sound(plane: Plane) -> Plane:
    """The plane; without a position where its axes are no unit vectors at right angles, for then it lies nowhere."""
    axes = np.array((plane.along_row, plane.along_column))
    return plane if np.abs(axes @ axes.T - np.eye(2)).max() <= _SKEWED else replace(plane, position=None)


def parallel(found: Iterable[Slice]) -> list[list[Slice]]:
    """Slices that may belong to one volume: of one size, Frame of Reference, stack, orientation and spacing."""
    groups: dict[object, list[list[Slice]]] = {}
    for each in found:
        stack = each.said.text(0x00209056, 0x00209111)  # Stack ID
        alike = groups.setdefault((each.size, each.frame_of_reference, stack), [])
        group = next((group for group in alike if group[0].is_parallel(each)), None)
        if group is None:
            alike.append([each])
        else:
            group.append(each)
    return [group for alike in groups.values() for group in alike]


def _size(file: File, ds: Dataset) -> tuple[int, int]:
    try:
        return int(numbers(ds, 0x00280010)[0]), int(numbers(ds, 0x00280011)[0])
    except (IndexError, MalformedValue):
        raise ReadError(f"{file.path}: it is no image, having no rows and columns") from None
