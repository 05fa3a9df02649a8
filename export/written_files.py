"""Files that appear whole, with their digest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from .unwritable import unwritable

PARTIAL = ".partial"
"""The end of the name of a file that is being written."""
_LONGEST = 200


class _Hashed(io.RawIOBase):
    """A file that is written from its beginning to its end."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("wb")
        self._hash = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        block = memoryview(data).cast("B")
        self._file.write(block)
        self._hash.update(block)
        self.size += len(block)
        return len(block)

    def digest(self) -> str:
        """SHA-256 of what has been written, in hexadecimal."""
        return self._hash.hexdigest()

    def close(self) -> None:
        self._file.close()
        super().close()


def digest_of(file: Path) -> str:
    """SHA-256 of a file in hexadecimal; empty where it can't be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


@contextmanager
def whole(file: Path) -> Iterator[_Hashed]:
    """A file that appears under its name when all is written, or not at all; one that is there as such stays.

    It is not brought to the disk one by one: what a power cut leaves is told by its digest.

    Raises
    ------
    WorkFailed
        where it can't be written, as on a full disk.
    """
    # Two workers may be at the same sample, where one was taken for dead.
    partial = file.with_name(f"{file.name[:_LONGEST]}.{uuid4().hex[:12]}{PARTIAL}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _Hashed(partial) as target:
            yield target
            if _same(file, target):
                return
        partial.replace(file)
    except OSError as error:
        raise unwritable(file, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _same(file: Path, written: _Hashed) -> bool:
    return file.is_file() and file.stat().st_size == written.size and digest_of(file) == written.digest()
