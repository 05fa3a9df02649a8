"""Lookup tables as objects hold them: Modality LUT and Palette Color Lookup Tables (PS3.3 C.11.1.1, C.7.6.3.1.5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ..elements import decoded
from ..values import MalformedValue, numbers

_WORDS = 1 << 16
_PIXEL_REPRESENTATION = 0x00280103

Entries = NDArray[np.int64]


def table(item: Dataset, descriptor: int, data: int, of: Dataset) -> tuple[Entries, int, int] | None:
    """The entries of a lookup table, the stored value that the first one is of, and the bits of an entry.

    Entries of 8 bits come one a word, or two a word, the first in its lower half; which it is, their length tells. Of
    words that are said to have 8 bits all 16 count where one needs them.

    Parameters
    ----------
    item, descriptor, data
        What holds the table, and the tags of its LUT Descriptor and its LUT Data.
    of
        The object, which tells byte order and Pixel Representation.

    Returns
    -------
    None where there is no table.
    """
    try:
        about = numbers(item, descriptor)
    except MalformedValue:
        return None
    if len(about) != 3 or data not in item:
        return None
    count, bits = int(about[0]) % _WORDS or _WORDS, int(about[2])
    words = _words(decoded(item, data).value, of)
    is_packed = len(words) == (count + 1) // 2 < count
    entries = (words.astype("<u2").view(np.uint8) if is_packed else words)[:count].astype(np.int64)
    if not len(entries):
        return None
    return entries, int(as_stored(about[1], of)), 8 if is_packed or (bits <= 8 and entries.max() <= 0xFF) else 16


def _words(held: object, of: Dataset) -> NDArray[np.uint16]:
    if isinstance(held, bytes):
        order = ">" if of.original_encoding[1] is False else "<"
        return np.frombuffer(held[: len(held) // 2 * 2], f"{order}u2").astype(np.uint16)
    return np.atleast_1d(np.asarray(held or [], dtype=np.int64)).astype(np.uint16)


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
