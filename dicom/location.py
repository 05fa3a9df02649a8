"""Where bytes lie: URIs of files and of archive members, and how they open.

A file is ``file:///data/a.dcm``. A member of an archive puts the kind of archive in front and its name behind ``!/``:
``zip:file:///data/a.zip!/ct/1.dcm``, nested ``tar:zip:file:///data/a.zip!/inner.tar.gz!/1.dcm``. Every byte outside
the unreserved characters of RFC 3986 is percent-encoded, ``!`` included, so that names split without doubt and names
that are no UTF-8 survive. Where an archive holds one name several times, ``?2`` names its second entry.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ..errors import ReadError, UsageError
from .archive import Archive, Extent, Member, open_archive
from .scratch import Scratch

ARCHIVE_KINDS = ("zip", "tar")
MAX_DEPTH = 3
"""Archives nested deeper are not opened."""


@dataclass(frozen=True, slots=True)
class MemberName:
    """A member of an archive of ``kind``: its name's bytes and which of the entries of that name it is, from 1."""

    kind: str
    name: bytes
    entry: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """A location taken apart: a path on this machine, then members from the outermost archive inwards."""

    path: Path
    members: tuple[MemberName, ...] = ()

    @property
    def container(self) -> Place:
        """The archive that holds the innermost member."""
        return Place(self.path, self.members[:-1])

    def member(self, kind: str, name: bytes, entry: int = 1) -> Place:
        """The place of a member of this archive."""
        return Place(self.path, (*self.members, MemberName(kind, name, entry)))

    @property
    def uri(self) -> str:
        """The URI, percent-encoded."""
        kinds = "".join(f"{member.kind}:" for member in reversed(self.members))
        names = "".join(
            f"!/{quote_from_bytes(member.name)}{f'?{member.entry}' if member.entry > 1 else ''}"
            for member in self.members
        )
        return f"{kinds}file://{quote_from_bytes(os.fsencode(self.path))}{names}"


def place(path: Path) -> Place:
    """The place of a file, made absolute; symbolic links are kept as they are."""
    return Place(Path(os.path.abspath(path)))  # noqa: PTH100  Path.resolve would follow links


def parse(uri: str) -> Place:
    """Take a location's URI apart.

    Raises
    ------
    UsageError
        where it is no URI that this module writes.
    """
    kinds: list[str] = []
    scheme, _, rest = uri.partition(":")
    while scheme in ARCHIVE_KINDS:
        kinds.insert(0, scheme)
        scheme, _, rest = rest.partition(":")
    path, *names = rest.split("!/")
    if scheme != "file" or not path.startswith("///") or len(names) != len(kinds):
        raise UsageError(f"{uri!r} is no location: expected file:///…, zip:file:///…!/member or tar:file:///…!/member")
    members = []
    for kind, text in zip(kinds, names, strict=True):
        name, _, entry = text.partition("?")
        if entry and not entry.isdecimal():
            raise UsageError(f"{uri!r} is no location: expected a number after '?', found {entry!r}")
        members.append(MemberName(kind, unquote_to_bytes(name), int(entry or 1)))
    return Place(Path(os.fsdecode(unquote_to_bytes(path[2:]))), tuple(members))


class Locations:
    """Opens locations one after the other; the archives they lie in are opened once and kept until :meth:`close`.

    Parameters
    ----------
    scratch
        Folder into which compressed tars and nested archives are unpacked.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._archives: dict[Place, tuple[Archive, dict[tuple[bytes, int], Member]]] = {}

    def extent(self, place: Place) -> Extent:
        """Where the bytes of a location lie on this disk.

        Raises
        ------
        ReadError
            where an archive can't be opened, or has no such member.
        """
        if not place.members:
            return Extent(os.fspath(place.path))
        if len(place.members) > MAX_DEPTH:
            raise ReadError(f"archives are nested more than {MAX_DEPTH} deep")
        container, wanted = place.container, place.members[-1]
        if container not in self._archives:
            archive = open_archive(wanted.kind, self.extent(container), self._scratch)
            self._archives[container] = archive, {(member.name, member.entry): member for member in archive.members}
        member = self._archives[container][1].get((wanted.name, wanted.entry))
        if member is None:
            raise ReadError("the archive no longer has such a member")
        if member.problem:
            raise ReadError(member.problem)
        return member.extent

    def open(self, uri: str) -> BinaryIO:
        """A readable, seekable stream of the location's bytes.

        Raises
        ------
        UsageError
            where ``uri`` is no location.
        ReadError, OSError
            where it can't be opened.
        """
        return self.extent(parse(uri)).open()

    def close(self) -> None:
        """Remove everything that was unpacked."""
        for archive, _ in self._archives.values():
            archive.close()
        self._archives.clear()

    def __enter__(self) -> Locations:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_location(uri: str) -> BinaryIO:
    """Open one location: a file, or a member of an archive; see :meth:`Locations.open`.

    For many members of one compressed archive use :class:`Locations`, which unpacks it once.
    """
    with Scratch() as scratch, Locations(scratch) as locations:
        return locations.open(uri)  # an open file outlives its unlinked name
