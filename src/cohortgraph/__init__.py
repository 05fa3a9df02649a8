"""cohortgraph: a semantic, graph-based cohort store for medical imaging research."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import CohortGraphError, QuestionError, ReadError, StoreError, UsageError, WorkFailed
from .version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from .client import Client
    from .client.remote import RemoteClient

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


def connect(
    store: str | Path | None = None, *, server: str | None = None, token: str | None = None
) -> Client | RemoteClient:
    """Open a store, or connect to a server (``http://…``); see :func:`cohortgraph.client.connect`."""
    from .client import connect as _connect

    return _connect(store, server=server, token=token)
