"""The right to change a store's objects, which one process has at a time."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError, StoreOwned
from ..graph.store.directory import Store
from ..graph.store.lock import Lock


@contextmanager
def owned(store: Store) -> Iterator[Path]:
    """The store's scratch folder, empty, and the right to ingest; several processes may open a store on Neo4j."""
    scratch = store.directory / "scratch"
    scratch.mkdir(exist_ok=True)
    try:
        lock = Lock(scratch)
    except StoreOwned as error:
        message = f"another process changes {store.directory}; wait until it ends ({error})"
        raise StoreOwned(message, error.process, error.url) from None
    except StoreError as error:
        raise StoreOwned(f"another ingest into {store.directory} is running; wait until it ends ({error})") from None
    gc.freeze()  # the tables of codes and the modules need not be searched for garbage again and again
    try:
        for left in scratch.glob("unpacked-*"):
            left.unlink()
        yield scratch
    finally:
        lock.release()
        gc.unfreeze()
        shutil.rmtree(scratch, ignore_errors=True)
