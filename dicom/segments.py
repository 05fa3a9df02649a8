"""Which frames of a Segmentation show which segment (PS3.3 C.8.20.4)."""

from __future__ import annotations

from pydicom.dataset import Dataset

from .codes import read_code
from .elements import items
from .values import numbers, texts

_SEGMENT_SEQUENCE, _SEGMENT_NUMBER, _SEGMENT_TYPE = 0x00620002, 0x00620004, 0x0062000F
_SEGMENTATION_TYPE, _MAXIMUM_FRACTIONAL_VALUE = 0x00620001, 0x0062000E
_SEGMENT_IDENTIFICATION, _REFERENCED_SEGMENT_NUMBER = 0x0062000A, 0x0062000B
_PER_FRAME, _SHARED = 0x52009230, 0x52009229
_NUMBER_OF_FRAMES = 0x00280008
_TOTAL_PIXEL_MATRIX_ROWS = 0x00480007
_BACKGROUND = ("DCM", "125040")


def is_label_map(ds: Dataset) -> bool:
    """Whether a voxel holds the number of its segment."""
    return "LABELMAP" in texts(ds, _SEGMENTATION_TYPE)


def is_slide(ds: Dataset) -> bool:
    """Whether its frames are tiles of a slide (PS3.3 C.7.6.17.3)."""
    return _TOTAL_PIXEL_MATRIX_ROWS in ds


def whole(ds: Dataset) -> float | None:
    """The stored value that says that all of a voxel belongs to a segment; None where none is fractional."""
    return float(numbers(ds, _MAXIMUM_FRACTIONAL_VALUE)[0]) if "FRACTIONAL" in texts(ds, _SEGMENTATION_TYPE) else None


def numbered(ds: Dataset) -> dict[int, int]:
    """Position in the Segment Sequence → Segment Number; the background of a label map is none (semantics 4.4)."""
    found = {}
    for position, item in enumerate(items(ds, _SEGMENT_SEQUENCE)):
        codes = filter(None, map(read_code, items(item, _SEGMENT_TYPE)))
        if not (is_label_map(ds) and any((code.scheme_designator, code.value) == _BACKGROUND for code in codes)):
            found[position] = int(numbers(item, _SEGMENT_NUMBER)[0])
    return found


def described(ds: Dataset) -> dict[int, Dataset]:
    """Segment Number → its item of the Segment Sequence."""
    sequence = items(ds, _SEGMENT_SEQUENCE)
    return {number: sequence[position] for position, number in numbered(ds).items()}


def of_frames(ds: Dataset) -> list[int]:
    """The Segment Number of each frame; without functional groups (TILED_FULL) segments follow one another."""
    shared = [number for group in items(ds, _SHARED) for number in _identified(group)]
    if per_frame := items(ds, _PER_FRAME):
        return [(_identified(group) or shared)[0] for group in per_frame]
    all_numbers = shared or list(numbered(ds).values())
    each = int(numbers(ds, _NUMBER_OF_FRAMES)[0]) // len(all_numbers)
    return [number for number in all_numbers for _ in range(each)]


def _identified(group: Dataset) -> list[int]:
    return [int(numbers(item, _REFERENCED_SEGMENT_NUMBER)[0]) for item in items(group, _SEGMENT_IDENTIFICATION)]
