"""What of drawn outlines lies outside of an image."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ...dicom.polygons import NEAR

_EDGE = 0.5 + NEAR
"""Of a voxel, from its centre."""


def outside(outlines: Iterable[NDArray[np.float64]], shape: tuple[int, int, int]) -> tuple[int, int]:
    """How many outlines lie outside of a grid as a whole, beyond one of its sides, and how many in part.

    Parameters
    ----------
    outlines
        Each n × 3: column, row, slice of its points; the centre of the first voxel is (0, 0, 0).
    shape
        Slices, rows, columns.
    """
    whole = part = 0
    last = np.array(shape[::-1]) - 1 + _EDGE
    for points in outlines:
        before, behind = points < -_EDGE, points > last
        if before.all(axis=0).any() or behind.all(axis=0).any():
            whole += 1
        elif before.any() or behind.any():
            part += 1
    return whole, part
