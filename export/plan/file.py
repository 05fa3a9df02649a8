"""plan.sqlite: a plan on disk, written whole or not at all, read sample by sample."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ...errors import StoreError
from .model import Dropped, Head, Label, LabelSource, Part, PlannedObject, PlannedSeries, Sample

NAME = "plan.sqlite"


def write_plan(file: Path, samples: Iterable[Sample], head: Callable[[], Head]) -> int:
    """Write a plan; how many samples it has. ``samples`` are read once, then ``head`` is asked for."""
    partial = file.with_name(f"{file.name}.partial")
    partial.unlink(missing_ok=True)
    count = 0
    with closing(sqlite3.connect(partial)) as sqlite, sqlite:
        sqlite.execute("PRAGMA journal_mode = MEMORY")
        sqlite.execute("CREATE TABLE head (json TEXT NOT NULL)")
        sqlite.execute("CREATE TABLE sample (number INTEGER PRIMARY KEY, json TEXT NOT NULL)")
        for count, sample in enumerate(samples, start=1):
            sqlite.execute("INSERT INTO sample VALUES (?, ?)", (count - 1, _dumped(asdict(sample))))
        sqlite.execute("INSERT INTO head VALUES (?)", (_dumped(asdict(head())),))
    with partial.open("rb") as stream:
        os.fsync(stream.fileno())
    partial.replace(file)
    return count


class Plan:
    """A plan that is open for reading; a context manager. Safe to open from several processes."""

    def __init__(self, file: Path) -> None:
        try:
            self._sqlite = sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)
            ((text,),) = self._sqlite.execute("SELECT json FROM head").fetchall()
        except (sqlite3.Error, ValueError) as error:
            raise StoreError(f"{file} is no plan of an export ({error}); plan the export again") from error
        self.head = _head(json.loads(text))

    def __len__(self) -> int:
        ((count,),) = self._sqlite.execute("SELECT count(*) FROM sample")
        return int(count)

    def sample(self, number: int) -> Sample:
        """One sample, by its number from 0."""
        ((text,),) = self._sqlite.execute("SELECT json FROM sample WHERE number = ?", (number,))
        return _sample(json.loads(text))

    def samples(self) -> Iterator[Sample]:
        """All, in their order."""
        return map(self.sample, range(len(self)))

    def close(self) -> None:
        """Release the file."""
        self._sqlite.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _head(told: Mapping[str, Any]) -> Head:
    labels = tuple(Label(**{**each, "concepts": tuple(each["concepts"])}) for each in told["labels"])
    spacing = tuple(told["spacing"]) if told["spacing"] else None
    made = {"sources": tuple(told["sources"]), "labels": labels, "columns": tuple(told["columns"]), "spacing": spacing}
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
