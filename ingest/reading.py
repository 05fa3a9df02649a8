"""From a location's bytes to facts: what the reading processes do."""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from ..dicom import header
from ..dicom.archive import Extent
from ..dicom.plain import read_header
from ..dicom.reading import read as read_bounded
from ..dicom.values import texts
from ..errors import ReadError
from ..graph.facts import InstanceFacts, Location
from ..ontology import tags
from .readers import ReadContext, read
from .readers.common import begin, warn

_TRANSFER_SYNTAX_UID = 0x00020010
_DEFLATED = "1.2.840.10008.1.2.1.99"
_MUCH = 1 << 20
_LONG_FORM = frozenset((b"OB", b"OW", b"OD", b"OF", b"OL", b"OV", b"UN"))


@dataclass(frozen=True, slots=True)
class Job:
    """An object to read: where its bytes are, and what it is to be read as."""

    extent: Extent
    uri: str
    size: int
    dataset: str
    authority: str = ""
    declared: tuple[str, ...] = field(default_factory=tags.default)


@dataclass(frozen=True, slots=True)
class Refused:
    """An object that could not be read, and why; the reason holds no value of any attribute."""

    reason: str


def read_object(job: Job) -> InstanceFacts | Refused:
    """Read one object's header; whatever its bytes do to the readers becomes the reason in quarantine."""
    try:
        with quiet(), job.extent.open() as stream:
            ds, source, end = _header(stream, job.size)
            cut = end is not None and _pixels_cut(stream, ds, end, job.size)
            location = Location(job.uri, _transfer_syntax(ds), job.size)
            context = ReadContext(job.dataset, location, job.authority, job.declared)
            facts = read(ds, context, source)
    except Exception as error:  # damaged bytes raise anything, in any library below
        return Refused(reason_of(error))
    if cut:
        warn(facts, "PixelData: truncated")
    return facts


def reread(blob: bytes) -> InstanceFacts:
    """What a kept header says of its Patient, Study, Series and Instance."""
    with quiet():
        return begin(header.restore(blob), ReadContext(""))


def kept_header(stream: BinaryIO, size: int) -> bytes:
    """What would be kept of the object in a stream of ``size`` bytes.

    Raises
    ------
    ReadError
        where its header can't be read.
    """
    try:
        with quiet():
            ds, source, _ = _header(stream, size)
            return header.keep(ds, source)
    except Exception as error:  # as in read_object
        raise ReadError(reason_of(error)) from error


def ends_early(stream: BinaryIO, size: int) -> bool:
    """Whether the object in a stream of ``size`` bytes ends before its native pixels do.

    Raises
    ------
    ReadError
        where its header can't be read.
    """
    stream.seek(0)
    try:
        with quiet():
            ds, _, end = _header(stream, size)
            return end is not None and _pixels_cut(stream, ds, end, size)
    except Exception as error:  # as in read_object
        raise ReadError(reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """Why an object can't be read, without a value from it: libraries quote values, and values identify people."""
    match error:
        case ReadError():
            return str(error)
        case MemoryError():
            return "it needs more memory than there is"
        case OSError() if error.strerror:
            return f"it can't be opened: {error.strerror}"
        case RecursionError():
            return "its sequences are nested too deeply to be read"
        case pydicom.errors.InvalidDicomError() | EOFError():
            return "its header can't be read to its end"
    return f"its header can't be read to its end ({type(error).__name__})"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' warnings from being shown or logged: they quote values."""
    logger = logging.getLogger("pydicom")
    disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = disabled


def _header(stream: BinaryIO, size: int) -> tuple[Dataset, bytes, int | None]:
    """The Dataset up to its pixels, the bytes of the file up to them where they are few, and where the pixels begin.

    Raises
    ------
    ReadError
        where the file ends within an element.
    """
    plain = read_header(stream)
    if plain:
        return plain.ds, plain.source, plain.end if plain.end < size else None
    stream.seek(0)
    ds = read_bounded(stream, stop_before_pixels=True)
    if not ds:  # pydicom gives up like this where an element runs over the end
        raise ReadError("its header can't be read to its end")
    end = stream.tell()
    pixels = end if _reached_pixels(stream, ds, size) else None
    stream.seek(0)
    return ds, stream.read(end) if end <= _MUCH else b"", pixels


def _transfer_syntax(ds: Dataset) -> str:
    return "".join(texts(ds.file_meta, _TRANSFER_SYNTAX_UID)[:1])


def _reached_pixels(stream: BinaryIO, ds: Dataset, size: int) -> bool:
    """Whether reading stopped at the pixels; pydicom passes over a file that ends early, so that is looked for here.

    Raises
    ------
    ReadError
        where the file ends within an element.
    """
    if _transfer_syntax(ds) == _DEFLATED:  # positions are those of the inflated stream
        return False
    if stream.tell() < size:
        return True
    last = max((ds.get_item(tag, keep_deferred=True) for tag in ds.keys()), key=lambda e: _position(e), default=None)  # noqa: SIM118
    if isinstance(last, RawDataElement) and last.length != 0xFFFFFFFF:
        end = last.value_tell + last.length
        if end > size:
            raise ReadError("its header can't be read to its end: the file ends within an element")
        stream.seek(end)
        if stream.read(8).strip(b"\0"):
            raise ReadError("its header can't be read to its end: the file ends within a tag")
    return False


def _position(element: object) -> int:
    return element.value_tell if isinstance(element, RawDataElement) else getattr(element, "file_tell", 0) or 0


def _pixels_cut(stream: BinaryIO, ds: Dataset, start: int, size: int) -> bool:
    """Whether the file ends before its native pixels do, whose element begins at ``start``."""
    implicit, little = ds.original_encoding
    stream.seek(start)
    head = stream.read(12)
    order = "<" if little else ">"
    if len(head) < 12:
        return True
    long_form = not implicit and head[4:6] in _LONG_FORM
    (length,) = struct.unpack_from(f"{order}L", head, 8 if long_form else 4)
    return bool(length != 0xFFFFFFFF and start + (12 if long_form else 8) + length > size)
