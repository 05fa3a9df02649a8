"""Values of stored values, as mappings of them are written."""

from __future__ import annotations

from pydicom.dataset import Dataset

from ..values import MalformedValue, numbers

_WORDS = 1 << 16
_PIXEL_REPRESENTATION = 0x00280103


def as_stored(value: float, of: Dataset) -> float:
    """A stored value written as US or SS, in the sign that Pixel Representation gives stored values (PS3.3 C.11.1.1.1).

    Writers that don't know it, and readers without VRs, take one for the other.
    """
    try:
        sign = next(iter(numbers(of, _PIXEL_REPRESENTATION)), None)
    except MalformedValue:
        sign = None
    if sign == 1 and _WORDS // 2 <= value < _WORDS:
        return value - _WORDS
    return value + _WORDS if sign == 0 and -_WORDS // 2 <= value < 0 else value
