"""What a form of export provides: files of one sample, then files about all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from .plan.model import Head, PlannedObject, Sample


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file of a sample: its path in the export, parted by ``/``, its SHA-256 and bytes."""

    path: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a sample.

    Attributes
    ----------
    missing
        SOP Instance UID → why the object could not be had.
    skipped
        Why the sample has no files; empty where it has.
    details
        Of its images and labels, as the form's closing files need them.
    """

    sample: str
    files: tuple[MadeFile, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    skipped: str = ""
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


class Fetched(NamedTuple):
    """An object's file on this machine, which stays until the sample is done, and the address that it was had from."""

    path: Path
    uri: str


class Fetch(Protocol):
    """The files of planned objects, on this machine."""

    def __call__(self, objects: Iterable[PlannedObject]) -> tuple[dict[str, Fetched], dict[str, str]]:
        """SOP Instance UID → its file; and, of what can't be had, why."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The files about all samples, and what the reader of the export should know besides."""

    files: list[MadeFile]
    warnings: list[str] = field(default_factory=list)


class Writer(Protocol):
    """One form of export."""

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """Look at a plan before any work.

        Raises
        ------
        UsageError
            where the form can't hold what is planned; says which option would help.
        """

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Write the files of one sample into ``folder``, each appearing whole; again, the same files."""

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> Closing:
        """Write the files about all samples, read in their order once."""
