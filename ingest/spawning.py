"""Processes that know nothing of the program that starts them.

A spawned process imports the program's main module again, by which a script without ``if __name__ == "__main__"`` would
start itself once more in each. What runs in ours is found in this package, so that they need no main module.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any

_one_at_a_time = threading.Lock()


class _Process(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802  multiprocessing's name
        with _without_main():
            return SpawnProcess._Popen(process_obj)


class Spawning(SpawnContext):
    """Multiprocessing's ``spawn``, without the main module."""

    Process = _Process


@contextmanager
def _without_main() -> Iterator[None]:
    with _one_at_a_time:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
