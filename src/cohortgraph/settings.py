"""Which store a command works on: flag > environment > cohortgraph.toml > ./cohortgraph-store."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from .errors import UsageError

ENVIRONMENT = "COHORTGRAPH_STORE"
FILE = "cohortgraph.toml"
DEFAULT = "cohortgraph-store"


def find_store(flag: str | None = None) -> str:
    """The store to work on: a directory, or for ``init`` also a Neo4j URL.

    ``cohortgraph.toml`` in the working directory may hold ``store = "…"``; a relative path there is relative to it.

    Raises
    ------
    UsageError
        where cohortgraph.toml can't be read or its ``store`` is no text.
    """
    if flag:
        return flag
    if named := os.environ.get(ENVIRONMENT):
        return named
    return _from_file(Path(FILE)) or DEFAULT


def _from_file(path: Path) -> str | None:
    if not path.is_file():
        return None
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML ({error})") from error
    store = settings.get("store")
    if store is not None and not isinstance(store, str):
        raise UsageError(f'{path}: store is {store!r}; expected a text, such as store = "{DEFAULT}"')
    return store
