"""The voxels of a volume as real-world values, or as whole numbers and the line that makes them such."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ...errors import ReadError
from .dimensions import said
from .encoding import Encoding, encoding, header
from .palette import coloured
from .realworld import Line, Mapping, Ranges, factored, mapping
from .slices import Frame
from .stacks import Stack
from .stored import stored

_INTEGERS = tuple(map(np.dtype, ("u1", "i1", "i2", "u2", "i4", "u4", "i8")))
_OFF = 2.0**-24
"""By how much of itself a number may be off as float32."""

_LEFT_OUT = "the Real World Value Mapping to {unit} is used; others that map otherwise are left out: {others}"
_MAPS_NOTHING = "its Real World Value Mapping maps none of its stored values, and is not used"
_UNMAPPED = "{lost} of {all} voxels are NaN: no Real World Value Mapping maps their stored values"

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
    warnings
        What is to be known of how stored values were mapped.
    """

    array: Array
    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""
    warnings: tuple[str, ...] = ()

    def real(self) -> Array:
        """The real-world values themselves."""
        if (self.slope, self.intercept) == (1.0, 0.0):
            return self.array
        return np.asarray(self.array * np.float32(self.slope) + np.float32(self.intercept), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """What is to be read of a file: the place in the stack of each frame, by number, and how its values are mapped."""

    encoding: Encoding
    places: dict[int, int]
    mappings: dict[int, Mapping]
    palette: Dataset | None

    @property
    def is_colour(self) -> bool:
        return self.encoding.samples > 1 or self.palette is not None


def values(stack: Stack) -> Values:
    """Decode a volume, one frame at a time beside the result.

    Whole numbers stay whole, in the smallest type that holds what the header allows; where that is wider than what is
    stored and the narrower type holds what is there, in that. Padding is a value like any other. What no Real World
    Value Mapping maps is NaN; where they map nothing they do not count. Colours become RGB.

    Raises
    ------
    ReadError
        where a frame can't be decoded; names the file.
    """
    sources = [_source(path, frames) for path, frames in _by_file(stack.frames).items()]
    if not sources:
        raise ReadError("a volume without frames")
    if sources[0].is_colour:
        return Values(_filled(stack, sources, np.dtype(np.uint8))[0])
    ranges = [by for source in sources for by in source.mappings.values() if isinstance(by, Ranges)]
    found, lost = _mapped(stack, sources)
    warnings = [_LEFT_OUT.format(unit=by.unit, others=", ".join(by.left_out)) for by in ranges if by.left_out]
    if lost and np.isnan(found.array).all():
        found, _ = _mapped(stack, [_without_ranges(source) for source in sources])
        warnings = [_MAPS_NOTHING]
    elif lost:
        warnings.append(_UNMAPPED.format(lost=lost, all=found.array.size))
    return replace(found, warnings=tuple(dict.fromkeys(warnings)))


def _mapped(stack: Stack, sources: list[_Source]) -> tuple[Values, int]:
    """Voxels, and how many of them have stored values that are not mapped."""
    found = [one for source in sources for one in source.mappings.values()]
    unit = found[0].unit if len({one.unit for one in found}) == 1 else ""
    line, before = factored(found[0])
    if line.is_whole or any(one != found[0] for one in found):
        line = Line()
    else:
        sources = [replace(source, mappings=dict.fromkeys(source.mappings, before)) for source in sources]
    array, lost = _filled(stack, sources, _dtype(sources))
    return Values(array, line.slope, line.intercept, unit), lost


def _without_ranges(source: _Source) -> _Source:
    mappings: dict[int, Mapping] = {}
    for number, by in source.mappings.items():
        mappings[number] = by.otherwise if isinstance(by, Ranges) else by
    return replace(source, mappings=mappings)


def _by_file(wanted: Sequence[Frame]) -> dict[Path, dict[int, tuple[int, Frame]]]:
    """File → frame number → place in the stack, and the frame."""
    found: defaultdict[Path, dict[int, tuple[int, Frame]]] = defaultdict(dict)
    for place, frame in enumerate(wanted):
        found[frame.path][frame.number] = place, frame
    return found


def _source(path: Path, wanted: dict[int, tuple[int, Frame]]) -> _Source:
    how = next(frame.encoding for _, frame in wanted.values())
    mappings = {number: frame.mapping for number, (_, frame) in wanted.items() if frame.mapping}
    palette = None
    if how is None or len(mappings) < len(wanted) or how.photometric_interpretation == "PALETTE COLOR":
        head = header(path)
        how, about = encoding(head), said(head.ds)
        for number in wanted:
            mappings[number] = mapping(about[min(number, len(about)) - 1])
        palette = head.ds if how.photometric_interpretation == "PALETTE COLOR" else None
    return _Source(how, {number: place for number, (place, _) in wanted.items()}, mappings, palette)


def _filled(stack: Stack, sources: list[_Source], dtype: np.dtype[Any]) -> tuple[Array, int]:
    """The array, and how many of its voxels are NaN because nothing maps them."""
    colours = (3,) if sources[0].is_colour else ()
    array = np.empty((*stack.grid.shape, *colours), dtype)
    lost = 0
    for source in sources:
        for number, frame in stored(source.encoding, source.places):
            by = source.mappings[number]
            real = _coloured(frame, source) if colours else by.look_up(frame)
            if real.shape != array.shape[1:]:
                raise ReadError(
                    f"{source.encoding.path}: its pixels are {real.shape}, those of the first slice {array.shape[1:]}"
                )
            if isinstance(by, Ranges) and real.dtype.kind == "f":
                lost += int(np.isnan(real).sum() - np.isnan(frame).sum())
            array = _wide_enough(array, real)
            array[source.places[number]] = real
    return array, lost


def _coloured(frame: Array, source: _Source) -> Array:
    """Red, green and blue in 8 bits each."""
    if source.palette is not None:
        return coloured(frame, source.palette)
    bits = source.encoding.bits_stored
    return frame if frame.dtype == np.uint8 else (frame >> max(0, bits - 8)).astype(np.uint8)


def _wide_enough(array: Array, real: Array) -> Array:
    """The array, in a type that holds these values too."""
    if array.dtype.kind == "f" or np.can_cast(real.dtype, array.dtype):
        return array
    if real.dtype.kind == "f":
        return array.astype(np.result_type(array.dtype, np.float32))
    held, lowest, highest = np.iinfo(array.dtype), int(real.min()), int(real.max())
    if held.min <= lowest and highest <= held.max:
        return array
    return array.astype(_whole(min(lowest, held.min), max(highest, held.max)))


def _dtype(sources: list[_Source]) -> np.dtype[Any]:
    """The smallest type that holds what may come; no wider than what is stored, where whole numbers may fit that."""
    size = max(source.encoding.bits_allocated for source in sources) // 8 or 1
    if any(source.encoding.is_float for source in sources):
        return np.dtype(np.float64 if size == 8 else np.float32)
    pairs = {(source.encoding, one) for source in sources for one in source.mappings.values()}
    ranges = [_reach(how, by) for how, by in pairs]
    lowest, highest = min(low for low, _, _ in ranges), max(high for _, high, _ in ranges)
    if all(by.is_whole for _, by in pairs):
        whole = _whole(int(lowest), int(highest))
        return whole if whole.itemsize <= size else np.dtype(f"{'i' if lowest < 0 else 'u'}{size}")
    off = max(abs(lowest), abs(highest)) * _OFF
    return np.dtype(np.float32 if off < min(step for _, _, step in ranges) / 4 else np.float64)


def _reach(how: Encoding, by: Mapping) -> tuple[float, float, float]:
    """The lowest and highest real-world value that may come, and the least distance of two."""
    bits = how.bits_stored - how.is_signed
    return by.reach(-(1 << bits) if how.is_signed else 0, (1 << bits) - 1)


def _whole(lowest: int, highest: int) -> np.dtype[Any]:
    for dtype in _INTEGERS:
        held = np.iinfo(dtype)
        if held.min <= lowest and highest <= held.max:
            return dtype
    raise ReadError(f"whole numbers from {lowest} to {highest} are more than 64 bits hold")
