"""Colours by Palette Color Lookup Tables (PS3.3 C.7.6.3.1.5 and .6)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

from .realworld import Table
from .tables import table

_TABLES = ((0x00281101, 0x00281201), (0x00281102, 0x00281202), (0x00281103, 0x00281203))
"""LUT Descriptor and LUT Data of red, green and blue."""


def coloured(frame: NDArray[Any], ds: Dataset) -> NDArray[np.uint8]:
    """Red, green and blue of indices (rows × columns), in 8 bits each; segmented tables are expanded by pydicom."""
    held = [found for tags in _TABLES if (found := table(ds, *tags, of=ds))]
    if len(held) == len(_TABLES):
        colours = [Table(entries >> bits - 8, first).look_up(frame) for entries, first, bits in held]
        return np.stack(colours, axis=-1).astype(np.uint8)
    made = apply_color_lut(frame, ds)[..., :3]
    return np.asarray(made >> 8 * (made.dtype.itemsize - 1)).astype(np.uint8)
