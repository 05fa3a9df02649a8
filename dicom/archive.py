"""ZIP and tar archives: their members in path order, and where each member's bytes lie on this disk.

A member is reached through an :class:`Extent`, which travels to another process: a slice of a file, or an entry of a
ZIP file. Compressed tars and archives within archives are first unpacked into a scratch folder, within limits that a
bomb does not pass.
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from ..errors import ReadError
from .content import UNPACK_ERRORS, decompressed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAY_EXPAND_TO = 1 << 30
"""Bytes to which anything may be expanded …"""
MAY_EXPAND_BY = 100
"""… and the factor by which anything larger may be."""

_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Extent:
    """Where bytes lie: a whole file, ``size`` bytes of it from ``offset``, or the ``entry``-th entry of a ZIP file."""

    path: str
    offset: int = 0
    size: int | None = None
    entry: int | None = None

    def open(self) -> BinaryIO:
        """A readable, seekable stream of the bytes.

        Raises
        ------
        OSError, zipfile.BadZipFile
            where the file has gone or changed.
        """
        if self.entry is not None:
            status = os.stat(self.path)  # noqa: PTH116  a plain string is what travels
            archive = _zip_file(self.path, status.st_mtime_ns, status.st_size)
            return io.BufferedReader(archive.open(archive.infolist()[self.entry]), 1 << 17)  # type: ignore[type-var]
        stream = open(self.path, "rb")  # noqa: PTH123, SIM115
        return stream if self.size is None else io.BufferedReader(_Slice(stream, self.offset, self.size), 1 << 16)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive; ``problem`` says why its bytes can't be read, empty where they can."""

    name: bytes
    entry: int
    size: int
    extent: Extent
    problem: str = ""


@dataclass(slots=True)
class Archive:
    """An opened archive. ``problem`` says what is wrong with it where only part of it can be read."""

    kind: str
    members: list[Member] = field(default_factory=list)
    problem: str = ""
    unpacked: Path | None = None

    def close(self) -> None:
        """Remove what was unpacked for it."""
        if self.unpacked:
            self.unpacked.unlink(missing_ok=True)


def open_archive(kind: str, extent: Extent, scratch: Path) -> Archive:
    """Open a ``zip`` or ``tar`` and list its members in the order of their names' bytes.

    Raises
    ------
    ReadError
        where nothing of it can be read.
    """
    archive = Archive(kind)
    try:
        path = _on_disk(kind, extent, scratch, archive)
        found = _zip_members(path) if kind == "zip" else _tar_members(path, archive)
        entries: Counter[bytes] = Counter()
        for name, size, member, problem in found:
            entries[name] += 1
            archive.members.append(Member(name, entries[name], size, member, problem))
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        NotImplementedError,
        OverflowError,
        ValueError,
        *UNPACK_ERRORS,
    ) as error:
        archive.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ReadError(f"the {kind} archive can't be opened: {reason}") from error
    archive.members.sort(key=lambda member: member.name)
    return archive


def _on_disk(kind: str, extent: Extent, scratch: Path, archive: Archive) -> str:
    """The path of a file whose own bytes are the archive's; unpacked where they are not."""
    with extent.open() as packed:
        plain = decompressed(packed) if kind == "tar" else packed
        if plain is packed and extent.size is None and extent.entry is None:
            return extent.path
        packed_size = extent.size if extent.size is not None else Path(extent.path).stat().st_size
        scratch.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="unpacked-", dir=scratch)
        archive.unpacked = Path(name)
        with os.fdopen(handle, "wb") as unpacked:
            try:
                _copy(plain, unpacked, may_expand_to(packed_size))
            except UNPACK_ERRORS as error:
                if kind == "zip" or not unpacked.tell() or (isinstance(error, OSError) and error.errno):
                    raise
                archive.problem = "truncated or damaged: only its first part can be read"
        return name


def _copy(source: BinaryIO, target: BinaryIO, limit: int) -> None:
    some = cast(io.BufferedIOBase, source).read1  # all that comes before the damage, which a longer read would lose
    while block := some(_BLOCK):
        if target.tell() + len(block) > limit:
            raise ReadError(f"it expands to more than {limit} bytes, {MAY_EXPAND_BY} times its size")
        target.write(block)


def may_expand_to(packed_size: int) -> int:
    """Bytes to which so many packed ones may be expanded."""
    return max(MAY_EXPAND_TO, MAY_EXPAND_BY * packed_size)


Found = tuple[bytes, int, Extent, str]


def _zip_members(path: str) -> Iterator[Found]:
    with zipfile.ZipFile(path) as archive:
        for number, info in enumerate(archive.infolist()):
            if info.is_dir():
                continue
            problem = ""
            if info.flag_bits & _ENCRYPTED:
                problem = "encrypted in its ZIP archive"
            elif info.compress_type not in _METHODS:
                problem = f"packed in its ZIP archive by an unknown method ({info.compress_type})"
            elif info.file_size > may_expand_to(info.compress_size):
                problem = f"expands to {info.file_size} bytes, more than {MAY_EXPAND_BY} times its packed size"
            yield info.filename.encode(errors="surrogateescape"), info.file_size, Extent(path, 0, None, number), problem


def _tar_members(path: str, archive: Archive) -> Iterator[Found]:
    """The regular files; a hard link is the file it names, other links and devices hold no bytes."""
    end = Path(path).stat().st_size
    extents: dict[str, Extent] = {}
    with tarfile.open(path, "r:") as tar:
        while True:
            try:
                info = tar.next()
            except tarfile.TarError as error:
                archive.problem = archive.problem or f"truncated or damaged: {error}"
                return
            if info is None:
                break
            tar.members = []  # type: ignore[attr-defined]  # tarfile keeps every header otherwise
            extent = extents.get(info.linkname) if info.islnk() else None
            if info.isreg():
                extent = extents[info.name] = Extent(path, info.offset_data, info.size)
            if extent is None or extent.size is None:
                continue
            problem = ""
            if info.issparse():
                problem = "a sparse member of its tar archive"
            elif extent.offset + extent.size > end:
                problem = "truncated: its tar archive ends within it"
            yield info.name.encode(errors="surrogateescape"), extent.size, extent, problem
        rest = Extent(path, tar.offset, tarfile.BLOCKSIZE)
    with rest.open() as marker:  # tarfile takes a damaged header for the end
        if marker.read().strip(b"\0"):
            archive.problem = archive.problem or "damaged: only its first part can be read"


@lru_cache(maxsize=2)
def _zip_file(path: str, mtime_ns: int, size: int) -> zipfile.ZipFile:
    """A ZIP file kept open for the next member; the time and size tell a changed file of the same path apart."""
    return zipfile.ZipFile(path)


class _Slice(io.RawIOBase):
    """``size`` bytes of a stream from ``offset``, as a stream of their own."""

    def __init__(self, stream: BinaryIO, offset: int, size: int) -> None:
        self._stream, self._offset, self._size = stream, offset, size
        self.name = stream.name  # which pydicom expects of a buffered file
        self._stream.seek(offset)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._stream.tell() - self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._size}[whence]
        return self._stream.seek(self._offset + max(0, start + offset)) - self._offset

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self._stream.read(min(len(view), max(0, self._size - self.tell())))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
