"""JPEG Extended with 12 bits, which pydicom refuses to leave to GDCM: it gives what dcmtk and SimpleITK give."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import generate_frames

from .encoding import Encoding

EXTENDED = "1.2.840.10008.1.2.4.51"


def decoded(source: BinaryIO, found: Encoding, wanted: Collection[int]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Frames of one sample a pixel by number, from 1, in rising order.

    Raises
    ------
    ValueError
        where one is no such JPEG.
    """
    encoded = generate_frames(source, number_of_frames=found.frames, extended_offsets=found.extended_offsets)
    for number, frame in enumerate(encoded, start=1):
        if number in wanted:
            yield number, _frame(frame, found)


def _frame(encoded: bytes, found: Encoding) -> NDArray[Any]:
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(encoded)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((found.columns, found.rows, 1))
    image.SetDataElement(element)
    image.SetPhotometricInterpretation(
        gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.GetPIType(found.photometric_interpretation))
    )
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(EXTENDED)))
    image.SetPixelFormat(gdcm.PixelFormat(1, found.bits_allocated, found.bits_stored, found.high_bit, 0))
    pixels = image.GetBuffer().encode("utf-8", "surrogateescape")  # GDCM's bytes come as text
    return np.frombuffer(pixels, f"<u{found.bits_allocated // 8}").reshape(found.rows, found.columns)
