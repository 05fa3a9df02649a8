"""Whether a complete export is as it was made: every file by its digest in manifest.json."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..dicom.scratch import Scratch
from ..errors import StoreError, UsageError
from .place import MANIFEST, Place, check_inside

_FILES = ' "files": ['
"""How the line begins after which each file has a line of its own."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found; paths are relative to the export.

    Attributes
    ----------
    files, size
        That are as they were made, and their bytes.
    missing, altered
        Files that the manifest names.
    extra
        Files that it doesn't name.
    """

    files: int
    size: int
    missing: tuple[str, ...]
    altered: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is missing or altered; extra files do no harm."""
        return not self.missing and not self.altered

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"sound": self.sound}


def verify(place: Place) -> Verified:
    """Check every file of an export that the manifest names; memory does not grow with their number.

    Raises
    ------
    UsageError
        where there is no complete export.
    """
    count = size = 0
    missing: list[str] = []
    altered: list[str] = []
    with closing(sqlite3.connect("")) as named:  # on disk, where it grows
        named.execute("CREATE TABLE file (path TEXT PRIMARY KEY) WITHOUT ROWID")
        named.executemany("INSERT OR IGNORE INTO file VALUES (?)", [(MANIFEST,)])
        for path, digest, length in _entries(place):
            named.execute("INSERT OR IGNORE INTO file VALUES (?)", (path,))
            found = place.digest(path)
            if found is None:
                missing.append(path)
            elif found != digest:
                altered.append(path)
            else:
                count += 1
                size += length
        extra = [
            path
            for path, _ in place.names()
            if not named.execute("SELECT 1 FROM file WHERE path = ?", (path,)).fetchone()
        ]
    return Verified(count, size, tuple(missing), tuple(altered), tuple(sorted(extra)))


def _entries(place: Place) -> Iterator[tuple[str, str, int]]:
    """Path, digest and bytes of each file that the manifest names."""
    manifest = f"{place.address}/{MANIFEST}"
    with Scratch() as scratch:
        file = scratch / MANIFEST
        try:
            place.bring(MANIFEST, file)
            for entry in _lines(file):
                path, digest = str(entry.get("path") or ""), str(entry.get("digest") or "")
                if path and digest:
                    check_inside(path, manifest)
                    yield path, digest, int(entry["size"])
        except UsageError:
            raise
        except (OSError, StoreError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"{place.address} holds no complete export: {manifest} can't be read: {reason}") from error
        except (ValueError, AttributeError, LookupError, TypeError) as error:
            raise UsageError(f"{manifest} is no manifest of an export, or damaged; export again") from error


def _lines(manifest: Path) -> Iterator[dict[str, Any]]:
    inside = found = False
    end = ""
    with manifest.open(encoding="utf-8") as stream:
        for line in stream:
            if inside and line.startswith("  "):
                yield json.loads(line.rstrip().removesuffix(","))
            else:
                inside = line.startswith(_FILES)
                found |= inside
                end = line
    if not found:  # another program wrote it anew, or it is no manifest
        told = json.loads(manifest.read_bytes())
        yield from told["files"]
    elif end != "}\n":
        raise ValueError("it ends early")
