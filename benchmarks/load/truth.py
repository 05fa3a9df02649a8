"""What each question's answer is in each state of the store: the same archives, ingested again into a store that nobody
else asks.

Every answer is compared with this store's in the same state; a state that only the killed server's commits passed
through, and some of all others, with the naive evaluator's.
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

from .answers import PAGE, Answer, Document, State
from .naive import Naive

CORPUS = Path(__file__).parents[2] / "tests" / "corpus"
DATASET = "load"
_LOOKS = 8
"""In so many states that were asked for the naive evaluator looks too: it takes seconds for each."""
_STATE = (
    "MATCH (i:Instance) RETURN count(i) AS n",
    "MATCH (s:Segment) WHERE s.voxelCount IS NOT NULL RETURN count(s) AS n",
)


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
        State and question → answer.
    checked
        How many of them the naive evaluator gave too, or alone.
    differ
        Where it gave another.
    digest
        Of the store at the end.
    """

    answers: dict[tuple[State, int], Answer] = field(default_factory=dict)
    checked: int = 0
    differ: list[str] = field(default_factory=list)
    digest: str = ""


def replay(
    folder: Path, archives: Sequence[Path], documents: Sequence[Document], wanted: Mapping[State, set[int]]
) -> Truth:
    """The answers to the ``wanted`` questions of each state."""
    truth = Truth()
    with Store.init(folder) as store:
        plain = Client(store)
        asked = store.engine

        def look(_: int) -> None:
            state = State(*(int(rows(asked.read(query))[0]["n"]) for query in _STATE))
            for number in wanted.get(state, set()):
                truth.answers[state, number] = answer(plain, documents[number])

        look(0)
        store.engine = cast(Engine, _Watched(asked, look))
        ingesting = Client(store)
        plain = Client(cast(Store, _Only(asked)))
        for archive in archives:
            ingesting.ingest([archive], DATASET)
        truth.digest = ingesting.digest()
    _compare(truth, Naive(archives, DATASET), documents, wanted)
    return truth


def _compare(truth: Truth, naive: Naive, documents: Sequence[Document], wanted: Mapping[State, set[int]]) -> None:
    reached = sorted({state for state, _ in truth.answers})
    looked_at = set(reached[:: max(1, len(reached) // _LOOKS)]) | (wanted.keys() - set(reached))
    for state in sorted(looked_at):
        for number, expected in naive.answers(state, [(n, documents[n]) for n in sorted(wanted[state])]).items():
            truth.checked += 1
            told = truth.answers.setdefault((state, number), expected)
            if told != expected:
                truth.differ.append(f"{state}, question {number}: {told[0]} instead of the naive {expected[0]}")


class _Only:
    """What questions need of a store."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
