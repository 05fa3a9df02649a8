"""From the headers of a series to its volumes: which frames, in which order, on which grid.

Geometry decides, never the Instance Number: frames of one size, orientation, spacing and Frame of Reference belong
together; in order along their normal, a volume is a run of planes at equal distances (`runs`). Where several frames lie
at one place, `parting` says which belong to which volume. A gap, or planes at unequal distances (localizers), end a
run: what is between is never made up, so that every voxel lies where it was measured. Slices that are shifted against
one another (a tilted gantry) keep their places in a sheared affine; nothing is interpolated (docs/decisions/190).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from pydicom.dataset import Dataset

from ..elements import items
from ..values import MalformedValue, numbers
from . import nuclear
from .dimensions import Value
from .grid import Grid
from .mosaic import is_mosaic
from .parting import parted
from .runs import runs
from .slices import File, Frame, Slice, parallel, slices, sound

_SPACINGS = (0x00280030, 0x00181164, 0x00182010)
"""Pixel Spacing, Imager Pixel Spacing, Nominal Scanned Pixel Spacing: the first that is there."""

_FRAMES, _PER_FRAME = 0x00280008, 0x52009230
_UNPLACED = "it has no position in the patient"
_NO_GROUPS = "{lacking} of the {count} frames of an object have no functional groups (PS3.3 C.7.6.16) and are left out"


@dataclass(frozen=True, slots=True)
class Stack:
    """A volume of which only the headers were read.

    Attributes
    ----------
    frames
        Of each slice, along the first axis of the grid.
    dimensions
        What tells it from the series' other volumes: keyword → value; ``part`` numbers the runs of planes that gaps
        leave, ``repetition`` what nothing else tells apart.
    has_position
        Whether the object says where it lies in the patient; else the grid begins at the origin.
    """

    grid: Grid
    frames: tuple[Frame, ...]
    dimensions: Mapping[str, Value] = field(default_factory=dict)
    has_position: bool = True
    warnings: tuple[str, ...] = ()


def stacks(files: Iterable[File]) -> list[Stack]:
    """The volumes of a series, the largest first; equally large ones by their dimensions and place.

    Raises
    ------
    ReadError
        where a file can't be read, or is no image.
    """
    placed: list[Slice] = []
    found: list[Stack] = []
    for file in sorted(files, key=lambda each: each.sop_instance_uid):
        of_file = slices(file)
        if all(each.plane.position is None for each in of_file):
            found += _unplaced(of_file)
        else:
            placed += (each for each in of_file if each.plane.position is not None)
    for group in parallel(placed):
        found += _volumes(group)
    return sorted(found, key=lambda each: (-each.grid.shape[0], _order(each), each.frames[0].sop_instance_uid))


def _order(stack: Stack) -> list[tuple[str, float, str]]:
    return [
        (name, value if isinstance(value, (int, float)) else 0.0, str(value))
        for name, value in stack.dimensions.items()
    ]


def _volumes(group: list[Slice]) -> Iterable[Stack]:
    for part in parted(group):
        found = runs(part.slices)
        gaps = (f"{len(found)} parts: planes are missing, or at unequal distances",) if len(found) > 1 else ()
        for number, run in enumerate(found, start=1):
            told = {**part.dimensions, "part": float(number)} if len(found) > 1 else part.dimensions
            yield _stack(run, told, (*part.warnings, *gaps))


def _stack(run: Sequence[Slice], dimensions: Mapping[str, Value], warnings: tuple[str, ...]) -> Stack:
    first, plane = run[0], run[0].plane
    if len(run) > 1:
        step = (run[-1].position - first.position) / (len(run) - 1)
    else:
        step = first.normal * (plane.spacing or plane.thickness or 1.0)
    affine = np.eye(4)
    affine[:3, 0] = np.multiply(plane.along_row, first.spacing[1])
    affine[:3, 1] = np.multiply(plane.along_column, first.spacing[0])
    affine[:3, 2] = step
    affine[:3, 3] = first.position
    grid = Grid((len(run), *first.size), affine, first.frame_of_reference)
    if grid.is_sheared:
        tilt = float(np.degrees(np.arccos(min(1.0, float(step @ first.normal) / float(np.linalg.norm(step))))))
        warnings = (*warnings, f"slices are shifted against one another by {tilt:.1f} degrees (a tilted gantry)")
    if is_mosaic(first.said.ds) and len(run) == 1:
        warnings = (*warnings, "it is a mosaic that does not say of how many slices: it stays one image")
    warnings = (*warnings, *_left_out(run))
    if plane.row_spacing is None:
        warnings = (*warnings, "it has no pixel spacing: 1 mm is assumed")
    return Stack(grid, tuple(each.frame for each in run), dict(dimensions), True, warnings)


def _unplaced(found: Sequence[Slice]) -> Iterable[Stack]:
    """An object that says nothing of its place: its frames in their order, or the slices that it numbers."""
    first = found[0]
    numbered = [
        sound(plane) for plane in nuclear.placed(first.said.ds, [each.plane for each in found], (0.0, 0.0, 0.0))
    ]
    if numbered[0].position is not None and len(found) > 1:
        for stack in _volumes([replace(each, plane=plane) for each, plane in zip(found, numbered, strict=True)]):
            yield replace(stack, has_position=False, warnings=(*stack.warnings, _UNPLACED))
        return
    spacing = _spacing(first.said.ds) if first.plane.row_spacing is None else None
    rows, columns = spacing or first.spacing
    affine = np.diag([columns, rows, first.plane.spacing or first.plane.thickness or 1.0, 1.0])
    grid = Grid((len(found), *first.size), affine, first.frame_of_reference)
    yield Stack(grid, tuple(each.frame for each in found), {}, False, (_UNPLACED, *_left_out(found)))


def _left_out(found: Iterable[Slice]) -> Iterable[str]:
    """Of the objects of slices: how many of their frames nothing is said of."""
    for ds in {id(each.said.ds): each.said.ds for each in found if _PER_FRAME in each.said.ds}.values():
        try:
            count = next(iter(numbers(ds, _FRAMES)), 1)
        except MalformedValue:
            continue
        said = len(items(ds, _PER_FRAME))
        if 0 < said < count:
            yield _NO_GROUPS.format(lacking=int(count) - said, count=int(count))


def _spacing(ds: Dataset) -> tuple[float, float] | None:
    for tag in _SPACINGS:
        try:
            found = [float(value) for value in numbers(ds, tag)]
        except MalformedValue:
            continue
        if len(found) == 2 and all(value > 0 for value in found):
            return found[0], found[1]
    return None
