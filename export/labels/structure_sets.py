"""Masks from the contours of RT Structure Sets (PS3.3 C.8.8.5, C.8.8.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from pydicom.dataset import Dataset

from ...dicom.contours import CLOSED, Contour, read_contour, sections
from ...dicom.elements import items
from ...dicom.values import numbers, texts
from ...dicom.volumes import Grid, Stack
from ...errors import ReadError
from ..plan.model import Part
from .colours import recommended
from .drawn import draw
from .mask import Mask, NoPlace
from .outside import outside

_STRUCTURE_SET_ROI, _ROI_CONTOUR, _CONTOURS = 0x30060020, 0x30060039, 0x30060040
_ROI_NUMBER, _REFERENCED_ROI_NUMBER = 0x30060022, 0x30060084
_REFERENCED_FRAME_OF_REFERENCE_UID = 0x30060024


def roi_masks(ds: Dataset, parts: Sequence[Part], stack: Stack) -> Iterator[Mask]:
    """The masks of some regions of interest, one at a time; `Part.key` is the ROI Number. None of what is points.

    Raises
    ------
    ReadError
        where it has no such region, or it lies in another Frame of Reference than the image.
    """
    colours = {
        str(int(numbers(item, _REFERENCED_ROI_NUMBER)[0])): recommended(item) for item in items(ds, _ROI_CONTOUR)
    }
    for part, contours in rois(ds, parts, stack):
        if contours and all(contour.type == "POINT" for contour in contours):
            continue
        array = np.zeros(stack.grid.shape, bool)
        warnings = [f"ROI {part.key} ({part.name}): {told}" for told in _told(contours, stack.grid)]
        for group in _parallel([contour for contour in contours if contour.type in CLOSED]):
            draw(sections(group, stack.grid.spacing[2]) or (), stack.grid, array)
        yield Mask(part, array, tuple(warnings), colours.get(part.key))


def rois(ds: Dataset, parts: Sequence[Part], stack: Stack) -> Iterator[tuple[Part, list[Contour]]]:
    """The contours of some regions of interest, which lie in the space of an image."""
    frames = {
        int(numbers(item, _ROI_NUMBER)[0]): next(iter(texts(item, _REFERENCED_FRAME_OF_REFERENCE_UID)), "")
        for item in items(ds, _STRUCTURE_SET_ROI)
    }
    found: defaultdict[int, list[Contour]] = defaultdict(list)
    for item in items(ds, _ROI_CONTOUR):
        held = map(read_contour, items(item, _CONTOURS))
        found[int(numbers(item, _REFERENCED_ROI_NUMBER)[0])] += filter(None, held)
    for part in parts:
        number = int(part.key)
        if number not in frames:
            raise ReadError(f"it has no ROI {number}; it has {', '.join(map(str, sorted(frames)))}")
        theirs = {frames[number], stack.grid.frame_of_reference} - {""}
        if len(theirs) > 1 or not stack.has_position:
            raise NoPlace(f"ROI {number} lies in another Frame of Reference than the image, or that has no position")
        yield part, found[number]


def _told(contours: Sequence[Contour], grid: Grid) -> Iterator[str]:
    if not contours:
        yield "it has no contours"
    others = sorted({contour.type for contour in contours if contour.type not in CLOSED})
    if others:
        yield f"contours of type {', '.join(others)} enclose nothing"
    closed = [grid.to_index(each.points) for each in contours if each.type in CLOSED and len(each.points)]
    for count, where in zip(outside(closed, grid.shape), ("outside", "partly outside"), strict=True):
        if count:
            yield f"{where} the image: {count} of its {len(closed)} contours"


def _parallel(contours: Sequence[Contour]) -> list[list[Contour]]:
    """Contours by the orientation of their planes."""
    groups: list[list[Contour]] = []
    for contour in contours:
        group = next((each for each in groups if sections([each[0], contour]) is not None), None)
        if group is None:
            groups.append([contour])
        else:
            group.append(contour)
    return groups
