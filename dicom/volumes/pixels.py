"""The voxels of a volume as real-world values (PS3.3 C.7.6.16.2.9, C.7.6.16.2.11, C.11.1)."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import iter_pixels

from ...errors import ReadError
from ..codes import read_code
from ..elements import UNDECODABLE, items
from ..frames import frames
from ..reading import read
from .dimensions import Said, said
from .stacks import Frame, Stack

_TRANSFORMATION, _RESCALE_SLOPE, _RESCALE_INTERCEPT = 0x00289145, 0x00281053, 0x00281052
_REAL_WORLD_VALUES, _REAL_WORLD_SLOPE, _REAL_WORLD_INTERCEPT = 0x00409096, 0x00409225, 0x00409224
_REAL_WORLD_LUT, _FIRST_MAPPED = 0x00409212, 0x00409216
_UNITS, _RESCALE_TYPE, _MODALITY_LUT = 0x004008EA, 0x00281054, 0x00283000
_UNSPECIFIED = "US"
"""Of Rescale Type (PS3.3 C.11.1.1.2)."""
_INTEGERS = (np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64)

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Voxels.

    Attributes
    ----------
    array
        Slices × rows × columns; × 3 where they are colours (RGB, 8 bits each).
    slope, intercept
        The real-world value is ``array * slope + intercept``. They are 1 and 0 where whole numbers, or numbers that
        differ from slice to slice, have been multiplied out.
    unit
        UCUM code of the real-world values, or the Rescale Type; empty where nothing is said.
    """

    array: Array
    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""

    def real(self) -> Array:
        """The real-world values themselves."""
        if (self.slope, self.intercept) == (1.0, 0.0):
            return self.array
        return np.asarray(self.array * np.float32(self.slope) + np.float32(self.intercept), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Scale:
    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""


def values(stack: Stack) -> Values:
    """Decode a volume, one frame at a time beside the result.

    Stored values are mapped by the Pixel Value Transformation or the Modality LUT; without either, by the first linear
    Real World Value Mapping. Colours become RGB.

    Raises
    ------
    ReadError
        where a frame can't be decoded; names the file.
    """
    array: Array | None = None
    scales: list[_Scale] = [_Scale()] * len(stack.frames)
    for path, wanted in _by_file(stack.frames).items():
        for index, frame, scale in _decoded(path, wanted):
            if array is None:
                array = np.empty((len(stack.frames), *frame.shape), frame.dtype)
            elif (common := np.promote_types(array.dtype, frame.dtype)) != array.dtype:
                array = array.astype(common)
            if frame.shape != array.shape[1:]:
                raise ReadError(f"{path}: its pixels are {frame.shape}, those of the first slice {array.shape[1:]}")
            array[index] = frame
            scales[index] = scale
    if array is None:
        raise ReadError("a volume without frames")
    return _scaled(array, scales)


def _by_file(wanted: tuple[Frame, ...]) -> dict[Path, list[tuple[int, int]]]:
    """File → place in the stack and index of the frame, by frame."""
    found: defaultdict[Path, list[tuple[int, int]]] = defaultdict(list)
    for place, frame in enumerate(wanted):
        found[frame.path].append((place, frame.number - 1))
    return {path: sorted(each, key=lambda pair: pair[1]) for path, each in found.items()}


def _decoded(path: Path, wanted: list[tuple[int, int]]) -> Iterator[tuple[int, Array, _Scale]]:
    try:
        with path.open("rb") as stream:
            ds = read(stream, stop_before_pixels=False)
        about = said(ds)
        decoding = enumerate(_frames(ds))
        at = -1
        for place, index in wanted:
            number, frame = next(islice(decoding, index - at - 1, None))
            at = number
            yield place, _mapped(ds, frame), _scale(about[index])
    except (*UNDECODABLE, RuntimeError, IndexError, StopIteration, zlib.error) as error:
        raise ReadError(f"{path}: its pixels can't be decoded ({type(error).__name__}: {error})") from error


def _frames(ds: Dataset) -> Iterator[Array]:
    if int(ds.get("SamplesPerPixel") or 1) == 1:
        return frames(ds)
    return iter(iter_pixels(ds, raw=False))


def _mapped(ds: Dataset, frame: Array) -> Array:
    """Palette colours as RGB, values through a Modality LUT; all others as they are."""
    if ds.get("PhotometricInterpretation") == "PALETTE COLOR":
        frame = apply_color_lut(frame, ds)
    elif items(ds, _MODALITY_LUT):
        frame = apply_modality_lut(frame, ds)
    if frame.ndim == 3 and frame.dtype != np.uint8:
        bits = 16 if frame.dtype.itemsize == 2 and int(ds.get("SamplesPerPixel") or 1) == 1 else int(ds.BitsStored)
        frame = (frame >> max(0, bits - 8)).astype(np.uint8)
    return frame


def _scale(about: Said) -> _Scale:
    slope, intercept = (about.number(tag, _TRANSFORMATION) for tag in (_RESCALE_SLOPE, _RESCALE_INTERCEPT))
    if slope is not None and not items(about.ds, _MODALITY_LUT):
        unit = about.text(_RESCALE_TYPE, _TRANSFORMATION) or ""
        return _Scale(slope, intercept or 0.0, "" if unit == _UNSPECIFIED else unit)
    for group in (about.frame, about.shared, about.ds):
        for item in items(group, _REAL_WORLD_VALUES):
            mapping = Said(item, Dataset(), Dataset())
            slope, intercept = mapping.number(_REAL_WORLD_SLOPE), mapping.number(_REAL_WORLD_INTERCEPT)
            if slope is not None:
                codes = [code for code in map(read_code, items(item, _UNITS)) if code]
                return _Scale(slope, intercept or 0.0, codes[0].value if codes else "")
    return _Scale()


def _scaled(array: Array, scales: list[_Scale]) -> Values:
    unit = scales[0].unit if len({scale.unit for scale in scales}) == 1 else ""
    if array.ndim == 4:  # colours have no scale
        return Values(array)
    pairs = {(scale.slope, scale.intercept) for scale in scales}
    if len(pairs) > 1:
        real = np.empty(array.shape, np.float32)
        for index, scale in enumerate(scales):
            np.add(
                np.multiply(array[index], scale.slope, dtype=np.float64),
                scale.intercept,
                out=real[index],
                casting="same_kind",
            )
        return Values(real, unit=unit)
    ((slope, intercept),) = pairs
    if array.dtype.kind == "f":
        array = array if array.dtype == np.float64 and (slope, intercept) == (1.0, 0.0) else array.astype(np.float32)
        return Values(array, slope, intercept, unit)
    if slope == int(slope) and intercept == int(intercept) and slope:
        return Values(_whole(array, int(slope), int(intercept)), unit=unit)
    return Values(_whole(array, 1, 0), slope, intercept, unit)


def _whole(array: Array, slope: int, intercept: int) -> Array:
    """``array * slope + intercept`` in the smallest type that holds it, none smaller than they are stored in."""
    ends = [int(array.min()) * slope + intercept, int(array.max()) * slope + intercept]
    kind = next(np.dtype(each) for each in _INTEGERS if _holds(np.dtype(each), ends, array.dtype.itemsize))
    if (slope, intercept) == (1, 0):
        return array.astype(kind, copy=False)
    if kind == array.dtype and slope == 1:
        array += kind.type(intercept)
        return array
    wide = np.multiply(array, slope, dtype=np.promote_types(kind, np.int32))
    wide += intercept
    return wide.astype(kind, copy=False)


def _holds(kind: np.dtype[Any], ends: list[int], size: int) -> bool:
    limits = np.iinfo(kind)
    return kind.itemsize >= min(size, 8) and limits.min <= min(ends) and max(ends) <= limits.max
