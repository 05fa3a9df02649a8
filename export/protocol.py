"""What a form of export provides: files of one sample, then files about all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

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


class Fetch(Protocol):
    """The files of planned objects, on this machine."""

    def __call__(self, objects: Iterable[PlannedObject]) -> tuple[dict[str, Path], dict[str, str]]:
        """SOP Instance UID → a file that stays until the sample is done; and, of what can't be had, why."""


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

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> list[MadeFile]:
        """Write the files about all samples, read in their order once."""
