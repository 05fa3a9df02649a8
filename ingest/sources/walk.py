"""The walk over PATHs: as given, then by the UTF-8 bytes of the relative path, members as archive/member.

That order decides which of several differing copies of an object is kept (semantics 1.6), so it depends on nothing
but names.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...dicom.archive import Extent
from ...dicom.content import Content, content
from ...dicom.location import Locations, Place, place
from ...errors import ReadError, UsageError
from . import dicomdir
from .archives import ARCHIVES, Item, Stamp, file, members, unreadable
from .found import Found, Sort


def walk(paths: Sequence[Path], scratch: Path) -> Iterator[Found]:
    """Everything under ``paths``, each file once.

    Symbolic links to files are followed; one to a folder is followed once, and only where it leads out of the folders
    that are walked anyway. Sockets, pipes and devices are never opened.

    Parameters
    ----------
    scratch
        Folder into which compressed tars and nested archives are unpacked; ARCHIVE_END says when one can go.

    Raises
    ------
    UsageError
        at once, where a path does not exist.
    """
    absolute = [place(path).path for path in paths]
    for path in absolute:
        if not os.path.lexists(path):
            raise UsageError(f"{path} does not exist")
    return _flat(_Walk(scratch).paths(absolute))


def walk_places(places: Iterable[Place], scratch: Path) -> Iterator[Found]:
    """The files and members at given places, in their order; an archive among them gives its members."""
    return _flat(_Walk(scratch).places(places))


def _flat(items: Iterator[Item]) -> Iterator[Found]:
    stack = [items]
    while stack:
        item = next(stack[-1], None)
        if item is None:
            stack.pop()
        elif isinstance(item, Found):
            yield item
        else:
            stack.append(item)


@dataclass(slots=True)
class _Walk:
    scratch: Path
    walked: set[Path] = field(default_factory=set)
    """PATHs already walked, and files already taken through a DICOMDIR."""
    roots: list[str] = field(default_factory=list)
    """Real paths of the folders whose whole trees are walked."""
    followed: set[tuple[int, int]] = field(default_factory=set)
    """Device and inode of folders reached through a symbolic link."""

    def paths(self, paths: Sequence[Path]) -> Iterator[Item]:
        self.roots += [os.path.realpath(path) for path in paths if path.is_dir()]
        for path in paths:
            if self.walked.isdisjoint((path, *path.parents)):
                yield self.folder(path) if path.is_dir() else self.single(path, with_references=True)
            self.walked.add(path)

    def places(self, places: Iterable[Place]) -> Iterator[Item]:
        locations = Locations(self.scratch)
        for wanted in places:
            if not wanted.members:
                yield self.single(wanted.path)
                continue
            try:
                yield self.file(wanted, locations.extent(wanted), wanted.path.stat())
            except (ReadError, OSError) as error:
                yield unreadable(wanted, 0, Stamp(0, 0), _reason(error))
        yield Found(Sort.ARCHIVE_END, "", opened=locations)

    def folder(self, path: Path) -> Iterator[Item]:
        try:
            names = _names(path) if self.may_enter(path) else []
        except OSError as error:
            yield unreadable(Place(path), 0, Stamp(0, 0), f"the folder can't be read: {_reason(error)}")
            return
        archives: dict[bytes, Iterator[Item]] = {}
        while names:
            name = heapq.heappop(names)
            inner = path / os.fsdecode(name)
            if name in archives:
                yield archives.pop(name)
            elif inner in self.walked:
                continue
            elif name.endswith(b"/"):
                yield self.folder(inner)
            else:
                for item in self.single(inner):
                    if isinstance(item, Found):
                        yield item
                    else:  # an archive: its members' paths come in order as name/member
                        archives[name + b"/"] = item
                        heapq.heappush(names, name + b"/")

    def may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        identity = status.st_dev, status.st_ino
        if identity in self.followed:
            return False
        if folder.is_symlink():
            real = os.path.realpath(folder)
            if any(os.path.commonpath((real, root)) == root for root in self.roots):
                return False
            self.followed.add(identity)
            self.roots.append(real)
        return True

    def single(self, path: Path, *, with_references: bool = False) -> Iterator[Item]:
        """A file; an archive gives one iterator over what lies in it."""
        where = Place(path)
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                yield from self.file(where, Extent(os.fspath(path)), status, with_references=with_references)
            else:
                yield Found(Sort.IGNORED, where.uri)
        except OSError as error:
            yield unreadable(where, 0, Stamp(0, 0), _reason(error))

    def file(
        self, where: Place, extent: Extent, status: os.stat_result, *, with_references: bool = False
    ) -> Iterator[Item]:
        stamp = Stamp(status.st_mtime_ns, status.st_ctime_ns)
        size = status.st_size if extent.size is None else extent.size
        with extent.open() as stream:
            found = content(stream)
        if found in ARCHIVES:
            yield members(where, found, extent, stamp, self.scratch)
        elif found is Content.DICOMDIR and not where.members:
            yield Found(Sort.IGNORED, where.uri, size, stamp.mtime_ns, stamp.ctime_ns)
            yield self.references(where.path, stamp, size, with_references)
        else:
            yield file(where, found, size, stamp, extent)

    def references(self, directory: Path, stamp: Stamp, size: int, with_references: bool) -> Iterator[Item]:
        """What a DICOMDIR names and is missing; where it was itself the PATH also what is there."""
        try:
            with directory.open("rb") as stream:
                file_ids = dicomdir.references(stream)
        except (ReadError, OSError) as error:
            yield unreadable(Place(directory), size, stamp, _reason(error))
            return
        there = []
        for file_id in file_ids:
            path = dicomdir.locate(directory.parent, file_id)
            if path is None:
                yield unreadable(Place(directory.parent / file_id), 0, stamp, dicomdir.MISSING)
            else:
                there.append(path)
        if with_references:
            for path in sorted(set(there) - self.walked, key=os.fsencode):
                self.walked.add(path)
                yield self.single(path)


def _names(folder: Path) -> list[bytes]:
    """The names in a folder as a heap; those of folders end in ``/``, as they do in their files' paths."""
    with os.scandir(os.fsencode(folder)) as entries:
        return sorted(entry.name + b"/" if _is_folder(entry) else entry.name for entry in entries)


def _is_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of symbolic links: reported when it is opened
        return False


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
