"""Coordinates of content items: SCOORD and SCOORD3D (PS3.3 C.18.6, C.18.9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ...dicom.elements import items
from ...dicom.values import numbers, texts
from ...dicom.volumes import Stack
from ...errors import ReadError
from ..plan.model import Part
from .mask import NoPlace
from .placing import slices_of

_CONTENT, _VALUE_TYPE, _GRAPHIC_TYPE, _GRAPHIC_DATA = 0x0040A730, 0x0040A040, 0x00700023, 0x00700022
_REFERENCED_FRAME_OF_REFERENCE_UID = 0x30060024
_REFERENCED_SOP, _SOP_INSTANCE_UID, _FRAMES = 0x00081199, 0x00081155, 0x00081160

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What a content item draws on an image.

    Attributes
    ----------
    points
        In mm (n × 3); on slices: column and row (n × 2), the centre of the first pixel being (0, 0).
    slices
        The slices that it is drawn on; None where it is drawn in the space of the patient.
    """

    part: Part
    type: str
    points: Points
    slices: tuple[int, ...] | None


def drawn(ds: Dataset, parts: Sequence[Part], stack: Stack) -> Iterator[Drawn]:
    """What some content items draw on an image; `Part.key` is the path of an item. None of what is drawn on others.

    Raises
    ------
    ReadError
        where there is no such item, it draws nothing, or it lies in another Frame of Reference than the image.
    """
    slices = slices_of(stack)
    for part in parts:
        item = _item(ds, part.key)
        type_ = next(iter(texts(item, _GRAPHIC_TYPE)), "")
        data = np.array(numbers(item, _GRAPHIC_DATA), dtype=float)
        is_3d = texts(item, _VALUE_TYPE) == ["SCOORD3D"]
        if not len(data) or len(data) % (3 if is_3d else 2):
            raise ReadError(f"item {part.key}: Graphic Data has {len(data)} numbers, not {3 if is_3d else 2} a point")
        if is_3d:
            theirs = {*texts(item, _REFERENCED_FRAME_OF_REFERENCE_UID), stack.grid.frame_of_reference} - {""}
            if len(theirs) > 1 or not stack.has_position:
                raise NoPlace(f"item {part.key} lies in another Frame of Reference, or the image has no position")
            yield Drawn(part, type_, data.reshape(-1, 3), None)
            continue
        found = tuple(sorted({slices[each] for each in _images(item) if each in slices}))
        if found:
            yield Drawn(part, type_, data.reshape(-1, 2) - 0.5, found)  # 0.0 is the pixel's corner (C.18.6.1.1)


def _item(ds: Dataset, path: str) -> Dataset:
    """A content item by its Referenced Content Item Identifier, the root being 1."""
    _, *steps = path.split(".")
    item = ds
    for step in steps:
        children = items(item, _CONTENT)
        if not step.isdigit() or not 0 < int(step) <= len(children):
            raise ReadError(f"it has no content item {path}")
        item = children[int(step) - 1]
    if texts(item, _VALUE_TYPE) not in (["SCOORD"], ["SCOORD3D"]):
        raise ReadError(f"its content item {path} is a {'/'.join(texts(item, _VALUE_TYPE))}; expected coordinates")
    return item


def _images(item: Dataset) -> Iterator[tuple[str, int]]:
    """The frames that coordinates were selected from; 0 for all of an image."""
    for child in items(item, _CONTENT):
        for reference in items(child, _REFERENCED_SOP):
            for uid in texts(reference, _SOP_INSTANCE_UID):
                for number in numbers(reference, _FRAMES) or [0]:
                    yield uid, int(number)
