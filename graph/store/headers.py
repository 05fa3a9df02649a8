"""The kept headers: content-addressed blobs in one SQLite file beside the graph."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...errors import StoreError

_AT_ONCE = 500


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite file, consistently also while others write to it."""
    with contextlib.closing(sqlite3.connect(source)) as a, contextlib.closing(sqlite3.connect(target)) as b:
        a.backup(b)


class HeaderStore:
    """Blobs by their digest; safe from several threads, and from several processes for a store on Neo4j.

    Parameters
    ----------
    path
        The SQLite file; it and its folder are created where they do not exist.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        try:
            self._sqlite = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            self._sqlite.execute("PRAGMA journal_mode = WAL")
            # FULL: a header must be on disk before the graph commits the instance that names it.
            self._sqlite.execute("PRAGMA synchronous = FULL")
            self._sqlite.execute("CREATE TABLE IF NOT EXISTS header (digest TEXT PRIMARY KEY, blob BLOB NOT NULL)")
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def put(self, blobs: Mapping[str, bytes]) -> None:
        """Keep blobs, in one durable transaction; those already there stay as they are.

        Raises
        ------
        StoreError
            where they can't be written (a full disk); none of them is kept then.
        """
        if blobs:
            self._change("INSERT OR IGNORE INTO header VALUES (?, ?)", blobs.items())

    def get(self, digest: str) -> bytes:
        """One blob.

        Raises
        ------
        StoreError
            where there is none of that digest, or the file is damaged.
        """
        found = self._ask("SELECT blob FROM header WHERE digest = ?", (digest,))
        if not found:
            raise StoreError(f"{self._path}: no kept header {digest}; run `cohortgraph check`")
        return bytes(found[0][0])

    def digests(self) -> frozenset[str]:
        """The digests of all blobs."""
        found = self._ask("SELECT CAST(digest AS BLOB) FROM header")  # of a damaged file, it may be no text
        return frozenset(digest.decode(errors="replace") for (digest,) in found)

    def readable(self, digests: Collection[str], *, whole: bool) -> frozenset[str]:
        """Those of some digests whose blobs are there and, where ``whole`` is asked for, undamaged."""
        wanted = (json.dumps(list(digests)),)
        if not whole:
            query = "SELECT digest FROM header WHERE digest IN (SELECT value FROM json_each(?))"
            return frozenset(digest for (digest,) in self._ask(query, wanted))
        query = "SELECT digest, blob FROM header WHERE digest IN (SELECT value FROM json_each(?))"
        return frozenset(digest for digest, blob in self._ask(query, wanted) if _inflates(blob))

    def damage(self) -> list[str]:
        """What is wrong with the file itself; nothing where it is sound."""
        try:
            return [message for (message,) in self._ask("PRAGMA quick_check") if message != "ok"]
        except StoreError as error:
            return [str(error)]

    def renew(self, blobs: Mapping[str, bytes]) -> None:
        """Keep blobs, instead of damaged ones of the same digests, in one durable transaction."""
        if blobs:
            self._change("INSERT OR REPLACE INTO header VALUES (?, ?)", blobs.items())

    def discard(self, digests: Iterable[str]) -> None:
        """Drop blobs; those that are not there are no error."""
        self._change("DELETE FROM header WHERE digest = ?", ((digest,) for digest in digests))

    def copy_to(self, path: Path) -> None:
        """Write all blobs into a new SQLite file."""
        copy_sqlite(self._path, path)

    def copy_from(self, path: Path) -> None:
        """Keep all blobs of such a file."""
        with contextlib.closing(sqlite3.connect(path)) as source:
            blobs = source.execute("SELECT digest, blob FROM header")
            while some := blobs.fetchmany(_AT_ONCE):
                self.put(dict(some))

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._sqlite.close()

    def _ask(self, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._sqlite.execute(query, parameters).fetchall()
            except sqlite3.DatabaseError as error:
                raise self._damaged(error) from error

    def _damaged(self, error: sqlite3.DatabaseError) -> StoreError:
        return StoreError(
            f"{self._path}: the kept headers can't be read ({error}); restore a backup, or move that folder away and "
            "ingest the same paths again: headers of files that are still there are kept anew"
        )

    def _change(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        with self._lock:
            try:
                self._sqlite.execute("BEGIN IMMEDIATE")
                self._sqlite.executemany(statement, rows)
                self._sqlite.execute("COMMIT")
            except sqlite3.Error as error:
                if self._sqlite.in_transaction:
                    self._sqlite.execute("ROLLBACK")
                raise StoreError(f"{self._path}: {error}") from error


def _inflates(blob: bytes) -> bool:
    """Whether a kept header is as it was compressed: zlib ends with a checksum."""
    try:
        zlib.decompress(blob)
    except (zlib.error, TypeError):
        return False
    return True
