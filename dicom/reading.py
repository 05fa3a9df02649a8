"""What pydicom reads of a file, within bounds: what a deflated data set expands to, and how many elements it has.

pydicom inflates a deflated data set (PS3.5 A.5) whole before it reads the first element, to a thousand times the size
of the file where somebody means harm. Here it is inflated as far as it is read.
"""

from __future__ import annotations

import io
import sys
import zlib
from typing import BinaryIO, cast

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset, read_partial
from pydicom.uid import DeflatedExplicitVRLittleEndian

from ..errors import ReadError
from .archive import MAY_EXPAND_BY, may_expand_to
from .values import texts

MOST_ELEMENTS = 1 << 16
"""So many elements no data set has: each tag is there once (PS3.5 7.1), and PS3.6 knows some 5,000."""

HEADER_MAY_EXPAND_TO = 1 << 26
"""Bytes to which a deflated header may be expanded, however small it is."""

_PREFIX = 132
_HEAD = 1024
_FILE_META = 0x0002
_TRANSFER_SYNTAX_UID = 0x00020010
PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
"""Float, Double Float and Pixel Data, at the first of which a header ends."""
_BLOCK = 1 << 16


def read(stream: BinaryIO, *, stop_before_pixels: bool) -> Dataset:
    """What ``dcmread`` reads of a seekable stream at its beginning; empty where there is no data set.

    Raises
    ------
    ReadError
        where it has too many elements, or expands to more than it may.
    """
    stop = _Stop(stop_before_pixels)
    meta = _meta_of_deflated(stream)
    if meta is None:
        return read_partial(stream, stop, force=True)
    begin = stream.tell()
    packed_size = stream.seek(0, io.SEEK_END) - begin
    stream.seek(begin)
    most = max(HEADER_MAY_EXPAND_TO, MAY_EXPAND_BY * packed_size) if stop_before_pixels else may_expand_to(packed_size)
    ds = read_dataset(cast(BinaryIO, Inflated(stream, most)), False, True, stop_when=stop)
    ds.file_meta = meta
    return ds


class Inflated:
    """What the rest of a stream, a raw deflate stream, expands to: inflated as far as it is read or sought."""

    def __init__(self, packed: BinaryIO, most: int) -> None:
        self._packed = packed
        self._most = most
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._held = bytearray()
        self._at = 0

    def tell(self) -> int:
        """Where it is, among what the stream expands to."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere."""
        if whence == io.SEEK_END:
            self._hold(sys.maxsize)
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._held)}[whence])
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Read on.

        Raises
        ------
        ReadError
            where the stream is damaged, ends too early, or expands to more than it may.
        """
        end = sys.maxsize if size < 0 else self._at + size
        self._hold(end)
        data = bytes(self._held[self._at : end])
        self._at += len(data)
        return data

    def _hold(self, wanted: int) -> None:
        while len(self._held) < wanted and not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._packed.read(_BLOCK)
            try:
                more = self._inflate.decompress(packed, _BLOCK)  # perhaps of what was put in before
            except zlib.error:
                raise ReadError("its deflated data set is damaged") from None
            if not packed and not more and not self._inflate.eof:
                raise ReadError("its deflated data set ends too early")
            self._held += more
            if len(self._held) > self._most:
                raise ReadError(f"its deflated data set expands to more than {self._most} bytes")


class _Stop:
    """Tells pydicom when to stop reading a data set."""

    def __init__(self, before_pixels: bool) -> None:
        self._before_pixels = before_pixels
        self._elements = 0

    def __call__(self, tag: int, vr: str | None, length: int) -> bool:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise ReadError(f"its data set has more than {MOST_ELEMENTS} elements")
        return self._before_pixels and tag in PIXELS


def _meta_of_deflated(stream: BinaryIO) -> FileMetaDataset | None:
    """The File Meta Information of a deflated file, whose data set comes next; None, at the beginning, of any other."""
    head = stream.read(_HEAD)
    if head[_PREFIX - 4 : _PREFIX] == b"DICM" and DeflatedExplicitVRLittleEndian.encode() in head:
        stream.seek(_PREFIX)
        meta = FileMetaDataset(read_dataset(stream, False, True, stop_when=lambda tag, *_: tag >> 16 != _FILE_META))
        if texts(meta, _TRANSFER_SYNTAX_UID) == [DeflatedExplicitVRLittleEndian]:
            return meta
    stream.seek(0)
    return None
