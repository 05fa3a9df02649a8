"""What each question's answer is at each version: the same archives, ingested again into a store that nobody else asks.

A store's version counts its commits, and an ingest commits the same in the same order wherever it runs. So a version
of the server is that version here; that it is so, the digests at the end say.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from cohortgraph.client import Client
from cohortgraph.errors import QuestionError
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.store.directory import Store

CORPUS = Path(__file__).parents[2] / "tests" / "corpus"
DATASET = "load"
PAGE = 50
Document = dict[str, Any]
Answer = tuple[int, tuple[str, ...]]
"""How many there are, and the ids of the first page."""


def corpus() -> list[Document]:
    """The documents of every written question that GraphQL can ask too: a root, and nothing beside it."""
    found = [entry["document"] for file in sorted(CORPUS.glob("[0-9]*.yaml")) for entry in yaml.safe_load(file.open())]
    return [each for each in found if len(each) == 1]


def heaviest(client: Client, documents: Sequence[Document], count: int) -> list[Document]:
    """Those that take longest, of those that find anything."""
    took: list[tuple[float, int]] = []
    for number, document in enumerate(documents):
        began = time.perf_counter()
        with contextlib.suppress(QuestionError):  # about attributes that this store was not told to keep
            if answer(client, document)[0]:
                took.append((time.perf_counter() - began, number))
    return [documents[number] for _, number in sorted(took, reverse=True)[:count]]


def answer(client: Client, document: Document) -> Answer:
    """The answer of a store in this process."""
    found = client.query(document, limit=PAGE)
    return found.total, tuple(hit["id"] for hit in found.hits)


class _Watched:
    """An engine that says when it has committed."""

    def __init__(self, engine: Engine, committed: Callable[[int], None]) -> None:
        self._engine = engine
        self._committed = committed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def write(self, *arguments: Any) -> int:
        return self._told(self._engine.write(*arguments))

    def bulk_load(self, *arguments: Any) -> int:
        return self._told(self._engine.bulk_load(*arguments))

    def _told(self, version: int) -> int:
        self._committed(version)
        return version


def replay(
    folder: Path, archives: Sequence[Path], documents: Sequence[Document], wanted: Mapping[int, set[int]]
) -> tuple[dict[tuple[int, int], Answer], str]:
    """Version and question → answer, for the ``wanted`` questions of each version; and the digest at the end."""
    known: dict[tuple[int, int], Answer] = {}
    with Store.init(folder) as store:
        plain = Client(store)

        def look(version: int) -> None:
            for number in wanted.get(version, ()):
                known[version, number] = answer(plain, documents[number])

        look(plain.version())
        watched = cast(Engine, _Watched(store.engine, look))
        asked, store.engine = store.engine, watched
        ingesting = Client(store)
        plain = Client(cast(Store, _Only(asked)))
        for archive in archives:
            ingesting.ingest([archive], DATASET)
        return known, ingesting.digest()


class _Only:
    """What questions need of a store."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
