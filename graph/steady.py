"""Several reads that belong together, of one version of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .engine import Engine

T = TypeVar("T")
TRIES = 4


def steadily(engine: Engine, function: Callable[[], T], *, tries: int = TRIES) -> tuple[T, int | None]:
    """What a function that only reads gives, and the version of the store that it saw.

    Where the engine can't keep a version for it (Neo4j) and others commit meanwhile, it is called again, so many
    ``tries`` in all; the version is None where they never left it the time.
    """
    for _ in range(tries):
        with engine.at_one_version():
            version = engine.version()
            result = function()
            if engine.version() == version:
                return result, version
    return result, None
