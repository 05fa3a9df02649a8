"""From the headers of a series to its volumes: which frames, in which order, on which grid.

Geometry decides, never the Instance Number: frames of one size, orientation, spacing and Frame of Reference belong
together; in order along their normal, a volume is a run of planes at equal distances. Where several frames lie at one
place, the first of `dimensions` that tells them apart parts the series into volumes of the same places. A gap, or
planes at unequal distances (localizers), end a run: what is between is never made up, so that every voxel lies where
it was measured. Slices that are shifted against one another (a tilted gantry) keep their places in a sheared affine;
nothing is interpolated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ...errors import ReadError
from ..geometry import Plane, planes
from ..reading import read
from ..values import MalformedValue, numbers, texts
from .dimensions import DIMENSIONS, Said, Value, said
from .grid import Grid

_NEAR = 0.01
"""Planes nearer than this part of a pixel are at one place."""
_EQUAL = 0.02
"""By how much of their distance planes of a run may lie off its grid, and at least ``_ROUNDED`` mm."""
_ROUNDED = 0.02
_REPEATED = "several frames lie at one place, and nothing but the Instance Number tells them apart"
_SPACINGS = (0x00280030, 0x00181164, 0x00182010, 0x00280034)
"""Pixel Spacing, Imager Pixel Spacing, Nominal Scanned Pixel Spacing: the first that is there."""


@dataclass(frozen=True, slots=True)
class File:
    """An object's file on this machine."""

    sop_instance_uid: str
    path: Path


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: SOP Instance UID, number from 1, file."""

    sop_instance_uid: str
    number: int
    path: Path


@dataclass(frozen=True, slots=True)
class Stack:
    """A volume of which only the headers were read.

    Attributes
    ----------
    frames
        Of each slice, along the first axis of the grid.
    dimensions
        What tells it from the series' other volumes: keyword → value; ``part`` numbers what nothing else tells apart.
    has_position
        Whether the object says where it lies in the patient; else the grid begins at the origin.
    """

    grid: Grid
    frames: tuple[Frame, ...]
    dimensions: Mapping[str, Value] = field(default_factory=dict)
    has_position: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Slice:
    frame: Frame
    plane: Plane
    said: Said
    size: tuple[int, int]
    frame_of_reference: str

    @property
    def position(self) -> NDArray[np.float64]:
        return np.asarray(self.plane.position, dtype=float)


def stacks(files: Iterable[File]) -> list[Stack]:
    """The volumes of a series, the largest first; equally large ones by their dimensions and place.

    Raises
    ------
    ReadError
        where a file can't be read, or is no image.
    """
    placed: defaultdict[tuple[object, ...], list[_Slice]] = defaultdict(list)
    found: list[Stack] = []
    for file in sorted(files, key=lambda each: each.sop_instance_uid):
        slices = _slices(file)
        if all(each.plane.position is None for each in slices):
            found.append(_unplaced(slices))
            continue
        for each in slices:
            placed[_alike(each)].append(each)
    for group in placed.values():
        found += _volumes(group)
    return sorted(found, key=lambda each: (-each.grid.shape[0], _order(each), each.frames[0].sop_instance_uid))


def _order(stack: Stack) -> list[tuple[str, float, str]]:
    return [
        (name, value if isinstance(value, (int, float)) else 0.0, str(value))
        for name, value in stack.dimensions.items()
    ]


def _slices(file: File) -> list[_Slice]:
    with file.path.open("rb") as stream:
        ds = read(stream, stop_before_pixels=True)
    try:
        size = int(numbers(ds, 0x00280010)[0]), int(numbers(ds, 0x00280011)[0])
    except (IndexError, MalformedValue):
        raise ReadError(f"{file.path}: it is no image, having no rows and columns") from None
    frame_of_reference = next(iter(texts(ds, 0x00200052)), "") if 0x00200052 in ds else ""
    return [
        _Slice(Frame(file.sop_instance_uid, number, file.path), plane, about, size, frame_of_reference)
        for number, (plane, about) in enumerate(zip(planes(ds), said(ds), strict=False), start=1)
    ]


def _alike(each: _Slice) -> tuple[object, ...]:
    plane = each.plane
    return (
        each.size,
        tuple(np.round([*plane.along_row, *plane.along_column], 3) + 0.0),
        None if plane.row_spacing is None else round(plane.row_spacing, 4),
        None if plane.column_spacing is None else round(plane.column_spacing, 4),
        each.frame_of_reference,
        plane.position is None,
        each.said.text(0x00209056, 0x00209111),  # Stack ID
    )


def _volumes(group: list[_Slice]) -> list[Stack]:
    parted, warnings = _apart(_in_order(group))
    found = []
    for dimensions, slices in parted:
        runs = _runs(slices)
        for number, run in enumerate(runs, start=1):
            told = {**dimensions, "part": float(number)} if len(runs) > 1 else dimensions
            gaps = (f"{len(runs)} parts: planes are missing, or at unequal distances",) if len(runs) > 1 else ()
            found.append(_stack(run, told, (*warnings, *gaps)))
    return found


def _in_order(group: list[_Slice]) -> list[_Slice]:
    """Along the normal of their planes."""
    normal = np.cross(group[0].plane.along_row, group[0].plane.along_column)
    return sorted(group, key=lambda each: (float(each.position @ normal), each.frame.sop_instance_uid))


def _places(slices: Sequence[_Slice]) -> list[int]:
    """The number of each slice's place."""
    spacings = [s for s in (slices[0].plane.row_spacing, slices[0].plane.column_spacing) if s]
    near = _NEAR * min(spacings, default=1.0)
    places, last = [0], slices[0].position
    for each in slices[1:]:
        places.append(places[-1] + bool(np.linalg.norm(each.position - last) > near))
        last = each.position
    return places


def _apart(slices: list[_Slice]) -> tuple[list[tuple[dict[str, Value], list[_Slice]]], tuple[str, ...]]:
    """The slices, parted by what tells those at one place apart; and what is to be said of it."""
    places = _places(slices)
    if len(set(places)) == len(slices):
        return [({}, slices)], ()
    told = {name: [look(each.said) for each in slices] for name, look in DIMENSIONS.items()}
    useful = [name for name, values in told.items() if len(set(values)) > 1]
    for count in (1, 2, 3):
        for names in combinations(useful, count):
            keys = list(zip(*(told[name] for name in names), strict=True))
            if len(set(zip(keys, places, strict=True))) == len(slices) and _is_even(keys, places):
                return _parted(slices, keys, names), ()
    return _parted(slices, _turns(slices, places), ("repetition",)), (_REPEATED,)


def _turns(slices: list[_Slice], places: Sequence[int]) -> list[tuple[Value | None, ...]]:
    """Which of the frames at its place each is: here, where nothing else is left, by Instance Number."""
    order = sorted(
        range(len(slices)),
        key=lambda n: (slices[n].said.number(0x00200013) or 0.0, slices[n].frame.sop_instance_uid, n),
    )
    turns: defaultdict[int, int] = defaultdict(int)
    found: list[tuple[Value | None, ...]] = [()] * len(slices)
    for n in order:
        turns[places[n]] += 1
        found[n] = (float(turns[places[n]]),)
    return found


def _is_even(keys: Sequence[tuple[object, ...]], places: Sequence[int]) -> bool:
    """Whether most values have every place: a value per slice parts a series into single slices."""
    return len(set(keys)) * len(set(places)) <= 2 * len(keys) or len(set(places)) == 1


def _parted(
    slices: list[_Slice], keys: Sequence[tuple[Value | None, ...]], names: Sequence[str]
) -> list[tuple[dict[str, Value], list[_Slice]]]:
    groups: defaultdict[tuple[Value | None, ...], list[_Slice]] = defaultdict(list)
    for key, each in zip(keys, slices, strict=True):
        groups[key].append(each)
    return [
        ({name: value for name, value in zip(names, key, strict=True) if value is not None}, group)
        for key, group in groups.items()
    ]


def _runs(slices: list[_Slice]) -> list[list[_Slice]]:
    """Slices parted where the step to the next one is another than before."""
    runs: list[list[_Slice]] = [[slices[0]]]
    for index in range(1, len(slices)):
        run = runs[-1]
        step = slices[index].position - run[-1].position
        if len(run) == 1:
            # a step that the next ones do not share belongs to no run: planes 0, 5, 20, 25 are two pairs
            onward = slices[index + 1].position - slices[index].position if index + 1 < len(slices) else step
            if not _equal(step, onward) and np.linalg.norm(step) > np.linalg.norm(onward):
                runs.append([slices[index]])
                continue
        elif not _equal(step, (run[-1].position - run[0].position) / (len(run) - 1)):
            runs.append([slices[index]])
            continue
        run.append(slices[index])
    return runs


def _equal(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool(np.linalg.norm(one - other) <= max(_ROUNDED, _EQUAL * float(np.linalg.norm(other))))


def _stack(run: list[_Slice], dimensions: Mapping[str, Value], warnings: tuple[str, ...]) -> Stack:
    first, plane = run[0], run[0].plane
    normal = np.cross(plane.along_row, plane.along_column)
    if len(run) > 1:
        step = (run[-1].position - first.position) / (len(run) - 1)
    else:
        step = normal * (plane.spacing or plane.thickness or 1.0)
    affine = np.eye(4)
    affine[:3, 0] = np.multiply(plane.along_row, plane.column_spacing or 1.0)
    affine[:3, 1] = np.multiply(plane.along_column, plane.row_spacing or 1.0)
    affine[:3, 2] = step
    affine[:3, 3] = first.position
    grid = Grid((len(run), *first.size), affine, first.frame_of_reference)
    if grid.is_sheared:
        tilt = float(np.degrees(np.arccos(min(1.0, float(step @ normal) / float(np.linalg.norm(step))))))
        warnings = (*warnings, f"slices are shifted against one another by {tilt:.1f} degrees (a tilted gantry)")
    return Stack(grid, tuple(each.frame for each in run), dict(dimensions), True, warnings)


def _unplaced(slices: list[_Slice]) -> Stack:
    """An object that says nothing of its place: its frames in their order."""
    first = slices[0]
    spacing = _spacing(first.said.ds) if first.plane.row_spacing is None else None
    rows, columns = spacing or (first.plane.row_spacing or 1.0, first.plane.column_spacing or 1.0)
    affine = np.diag([columns, rows, first.plane.spacing or first.plane.thickness or 1.0, 1.0])
    grid = Grid((len(slices), *first.size), affine, first.frame_of_reference)
    return Stack(grid, tuple(each.frame for each in slices), {}, False, ("it has no position in the patient",))


def _spacing(ds: Dataset) -> tuple[float, float] | None:
    for tag in _SPACINGS:
        try:
            found = [float(value) for value in numbers(ds, tag)]
        except MalformedValue:
            continue
        if len(found) == 2 and all(value > 0 for value in found):
            return found[0], found[1]
    return None
