"""Where the files of exported objects come from: the places that a store knows, or a server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ..cohorts.contents import Frozen
from ..dicom.location import Locations
from ..graph.asking import ask, ids
from ..graph.datasets import Described, datasets
from ..graph.engine import Engine
from ..graph.store.directory import Store
from .pixels import Pixels, Taken

Located = dict[str, tuple[list[str], str]]
"""SOP Instance UID → where the object's files lie, and its data sets, parted by ``; ``."""


class Origin(Protocol):
    """What an export asks for."""

    def located(self, page: list[Frozen]) -> Located:
        """Where objects lie, of those that are still known."""

    def take(self, frozen: Frozen, uris: Iterable[str], target: Path | None) -> Taken | str:
        """Read an object, and write it to ``target``, which appears whole; or why it can't be had."""

    def datasets(self) -> list[Described]:
        """Every data set, with its terms of use."""


class Here:
    """The files that an open store knows; a context manager, while which archives stay open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        scratch = self._opened.enter_context(tempfile.TemporaryDirectory(prefix="cohortgraph-"))
        locations = self._opened.enter_context(Locations(Path(scratch)))
        self._pixels = Pixels(locations, self._store.headers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def located(self, page: list[Frozen]) -> Located:
        """Where objects lie, of those that are still known."""
        return _located(self._store.engine, page)

    def take(self, frozen: Frozen, uris: Iterable[str], target: Path | None) -> Taken | str:
        """The first file that still holds what was frozen."""
        return self._pixels.take(frozen, uris, target)

    def take_alone(self, frozen: Frozen, target: Path) -> Taken | str:
        """:meth:`take`, of one object from wherever it lies."""
        uris, _ = self.located([frozen]).get(frozen.sop_instance_uid, ([], ""))
        return self.take(frozen, uris, target)

    def datasets(self) -> list[Described]:
        """Every data set, with its terms of use."""
        return datasets(self._store.engine)


def _located(engine: Engine, page: list[Frozen]) -> Located:
    keys = ids(each.sop_instance_uid for each in page)
    query = "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.locations AS locations"
    uris = {row["id"]: row["locations"] or [] for row in ask(engine, query, keys)}
    names: dict[str, set[str]] = {}
    query = "MATCH (i:Instance {id: r.id})-[:IN_DATASET]->(d:Dataset) RETURN i.id AS id, d.id AS name"
    for row in ask(engine, query, keys):
        names.setdefault(row["id"], set()).add(row["name"])
    return {uid: (found, "; ".join(sorted(names.get(uid, ())))) for uid, found in uris.items()}
