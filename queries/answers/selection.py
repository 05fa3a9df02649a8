"""All that a question selects, for a cohort to keep: the ids listed, and the nodes that its clauses bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...graph.engine import Engine
from ..cypher.bindings import found, traces
from ..language.document import load
from ..language.ir import Question, Resolved
from ..language.parse import as_level, parse
from ..language.relations import Level, is_level, level_of
from ..language.vocabulary import Vocabulary, vocabulary
from .listing import Key, hits, key, listed, read
from .notices import notices

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """What a question selects at a level.

    Attributes
    ----------
    ids
        Public ids, in the stable order.
    resolved
        What each code of the document stands for in this store.
    left_out
        States whose objects take no part (semantics 4.3).
    warnings
        As of an Answer.
    """

    level: str
    ids: list[str]
    resolved: tuple[Resolved, ...]
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]
    _engine: Engine
    _question: Question
    _words: Vocabulary
    _hits: list[Key]

    def bound(self) -> Iterator[tuple[str, str]]:
        """Level and public id of every node that a positive ``some`` binds (semantics 6.11); one may come again."""
        for trace in traces(self._question):
            if not trace.binds or not is_level(trace.label):
                continue
            name = level_of(trace.label).name
            for start in range(0, len(self._hits), _PAGE):
                page = [hit.value for hit in self._hits[start : start + _PAGE]]
                for row in read(self._engine, found(self._question, trace, self._words, page)):
                    if row["id"] is not None:
                        yield name, key(row).public(trace.label)


def select(engine: Engine, document: str | Mapping[str, Any], level: str | None = None) -> Selection:
    """Answer a filter document with all that it selects at a level (default: its root).

    Raises
    ------
    QuestionError
        where the document is not valid.
    """
    words = vocabulary(engine)
    question = parse(load(document), words)
    listing: Level = as_level(level) if level is not None else question.root
    own = hits(engine, question, words)
    nodes = own if listing == question.root else sorted(listed(engine, question, words, listing))
    return Selection(
        listing.name,
        [each.public(listing.label) for each in nodes],
        question.resolved,
        question.left_out,
        (*question.warnings, *notices(engine, question, words)),
        engine,
        question,
        words,
        own,
    )
