"""The stored values of frames, whatever their transfer syntax.

Plain pixels are read straight from the file, one frame at a time. Everything else is decoded by pydicom with the
decoders that are installed (docs/decisions/191).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from ...errors import ReadError
from ..elements import UNDECODABLE
from ..frames import DEFLATED_IMAGE_FRAME, frames
from ..reading import read
from .encoding import Encoding, tiles_in_row
from .extended import EXTENDED, decoded

_DECODERS = {
    "1.2.840.10008.1.2.4.50": "gdcm",
    "1.2.840.10008.1.2.4.51": "gdcm",
    "1.2.840.10008.1.2.4.57": "gdcm",
    "1.2.840.10008.1.2.4.70": "gdcm",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg",
    "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg",
    "1.2.840.10008.1.2.5": "pydicom",
}
"""The decoder of each encapsulated transfer syntax, whatever else is installed: decoders of lossy JPEG differ."""
_UNREADABLE = (*UNDECODABLE, RuntimeError, IndexError, zlib.error)


def stored(found: Encoding, wanted: Collection[int]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Frames by number, from 1, in rising order: rows × columns; × 3 where they are colours (RGB).

    Raises
    ------
    ReadError
        where one can't be decoded, or is missing; names the file, the transfer syntax and the reason.
    """
    if found.tiles:
        yield from _tiles(found, wanted)
        return
    missing = set(wanted)
    try:
        for number, frame in _plain(found, wanted) if found.is_plain else _decoded(found, wanted):
            missing.discard(number)
            yield number, frame
    except ReadError:
        raise
    except _UNREADABLE as error:
        name = UID(found.transfer_syntax).name
        raise ReadError(f"{found.path}: its pixels ({name}) can't be decoded: {error}") from error
    if missing:
        raise ReadError(f"{found.path}: frame {min(missing)} is missing; it should have {found.frames}")


def _tiles(found: Encoding, wanted: Collection[int]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Slices of a mosaic, by number."""
    ((_, whole),) = stored(replace(found, tiles=0), (1,))
    (rows, columns), side = found.slice_size, tiles_in_row(found.tiles)
    for number in sorted(wanted):
        down, right = divmod(number - 1, side)
        yield number, whole[down * rows : (down + 1) * rows, right * columns : (right + 1) * columns]


def _plain(found: Encoding, wanted: Collection[int]) -> Iterator[tuple[int, NDArray[Any]]]:
    dtype = found.dtype
    size = dtype.itemsize * found.rows * found.columns
    with found.path.open("rb", buffering=0) as file:
        for number in sorted(wanted):
            frame = np.empty((found.rows, found.columns), dtype)
            file.seek((found.offset or 0) + (number - 1) * size)
            if file.readinto(frame.view(np.uint8).data) != size:
                raise ReadError(f"{found.path}: it ends within frame {number}, which should have {size} bytes")
            yield number, _used(frame, found)


def _used(frame: NDArray[Any], found: Encoding) -> NDArray[Any]:
    """The stored bits in native order, their sign extended; others may hold overlays (PS3.5 8.1.1)."""
    frame = frame.astype(frame.dtype.newbyteorder("="), copy=False)
    if not found.is_float and found.bits_stored < found.bits_allocated:
        frame <<= found.bits_allocated - 1 - found.high_bit
        frame >>= found.bits_allocated - found.bits_stored
    return frame


def _decoded(found: Encoding, wanted: Collection[int]) -> Iterator[tuple[int, NDArray[Any]]]:
    if found.transfer_syntax == DEFLATED_IMAGE_FRAME or found.bits_allocated == 1:
        yield from ((number, frame) for number, frame in enumerate(frames(_whole(found)), 1) if number in wanted)
        return
    if found.transfer_syntax == EXTENDED and found.bits_stored != 8:
        with _opened(found) as source:
            yield from decoded(source, found, wanted)
        return
    order = sorted(wanted)
    indices = None if len(order) == found.frames else [number - 1 for number in order]
    with _opened(found) as source:
        plugin = _DECODERS.get(found.transfer_syntax, "")
        decoder = get_decoder(UID(found.transfer_syntax))
        decoding = decoder.iter_array(source, indices=indices, raw=False, decoding_plugin=plugin, **_options(found))
        # some encoders leave more frames than there should be
        yield from ((number, frame) for number, (frame, _) in zip(order, decoding, strict=False))


def _opened(found: Encoding) -> BinaryIO:
    """The encoded pixels, from their beginning."""
    if found.offset is None:
        return io.BytesIO(_whole(found)[found.keyword].value)
    source = found.path.open("rb")
    source.seek(found.offset)
    return source


def _options(found: Encoding) -> dict[str, Any]:
    options: dict[str, Any] = {
        "rows": found.rows,
        "columns": found.columns,
        "samples_per_pixel": found.samples,
        "photometric_interpretation": found.photometric_interpretation,
        "number_of_frames": found.frames,
        "bits_allocated": found.bits_allocated,
        "bits_stored": found.bits_stored,
        "pixel_representation": int(found.is_signed),
        "pixel_keyword": found.keyword,
    }
    if found.samples > 1:
        options["planar_configuration"] = found.planar
    if found.extended_offsets:
        options["extended_offsets"] = found.extended_offsets
    return options


def _whole(found: Encoding) -> Dataset:
    with found.path.open("rb") as stream:
        return read(stream, stop_before_pixels=False)
