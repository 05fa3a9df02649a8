"""Private attributes by their creator (PS3.5 7.8.1)."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from .elements import decoded
from .values import texts

_FIRST, _LAST = 0x10, 0xFF


def private(ds: Dataset, group: int, creator: str, element: int) -> Any:
    """The value of a private attribute; None where it is not there, or of another creator.

    What took the creators out of a file leaves their attributes where they mostly are: in the first block.
    """
    known = ds.keys()
    reserved = [block for block in range(_FIRST, _LAST + 1) if group << 16 | block in known]
    named = (block for block in reserved if creator in texts(ds, group << 16 | block))
    block = next(named, None if reserved else _FIRST)
    if block is None or (tag := group << 16 | block << 8 | element) not in known:
        return None
    return decoded(ds, tag).value
