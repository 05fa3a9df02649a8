"""What every subject of the local client has in common: the open store, and its cohorts once they are asked for."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ...cohorts.shelf import Shelf
    from ...graph.store.directory import Store


class Opened:
    """An open store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelf: Shelf | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the store, so that another process can own it."""
        if self._shelf is not None:
            self._shelf.close()
        self._store.close()

    @property
    def directory(self) -> Path:
        """Where the store's own files lie."""
        return self._store.directory

    @property
    def identity(self) -> str:
        """What tells this store from one that lay or will lie in the same place."""
        return self._store.identity

    @property
    def _cohorts(self) -> Shelf:
        if self._shelf is None:
            from ...cohorts.shelf import Shelf

            self._shelf = Shelf(self._store.engine, self._store.registry_path)
        return self._shelf
