"""Whether a complete export is as it was made: every file by its digest in manifest.json."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import UsageError
from .complete import NAME as MANIFEST
from .dicomdir import FILES
from .dicomdir import NAME as DICOMDIR
from .written_files import digest_of


class _Outside(UsageError):
    """A manifest names a file that is none of its export."""


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


def verify(folder: Path) -> Verified:
    """Check every file of an export that the manifest names; memory does not grow with their number.

    Raises
    ------
    UsageError
        where the folder holds no complete export.
    """
    count = size = 0
    missing: list[str] = []
    altered: list[str] = []
    with closing(sqlite3.connect("")) as named:  # on disk, where it grows
        named.execute("CREATE TABLE file (path TEXT PRIMARY KEY) WITHOUT ROWID")
        named.executemany("INSERT OR IGNORE INTO file VALUES (?)", [(MANIFEST,)])
        for path, digest in _entries(folder):
            named.execute("INSERT OR IGNORE INTO file VALUES (?)", (path,))
            file = folder / path
            if not file.is_file():
                missing.append(path)
            elif digest_of(file) != digest:
                altered.append(path)
            else:
                count += 1
                size += file.stat().st_size
        extra = [
            path
            for path in _there(folder)
            if not named.execute("SELECT 1 FROM file WHERE path = ?", (path,)).fetchone()
        ]
    return Verified(count, size, tuple(missing), tuple(altered), tuple(sorted(extra)))


def _there(folder: Path) -> Iterator[str]:
    """Every file, but those of a DICOMDIR, which are further names of the same files."""
    directory = (folder / DICOMDIR).is_file()
    for place, folders, names in os.walk(folder):
        if directory and Path(place) == folder:
            folders[:] = [name for name in folders if name != FILES]
            names.remove(DICOMDIR)
        for name in names:
            yield (Path(place) / name).relative_to(folder).as_posix()


def _entries(folder: Path) -> Iterator[tuple[str, str]]:
    """Path and digest of each file that the manifest names."""
    manifest = folder / MANIFEST
    try:
        for entry in _lines(manifest):
            path, digest = str(entry.get("path") or ""), str(entry.get("digest") or "")
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise _Outside(f"{manifest} names {path}, which is no path in the export; it is not what was written")
            if path and digest:
                yield path, digest
    except _Outside:
        raise
    except OSError as error:
        raise UsageError(f"{folder} holds no complete export: {manifest} can't be read ({error.strerror})") from error
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
