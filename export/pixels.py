"""The bytes of frozen objects: the first of an object's locations that still holds what was frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from ..cohorts.contents import Frozen
from ..dicom.content import UNPACK_ERRORS
from ..dicom.location import Locations
from ..errors import ReadError, UsageError
from ..ingest.reading import reason_of
from .fetching.check import OTHER, holds
from .plan.kept import KeptHeaders
from .unwritable import unwritable

_BLOCK = 1 << 20


class Taken(NamedTuple):
    """A file that was read: where it lies, SHA-256 and bytes."""

    location: str
    digest: str
    size: int


class Pixels:
    """Reads frozen objects; archives are opened once.

    Parameters
    ----------
    headers
        The store's kept headers: a copy that is encoded otherwise than the frozen one is the same object too
        (semantics 1.6).
    """

    def __init__(self, locations: Locations, headers: KeptHeaders) -> None:
        self._locations = locations
        self._headers = headers

    def take(self, frozen: Frozen, uris: Iterable[str], target: Path | None = None) -> Taken | str:
        """Read an object, and write it to ``target``, which appears whole; or why it can't be had.

        Raises
        ------
        WorkFailed
            where ``target`` can't be written.
        """
        reasons = []
        for uri in uris:
            try:
                with self._locations.open(uri) as stream:
                    taken = self._taken(frozen, uri, stream, target)
            except (ReadError, UsageError, *UNPACK_ERRORS) as error:
                reasons.append(f"{uri} ({reason_of(error)})")
                continue
            if taken is not None:
                return taken
            reasons.append(f"{uri} ({OTHER})")
        return "; ".join(reasons) or "the store knows no location of it"

    def _taken(self, frozen: Frozen, uri: str, stream: BinaryIO, target: Path | None) -> Taken | None:
        if target is None:
            taken = Taken(uri, *_read(stream, lambda block: None))
            return taken if self._is(frozen, stream, taken.size) else None
        partial = target.with_name(f"{target.name}.partial")
        try:
            with _opened(partial) as file:
                taken = Taken(uri, *_read(stream, lambda block: _write(file, block, target)))
            if not self._is(frozen, stream, taken.size):
                return None
            partial.replace(target)
            return taken
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _is(self, frozen: Frozen, stream: BinaryIO, size: int) -> bool:
        return holds(stream, size, frozen.header_digest, self._headers)


def digest_of(file: Path) -> str:
    """SHA-256 of a file; empty where it can't be read."""
    try:
        with file.open("rb") as stream:
            return _read(stream, lambda block: None)[0]
    except OSError:
        return ""


def _read(stream: BinaryIO, use: Callable[[bytes], None]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while block := stream.read(_BLOCK):
        digest.update(block)
        size += len(block)
        use(block)
    return digest.hexdigest(), size


def _opened(file: Path) -> BinaryIO:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return cast(BinaryIO, file.open("wb", buffering=0))
    except OSError as error:
        raise unwritable(file, error.strerror or str(error)) from error


def _write(file: BinaryIO, block: bytes, target: Path) -> None:
    rest = memoryview(block)
    try:
        while rest:  # a raw file may take less than it is given
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise unwritable(target, error.strerror or str(error)) from error
