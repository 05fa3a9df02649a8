"""From the intermediate form to statements of ONE Cypher dialect, which Ladybug and Neo4j answer alike.

A statement begins at the coded end of the cheapest chain and climbs to the root; what stands beside the chain is
matched from the level that it is about, one clause after the other, each closed by WITH DISTINCT so that rows never
multiply. Negations, alternatives and counts are subqueries of a WHERE. Alternatives that each begin at a code are
joined by UNION.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..graph import schema
from .ir import Clause, Coded, Compare, Count, Measured, Not, Question, Some, conjunction
from .predicates import Predicates, Store, hops, is_one_pattern
from .relations import Hop, Relation, reverse
from .seeds import Chain, chains, indexed

ROOT = "n"


@dataclass(frozen=True, slots=True)
class Statement:
    """A reading statement and its parameters."""

    cypher: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """The keyset page of a listing: after which key, and how many."""

    after: tuple[Any, ...] | None = None
    limit: int | None = None


def keys(question: Question, store: Store, page: Page | None = None) -> Statement:
    """The statement that lists the keys of the question's nodes.

    Columns ``id`` and, for children of an instance, ``position`` and ``key``: ``id`` is then the instance's. In the
    stable order, where ``page`` is given; a question of several alternatives (``is_single``) can't be paged.
    """
    predicates = Predicates(store)
    parts = [
        f"{' '.join(lines)} {_returned(predicates, question.root.label, page)}"
        for lines in _alternatives(question, predicates)
    ]
    return Statement(" UNION ".join(parts), predicates.parameters)


def total(question: Question, store: Store) -> Statement:
    """The statement that counts the nodes of a question that ``is_single``, as ``total``."""
    predicates = Predicates(store)
    (lines,) = _alternatives(question, predicates)
    key = schema.node(question.root.label).key.name
    return Statement(f"{' '.join(lines)} RETURN count(DISTINCT {ROOT}.`{key}`) AS total", predicates.parameters)


def is_single(question: Question, store: Store) -> bool:
    """Whether one statement without UNION answers the question."""
    return len(chains(question.where, store)) <= 1


def _alternatives(question: Question, predicates: Predicates) -> list[list[str]]:
    label = question.root.label
    found = chains(question.where, predicates.store)
    if not found:
        chain = indexed(question.where, label)
        found = [chain if chain is not None else Chain((conjunction(question.where),))]
    return [_Climb(predicates, chain, label).lines() for chain in found]


class _Climb:
    """Writes one chain from its end up to its root."""

    def __init__(self, predicates: Predicates, chain: Chain, label: str) -> None:
        self._predicates = predicates
        self._chain = chain
        self._labels = (label, *(relation.target for relation in chain.relations))
        self._pattern = ""
        self._where: list[str] = []
        self._edges: set[str] = set()
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        """The clauses of the statement, up to but without RETURN; the root is the variable ``n``."""
        deepest = len(self._chain.relations)
        variable = self._variable(deepest)
        self._pattern = f"({variable}:{self._labels[deepest]})"
        if self._chain.code is not None:
            self._begin(self._chain.code, variable, self._labels[deepest])
        for depth in range(deepest, -1, -1):
            self._beside(self._chain.beside[depth], variable)
            if depth:
                above = self._variable(depth - 1)
                self._climb(self._chain.relations[depth - 1], variable, above)
                variable = above
        self._flush()
        return self._lines

    def _variable(self, depth: int) -> str:
        return self._predicates.variable(self._labels[depth]) if depth else ROOT

    def _begin(self, code: Coded, variable: str, label: str) -> None:
        pattern, where = self._predicates.coded(code)
        edge, concept = pattern.removeprefix("-").split("->")
        self._pattern = f"{concept}<-{edge}-({variable}:{label})"
        self._where = where

    def _beside(self, clauses: tuple[Clause, ...], variable: str) -> None:
        """What must hold at one level besides: own properties, then codes, then walks, then all else."""
        parts = [part for clause in clauses for part in conjunction(clause)]
        simple = [part for part in parts if self._is_simple(part)]
        self._where += self._predicates.all(simple, variable)
        codes = [part for part in parts if isinstance(part, Coded)]
        for code in sorted(codes, key=self._cost):
            self._flush()
            pattern, where = self._predicates.coded(code)
            self._match(f"({variable}){pattern}", where)
        walks = {id(part): found[0] for part in parts if (found := self._walk(part))}
        for chain in sorted(walks.values(), key=lambda chain: chain.cost):
            self._distinct(variable)
            self._match(*self._predicates.line(chain, variable))
        others = [p for p in parts if p not in simple and not isinstance(p, Coded) and id(p) not in walks]
        if walks or others:
            self._distinct(variable)
        if expressions := self._predicates.all(others, variable):
            self._lines[-1] += f" WHERE {' AND '.join(expressions)}"

    def _climb(self, relation: Relation, variable: str, above: str) -> None:
        back = reverse(relation)
        edges = {hop.edge for hop in back}
        if self._pattern and self._edges & edges:
            self._distinct(variable)
        if not self._pattern:
            self._pattern = f"({variable})"
        self._pattern += hops(back, above)
        self._edges |= edges

    def _is_simple(self, part: Clause) -> bool:
        """Whether a clause needs nothing but the node's own properties."""
        store = self._predicates.store
        match part:
            case Compare():
                return True
            case Measured():
                return not (store.has_several_values or store.has_qualified)
            case Not(clause=inner):
                return self._is_simple(inner)
            case Coded() | Some() | Count():
                return False
            case _:
                return all(self._is_simple(each) for each in part.clauses)

    def _walk(self, part: Clause) -> list[Chain]:
        """A positive walk to a code that one pattern can hold."""
        found = chains(part, self._predicates.store) if isinstance(part, Some) else []
        return found if len(found) == 1 and is_one_pattern(found[0]) else []

    def _cost(self, code: Coded) -> int:
        return self._predicates.store.count(code.edge, code.concepts) if code.concepts is not None else 1 << 62

    def _match(self, pattern: str, where: list[str]) -> None:
        self._lines.append(f"MATCH {pattern}" + (f" WHERE {' AND '.join(where)}" if where else ""))

    def _flush(self) -> None:
        if self._pattern:
            self._match(self._pattern, self._where)
        self._pattern, self._where, self._edges = "", [], set()

    def _distinct(self, variable: str) -> None:
        self._flush()
        if self._lines[-1:] != [f"WITH DISTINCT {variable}"]:
            self._lines.append(f"WITH DISTINCT {variable}")


def _returned(predicates: Predicates, label: str, page: Page | None) -> str:
    """RETURN of the keys; the children of an instance are ordered by it and their position."""
    declared = schema.node(label)
    key = f"{ROOT}.`{declared.key.name}`"
    order = ""
    if not declared.is_child:
        if page is not None:
            order = f" ORDER BY id{_limit(page)}"
        after = _after(predicates, page, f"{key} > {{}}")
        return f"{after}RETURN DISTINCT {key} AS id{order}"
    owner = hops([Hop(schema.CHILDREN[label], False, "Instance")], "owner")
    if page is not None:
        order = f" ORDER BY id, position{_limit(page)}"
    after = _after(predicates, page, f"(owner.id > {{0}} OR (owner.id = {{0}} AND {ROOT}.position > {{1}}))")
    return (
        f"WITH DISTINCT {ROOT} MATCH ({ROOT}){owner} {after.replace(f'WITH {ROOT} ', '')}"
        f"RETURN owner.id AS id, {ROOT}.position AS position, {key} AS key{order}"
    )


def _after(predicates: Predicates, page: Page | None, condition: str) -> str:
    if page is None or page.after is None:
        return ""
    return f"WITH {ROOT} WHERE {condition.format(*(predicates.parameter(each) for each in page.after))} "


def _limit(page: Page) -> str:
    return f" LIMIT {page.limit}" if page.limit is not None else ""
