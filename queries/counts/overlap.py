"""How the answers of several questions overlap: every combination counted, exactly and at least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ...errors import UsageError
from ...graph.engine import Engine
from ..answers.ask import Document, count
from ..answers.listing import KeyValue, hits, listed
from ..frames import Tabular
from ..language.document import load
from ..language.ir import Question
from ..language.parse import as_level, parse
from ..language.relations import Level
from ..language.relations import level as level_named
from ..language.vocabulary import Vocabulary, vocabulary

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 12
"""Questions; the combinations are 2 to that power."""


@dataclass(frozen=True, slots=True)
class Combination:
    """How many nodes all of these questions list: ``exactly`` these and no other, ``at_least`` these."""

    questions: tuple[str, ...]
    exactly: int
    at_least: int


@dataclass(frozen=True, slots=True)
class Overlap(Tabular):
    """The combinations of some questions.

    Attributes
    ----------
    level
        What is counted.
    total
        How many nodes of that level the store has.
    questions
        Name → how many it lists.
    combinations
        Those that any node has, the largest first; that of no question is among them.
    warnings
        What a question could not mean here, by its name.
    """

    level: str
    total: int
    questions: dict[str, int]
    combinations: list[Combination]
    warnings: list[str]

    def to_arrow(self) -> pa.Table:
        """A row for each combination: ``questions``, ``exactly``, ``at_least``."""
        import pyarrow as pa

        shape = pa.schema([("questions", pa.list_(pa.string())), ("exactly", pa.int64()), ("at_least", pa.int64())])
        return pa.Table.from_pylist([asdict(each) for each in self.combinations], shape)


def overlap(engine: Engine, documents: Mapping[str, Document], level: str | None = None) -> Overlap:
    """Count every combination of named questions.

    Parameters
    ----------
    level
        What to count; where None, what all questions are about or, where they differ, patients.

    Raises
    ------
    QuestionError
        where a document is not valid.
    UsageError
        where there are no or more than MOST questions, or the level is not valid.
    """
    if not 0 < len(documents) <= MOST:
        raise UsageError(f"overlap takes 1 to {MOST} questions, found {len(documents)}")
    words = vocabulary(engine)
    questions = {name: parse(load(document), words) for name, document in documents.items()}
    counted = as_level(level) if level is not None else _common(questions)
    belongs: Counter[KeyValue] = Counter()
    totals = {}
    for place, (name, question) in enumerate(questions.items()):
        found = _found(engine, question, words, counted)
        totals[name] = len(found)
        for node in found:
            belongs[node] += 1 << place
    total = count(engine, {counted.name: {}})
    exactly = Counter(belongs.values())
    exactly[0] = total - len(belongs)
    at_least = _supersets(exactly, len(questions))
    names = list(questions)
    combinations = [
        Combination(tuple(name for place, name in enumerate(names) if mask >> place & 1), exactly[mask], number)
        for mask, number in enumerate(at_least)
        if number
    ]
    combinations.sort(key=lambda each: (-each.exactly, -each.at_least, len(each.questions)))
    warnings = [f"{name}: {warning}" for name, question in questions.items() for warning in question.warnings]
    return Overlap(counted.name, total, totals, combinations, warnings)


def _common(questions: Mapping[str, Question]) -> Level:
    roots = {question.root for question in questions.values()}
    return roots.pop() if len(roots) == 1 else level_named("patients")


def _found(engine: Engine, question: Question, words: Vocabulary, at: Level) -> set[KeyValue]:
    nodes = hits(engine, question, words) if question.root == at else listed(engine, question, words, at)
    return {node.value for node in nodes}


def _supersets(exactly: Mapping[int, int], number: int) -> list[int]:
    """For each set of questions, as bits, the sum over all sets that hold it."""
    sums = [exactly[mask] for mask in range(1 << number)]
    for place in range(number):
        for mask in range(1 << number):
            if not mask >> place & 1:
                sums[mask] += sums[mask | 1 << place]
    return sums
