"""The store itself: counts, digest, check, backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .opened import Opened

if TYPE_CHECKING:
    from ...graph.reading.check import Problem
    from ...graph.reading.digest import Stats


class Upkeep(Opened):
    """What a store says of itself."""

    def version(self) -> int:
        """The store's version: another one after every change, and after nothing else."""
        return self._store.engine.version()

    def stats(self) -> Stats:
        """Counts of nodes, edges and codes, unresolved references, flagged codes."""
        from ...graph.reading.digest import stats

        return stats(self._store.engine)

    def digest(self) -> str:
        """SHA-256 over all nodes and edges, without times, ordinals and locations."""
        from ...graph.reading.digest import digest

        return digest(self._store.engine)

    def check(self) -> list[Problem]:
        """Recompute what is derived and list every difference from what is stored."""
        from ...ingest.recheck import check

        return check(self._store)

    def backup(self, file: Path | str) -> None:
        """Write the whole store into one file, from which ``restore`` makes it again on either engine."""
        from ...graph.store.backup import backup

        backup(self._store, Path(file))
