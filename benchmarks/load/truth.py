"""What each question's answer is at each version: the same archives, ingested again into a store that nobody else asks.

A store's version counts its commits, and an ingest commits the same in the same order wherever it runs. So a version
of the server is that version here; that it is so, the digests at the end say. Every answer is compared with this
store's; this store's, at versions spread over the run, with the naive evaluator's.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from cohortgraph.client import Client
from cohortgraph.errors import QuestionError
from cohortgraph.graph.engine import Engine, rows
from cohortgraph.graph.store.directory import Store

from .answers import PAGE, Answer, Document
from .naive import Naive

CORPUS = Path(__file__).parents[2] / "tests" / "corpus"
DATASET = "load"
_EVERY = 8
"""Of so many versions that were asked for, the naive evaluator looks at one: it takes seconds for each."""


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


@dataclass(slots=True)
class Truth:
    """What the answers are.

    Attributes
    ----------
    answers
        Version and question → answer.
    checked
        How many of them the naive evaluator gave too.
    differ
        Where it gave another.
    digest
        Of the store at the end.
    """

    answers: dict[tuple[int, int], Answer] = field(default_factory=dict)
    checked: int = 0
    differ: list[str] = field(default_factory=list)
    digest: str = ""


def replay(
    folder: Path, archives: Sequence[Path], documents: Sequence[Document], wanted: Mapping[int, set[int]]
) -> Truth:
    """The answers to the ``wanted`` questions of each version."""
    truth = Truth()
    naive = Naive(archives, DATASET)
    looked_at = set(sorted(wanted)[::_EVERY]) | {max(wanted, default=0)}
    with Store.init(folder) as store:
        plain = Client(store)
        asked = store.engine

        def look(version: int) -> None:
            for number in wanted.get(version, ()):
                truth.answers[version, number] = answer(plain, documents[number])
            if version in looked_at:
                _compare(truth, naive, asked, version, [(n, documents[n]) for n in sorted(wanted.get(version, ()))])

        look(plain.version())
        store.engine = cast(Engine, _Watched(asked, look))
        ingesting = Client(store)
        plain = Client(cast(Store, _Only(asked)))
        for archive in archives:
            ingesting.ingest([archive], DATASET)
        truth.digest = ingesting.digest()
    return truth


def _compare(
    truth: Truth, naive: Naive, engine: Engine, version: int, documents: Sequence[tuple[int, Document]]
) -> None:
    found = rows(engine.read("MATCH (i:Instance) RETURN i.id AS id, i.measurement AS measurement"))
    held = {row["id"]: row["measurement"] for row in found}
    for number, expected in naive.answers(held, documents).items():
        truth.checked += 1
        if truth.answers[version, number] != expected:
            told = truth.answers[version, number]
            truth.differ.append(f"version {version}, question {number}: {told} instead of the naive {expected}")


class _Only:
    """What questions need of a store."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
