"""What a walk finds, in path order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ...dicom.archive import Archive, Extent
from ...dicom.location import Locations


class Sort(StrEnum):
    """What was found: an object to read; a file that is none, or can't be read; the beginning or end of an archive."""

    OBJECT = "object"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"
    ARCHIVE = "archive"
    ARCHIVE_END = "archive end"


@dataclass(frozen=True, slots=True)
class Found:
    """One file or archive member.

    Attributes
    ----------
    size, mtime_ns, ctime_ns
        Of the bytes; the times are the outermost archive's where the file is a member.
    extent
        Where an OBJECT's bytes are.
    reason
        Why an UNREADABLE file can't be read.
    members
        Files that an archive adds to those counted so far.
    opened
        At an ARCHIVE_END: what is to be closed once all members before it have been read.
    """

    sort: Sort
    uri: str
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    extent: Extent | None = None
    reason: str = ""
    members: int = 0
    opened: Archive | Locations | None = None

    @property
    def counts(self) -> bool:
        """Whether it is a file of its own: an archive is its members, unless it can't be opened."""
        return self.sort in (Sort.OBJECT, Sort.IGNORED, Sort.UNREADABLE)
