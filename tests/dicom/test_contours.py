"""Planes of contours whose points were rounded, and what they enclose, beside discs of known size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from cohortgraph.dicom.contours import Contour, sections, volume

SIDES = 200
OBLIQUE = np.linalg.qr(np.array([[0.8, 0.4, 0.3], [-0.3, 0.9, 0.2], [0.1, -0.4, 0.9]]))[0]
"""A rotation: its columns are along the rows, along the columns, and across the planes."""


def disc(offset: float, radius: float, at: tuple[float, float] = (0, 0), decimals: int = 6) -> Contour:
    angle = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    there = np.column_stack([at[0] + radius * np.cos(angle), at[1] + radius * np.sin(angle), np.full(SIDES, offset)])
    return Contour(np.round(there @ OBLIQUE.T + (-90.3, 64.2, -101.7), decimals), "CLOSEDPLANAR_XOR")


def planes(contours: Sequence[Contour], spacing: float | None) -> list[int]:
    found = sections(contours, spacing)
    assert found is not None
    return [len(section.contours) for section in found]


@pytest.mark.parametrize("spacing", [None, 3.0])
@pytest.mark.parametrize("decimals", [1, 2, 6])
def test_contours_of_a_plane_belong_together_however_they_are_rounded(decimals: int, spacing: float | None) -> None:
    outer = [disc(3.0 * n, 20, decimals=decimals) for n in range(8)]
    holes = [disc(3.0 * n, 2, at=(5, 5), decimals=decimals) for n in range(8)]
    beside = [disc(3.0 * n, 6, at=(60, 0), decimals=decimals) for n in range(8)]
    assert planes([*outer, *holes, *beside], spacing) == [3] * 8
    assert volume([*outer, *holes, *beside]) == pytest.approx(math.pi * (20**2 - 2**2 + 6**2) * 24 / 1000, rel=0.01)


def test_thin_planes_stay_apart() -> None:
    contours = [disc(0.1 * n, 5, at=(x, 0)) for n in range(10) for x in (0, 20)]
    assert planes(contours, None) == planes(contours, 0.1) == [2] * 10
    assert volume(contours) == pytest.approx(math.pi * 25 * 2 * 1.0 / 1000, rel=0.01)


def test_a_plane_more_between_two_others_does_not_make_all_of_them_thin() -> None:
    contours = [disc(offset, 10) for offset in (6, 9, 12, 12.5, 15, 18)]
    # the ends count for half a distance more to the outside
    assert volume(contours) == pytest.approx(math.pi * 100 * 15 / 1000, rel=0.01)
    assert volume([disc(offset, 10) for offset in (6, 9, 15, 18)]) == pytest.approx(math.pi * 100 * 12 / 1000, rel=0.01)
