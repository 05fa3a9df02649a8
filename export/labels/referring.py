"""Which volume of a series an object labels: of several, as of a beating heart, the one whose frames it refers to."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from ...dicom.elements import elements, items
from ...dicom.values import MalformedValue, numbers, texts
from ...dicom.volumes import Stack

_OWN = (0x52009230, 0x52009229, 0x00082112, 0x30060039, 0x0040A730)
"""Per-frame and Shared Functional Groups, Source Image, ROI Contour and Content Sequence: what each part refers to."""
_SERIES = 0x0020000E
_SOP_INSTANCE_UID, _FRAMES = 0x00081155, 0x00081160

Reference = tuple[str, int]
"""SOP Instance UID and frame number from 1; 0 for all frames."""


def labels_stack(ds: Dataset, series: str, stack: Stack) -> bool:
    """Whether an object labels a volume of a series: unless it refers to other frames of that series, and not these.

    Of an image that it refers to as a whole and by frames, as in Source Image Sequence and in functional groups, the
    frames count.
    """
    of_series = {uid for uid, _ in _listed(ds, series)}
    referred = {each for tag in _OWN for item in items(ds, tag) for each in _references(item)}
    of_these = {each for each in referred if each[0] in of_series} or set(_listed(ds, series))
    by_frame = {uid for uid, number in of_these if number}
    of_these = {(uid, number) for uid, number in of_these if number or uid not in by_frame}
    if not of_these or not stack.frames:
        return True
    return any((frame.sop_instance_uid, number) in of_these for frame in stack.frames for number in (0, frame.number))


def _references(ds: Dataset) -> Iterator[Reference]:
    """Every image reference in an item, whatever sequence it lies in."""
    uids = texts(ds, _SOP_INSTANCE_UID)
    if uids:
        try:
            frames = [int(number) for number in numbers(ds, _FRAMES)]
        except MalformedValue:
            frames = []
        for uid in uids:
            yield from ((uid, number) for number in frames or [0])
    for element in elements(ds):
        if element.VR == "SQ":
            for item in element.value:
                yield from _references(item)


def _listed(ds: Dataset, series: str) -> Iterator[Reference]:
    """What an object lists under a series, at any depth."""
    for element in elements(ds):
        if element.VR == "SQ" and element.tag not in _OWN:
            for item in element.value:
                if series in texts(item, _SERIES):
                    yield from _references(item)
                else:
                    yield from _listed(item, series)
