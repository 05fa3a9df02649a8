"""Which store a command works on: flag > environment > cohortgraph.toml > ./cohortgraph-store.

Each of the first three names either a store's directory or the URL of a server that has one open.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError

ENVIRONMENT = "COHORTGRAPH_STORE"
SERVER = "COHORTGRAPH_SERVER"
TOKEN = "COHORTGRAPH_TOKEN"  # noqa: S105  a variable's name
FILE = "cohortgraph.toml"
DEFAULT = "cohortgraph-store"
_URL = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Server:
    """A server to ask, and who named it."""

    url: str
    source: str


def find(store: str | None = None, server: str | None = None) -> str | Server:
    """The store to work on, or the server to ask; the arguments are those of flags.

    Raises
    ------
    UsageError
        where one place names both, a server's URL is none, or cohortgraph.toml can't be read.
    """
    if store and store.startswith(_URL):
        store, server = None, server or store
    named = os.environ.get
    for place, directory, url in (
        ("--store and --server", store, server),
        (f"{ENVIRONMENT} and {SERVER}", named(ENVIRONMENT), named(SERVER)),
        (f"store and server of {FILE}", *_from_file(Path(FILE))),
    ):
        if directory and url:
            raise UsageError(f"{place} are both given; a store is opened or a server is asked: leave one out")
        if url:
            return Server(_checked(url), place.partition(" and ")[2])
        if directory:
            return directory
    return DEFAULT


def find_store(flag: str | None = None, server: str | None = None) -> str:
    """The store that this process is to open itself: a directory, or for ``init`` also a Neo4j URL.

    Raises
    ------
    UsageError
        where a server is named instead.
    """
    found = find(flag, server)
    if isinstance(found, Server):
        raise UsageError(
            f"this works on a store's own files, not through a server, and {found.source} names {found.url}: "
            "name the store with --store, on the machine where it lies"
        )
    return found


def _checked(url: str) -> str:
    if not url.startswith(_URL) or not url.partition("://")[2].strip("/"):
        raise UsageError(f"{url!r} is no URL of a server; expected such as http://127.0.0.1:8000")
    return url.rstrip("/")


def _from_file(path: Path) -> tuple[str | None, str | None]:
    """What ``store`` and ``server`` are; a relative path of a store is relative to the working directory."""
    if not path.is_file():
        return None, None
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML ({error})") from error
    for name, example in (("store", DEFAULT), ("server", "http://127.0.0.1:8000")):
        if not isinstance(settings.get(name, ""), str):
            raise UsageError(f'{path}: {name} is {settings[name]!r}; expected a text, such as {name} = "{example}"')
    return settings.get("store"), settings.get("server")
