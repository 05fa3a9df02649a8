"""The nodes that a question lists at a level, each with the hits it belongs to (semantics 6.11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ...graph import schema
from ...graph.engine import Engine, Row, rows
from ..cypher.bindings import Trace, found, traces
from ..cypher.compile import Statement, is_single, keys, total
from ..language.ir import Question
from ..language.relations import Hop, Level, lineage, walk
from ..language.vocabulary import Vocabulary

KeyValue = str | int
"""What a node is found by: its ``id`` or, of a child, its ``key``."""


class Key(NamedTuple):
    """A node's identity, ordered as answers are: by SOP Instance UID and position, or by id."""

    id: str
    position: int = 0
    value: KeyValue = ""
    number: str | int = ""

    def public(self, label: str) -> str:
        """The public id of the node: a child's names its instance and its number."""
        return schema.public_id(self.id, label, self.number) if schema.node(label).is_child else self.id


Listed = dict[Key, set[KeyValue]]
"""A node of the listed level → the hits it belongs to."""


def read(engine: Engine, statement: Statement) -> list[Row]:
    """The rows of a statement."""
    return rows(engine.read(statement.cypher, statement.parameters))


def key(row: Row) -> Key:
    """The identity in a row of ``keys`` or ``found``."""
    identifier = row["id"]
    if "key" not in row:
        return Key(identifier, value=identifier)
    return Key(identifier, row["position"], row["key"], row.get("number", ""))


def hits(engine: Engine, question: Question, vocabulary: Vocabulary) -> list[Key]:
    """The question's own nodes, in the stable order."""
    return sorted(key(row) for row in read(engine, keys(question, vocabulary)))


def number(engine: Engine, question: Question, vocabulary: Vocabulary) -> int:
    """How many nodes of its own the question has."""
    if is_single(question, vocabulary):
        (row,) = read(engine, total(question, vocabulary))
        return int(row["total"])
    return len(hits(engine, question, vocabulary))


def listed(engine: Engine, question: Question, vocabulary: Vocabulary, level: Level) -> Listed:
    """The nodes of ``level`` that the question's hits bind or, where they bind none, that lie under or above them."""
    nodes: Listed = defaultdict(set)

    def statement(trace: Trace, hits: list[KeyValue], onwards: tuple[Hop, ...]) -> Statement:
        return found(question, trace, vocabulary, hits, onwards)

    own = [hit.value for hit in hits(engine, question, vocabulary)]
    for row in followed(engine, question, level, own, statement):
        if row["id"] is not None:
            nodes[key(row)].add(row["hit"])
    return nodes


def followed(
    engine: Engine,
    question: Question,
    level: Level,
    hits: Sequence[KeyValue],
    statement: Callable[[Trace, list[KeyValue], tuple[Hop, ...]], Statement],
) -> Iterator[Row]:
    """The rows of a statement about the nodes of ``level`` that hits bind (semantics 6.11), one read for each trace.

    ``statement`` is given a trace, the hits to follow it from, and the way onwards from its nodes to ``level``; its
    rows name the ``hit`` that they belong to.
    """
    remaining = list(hits)
    for group in groups(question, level):
        served: set[KeyValue] = set()
        for trace in group:
            if remaining:
                onwards = walk(trace.label if trace.steps else question.root.label, level.label) or ()
                for row in read(engine, statement(trace, remaining, onwards)):
                    served.add(row["hit"])
                    yield row
        remaining = [hit for hit in remaining if hit not in served]


def groups(question: Question, level: Level) -> Iterator[list[Trace]]:
    """The traces to follow to ``level``; a later group is for the hits that the earlier ones found nothing for."""
    yield from bound_groups(question, level)
    if level != question.root and walk(question.root.label, level.label) is not None:
        yield [Trace("", ())]  # (c) nothing bound: under the hit, or above it


def bound_groups(question: Question, level: Level) -> Iterator[list[Trace]]:
    """The groups of traces that something was bound by, (a) and (b) of semantics 6.11; at the root the hit itself."""
    if level == question.root:
        yield [Trace("", ())]
        return
    bound = [trace for trace in traces(question) if trace.binds]
    yield [trace for trace in bound if level.label in lineage(trace.label)]  # (a) bound, or above what is bound
    for label in reversed(lineage(level.label)[:-1]):  # (b) below the deepest bound
        yield [trace for trace in bound if trace.label == label]


def by_hit(engine: Engine, statement: Statement) -> dict[KeyValue, set[Key]]:
    """The nodes that ``found`` lists, by hit; a hit without any is there where its clause was reached."""
    of_hit: dict[KeyValue, set[Key]] = {}
    for row in read(engine, statement):
        nodes = of_hit.setdefault(row["hit"], set())
        if row["id"] is not None:
            nodes.add(key(row))
    return of_hit
