"""How many files there are to come: counted beside the walk, for progress alone."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path


class FileCount:
    """Counts the files under paths in a thread of its own; an archive counts as one until it is opened."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._total: int | None = None
        self._stop = threading.Event()
        threading.Thread(target=self._count, args=(list(paths),), daemon=True).start()

    def total(self, members: int = 0) -> int | None:
        """All files, with ``members`` more that archives hold; None while it is still being counted."""
        return None if self._total is None else self._total + members

    def stop(self) -> None:
        """Count no further."""
        self._stop.set()

    def _count(self, paths: list[Path]) -> None:
        total = 0
        for path in paths:
            total += not path.is_dir()
            for _, _, files in os.walk(path):
                if self._stop.is_set():
                    return
                total += len(files)
        self._total = total
