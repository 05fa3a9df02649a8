"""cohortgraph: a semantic, graph-based cohort store for medical imaging research."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import CohortGraphError, QuestionError, ReadError, StoreError, UsageError, WorkFailed
from .version import __version__

if TYPE_CHECKING:
    from .client import Client

__all__ = [
    "CohortGraphError",
    "QuestionError",
    "ReadError",
    "StoreError",
    "UsageError",
    "WorkFailed",
    "__version__",
    "connect",
]


def connect(store: str | None = None) -> Client:
    """Open a store and return a client for it; see :class:`cohortgraph.client.Client`."""
    from .client import connect as _connect

    return _connect(store)
