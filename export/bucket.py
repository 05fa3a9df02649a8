"""An export in an object store: its files lie under their final keys from the first.

Nothing has a second name there and nothing is renamed: that manifest.json is there, which is written last, says that it
is complete. What a worker writes goes through a folder that holds the files of one sample, not of the cohort.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from ..dicom.scratch import Scratch
from ..errors import ReadError, StoreError, UsageError
from .fetching import buckets
from .place import INNER, MANIFEST, manifest_in, record_name, record_of, recorded
from .plan.file import NAME, Plan
from .protocol import Made, MadeFile
from .unwritable import unwritable
from .written_files import whole

_AT_ONCE = 16
_AHEAD = 256
_PLANS = 8
"""So many copies of plans a process keeps."""


class Bucket:
    """As :class:`~.place.Place`; ``address`` is such as ``s3://bucket/prefix``."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        names = parts.path.strip("/").split("/")
        if not parts.netloc or "@" in parts.netloc or set(address) & {"?", "#"} or set(names) & {"", ".", ".."}:
            raise UsageError(
                f"{address.partition('?')[0]} is no place for an export; expected such as s3://bucket/prefix, with "
                "credentials in the environment"
            )
        self._root = f"{parts.scheme.lower()}://{parts.netloc}/"
        self._prefix = parts.path.strip("/")
        self.address = f"{self._root}{self._prefix}"
        self._seen = Scratch()
        """Records that were read: the end of an export goes through them several times."""

    @property
    def under_way(self) -> str:
        """The same prefix."""
        return self.address

    def manifest(self) -> dict[str, Any]:
        """As the protocol says."""
        return manifest_in(self._read(MANIFEST) or b"")

    def check_free(self) -> None:
        """As the protocol says."""
        if not self.planned() and any(True for _ in self._names("")):
            raise UsageError(f"{self.address} is not empty and no export; name another prefix")

    @contextmanager
    def planning(self) -> Iterator[Path]:
        """As the protocol says."""
        with Scratch() as scratch:
            yield scratch / NAME

    def begin(self, plan: Path) -> None:
        """As the protocol says."""
        complete = self._read(MANIFEST) is not None
        if complete:
            self.tidy()
        self._put(plan, f"{INNER}/{NAME}")
        if complete:
            self._remove([MANIFEST])

    def planned(self) -> bool:
        """As the protocol says."""
        return self._tag(f"{INNER}/{NAME}") is not None

    def opened(self) -> Plan:
        """As the protocol says: a copy on this machine, which its process has once."""
        tag = self._tag(f"{INNER}/{NAME}")
        if tag is None:
            raise StoreError(f"{self.address} holds no plan of an export; plan the export again")
        return _plans().opened(self.address, tag)

    def made(self, number: int) -> Made | None:
        """As the protocol says."""
        seen = self._seen.path / str(number)
        data = seen.read_bytes() if seen.is_file() else self._read(f"{INNER}/{record_name(number)}")
        if data:
            seen.write_bytes(data)
        return record_of(data) if data else None

    def all_made(self, samples: int) -> Iterator[tuple[int, Made | None]]:
        """As the protocol says."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for start in range(0, samples, _AHEAD):
                numbers = range(start, min(start + _AHEAD, samples))
                yield from zip(numbers, threads.map(self.made, numbers), strict=True)

    def keep(self, number: int, made: Made) -> None:
        """As the protocol says."""
        with Scratch() as scratch:
            file = scratch / "record"
            file.write_bytes(recorded(made))
            self._put(file, f"{INNER}/{record_name(number)}")

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """As the protocol says."""
        with Scratch() as scratch:
            yield scratch

    @contextmanager
    def finishing(self) -> Iterator[Path]:
        """As the protocol says: it holds no file of a sample."""
        with Scratch() as scratch:
            yield scratch

    def take(self, folder: Path, files: Iterable[MadeFile]) -> None:
        """As the protocol says: upload them, small ones at the same time, and the parts of a large one."""
        small: list[MadeFile] = []
        for each in files:
            if each.size < buckets.PART:
                small.append(each)
            else:
                self._put(folder / each.path, each.path)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for _ in threads.map(lambda each: self._put(folder / each.path, each.path), small):
                pass

    def drop(self, paths: Iterable[str]) -> None:
        """As the protocol says."""
        self._remove(paths)

    def holds(self, file: MadeFile) -> bool:
        """As the protocol says, by its bytes' number: a store keeps what it has acknowledged."""
        with _reading(self.address):
            return buckets.size(self._uri(file.path)) == file.size

    def publish(self, folder: Path) -> None:
        """As the protocol says."""
        self._put(folder / MANIFEST, MANIFEST)
        self.tidy()

    def tidy(self) -> None:
        """As the protocol says; the plan goes first, so that what is left of it is known as such."""
        self._remove([f"{INNER}/{NAME}"])
        names = (name for name, _ in self._names(f"{INNER}/"))
        self._remove(names)

    def digest(self, path: str) -> str | None:
        """As the protocol says."""
        with _reading(self.address):
            return buckets.digest(self._uri(path))

    def names(self) -> Iterator[tuple[str, int]]:
        """As the protocol says."""
        return self._names("")

    def bring(self, path: str, target: Path) -> None:
        """As the protocol says."""
        with _reading(self.address), Scratch() as scratch:
            file = scratch / "file"
            buckets.download(self._uri(path), file)
            with file.open("rb") as source, whole(target) as made:
                shutil.copyfileobj(source, made, 1 << 20)

    def _uri(self, path: str) -> str:
        return f"{self._root}{quote(self._prefix)}/{quote(path)}"

    def _read(self, path: str) -> bytes | None:
        with _reading(self.address):
            return buckets.read(self._uri(path))

    def _tag(self, path: str) -> str | None:
        with _reading(self.address):
            return buckets.tag(self._uri(path))

    def _names(self, below: str) -> Iterator[tuple[str, int]]:
        with _reading(self.address):
            for name, size in buckets.names(self._uri(below)):
                yield f"{below}{name}", size

    def _put(self, file: Path, path: str) -> None:
        try:
            buckets.upload(file, self._uri(path))
        except ReadError as error:
            raise unwritable(self._uri(path), str(error)) from error

    def _remove(self, paths: Iterable[str]) -> None:
        try:
            buckets.remove(map(self._uri, paths))
        except ReadError as error:
            raise unwritable(self.address, str(error)) from error


@contextmanager
def _reading(address: str) -> Iterator[None]:
    try:
        yield
    except ReadError as error:
        raise StoreError(f"{address} can't be read: {error}") from error


class _Plans:
    """Copies of plans on this machine, of which only a few stay."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._scratch = Scratch()
        self._held: dict[tuple[str, str], Path] = {}

    def opened(self, address: str, tag: str) -> Plan:
        """A plan as it was when it had this tag."""
        with self._guard:
            file = self._held.pop((address, tag), None) or self._brought(address)
            self._held[address, tag] = file  # the one that was used last is the last
            for oldest in list(self._held)[:-_PLANS]:
                self._held.pop(oldest).unlink()
            return Plan(file)

    def _brought(self, address: str) -> Path:
        file = self._scratch.path / f"{uuid4().hex}.sqlite"
        Bucket(address).bring(f"{INNER}/{NAME}", file)
        return file


@cache
def _plans() -> _Plans:
    return _Plans()
