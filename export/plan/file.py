"""plan.sqlite: a plan on disk, written whole or not at all, read sample by sample."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ...errors import StoreError
from ..unwritable import unwritable
from .kept import KeptHeaders
from .model import Dropped, Head, Label, LabelSource, Part, PlannedObject, PlannedSeries, Sample

NAME = "plan.sqlite"


Splitting = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""Person → stratum, of all persons with samples, to person → part of the split."""


def write_plan(
    file: Path,
    samples: Iterable[Sample],
    head: Callable[[], Head],
    headers: KeptHeaders | None = None,
    *,
    split: Splitting | None = None,
    stratify: str = "",
) -> int:
    """Write a plan; how many samples it has. ``samples`` are read once, then ``head`` is asked for.

    Its identity becomes one of the samples too: persons may have been linked, or objects altered, since another plan of
    the same snapshot.

    Parameters
    ----------
    headers
        From which those of the planned objects are taken along: a worker, which has no store, knows by them a copy in
        another encoding, as it may lie elsewhere or come from a server.
    split
        Decides on the part of each sample, when all are known.
    stratify
        The column whose value, of a person's first sample that has one, is its stratum.
    """
    partial = file.with_name(f"{file.name}.partial")
    partial.unlink(missing_ok=True)
    count = 0
    persons: dict[str, Any] = {}
    try:
        with closing(sqlite3.connect(partial)) as sqlite, sqlite:
            sqlite.execute("PRAGMA journal_mode = MEMORY")
            sqlite.execute("CREATE TABLE head (json TEXT NOT NULL)")
            sqlite.execute(
                "CREATE TABLE sample (number INTEGER PRIMARY KEY, person TEXT, split TEXT, json TEXT NOT NULL)"
            )
            sqlite.execute("CREATE TABLE header (digest TEXT PRIMARY KEY, blob BLOB NOT NULL) WITHOUT ROWID")
            decided = hashlib.sha256()
            for count, sample in enumerate(samples, start=1):
                if headers:
                    sqlite.executemany("INSERT OR IGNORE INTO header VALUES (?, ?)", _headers(sample, headers))
                told = asdict(sample)
                row = (count - 1, sample.patient, sample.split, _dumped(told))
                sqlite.execute("INSERT INTO sample VALUES (?, ?, ?, ?)", row)
                decided.update(_decided(told))
                if split and persons.get(sample.patient) is None:
                    persons[sample.patient] = sample.values.get(stratify)
            if split:
                parts = split(persons)
                sqlite.execute("CREATE INDEX by_person ON sample (person)")
                sqlite.executemany(
                    "UPDATE sample SET split = ? WHERE person = ?", ((p, who) for who, p in parts.items())
                )
                decided.update(_dumped(sorted(parts.items())).encode())
            made = head()
            decided.update(made.identity.encode())
            sqlite.execute(
                "INSERT INTO head VALUES (?)", (_dumped(asdict(replace(made, identity=decided.hexdigest()))),)
            )
        _appear(partial, file)
    except sqlite3.OperationalError as error:
        raise unwritable(file, str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def _appear(partial: Path, file: Path) -> None:
    try:
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(file)
    except OSError as error:
        raise unwritable(file, error.strerror or str(error)) from error


class Plan:
    """A plan that is open for reading; a context manager. Safe to open from several processes."""

    def __init__(self, file: Path) -> None:
        try:
            self._sqlite = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            ((text,),) = self._sqlite.execute("SELECT json FROM head").fetchall()
        except (sqlite3.Error, ValueError) as error:
            raise StoreError(f"{file} is no plan of an export ({error}); plan the export again") from error
        self.head = _head(json.loads(text))
        self._guard = threading.Lock()

    def __len__(self) -> int:
        ((count,),) = self._sqlite.execute("SELECT count(*) FROM sample")
        return int(count)

    def patients(self) -> int:
        """How many persons its samples are of."""
        ((count,),) = self._sqlite.execute("SELECT count(DISTINCT person) FROM sample")
        return int(count)

    def sample(self, number: int) -> Sample:
        """One sample, by its number from 0."""
        ((split, text),) = self._sqlite.execute("SELECT split, json FROM sample WHERE number = ?", (number,))
        return _sample(json.loads(text) | {"split": split})

    def samples(self) -> Iterator[Sample]:
        """All, in their order."""
        return map(self.sample, range(len(self)))

    def get(self, digest: str) -> bytes:
        """The frozen header of a planned object, by its digest.

        Raises
        ------
        StoreError
            where the plan has none: when it was made, the store had it no more.
        """
        with self._guard:
            found = self._sqlite.execute("SELECT blob FROM header WHERE digest = ?", (digest,)).fetchone()
        if not found:
            raise StoreError(f"the plan has no header {digest}; plan the export again")
        return bytes(found[0])

    def close(self) -> None:
        """Release the file."""
        self._sqlite.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _headers(sample: Sample, headers: KeptHeaders) -> Iterator[tuple[str, bytes]]:
    for each in (*(each for series in sample.series for each in series.objects), *(s.object for s in sample.labels)):
        with suppress(StoreError):  # replaced since it was frozen: only a file with just that header is the object
            yield each.header_digest, headers.get(each.header_digest)


def _decided(sample: dict[str, Any]) -> bytes:
    """What a plan decides on a sample, which is all but where its objects lie and which data sets they are of."""
    for each in (
        *(o for series in sample["series"] for o in series["objects"]),
        *(s["object"] for s in sample["labels"]),
    ):
        del each["uris"], each["datasets"]
    return _dumped(sample).encode()


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _head(told: Mapping[str, Any]) -> Head:
    labels = tuple(Label(**{**each, "concepts": tuple(each["concepts"])}) for each in told["labels"])
    spacing = tuple(told["spacing"]) if told["spacing"] else None
    made = {
        "sources": tuple(told["sources"]),
        "labels": labels,
        "columns": tuple(told["columns"]),
        "spacing": spacing,
        "numeric": tuple(told["numeric"]),
    }
    return Head(**{**told, **made})


def _sample(told: Mapping[str, Any]) -> Sample:
    series = tuple(
        PlannedSeries(**{**each, "objects": tuple(map(_object, each["objects"]))}) for each in told["series"]
    )
    labels = tuple(
        LabelSource(
            each["carrier"], _object(each["object"]), each["image"], tuple(Part(**part) for part in each["parts"])
        )
        for each in told["labels"]
    )
    dropped = tuple(Dropped(**each) for each in told["dropped"])
    return Sample(**{**told, "series": series, "labels": labels, "dropped": dropped})


def _object(told: Mapping[str, Any]) -> PlannedObject:
    return PlannedObject(**{**told, "uris": tuple(told["uris"]), "datasets": tuple(told["datasets"])})
