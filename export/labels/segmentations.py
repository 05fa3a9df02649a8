"""Masks from Segmentations and Label Map Segmentations (PS3.3 C.8.20.2, C.8.20.4).

A voxel belongs to a segment where it is set (BINARY), holds its number (LABELMAP), or where its fraction is at least
one half (FRACTIONAL): a probable voxel (semantics 4.5), or one that the segment occupies for the greater part. Frames
whose voxels are those of the image are taken over as they are; others are brought onto its grid by nearest voxels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from ...dicom.frames import frames
from ...dicom.reading import read
from ...dicom.segments import described, is_label_map, is_slide, of_frames, whole
from ...dicom.volumes import Grid, Stack
from ...errors import ReadError
from ..plan.model import Part
from ..resample import nearest
from .colours import recommended
from .mask import Array, Mask, NoPlace
from .placing import Place, own_grid, own_stack_of, places

_OUTSIDE = "frames of it lie outside the image"


def segment_masks(ds: Dataset, parts: Sequence[Part], stack: Stack) -> Iterator[Mask]:
    """The masks of some segments, one at a time, in the order of ``parts``; `Part.key` is the Segment Number.

    Raises
    ------
    ReadError
        where nothing tells where it lies, or it has no such segment.
    """
    _refuse_slide(ds)
    known = {str(number): recommended(item) for number, item in described(ds).items()}
    for part in parts:
        if part.key not in known:
            raise ReadError(f"it has no segment {part.key}; it has {', '.join(sorted(known, key=int))}")
    grid, where = stack.grid, places(ds, stack)
    if where is None:
        grid = own_grid(ds)
        where = places(ds, Stack(grid, ()))
        if where is None:
            raise NoPlace("its frames lie on no regular grid")
    if is_label_map(ds):
        labels, warnings = _pasted(ds, range(len(where)), where, grid)
        for part in parts:
            yield Mask(part, _onto(labels == int(part.key), grid, stack.grid), warnings, known[part.key])
        return
    of = of_frames(ds)
    for part in parts:
        wanted = [index for index, number in enumerate(of) if number == int(part.key)]
        voxels, warnings = _pasted(ds, wanted, where, grid)
        yield Mask(part, _onto(voxels.astype(bool), grid, stack.grid), warnings, known[part.key])


def own_stack(path: Path) -> Stack:
    """The grid of a Segmentation whose image is not here: it is as large as its frames.

    Frames without a position lie on slices of no known distance, one for each that they refer to.

    Raises
    ------
    ReadError
        where its frames make no regular grid, or are tiles of a slide; names the file.
    """
    with path.open("rb") as stream:
        ds = read(stream, stop_before_pixels=True)
    try:
        _refuse_slide(ds)
        return own_stack_of(ds, path)
    except ReadError as error:
        raise type(error)(f"{path}: {error}") from None


def _refuse_slide(ds: Dataset) -> None:
    if is_slide(ds):
        raise NoPlace("it is of a slide: labels of microscopy are not exported")


def _onto(voxels: Array, grid: Grid, target: Grid) -> Array:
    return voxels if grid is target else nearest(voxels, grid, target)


def _pasted(ds: Dataset, wanted: Sequence[int], where: Sequence[Place], grid: Grid) -> tuple[Array, tuple[str, ...]]:
    """Some frames on a grid: label values, or 1 where a voxel belongs to the segment."""
    maximum = whole(ds)
    array = np.zeros(grid.shape, np.uint16 if is_label_map(ds) and int(ds.BitsAllocated) > 8 else np.uint8)
    warnings: tuple[str, ...] = ()
    for index, frame in zip(wanted, frames(ds, wanted), strict=True):
        inside = frame if maximum is None else frame >= maximum / 2
        if not _paste(array, inside, where[index]):
            warnings = (_OUTSIDE,)
    return array, warnings


def _paste(array: Array, frame: Array, place: Place) -> bool:
    """Put a frame in its place; False where something of it lies outside."""
    if not 0 <= place.slice < len(array):
        return not frame.any()
    rows, columns = array.shape[1:]
    top, left = max(0, -place.row), max(0, -place.column)
    inside = frame[top : max(top, rows - place.row), left : max(left, columns - place.column)]
    onto = array[
        place.slice,
        place.row + top : place.row + top + inside.shape[0],
        place.column + left : place.column + left + inside.shape[1],
    ]
    np.copyto(onto, inside, where=inside != 0, casting="unsafe")
    return bool(np.count_nonzero(inside) == np.count_nonzero(frame))
