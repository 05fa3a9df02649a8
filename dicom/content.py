"""What a file is, by its first bytes: DICOM, an archive, or neither."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import struct
import tarfile
import zlib
from enum import StrEnum
from typing import BinaryIO, cast

UNPACK_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What reading a truncated or damaged compressed stream may raise."""


class Content(StrEnum):
    """What a file holds."""

    DICOM = "dicom"
    DICOMDIR = "dicomdir"
    DAMAGED = "damaged"
    ZIP = "zip"
    TAR = "tar"
    OTHER = "other"


_VR = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()
)
_FILE_META = re.compile(rb"\x02\x00[\x00-\x18]\x00(?:UI|UL|OB)")
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_HEAD = 1024
_DICOMDIR_CLASS = b"1.2.840.10008.1.3.10"  # Media Storage Directory Storage (PS3.4 I.4)


def content(stream: BinaryIO) -> Content:
    """What a seekable stream holds, from its first bytes; the stream is left anywhere.

    DICOM is a file with preamble and prefix (PS3.10 7.1) or one that begins with a valid element of group 0002 or 0008
    (semantics 1.7). DAMAGED has File Meta Information, though not where it belongs.
    """
    head = stream.read(_HEAD)
    if head[128:132] == b"DICM" or _begins_with_element(head):
        return Content.DICOMDIR if _DICOMDIR_CLASS in head else Content.DICOM
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Content.ZIP
    if _is_tar(head) or (head.startswith(_COMPRESSED) and _is_compressed_tar(stream)):
        return Content.TAR
    return Content.DAMAGED if _FILE_META.search(head) else Content.OTHER


def decompressed(stream: BinaryIO) -> BinaryIO:
    """What a gzip, bzip2 or xz stream decompresses to, else the stream itself; it must stand at its beginning."""
    head = stream.read(6)
    stream.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    if head.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(stream))
    if head.startswith(b"\xfd7zXZ\x00"):
        return cast(BinaryIO, lzma.LZMAFile(stream))
    return stream


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def _is_compressed_tar(stream: BinaryIO) -> bool:
    try:
        stream.seek(0)
        return _is_tar(decompressed(stream).read(tarfile.BLOCKSIZE))
    except UNPACK_ERRORS:
        return False


def _begins_with_element(head: bytes) -> bool:
    """Whether a data set begins here: explicit or implicit VR, either byte order, group 0002 or 0008."""
    if len(head) < 8:
        return False
    for order in "<>":
        group, _, length = struct.unpack(f"{order}HHL", head[:8])
        if group in (0x0002, 0x0008):
            if head[4:6] in _VR:
                return True
            following = head[8 + length : 10 + length]
            if order == "<" and length % 2 == 0 and len(following) == 2:
                return bool(group <= int.from_bytes(following, "little") <= 0x0010)
    return False
