"""Where the voxels of a volume lie in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A regular grid of voxels.

    Attributes
    ----------
    shape
        Slices, rows, columns.
    affine
        4 × 4: (column, row, slice, 1) → x, y, z of the voxel's centre in mm, in the patient's coordinates of DICOM
        (x to the left, y to the back, z to the head: PS3.3 C.7.6.2.1.1).
    frame_of_reference
        Frame of Reference UID; empty where the object has none.
    """

    shape: tuple[int, int, int]
    affine: Affine
    frame_of_reference: str = ""

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance of the centres of neighbouring columns, rows and slices, in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def is_sheared(self) -> bool:
        """Whether slices are shifted against one another, as by a tilted gantry: the axes are not at right angles."""
        axes = self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)
        return bool(np.abs(axes.T @ axes - np.eye(3)).max() > 1e-3)

    def to_index(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n × 3, mm) as column, row, slice (n × 3), not rounded."""
        inverse = np.linalg.inv(self.affine)
        return np.asarray(points @ inverse[:3, :3].T + inverse[:3, 3])

    def is_near(self, other: Grid, tolerance: float = 1e-2) -> bool:
        """Whether the voxels of both are the same, their centres within ``tolerance`` in mm."""
        if self.shape != other.shape:
            return False
        k, j, i = np.subtract(self.shape, 1)
        corners = np.array([(x, y, z, 1) for x in (0, i) for y in (0, j) for z in (0, k)], dtype=float)
        return bool(np.abs(corners @ (self.affine - other.affine).T).max() <= tolerance)
