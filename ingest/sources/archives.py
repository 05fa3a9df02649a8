"""The members of ZIP and tar archives, nested to a depth of three."""

from __future__ import annotations

import heapq
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...dicom.archive import Extent, Member, open_archive
from ...dicom.content import UNPACK_ERRORS, Content, content
from ...dicom.location import MAX_DEPTH, Place
from ...errors import ReadError
from . import dicomdir
from .found import Found, Sort

ARCHIVES = (Content.ZIP, Content.TAR)
DAMAGED = "its File Meta Information does not follow a preamble of 128 bytes and the prefix DICM (PS3.10 7.1)"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The modification and change time of a file, in ns."""

    mtime_ns: int
    ctime_ns: int


Item = Found | Iterator["Item"]
"""What a walking generator yields: a file, or a generator of more (so that nesting needs no recursion)."""


def members(place: Place, kind: Content, extent: Extent, stamp: Stamp, scratch: Path) -> Iterator[Item]:
    """What lies in an archive, in the order of the members' names; the archive's own beginning and end around it."""
    if len(place.members) >= MAX_DEPTH:
        yield unreadable(place, extent.size or 0, stamp, f"archives are nested more than {MAX_DEPTH} deep")
        return
    try:
        archive = open_archive(kind.value, extent, scratch)
    except ReadError as error:
        yield unreadable(place, extent.size or 0, stamp, str(error))
        return
    if archive.problem:
        yield unreadable(place, extent.size or 0, stamp, f"the {archive.kind} archive is {archive.problem}")
    else:
        yield Found(Sort.ARCHIVE, place.uri, members=len(archive.members) - 1)
    waiting = [(member.name, number) for number, member in enumerate(archive.members)]
    opened: dict[bytes, Content] = {}
    while waiting:
        key, number = heapq.heappop(waiting)
        member = archive.members[number]
        inner = place.member(archive.kind, member.name, member.entry)
        if key in opened:
            yield members(inner, opened[key], member.extent, stamp, scratch)
            continue
        found = member.problem or _content(member)
        if found in ARCHIVES:  # its members' names come in order as name/member
            opened[key + b"/"] = Content(found)
            heapq.heappush(waiting, (key + b"/", number))
        elif found is Content.DICOMDIR:
            names = {name.name.upper() for name in archive.members}
            yield Found(Sort.IGNORED, inner.uri, member.size, stamp.mtime_ns, stamp.ctime_ns)
            yield from _missing(inner, member, names, stamp)
        else:
            yield file(inner, found, member.size, stamp, member.extent)
    yield Found(Sort.ARCHIVE_END, place.uri, opened=archive)


def file(place: Place, found: Content | str, size: int, stamp: Stamp, extent: Extent) -> Found:
    """A file of the content found, or the reason why that could not be told."""
    match found:
        case Content.DICOM:
            return Found(Sort.OBJECT, place.uri, size, stamp.mtime_ns, stamp.ctime_ns, extent)
        case Content.DAMAGED:
            return unreadable(place, size, stamp, DAMAGED)
        case Content():
            return Found(Sort.IGNORED, place.uri, size, stamp.mtime_ns, stamp.ctime_ns)
    return unreadable(place, size, stamp, found)


def unreadable(place: Place, size: int, stamp: Stamp, reason: str) -> Found:
    """A file for quarantine."""
    return Found(Sort.UNREADABLE, place.uri, size, stamp.mtime_ns, stamp.ctime_ns, reason=reason)


def _content(member: Member) -> Content | str:
    try:
        with member.extent.open() as stream:
            return content(stream)
    except (zipfile.BadZipFile, NotImplementedError, *UNPACK_ERRORS) as error:
        return f"its archive is damaged here: {type(error).__name__}"


def _missing(place: Place, member: Member, names: set[bytes], stamp: Stamp) -> Iterator[Found]:
    """What a DICOMDIR in an archive names and the archive lacks."""
    folder = PurePosixPath(member.name.decode(errors="surrogateescape")).parent
    try:
        with member.extent.open() as stream:
            referenced = dicomdir.references(stream)
    except ReadError as error:
        yield unreadable(place, member.size, stamp, str(error))
        return
    for file_id in referenced:
        name = (folder / file_id).as_posix().encode(errors="surrogateescape")
        if name.upper() not in names:
            lacking = place.container.member(place.members[-1].kind, name)
            yield unreadable(lacking, 0, stamp, dicomdir.MISSING)
