"""A heart drawn from ellipsoids: simple enough for its volumes to be known in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

ROWS = COLUMNS = 96
SLICES = 24
PIXEL_SPACING = 1.9
"""mm between rows and between columns."""
SLICE_SPACING = 6.0
"""mm between slices."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Heart:
    """A drawn heart.

    Attributes
    ----------
    hounsfield
        ``(slices, rows, columns)`` int16 CT numbers.
    masks
        Structure name → ``(slices, rows, columns)`` mask; the structures do not overlap.
    """

    hounsfield: NDArray[np.int16]
    masks: dict[str, Mask]


def _axes() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    z: NDArray[np.float64] = (np.arange(SLICES, dtype=np.float64) - (SLICES - 1) / 2) * SLICE_SPACING
    y: NDArray[np.float64] = (np.arange(ROWS, dtype=np.float64) - (ROWS - 1) / 2) * PIXEL_SPACING
    x: NDArray[np.float64] = (np.arange(COLUMNS, dtype=np.float64) - (COLUMNS - 1) / 2) * PIXEL_SPACING
    return z[:, None, None], y[None, :, None], x[None, None, :]


def _ellipsoid(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Mask:
    """Voxels whose centre lies inside; ``centre`` and ``radii`` in mm as (x, y, z)."""
    z, y, x = _axes()
    inside: Mask = (
        ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 + ((z - centre[2]) / radii[2]) ** 2
    ) <= 1
    return inside


def left_ventricle_radii(volume: float) -> tuple[float, float, float]:
    """Radii in mm of a prolate ellipsoid of ``volume`` mL whose short radii are 0.55 of the long one."""
    long = (volume * 1000 / (4 / 3 * pi * 0.55**2)) ** (1 / 3)
    return 0.55 * long, 0.55 * long, long


def draw_heart(lv_volume: float, seed: int) -> Heart:
    """Draw a heart whose left ventricular cavity holds ``lv_volume`` mL."""
    a, b, c = left_ventricle_radii(lv_volume)
    cavity = _ellipsoid((12, 0, -6), (a, b, c))
    wall = _ellipsoid((12, 0, -6), (a + 10, b + 10, c + 9)) & ~cavity
    right = _ellipsoid((-26, -4, -4), (26, 30, c * 0.9)) & ~cavity & ~wall
    left_atrium = _ellipsoid((14, 46, 20), (22, 16, 24)) & ~cavity & ~wall & ~right
    right_atrium = _ellipsoid((-30, 44, 14), (20, 18, 24)) & ~cavity & ~wall & ~right & ~left_atrium
    masks = {
        "left ventricle": cavity,
        "myocardium": wall,
        "right ventricle": right,
        "left atrium": left_atrium,
        "right atrium": right_atrium,
    }
    z, y, x = _axes()
    noise = np.random.default_rng(seed).normal(0, 12, (SLICES, ROWS, COLUMNS))
    thorax = ((x / 88) ** 2 + (y / 80) ** 2 <= 1) & (z == z)
    lungs = (((np.abs(x) - 52) / 30) ** 2 + (y / 58) ** 2 <= 1) & (z == z)
    hounsfield = np.full((SLICES, ROWS, COLUMNS), -1000.0)
    hounsfield[thorax] = 40
    hounsfield[lungs] = -850
    for name, mask in masks.items():
        hounsfield[mask] = 110 if name == "myocardium" else 330
    return Heart(np.clip(hounsfield + noise, -1024, 3071).astype(np.int16), masks)
