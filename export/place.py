"""Where an export lies: a folder, or the keys of an object store that begin with a prefix.

Its plan and the records of what became of each sample lie beside the files in ``.cohortgraph`` while it is made, which
goes at the end. That manifest.json is there says that it is complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from ..errors import UsageError
from .plan.file import Plan
from .protocol import Made, MadeFile

INNER = ".cohortgraph"
MANIFEST = "manifest.json"


class Place(Protocol):
    """What the making of an export needs of where it lies."""

    @property
    def address(self) -> str:
        """Where it will be complete, as every worker knows it."""

    @property
    def under_way(self) -> str:
        """Where it is made."""

    def manifest(self) -> dict[str, Any]:
        """manifest.json of a complete export; empty where there is none."""

    def check_free(self) -> None:
        """Whether an export can be made there.

        Raises
        ------
        UsageError
            where there is something else.
        """

    def planning(self) -> AbstractContextManager[Path]:
        """The file to write a plan into, which goes with the context where it does not :meth:`begin`."""

    def begin(self, plan: Path) -> None:
        """Let the export be made by this plan.

        One that was complete is made again; files of it that come out as they are stay.
        """

    def planned(self) -> bool:
        """Whether an export is being made there."""

    def opened(self) -> Plan:
        """Its plan.

        Raises
        ------
        StoreError
            where there is none.
        """

    def made(self, number: int) -> Made | None:
        """What became of a sample, by its number; None where it is not known yet."""

    def all_made(self, samples: int) -> Iterator[tuple[int, Made | None]]:
        """What became of each sample, in their order."""

    def keep(self, number: int, made: Made) -> None:
        """Note what became of a sample, when its files are there."""

    def writing(self) -> AbstractContextManager[Path]:
        """A folder to write the files of a sample into, which goes with the context."""

    def finishing(self) -> AbstractContextManager[Path]:
        """A folder to write the files about all samples into; where the export is made in a folder, that."""

    def take(self, folder: Path, files: Iterable[MadeFile]) -> None:
        """Bring files of either folder to where the export is made."""

    def drop(self, paths: Iterable[str]) -> None:
        """Remove files that are no longer part of the export."""

    def holds(self, file: MadeFile) -> bool:
        """Whether a file of an export that is being made is as it was made."""

    def publish(self, folder: Path) -> None:
        """Let it be complete: manifest.json and all other files are taken or in that folder."""

    def tidy(self) -> None:
        """Remove what a kill left beside a complete export."""

    def digest(self, path: str) -> str | None:
        """SHA-256 of a file of a complete export; None where it is gone."""

    def names(self) -> Iterator[tuple[str, int]]:
        """Path and bytes of every file of a complete export."""

    def bring(self, path: str, target: Path) -> None:
        """Copy a file of a complete export into a file of this machine, which appears whole."""


def recorded(made: Made) -> bytes:
    """A record of what became of a sample."""
    return json.dumps(asdict(made), ensure_ascii=False, sort_keys=True).encode()


def record_of(data: bytes) -> Made | None:
    """What a record says; None where this software did not write it."""
    try:
        told = json.loads(data)
        files = tuple(MadeFile(**each) for each in told["files"])
        return Made(**{**told, "files": files, "warnings": tuple(told["warnings"])})
    except (ValueError, KeyError, TypeError):
        return None


def record_name(number: int) -> str:
    """Where a sample's record lies in ``.cohortgraph``."""
    return f"made/{number // 1000:03}/{number:06}.json"


def check_inside(path: str, manifest: str) -> None:
    """Whether a path that a manifest names lies in its export: another may have written it.

    Raises
    ------
    UsageError
        where it doesn't.
    """
    if not path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise UsageError(f"{manifest} names {path!r}, which is no path in the export; it is not what was written")


def manifest_in(data: bytes) -> dict[str, Any]:
    """manifest.json of an export; empty where it is none."""
    try:
        told: dict[str, Any] = json.loads(data)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
