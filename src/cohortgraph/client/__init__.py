"""The Python SDK: one object through which a store is filled and asked; the command line is a thin layer over it.

``Client`` has the store open itself, ``RemoteClient`` asks a server; both have the same methods with the same results.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreOwned
from ..settings import Server, find
from .documents import Document
from .local import Client

if TYPE_CHECKING:
    from .remote import RemoteClient

__all__ = ["Client", "Document", "connect"]


def connect(
    store: str | Path | None = None, *, server: str | None = None, token: str | None = None
) -> Client | RemoteClient:
    """Open a store, or connect to a server.

    Parameters
    ----------
    store
        A directory, or the URL of a server, ``http://…``. Where neither this nor ``server`` is given, the environment
        (COHORTGRAPH_SERVER or COHORTGRAPH_STORE), cohortgraph.toml (``server`` or ``store``) or ./cohortgraph-store
        decides. A store that a server owns is asked through that server.
    server
        The URL of a server.
    token
        What the server asks for (default: $COHORTGRAPH_TOKEN).

    Raises
    ------
    UsageError
        where both a store and a server are named, or a server is asked and httpx is not installed.
    StoreError
        where there is no store, another process owns it, or no server answers.
    """
    from ..graph.store.directory import Store

    found = find(str(store) if store is not None else None, server)
    if isinstance(found, Server):
        return _remote(found.url, token)
    try:
        return Client(Store.open(found))
    except StoreOwned as owned:
        if not owned.url:
            raise
        return _remote(owned.url, token)


def _remote(url: str, token: str | None) -> RemoteClient:
    from .remote import RemoteClient

    return RemoteClient(url, token=token)
