"""The frames of an object as stored, decoded one at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import RLELosslessDecoder
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import RLELossless

DEFLATED_IMAGE_FRAME = "1.2.840.10008.1.2.8.1"


def frames(ds: Dataset, indices: Sequence[int] | None = None) -> Iterator[np.ndarray]:
    """The stored values (rows × columns) of each frame of a single-sample image, or of those at ascending indices.

    pydicom decodes all but two encodings: Deflated Image Frame Compression (PS3.5 A.4.10), and RLE of single-bit
    frames, whose segment is the packed bits (PS3.5 8.1.1).
    """
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax == DEFLATED_IMAGE_FRAME:
        for index, frame in enumerate(generate_frames(ds.PixelData, number_of_frames=_count(ds))):
            if indices is None or index in indices:
                yield _unpacked(np.frombuffer(zlib.decompress(frame, wbits=-15), np.uint8), ds)
    elif syntax == RLELossless and ds.BitsAllocated == 1:
        length = -(-ds.Rows * ds.Columns // 8)
        decoded = RLELosslessDecoder.iter_array(
            ds.PixelData,
            indices=indices,
            raw=True,
            rows=1,
            columns=length,
            bits_allocated=8,
            bits_stored=8,
            number_of_frames=_count(ds),
            samples_per_pixel=1,
            photometric_interpretation="MONOCHROME2",
            pixel_representation=0,
            pixel_keyword="PixelData",
        )
        yield from (_unpacked(frame.ravel(), ds) for frame, _ in decoded)
    else:
        yield from iter_pixels(ds, indices=indices, raw=True)


def _count(ds: Dataset) -> int:
    return int(ds.get("NumberOfFrames") or 1)


def _unpacked(stored: np.ndarray, ds: Dataset) -> np.ndarray:
    size = ds.Rows * ds.Columns
    if ds.BitsAllocated == 1:
        values = np.unpackbits(stored, count=size, bitorder="little")
    else:
        values = stored.view(f"<u{ds.BitsAllocated // 8}")[:size]
    return values.reshape(ds.Rows, ds.Columns)
