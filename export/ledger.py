"""What an export has done so far, object by object, in a small database beside the files."""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from ..cohorts.contents import Frozen
from ..errors import WorkFailed
from .manifest import CSV_NAME

_EVERY = 100
"""So many entries are committed together; what a kill loses is only looked at again."""


class Entry(NamedTuple):
    """A line of the manifest."""

    patientID: str  # noqa: N815  the manifest's own columns
    studyInstanceUID: str  # noqa: N815
    seriesInstanceUID: str  # noqa: N815
    sopInstanceUID: str  # noqa: N815
    headerDigest: str  # noqa: N815
    datasets: str
    location: str
    path: str
    digest: str
    size: int
    missing: str

    @classmethod
    def of(
        cls,
        found: Frozen,
        datasets: str,
        *,
        location: str = "",
        path: str = "",
        digest: str = "",
        size: int = 0,
        missing: str = "",
    ) -> Self:
        """The entry of a frozen object."""
        identities = (found.patient_id, found.study, found.series, found.sop_instance_uid, found.header_digest)
        return cls(*identities, datasets, location, path, digest, size, missing)


class Ledger:
    """The entries of one export, in the order in which they are put last.

    Parameters
    ----------
    file
        Where they are kept; an empty path keeps them until the ledger is closed only.
    identity
        Of what is exported.

    Raises
    ------
    WorkFailed
        where the file belongs to an export of something else.
    """

    def __init__(self, file: Path | None, identity: str) -> None:
        self._sqlite = sqlite3.connect(file or "")
        self._pending = 0
        columns = ", ".join(Entry._fields)
        self._sqlite.execute("CREATE TABLE IF NOT EXISTS head (identity TEXT)")
        self._sqlite.execute(
            f"CREATE TABLE IF NOT EXISTS entry (turn INTEGER, {columns}, PRIMARY KEY (sopInstanceUID))"
        )
        ((known,),) = self._sqlite.execute("SELECT max(identity) FROM head").fetchall()
        if known is None:
            self._sqlite.execute("INSERT INTO head VALUES (?)", (identity,))
            self._sqlite.commit()
        elif known != identity:
            self._sqlite.close()
            raise WorkFailed(f"{file} belongs to an export of another snapshot; remove its folder or name another")
        ((self._turn,),) = self._sqlite.execute("SELECT coalesce(max(turn), 0) FROM entry").fetchall()

    def load(self, folder: Path) -> None:
        """Take up the entries of a finished export from its manifest."""
        with (folder / CSV_NAME).open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                values: dict[str, Any] = {name: row.get(name) or "" for name in Entry._fields}
                self.put(Entry(**values | {"size": int(values["size"])}))

    def known(self, uid: str) -> Entry | None:
        """What was put of an object."""
        columns = ", ".join(Entry._fields)
        row = self._sqlite.execute(f"SELECT {columns} FROM entry WHERE sopInstanceUID = ?", (uid,)).fetchone()  # noqa: S608
        return Entry(*row) if row else None

    def put(self, made: Entry) -> None:
        """Keep an entry, instead of the last of the same object, behind all others."""
        self._turn += 1
        marks = ", ".join("?" * (len(made) + 1))
        self._sqlite.execute(f"INSERT OR REPLACE INTO entry VALUES ({marks})", (self._turn, *made))  # noqa: S608
        self._pending += 1
        if self._pending >= _EVERY:
            self.commit()

    def commit(self) -> None:
        """Keep what was put, whatever happens."""
        self._sqlite.commit()
        self._pending = 0

    def entries(self) -> Iterator[Entry]:
        """All, in their order."""
        columns = ", ".join(Entry._fields)
        for row in self._sqlite.execute(f"SELECT {columns} FROM entry ORDER BY turn"):  # noqa: S608
            yield Entry(*row)

    def datasets(self) -> dict[str, int]:
        """Name of a data set → how many of the objects belong to it."""
        counts: Counter[str] = Counter()
        for names, number in self._sqlite.execute("SELECT datasets, count(*) FROM entry GROUP BY datasets"):
            counts.update(dict.fromkeys(filter(None, names.split("; ")), number))
        return dict(sorted(counts.items()))

    def close(self) -> None:
        """Release the file."""
        self._sqlite.commit()
        self._sqlite.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
