"""The registry's SQLite file, opened and brought to this software's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from ..errors import StoreError
from .migrate import migrate


def open_database(path: Path) -> Engine:
    """Connect to the registry in a SQLite file, made or migrated as needed.

    Raises
    ------
    StoreError
        where the file is no registry, or one of newer software.
    """
    engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)
    event.listen(engine, "connect", _set_pragmas)
    try:
        migrate(engine)
    except DatabaseError as error:
        engine.dispose()
        raise StoreError(
            f"{path} can't be opened as a registry ({error.orig}): restore a backup, or remove it, which forgets all "
            "cohorts, and ingest the same paths again"
        ) from error
    return engine


def _set_pragmas(connection: Any, _: Any) -> None:
    """Of files seen, a registry that is behind is repaired by the next run, so it need not wait for the disk."""
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 10000")
