"""A mask: which voxels of a grid belong to a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ReadError
from ..plan.model import Part
from .colours import Colour

Voxels = NDArray[np.bool_]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """The voxels of one part of one object.

    Attributes
    ----------
    array
        Slices × rows × columns, on the grid that it was asked for.
    warnings
        What of the part could not be shown there.
    colour
        That the object recommends.
    """

    part: Part
    array: Voxels
    warnings: tuple[str, ...] = ()
    colour: Colour | None = None


class NoPlace(ReadError):
    """What labels an image can be read, but does not lie on its grid, or on any."""
