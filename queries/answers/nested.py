"""A page of answers with what belongs to each: level by level, one engine read for each relation (semantics 6.13).

The root takes three reads at most (keys, total, properties), each relation below it one, however many rows there are.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ...errors import UsageError
from ...graph import schema
from ...graph.engine import Engine, Row, rows
from ...ontology.meanings import meaning
from ..cypher.compile import Page, Statement, is_single, keys
from ..cypher.order import Order
from ..language import limits
from ..language.document import load
from ..language.ir import Question
from ..language.parse import parse
from ..language.relations import Relation, level_of
from ..language.vocabulary import Vocabulary, vocabulary
from . import below, cursors
from .ask import Document
from .below import ALL, Above
from .evidence import Evidence
from .evidence import evidence as evidence_of
from .listing import Key, KeyValue, key, number, read
from .notices import notices
from .wanted import Wanted, descends

Shown = dict[str, Any]
"""A node: ``id``, its properties, its codes by field, and by ``name()`` what its relations lead to."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """One page of nodes: of the root or of one node's relation.

    Attributes
    ----------
    total
        How many there are on all pages; None where nobody asked.
    next
        The cursor of the following page; None on the last.
    """

    nodes: list[Shown]
    total: int | None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Answer(Nodes):
    """A nested page of the answer to ``document``; ``evidence`` is that of each node of the root, in their order."""

    document: dict[str, Any] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Place:
    """A node on the page: where it stands, the hit it belongs to, and whether no clause led to it."""

    key: Key
    hit: KeyValue
    free: bool
    shown: Shown


def page(
    engine: Engine,
    document: Document,
    wanted: Wanted,
    *,
    order: Order | None = None,
    total: bool = True,
    evidence: bool = False,
    warnings: bool = False,
) -> Answer:
    """Answer a document with a tree of what is ``wanted``.

    Parameters
    ----------
    order
        Another order of the root's nodes than the stable one.
    total, evidence, warnings
        Whether they are wanted. Evidence takes a read for each clause, warnings one for each number with a unit.

    Raises
    ------
    QuestionError
        where the document is not valid.
    UsageError
        where a cursor is not valid.
    LimitExceeded
        where the page has more nodes than ``limits.NODES``, or one of its levels more rows than ``limits.ROWS``.
    """
    words = vocabulary(engine)
    asked = load(document)
    question = parse(asked, words)
    if question.root.label != wanted.label:
        raise UsageError(f"the question is about {question.root.name}, the page shows nodes of {wanted.label}")
    listing = _listing(wanted, order)
    start, said = None, list[str]()
    if wanted.after is not None:
        start, said = cursors.read(wanted.after, listing, words.version, 0 if order is None else 1)
    found = _hits(engine, question, words, _Asked(start, wanted.first, order), total)
    limits.check("nodes", len(found.keys), _FEWER)
    budget = _Budget(len(found.keys))
    places = _properties(engine, wanted, found.keys)
    for each in wanted.below:
        _fill(engine, question, words, each, places, budget)
    ends = cursors.cursor(words.version, listing, found.more) if found.more else None
    if warnings:
        said = [*question.warnings, *notices(engine, question, words), *said]
    why = evidence_of(engine, question, words, [[place.hit] for place in places]) if evidence else []
    return Answer([place.shown for place in places], found.total, ends, asked, why, said)


_FEWER = "ask for fewer of each relation with 'first', or for fewer relations"


@dataclass(slots=True)
class _Budget:
    """The nodes that a page has so far."""

    spent: int

    def spend(self, nodes: int) -> None:
        self.spent += nodes
        limits.check("nodes", self.spent, _FEWER)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which of the root's nodes: after a place, so many, in an order."""

    start: cursors.Place | None
    first: int
    order: Order | None

    def place(self, row: Row) -> cursors.Place:
        """Where a row stands in the order."""
        here = key(row)
        return (here.id, here.position) if self.order is None else (row["sort"], here.id, here.position)

    def follows(self, row: Row) -> bool:
        """Whether a row comes after the start, whose own node may be gone."""
        if self.start is None:
            return True
        place, start = self.place(row), self.start
        if self.order is None or place[0] == start[0]:
            return place[-2:] > start[-2:]
        if place[0] is None or start[0] is None:
            return place[0] is None
        return bool(place[0] < start[0] if self.order.descending else place[0] > start[0])


@dataclass(frozen=True, slots=True)
class _Hits:
    """The root's keys on the page, where it ends if more follow, and how many there are in all."""

    keys: list[Key]
    more: cursors.Place | None
    total: int | None


def _hits(engine: Engine, question: Question, words: Vocabulary, asked: _Asked, counted: bool) -> _Hits:
    order, ahead = asked.order, asked.first + 1
    paged = order is None or not order.may_be_nan  # no engine's order, where NaN and nothing are to be alike
    if paged and is_single(question, words):
        found = read(engine, keys(question, words, Page(asked.start, ahead, order)))
        whole = asked.start is None and len(found) < ahead
        total = len(found) if whole else number(engine, question, words) if counted else None
    else:
        everything = read(engine, keys(question, words, Page(order=order)))
        everything = [row | {"sort": _plain(row["sort"])} if order is not None else row for row in everything]
        ordered = order.sorted(everything, key) if order is not None else sorted(everything, key=key)
        total = len(ordered)
        found = [row for row in ordered if asked.follows(row)][:ahead]
    shown = found[: asked.first]
    return _Hits(
        [key(row) for row in shown], asked.place(shown[-1]) if shown and len(found) > len(shown) else None, total
    )


def _listing(wanted: Wanted, order: Order | None) -> str:
    """What a cursor belongs to: the level, and the order where it is another one."""
    name = level_of(wanted.label).name
    if order is None:
        return name
    return f"{name} by {order.by.name}{' descending' if order.descending else ''}"


def _properties(engine: Engine, wanted: Wanted, found: Sequence[Key]) -> list[_Place]:
    """The root's nodes with their properties and codes; without a read where nothing but ids is wanted."""
    if wanted.properties or wanted.codes:
        by_key: dict[KeyValue, list[Row]] = defaultdict(list)
        for row in read(engine, below.root(wanted, [each.value for each in found])) if found else []:
            by_key[row["hit"]].append(row)
        present = [each for each in found if each.value in by_key]
        return [_Place(each, each.value, False, _shown(wanted, by_key[each.value])) for each in present]
    return [_Place(each, each.value, False, {"id": each.public(wanted.label)}) for each in found]


def _fill(
    engine: Engine, question: Question, words: Vocabulary, wanted: Wanted, places: Sequence[_Place], budget: _Budget
) -> None:
    """Put under every place what a relation leads to from there, and under that what is wanted further down."""
    relation = wanted.relation
    if relation is None or not places:
        return
    above = Above(
        hits=list({each.hit: None for each in places if not each.free}),
        nodes=list({each.key.value: None for each in places}),
        free=list({each.key.value: None for each in places if each.free}),
    )
    found = _Found(wanted, relation, _rows(engine, below.statement(question, words, wanted, relation, above)))
    start = cursors.read(wanted.after, relation.name, words.version)[0] if wanted.after is not None else None
    made: dict[tuple[KeyValue, KeyValue, bool], Any] = {}
    following: list[_Place] = []
    for each in places:
        same = (each.hit, each.key.value, each.free)
        if same not in made:
            there, total = found.page(each, start)
            following += there
            budget.spend(len(there))
            shown = [place.shown for place in there]
            if relation.plural:
                ends = None
                if total.after and there:
                    ends = cursors.cursor(words.version, relation.name, there[-1].key[:2])
                made[same] = Nodes(shown, total.number, ends)
            else:
                made[same] = shown[0] if shown else None
        each.shown[f"{wanted.name}()"] = made[same]
    for further in wanted.below:
        _fill(engine, question, words, further, following, budget)


def _rows(engine: Engine, statement: Statement) -> list[Row]:
    """The rows of a level; a level of too many is refused."""
    found = engine.read(statement.cypher, statement.parameters, limit=limits.ROWS + 1)
    limits.check("rows", found.num_rows, "ask a narrower question, or for fewer of the nodes above")
    return rows(found)


@dataclass(frozen=True, slots=True)
class _Total:
    number: int
    after: bool


class _Found:
    """The rows of a relation, by the node above and the hit."""

    def __init__(self, wanted: Wanted, relation: Relation, found: Iterable[Row]) -> None:
        self._wanted, self._relation = wanted, relation
        self._group: dict[KeyValue, int] = {}
        self._rows: dict[tuple[int, KeyValue, KeyValue], dict[Key, list[Row]]] = defaultdict(dict)
        for row in found:
            group = row["found"]
            if group != ALL:
                self._group[row["hit"]] = min(group, self._group.get(row["hit"], group))
            if row["id"] is None or row["parent"] is None:
                continue
            of = (group, row["hit"] if group != ALL else "", row["parent"])
            self._rows[of].setdefault(key(row), []).append(row)

    def page(self, above: _Place, start: cursors.Place | None) -> tuple[list[_Place], _Total]:
        """What lies under one node, and how much there is in all."""
        group = ALL if above.free else self._group.get(above.hit, ALL)
        of = (group, above.hit if group != ALL else "", above.key.value)
        found = self._rows.get(of, {})
        keys = sorted(found)
        rest = [each for each in keys if start is None or each[:2] > start]
        first = self._wanted.first if self._relation.plural else 1
        free = above.free or (group == ALL and self._relation.plural and not descends(self._relation))
        places = [_Place(each, above.hit, free, _shown(self._wanted, found[each])) for each in rest[:first]]
        return places, _Total(len(keys), len(rest) > first)


def _shown(wanted: Wanted, found: Sequence[Row]) -> Shown:
    """A node from its rows, which differ in their codes alone."""
    row = found[0]
    shown: Shown = {"id": key(row).public(wanted.label)}
    for place, (name, _) in enumerate(wanted.properties):
        shown[name] = _plain(row[f"p{place}"])
    for place, edge in enumerate(wanted.codes):
        shown[edge.field] = _codes(wanted, place, edge, found)
    return shown


def _codes(wanted: Wanted, place: int, edge: schema.Edge, found: Sequence[Row]) -> list[Shown]:
    codes: dict[tuple[Any, ...], Shown] = {}
    for row in found:
        concept = row[f"c{place}"]
        if concept is None:
            continue
        code: Shown = {each.name: _plain(row[f"c{place}_{n}"]) for n, each in enumerate(edge.properties)}
        told = {name: _plain(row[f"c{place}_of{n}"]) for n, name in enumerate(wanted.concepts)}
        named = meaning(concept) or code.get("codeMeaning") or ""
        codes[(concept, *map(repr, code.values()))] = code | {"concept": {**told, "id": concept, "meaning": named}}
    return [codes[each] for each in sorted(codes)]


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
