"""The files that a DICOMDIR names (PS3.3 F, PS3.10 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ...dicom.reading import read
from ...errors import ReadError

MISSING = "a DICOMDIR names this file, and it is missing"


def references(stream: BinaryIO) -> list[PurePosixPath]:
    """The Referenced File IDs, in order and once each, as paths relative to the DICOMDIR's folder.

    Raises
    ------
    ReadError
        where the directory can't be read, or names a file outside its folder.
    """
    try:
        stream.seek(0)
        records = read(stream, stop_before_pixels=True).get("DirectoryRecordSequence") or []
        file_ids = [record.get("ReferencedFileID") for record in records]
    except Exception as error:  # pydicom raises anything on damaged bytes
        raise ReadError(f"the DICOMDIR can't be read: {type(error).__name__}") from error
    paths: dict[PurePosixPath, None] = {}
    for file_id in filter(None, file_ids):
        parts = [file_id] if isinstance(file_id, str) else [str(part) for part in file_id]
        if any(part in ("", ".", "..") or "/" in part for part in parts):
            raise ReadError("the DICOMDIR names a file outside its folder")
        paths[PurePosixPath(*parts)] = None
    return list(paths)


def locate(folder: Path, file_id: PurePosixPath) -> Path | None:
    """The file of that ID, its letters' case aside (media are often copied in lower case); None where missing."""
    exact = folder / file_id
    if exact.exists():
        return exact
    path = folder
    for part in file_id.parts:
        found = next(_named(path, part), None)
        if found is None:
            return None
        path = found
    return path


def _named(folder: Path, name: str) -> Iterator[Path]:
    if folder.is_dir():
        yield from (entry for entry in sorted(folder.iterdir()) if entry.name.upper() == name.upper())
