"""Siemens' mosaics: the slices of a volume as the tiles of one image, from its upper left corner on, row by row.

Position and size of such an image are those of a slice of all tiles, of the same centre. How many slices there are is
told in private attributes: Number of Images in Mosaic (0019,xx0A), or the headers that the scanner leaves in
(0029,xx10) and (0029,xx20), which say too in which direction slices follow one another. Facts from
https://nipy.org/nibabel/dicom/siemens_csa.html and https://nipy.org/nibabel/dicom/dicom_mosaic.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from .. import csa
from ..geometry import Plane, Point
from ..private import private
from ..values import texts
from .encoding import Encoding, tiles_in_row

_IMAGE_TYPE, _FRAMES = 0x00080008, 0x00280008
_CREATOR = "SIEMENS MR HEADER"
_CSA = "SIEMENS CSA HEADER"
_MOST = 1024
_COUNT = re.compile(r"sSliceArray\.lSize\s*=\s*(\d+)")
_POSITION = re.compile(r"sSliceArray\.asSlice\[(\d+)\]\.sPosition\.d(Sag|Cor|Tra)\s*=\s*([-+.\deE]+)")
_AXES = ("Sag", "Cor", "Tra")

Array = NDArray[np.float64]


def is_mosaic(ds: Dataset) -> bool:
    """Whether an image says that it is one."""
    return "MOSAIC" in texts(ds, _IMAGE_TYPE) and _FRAMES not in ds


def in_tiles(ds: Dataset, whole: Encoding) -> Encoding:
    """How the slices of a mosaic are encoded; unchanged where it is none, or does not say how many it holds."""
    if not is_mosaic(ds):
        return whole
    found = [str(private(ds, 0x0019, _CREATOR, 0x0A)), *_csa(ds, "NumberOfImagesInMosaic")]
    found += _COUNT.findall(_protocol(ds))
    count = next((int(each) for each in found if each.isdecimal()), 0)
    side = tiles_in_row(count)
    fits = 0 < count <= _MOST and not (whole.rows % side or whole.columns % side)
    return replace(whole, tiles=count) if fits else whole


def tiled(ds: Dataset, whole: Plane, found: Encoding) -> Iterator[Plane]:
    """The plane of each slice, of the plane of the image of all."""
    if whole.position is None:
        yield from [whole] * found.tiles
        return
    rows, columns = found.slice_size
    down = np.multiply(whole.along_column, rows * (whole.row_spacing or 1.0))
    right = np.multiply(whole.along_row, columns * (whole.column_spacing or 1.0))
    first = np.asarray(whole.position) + (down + right) * (tiles_in_row(found.tiles) - 1) / 2
    normal = np.cross(whole.along_row, whole.along_column)
    step = normal * (whole.spacing or whole.thickness or 1.0)
    if _direction(ds, found.tiles, first + (down + right) / 2) @ normal < 0:
        step = -step
    for number in range(found.tiles):
        x, y, z = (first + number * step).tolist()
        at: Point = (x, y, z)
        yield replace(whole, position=at)


def _direction(ds: Dataset, count: int, centre: Array) -> Array:
    """Whereto the slices follow one another from the first one, whose centre is given; 0 where nothing tells.

    By Slice Normal Vector; else to the farther end of the protocol, which may number slices the other way around.
    """
    told = _csa(ds, "SliceNormalVector")
    try:
        if len(told) == len(_AXES):
            return np.array([float(each) for each in told])
        places = {(int(number), axis): float(at) for number, axis, at in _POSITION.findall(_protocol(ds))}
    except ValueError:
        places = {}
    if not {0, count - 1} <= {number for number, _ in places}:
        return np.zeros(3)
    ends = [np.array([places.get((number, axis), 0.0) for axis in _AXES]) for number in (0, count - 1)]  # 0 is left out
    along: Array = ends[1] - ends[0]
    return along if np.linalg.norm(ends[0] - centre) <= np.linalg.norm(ends[1] - centre) else -along


def _csa(ds: Dataset, name: str) -> list[str]:
    """Of the scanner's header of the image."""
    held = private(ds, 0x0029, _CSA, 0x10)
    return csa.values(held, name) if isinstance(held, bytes) else []


def _protocol(ds: Dataset) -> str:
    """The scanner's header of the series, which the protocol is part of as text."""
    held = private(ds, 0x0029, _CSA, 0x20)
    return held.decode("latin-1") if isinstance(held, bytes) else ""
