"""Files that are well made and mean harm: cycles, depth, width, character sets, archives."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from random import Random

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

Hostile = Callable[[bytes, Random], bytes]

_CONTENT, _SEGMENTS, _FRAMES, _PRIVATE, _REFERENCES = (
    (0x0040, 0xA730),
    (0x0062, 0x0002),
    (0x5200, 0x9230),
    (0x0009, 0x1001),
    (0x0008, 0x1140),
)
_UNDEFINED = 0xFFFFFFFF
_DEEPEST = 10_000
_CHARACTER_SETS = (
    "ISO_IR 192",
    "GB18030",
    "GBK",
    "ISO 2022 IR 87",
    "\\ISO 2022 IR 87\\ISO 2022 IR 159",
    "ISO_IR 6\\ISO 2022 IR 149",
    "utf-16",
    "rot13",
    "unicode_escape",
    "idna",
    "\\" * 40,
    "ISO_IR 999",
    "..\\..\\etc",
)
_TEXTS = (
    b"\x1b$B;3ED",
    b"\xff\xfe\x00\xd8",
    b"\xb0\xa1\x1b",
    b"\xc3\x28\xa0\xa1",
    b"\x80" * 64,
    b"caf\xe9",
    b"e\xcc\x81",
)


def cyclic(data: bytes, random: Random) -> bytes:
    """Content items that refer to themselves, to those above them, to each other, to none."""
    ds = pydicom.dcmread(io.BytesIO(data), force=True)
    found = list(_content_items(ds, [1]))
    for _ in range(random.choice((1, 3, 30))):
        holder, path = random.choice(found)
        link = Dataset()
        link.RelationshipType = random.choice(("CONTAINS", "HAS PROPERTIES", "INFERRED FROM", "SELECTED FROM"))
        target = random.choice(found)[1] if random.random() < 0.6 else path[: random.randrange(len(path) + 1)]
        link.ReferencedContentItemIdentifier = target or [0, 4294967295]
        holder.ContentSequence = [*holder.get("ContentSequence", []), link]
    return _written(ds)


def deep(data: bytes, random: Random) -> bytes:
    """Sequences in sequences, down to 10,000 levels, of defined or undefined length."""
    depth = random.choice((50, 200, 900, 1100, _DEEPEST))
    tag = random.choice((_CONTENT, _SEGMENTS, _FRAMES, _PRIVATE, _REFERENCES))
    core = struct.pack("<HH2sH", 0x0008, 0x0100, b"SH", 4) + b"1234"
    defined = random.random() < 0.5
    if defined and depth > 2000:  # pydicom and we copy what is below at each level
        depth = 2000
    for _ in range(depth):
        core = _sequence(tag, core, defined) if defined else _open(tag) + core
    if not defined:
        core += struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0) * random.choice((0, depth, depth))
    return _before_pixels(data, core)


def wide(data: bytes, random: Random) -> bytes:
    """A sequence of very many items."""
    item = random.choice((b"", struct.pack("<HH2sH", 0x0008, 0x0100, b"SH", 2) + b"1 "))
    items = struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item
    tag = random.choice((_CONTENT, _SEGMENTS, _FRAMES, _PRIVATE))
    many = items * random.choice((500, 2000, 10_000))
    return _before_pixels(data, struct.pack("<HH2sHL", *tag, b"SQ", 0, len(many)) + many)


def misspelt(data: bytes, random: Random) -> bytes:
    """Character sets that are wrong, unknown or change with every level, over text that is in none of them."""
    ds = pydicom.dcmread(io.BytesIO(data), force=True)
    for item in (ds, *(each for each, _ in _content_items(ds, [1])), *_first_items(ds)):
        if random.random() < 0.7:
            _set_raw(item, 0x00080005, "CS", random.choice(_CHARACTER_SETS).encode())
        for tag, vr in ((0x00100010, "PN"), (0x00080104, "LO"), (0x0040A160, "UT"), (0x00081030, "LO")):
            if tag in item or random.random() < 0.1:
                _set_raw(item, tag, vr, random.choice(_TEXTS))
    return _written(ds)


def deflated(data: bytes, random: Random) -> bytes:
    """A deflated data set that is no deflated data set, is cut, or expands a thousandfold."""
    ds = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = _written(ds)
    start = whole.rfind(DeflatedExplicitVRLittleEndian.encode()) + 22
    kind = random.randrange(3)
    body = whole[start:]
    if kind == 0:
        body = body[: random.randrange(len(body) + 1)]
    elif kind == 1:
        body = random.randbytes(len(body))
    else:
        packer = zlib.compressobj(9, wbits=-15)
        body = packer.compress(b"\x08\x00\x05\x00CS\x00\x00" * (4 << 20)) + packer.flush()
    return whole[:start] + body


def zipped(data: bytes, random: Random) -> bytes:
    """A ZIP archive, perhaps damaged, with names that lead elsewhere."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name in random.sample(_NAMES, 3):
            archive.writestr(zipfile.ZipInfo(name), data)
    return _perhaps_damaged(buffer.getvalue(), random)


def tarred(data: bytes, random: Random) -> bytes:
    """A tar archive, perhaps compressed, perhaps damaged, with names and links that lead elsewhere."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=random.choice(("w", "w:gz"))) as archive:
        for name in random.sample(_NAMES, 3):
            info = tarfile.TarInfo(name)
            info.size = len(data) if random.random() < 0.9 else len(data) + 5000
            archive.addfile(info, io.BytesIO(data.ljust(info.size, b"\0")))
        link = tarfile.TarInfo("link.dcm")
        link.type, link.linkname = random.choice((tarfile.LNKTYPE, tarfile.SYMTYPE)), random.choice(_NAMES)
        archive.addfile(link)
    return _perhaps_damaged(buffer.getvalue(), random)


def gzipped(data: bytes, random: Random) -> bytes:
    """Compressed by gzip, perhaps damaged."""
    return _perhaps_damaged(gzip.compress(data, 1), random)


HOSTILE: tuple[Hostile, ...] = (cyclic, deep, wide, misspelt, deflated, zipped, tarred, gzipped)

_NAMES = ["a.dcm", "../../b.dcm", "/c.dcm", "d/e.dcm", "d/e.dcm/f.dcm", "\udcff.dcm", "g" * 200, " ", "h\\i.dcm", "%2e"]


def _perhaps_damaged(data: bytes, random: Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(random.choice((0, 1, 4, 50))):
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
    return bytes(damaged[: random.randrange(len(damaged))]) if random.random() < 0.2 else bytes(damaged)


def _content_items(ds: Dataset, path: list[int]) -> Iterator[tuple[Dataset, list[int]]]:
    yield ds, path
    for number, item in enumerate(ds.get("ContentSequence", []), 1):
        yield from _content_items(item, [*path, number])


def _first_items(ds: Dataset) -> Iterator[Dataset]:
    for element in ds:
        if element.VR == "SQ":
            yield from element.value[:1]


def _set_raw(ds: Dataset, tag: int, vr: str, value: bytes) -> None:
    """A value as its bytes are, which pydicom does not look at until it is asked."""
    padded = value + b" " * (len(value) % 2)
    ds[tag] = pydicom.dataelem.RawDataElement(pydicom.tag.Tag(tag), vr, len(padded), padded, 0, False, True)


def _written(ds: Dataset) -> bytes:
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=False)
    return buffer.getvalue()


def _sequence(tag: tuple[int, int], inner: bytes, defined: bool) -> bytes:
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner
    return struct.pack("<HH2sHL", *tag, b"SQ", 0, len(item)) + item


def _open(tag: tuple[int, int]) -> bytes:
    return struct.pack("<HH2sHLHHL", *tag, b"SQ", 0, _UNDEFINED, 0xFFFE, 0xE000, _UNDEFINED)


def _before_pixels(data: bytes, element: bytes) -> bytes:
    at = data.rfind(b"\xe0\x7f\x10\x00")
    return data[:at] + element + data[at:] if at > 0 else data + element
