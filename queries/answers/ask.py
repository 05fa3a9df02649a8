"""Asking a question: total, page, properties, evidence, warnings, in a bounded number of engine reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...graph.engine import Engine
from ..cypher.compile import Page, is_single, keys
from ..frames import Tabular
from ..language.document import load
from ..language.ir import Question
from ..language.parse import as_level, parse
from ..language.relations import Level
from ..language.vocabulary import Vocabulary, vocabulary
from . import cursors, rows
from .evidence import evidence as evidence_of
from .listing import Key, KeyValue, hits, key, listed, number, read
from .notices import notices

if TYPE_CHECKING:
    import pyarrow as pa

Document = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer(Tabular):
    """What a question found.

    Attributes
    ----------
    level
        What is listed: patients, studies, series, instances, segments, items, rois, channels or
        annotationGroups.
    total
        How many there are, on all pages.
    next
        The cursor of the following page; None on the last.
    hits
        In the stable order (SOP Instance UID, then position; others by id): ``id``, ``patientID``,
        ``studyInstanceUID``, ``seriesInstanceUID``, ``sopInstanceUID`` as far as they apply, the node's own
        properties, and ``evidence`` where asked for.
    warnings
        What the question could not mean here, or did not look at.
    """

    level: str
    total: int
    next: str | None = None
    hits: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_arrow(self) -> pa.Table:
        """The hits, with the columns of ``Client.stream``; ``evidence``, where any has it, as JSON text."""
        from .stream import table

        return table(self.level, self.hits)


@dataclass(frozen=True, slots=True)
class _Found:
    """One page of keys, each with the hits it belongs to."""

    total: int
    keys: list[Key]
    hits: list[list[KeyValue]]
    more: bool


def ask(
    engine: Engine,
    document: Document,
    *,
    level: str | None = None,
    evidence: bool = False,
    limit: int | None = None,
    after: str | None = None,
) -> Answer:
    """Answer a filter document.

    Parameters
    ----------
    level
        What to list; the question's root where None.
    evidence
        Whether every hit says which nodes satisfied each clause.
    limit, after
        At most so many hits, after those of the page whose ``next`` is given here.

    Raises
    ------
    QuestionError
        where the document is not valid; names the path in it and the nearest valid name.
    UsageError
        where the level, the limit or the cursor is not valid.
    """
    words, question, listing = _understood(engine, document, level)
    if limit is not None and limit < 1:
        raise UsageError(f"limit should be at least 1, found {limit}")
    start, warnings = (None, []) if after is None else cursors.read(after, listing.name, words.version)
    found = _page(engine, question, words, listing, Page(start, limit))
    answers = rows.hits(engine, listing.label, found.keys)
    if evidence:
        for hit, why in zip(answers, evidence_of(engine, question, words, found.hits), strict=True):
            hit["evidence"] = why
    cursor = cursors.cursor(words.version, listing.name, found.keys[-1][:2]) if found.more else None
    said = [*question.warnings, *notices(engine, question, words), *warnings]
    return Answer(listing.name, found.total, cursor, answers, said)


def count(engine: Engine, document: Document, level: str | None = None) -> int:
    """How many nodes ``ask`` would list."""
    words, question, listing = _understood(engine, document, level)
    if listing == question.root:
        return number(engine, question, words)
    return len(listed(engine, question, words, listing))


def ids(engine: Engine, document: Document, level: str | None = None) -> list[str]:
    """The public ids of what ``ask`` would list, all of them, in the stable order."""
    words, question, listing = _understood(engine, document, level)
    if listing == question.root:
        found = hits(engine, question, words)
    else:
        found = sorted(listed(engine, question, words, listing))
    return [each.public(listing.label) for each in found]


def _understood(engine: Engine, document: Document, level: str | None) -> tuple[Vocabulary, Question, Level]:
    words = vocabulary(engine)
    question = parse(load(document), words)
    return words, question, as_level(level) if level is not None else question.root


def _page(engine: Engine, question: Question, words: Vocabulary, level: Level, page: Page) -> _Found:
    if level != question.root:
        nodes = listed(engine, question, words, level)
        shown, more = _slice(sorted(nodes), page)
        return _Found(len(nodes), shown, [sorted(nodes[each], key=str) for each in shown], more)
    if page.limit is not None and is_single(question, words):
        ahead = Page(page.after, page.limit + 1)
        found = [key(row) for row in read(engine, keys(question, words, ahead))]
        many, shown, more = number(engine, question, words), found[: page.limit], len(found) > page.limit
    else:
        found = hits(engine, question, words)
        many, (shown, more) = len(found), _slice(found, page)
    return _Found(many, shown, [[each.value] for each in shown], more)


def _slice(nodes: Sequence[Key], page: Page) -> tuple[list[Key], bool]:
    after = page.after
    rest = [node for node in nodes if after is None or node[: len(after)] > after]
    shown = rest if page.limit is None else rest[: page.limit]
    return shown, len(rest) > len(shown)
