"""A store: always a directory, with the graph in it or the URL of the Neo4j that holds it."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from ...errors import StoreError, UsageError
from .headers import HeaderStore
from .lock import Lock

if TYPE_CHECKING:
    from ..engine import Engine

DEFAULT_DIRECTORY = "cohortgraph-store"
RESTORING = "restoring"
"""A file that lies in the directory while a backup is being restored into it."""
_SETTINGS = "store.toml"
_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
_FORMAT = 1
_BUFFER_POOL_MIB = 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """store.toml: ``url`` is empty for an embedded store; ``buffer_pool_mib`` is what its engine may keep in memory."""

    url: str = ""
    buffer_pool_mib: int = _BUFFER_POOL_MIB

    @classmethod
    def read(cls, directory: Path) -> Self:
        """The settings of the store in a directory.

        Raises
        ------
        StoreError
            where there is no store, or store.toml is not what this software writes.
        """
        path = directory / _SETTINGS
        if not directory.is_dir():
            raise StoreError(f"no store at {directory}; make one with: cohortgraph init --store {directory}")
        if not path.is_file():
            raise StoreError(
                f"{directory} is no store: it has no {_SETTINGS}; name a store's directory, or make one with: "
                "cohortgraph init --store DIR"
            )
        try:
            return cls._parsed(tomllib.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise StoreError(f"{path}: {error}") from error

    @classmethod
    def _parsed(cls, found: dict[str, Any]) -> Self:
        if found.pop("format", None) != _FORMAT:
            raise ValueError(f"expected format = {_FORMAT}: written by another version of cohortgraph")
        if found.pop("engine", None) not in ("ladybug", "neo4j"):
            raise ValueError('expected engine = "ladybug" or engine = "neo4j"')
        settings = cls(**found)
        if not isinstance(settings.url, str) or not isinstance(settings.buffer_pool_mib, int):
            raise TypeError("expected a text as url and a number as buffer_pool_mib")
        return settings

    def write(self, directory: Path) -> None:
        """Write store.toml, whole or not at all."""
        own = f"url = {json.dumps(self.url)}" if self.url else f"buffer_pool_mib = {self.buffer_pool_mib}"
        text = (
            "# A cohortgraph store. User and password of a Neo4j come from NEO4J_USER and NEO4J_PASSWORD only.\n"
            f'format = {_FORMAT}\nengine = "{"neo4j" if self.url else "ladybug"}"\n{own}\n'
        )
        partial = directory / f"{_SETTINGS}.partial"
        partial.write_text(text, encoding="utf-8")
        partial.replace(directory / _SETTINGS)


class Store:
    """An open store; a context manager.

    An embedded store has one owner process at a time. Several processes may open a store on Neo4j: there Neo4j and
    SQLite keep writers apart.

    Attributes
    ----------
    directory, engine, headers, registry_path
        Its directory, its graph, its kept headers, and the SQLite file of the registry.
    """

    directory: Path
    engine: Engine
    headers: HeaderStore
    registry_path: Path

    def __init__(self, directory: Path, settings: Settings) -> None:
        self.directory = directory
        self.registry_path = directory / "registry.sqlite"
        self._lock = None if settings.url else Lock(directory)
        try:
            self.engine = _engine(directory, settings)
            try:
                self.engine.ensure_schema()
                self.headers = HeaderStore(directory / "headers" / "headers.sqlite")
            except BaseException:
                self.engine.close()
                raise
        except BaseException:
            if self._lock:
                self._lock.release()
            raise

    @classmethod
    def init(cls, target: str | Path | None = None, *, directory: str | Path | None = None) -> Self:
        """Make a store, or open the one that is there.

        Parameters
        ----------
        target
            A directory (default ./cohortgraph-store), or the URL of a Neo4j.
        directory
            Where a Neo4j store keeps its own files (default ./cohortgraph-store).

        Raises
        ------
        StoreError
            where the directory holds something else, or belongs to another process or another Neo4j.
        """
        place, url = _place(target, directory)
        if (place / _SETTINGS).exists():
            return cls._open(place, url)
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise StoreError(f"{place} is not empty and no store; name a new or an empty directory")
        place.mkdir(parents=True, exist_ok=True)
        Settings(url=url).write(place)
        return cls._open(place, url)

    @classmethod
    def open(cls, target: str | Path) -> Self:
        """Open the store in a directory (or, for a Neo4j URL, the one in ./cohortgraph-store).

        Raises
        ------
        StoreError
            where there is no store, another process owns it, or it is of another version.
        """
        return cls._open(*_place(target, None))

    @classmethod
    def _open(cls, place: Path, url: str) -> Self:
        settings = Settings.read(place)
        if url and settings.url != url:
            raise StoreError(f"{place} is a store on {settings.url or 'Ladybug'}, not {url}; name another directory")
        if (place / RESTORING).exists():
            raise StoreError(f"restoring a backup into {place} was interrupted; delete the directory and restore again")
        return cls(place, settings)

    @property
    def identity(self) -> str:
        """What tells this store from one that lay or will lie in the same place: where and when it was made."""
        return identity_of(self.directory)

    def serve_at(self, url: str) -> None:
        """Tell who else opens an embedded store where this process answers for it; one on Neo4j is open to all."""
        if self._lock:
            self._lock.serve_at(url)

    def close(self) -> None:
        """Release graph, headers and lock."""
        try:
            self.headers.close()
            self.engine.close()
        finally:
            if self._lock:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def identity_of(directory: Path) -> str:
    """What tells the store in a directory from others; see :attr:`Store.identity`.

    Raises
    ------
    OSError
        where there is none.
    """
    made = (directory / _SETTINGS).stat().st_mtime_ns
    return f"{directory.resolve()}@{made}"


def _place(target: str | Path | None, directory: str | Path | None) -> tuple[Path, str]:
    """The store's directory, and the URL where the target is one."""
    text = str(target or "")
    if "://" not in text:
        if directory is not None:
            raise UsageError("a directory of its own is for stores on Neo4j; name the directory once")
        return Path(target or DEFAULT_DIRECTORY), ""
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES:
        raise UsageError(f"{parts.scheme}:// is no store; expected a directory or one of {', '.join(_SCHEMES)}")
    if parts.username or parts.password:
        raise UsageError("leave user and password out of the URL; set NEO4J_USER and NEO4J_PASSWORD")
    return Path(directory or DEFAULT_DIRECTORY), text


def _engine(directory: Path, settings: Settings) -> Engine:
    if settings.url:
        from ..engines.neo4j import Neo4jEngine

        return Neo4jEngine(settings.url, os.environ.get("NEO4J_USER"), os.environ.get("NEO4J_PASSWORD"))
    from ..engines.ladybug import LadybugEngine

    return LadybugEngine(directory / "graph", buffer_pool_bytes=settings.buffer_pool_mib << 20)
