"""From the intermediate form to statements of ONE Cypher dialect, which Ladybug and Neo4j answer alike.

A statement begins at the coded end of the cheapest chain (``seeds``) and climbs to the root; everything beside the
chain is an expression of the WHERE (``predicates``), what is about the root after WITH DISTINCT, so that it is asked
once a root. Alternatives that each begin at a code are joined by UNION.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...graph import schema
from ..language.ir import Question, conjunction
from ..language.relations import Hop, reverse
from .order import Order
from .patterns import Ref, hops, tied, where_
from .predicates import Predicates, Store
from .required import Parts, carrying, found, parts, reaching, walked
from .seeds import Chain, chains, indexed


@dataclass(frozen=True, slots=True)
class Statement:
    """A reading statement and its parameters."""

    cypher: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A keyset page: after which place, at most how many, and where not in the stable order, in which.

    ``after`` begins with the value that the page is ordered by, where it is by one.
    """

    after: tuple[Any, ...] | None = None
    limit: int | None = None
    order: Order | None = None


def keys(question: Question, store: Store, page: Page | None = None) -> Statement:
    """The statement that lists the keys of the question's nodes.

    Its columns are those of ``key_columns`` and, of a page in an order of its own, ``sort`` and ``present``. Only a
    question that ``is_single`` can be asked for a page after a place or with a limit.
    """
    predicates = Predicates(store)
    parts = [_listing(predicates, chain, question.root.label, page) for chain in _chains(question, store)]
    return Statement(" UNION ".join(parts), predicates.parameters)


def total(question: Question, store: Store) -> Statement:
    """The statement that counts the nodes of a question that ``is_single``, as ``total``."""
    predicates = Predicates(store)
    (chain,) = _chains(question, store)
    root = Ref("n", question.root.label)
    lines = _climb(predicates, chain, root, None)
    return Statement(f"{' '.join(lines)} RETURN count(DISTINCT {root.key}) AS total", predicates.parameters)


def is_single(question: Question, store: Store) -> bool:
    """Whether one statement without UNION answers the question."""
    return len(_chains(question, store)) == 1


def owner_hops(label: str) -> tuple[Hop, ...]:
    """From a child to its instance."""
    return (Hop(schema.CHILDREN[label], False, "Instance"),)


def key_columns(node: Ref, owner: Ref | None) -> str:
    """What identifies a node: ``id`` or, for a child, its instance's ``id``, its ``position``, ``key`` and number."""
    if owner is None:
        return f"{node.key} AS id"
    number = f"{node.name}.`{schema.node(node.label).number}` AS number"
    return f"{owner.key} AS id, {node.name}.position AS position, {node.key} AS key, {number}"


def _chains(question: Question, store: Store) -> list[Chain]:
    begun = chains(question.where, store)
    if begun:
        return begun
    chain = indexed(question.where, question.root.label)
    return [chain if chain is not None else Chain((conjunction(question.where),))]


def _listing(predicates: Predicates, chain: Chain, label: str, page: Page | None) -> str:
    root = Ref("n", label)
    owner = Ref("owner", "Instance") if schema.node(label).is_child else None
    lines = _climb(predicates, chain, root, owner)
    columns, terms = key_columns(root, owner), "id" if owner is None else "id, position"
    order = page.order if page is not None else None
    if page is not None and page.after is not None:
        carried = f"WITH DISTINCT {root.name}{f', {owner.name}' if owner else ''}"
        lines.append(f"{carried} WHERE {_after(predicates, page, root, owner)}")
    if order is not None:
        columns += f", {order.value(root)} AS sort, {order.present(root)} AS present"
        terms = f"{order.terms}, {terms}"
    lines.append(f"RETURN DISTINCT {columns}")
    if page is not None and page.limit is not None:
        lines.append(f"ORDER BY {terms} LIMIT {page.limit}")
    return " ".join(lines)


def _after(predicates: Predicates, page: Page, root: Ref, owner: Ref | None) -> str:
    """What holds of the nodes that follow the page's place."""
    *values, identifier, position = page.after or ()
    parameter = predicates.parameter(identifier)
    after = f"{root.key} > {parameter}"
    if owner is not None:
        same = f"{owner.key} = {parameter} AND {root.name}.position > {predicates.parameter(position)}"
        after = f"({owner.key} > {parameter} OR ({same}))"
    if page.order is None:
        return after
    value = page.order.value(root)
    if values[0] is None:
        return f"(NOT {page.order.present(root)} AND {after})"
    last = predicates.parameter(values[0])
    beyond = f"{value} {'<' if page.order.descending else '>'} {last}"
    return f"({beyond} OR ({value} = {last} AND {after}) OR NOT {page.order.present(root)})"


def _climb(predicates: Predicates, chain: Chain, root: Ref, owner: Ref | None) -> list[str]:
    """The clauses that match the root, without RETURN; ``owner`` is the instance of a child root, where wanted."""
    nodes = [root, *(predicates.ref(relation.target) for relation in chain.relations)]
    levels = [parts(beside, predicates) for beside in chain.beside]
    left = [(node, clause) for node, level in zip(nodes, levels, strict=True) for clause in level.required]
    ties = [depth for depth, relation in enumerate(chain.relations, 1) if relation.tie]
    if ties:
        lines, asked = _matched(predicates, chain, nodes, levels, ties[-1]), []
        lines += _stepped(predicates, chain, nodes, levels, ties[-1])
    else:
        lines = _matched(predicates, chain, nodes, levels, 0)
        asked = predicates.all(levels[0].related, root) if len(nodes) > 1 else []
    kept = [root] if owner is None else [root, owner]
    if owner is not None:
        word = "MATCH"
        if len(nodes) > 1:  # as in `required`: what was walked before must not be planned from the owners
            lines.append(carrying([root, *(node for node, _ in left)]))
            word = "OPTIONAL MATCH"
        lines.append(f"{word} ({root.name}){hops(owner_hops(root.label), owner)}")
    if left:
        lines.append(carrying([*kept, *(node for node, _ in left)]))
    while left:
        node, clause = left.pop()
        lines += walked(predicates, clause, node, [*kept, *(node for node, _ in left)])
    if asked and lines[-1] != carrying(kept):
        lines.append(carrying(kept))
    lines[-1] += where_(asked)
    return lines


def _matched(
    predicates: Predicates, chain: Chain, nodes: Sequence[Ref], levels: Sequence[Parts], top: int
) -> list[str]:
    """From the code up to the node at depth ``top``; of the root, subqueries only where it is alone."""
    pattern = str(nodes[-1])
    where: list[str] = []
    if chain.code is not None:
        edge, where = predicates.coded(chain.code)
        edge, concept = edge.removeprefix("-").split("->")
        pattern = f"{concept}<-{edge}-{pattern}"
    lines: list[str] = []
    met: set[str] = set()
    for depth in range(len(nodes) - 1, top, -1):
        where += predicates.all([*levels[depth].own, *levels[depth].related], nodes[depth])
        back = reverse(chain.relations[depth - 1])
        if met & {hop.edge for hop in back}:  # Neo4j never walks one edge twice in a MATCH
            lines.append(f"MATCH {pattern}{where_(where)}")
            pattern, where, met = f"({nodes[depth].name})", [], set()
        pattern += hops(back, nodes[depth - 1])
        met |= {hop.edge for hop in back}
    where += predicates.all(levels[top].own, nodes[top])
    if top or len(nodes) == 1:  # found once each
        where += predicates.all(levels[top].related, nodes[top])
    return [*lines, f"MATCH {pattern}{where_(where)}"]


def _stepped(
    predicates: Predicates, chain: Chain, nodes: Sequence[Ref], levels: Sequence[Parts], top: int
) -> list[str]:
    """From the node at depth ``top``, which the items of its object are walked from, up to the root.

    Step by step, as in `required`: asked for anything of its own, an item is else looked for among all that there are.
    """
    lines: list[str] = []
    for depth in range(top, 0, -1):
        relation, node, above = chain.relations[depth - 1], nodes[depth], nodes[depth - 1]
        waiting = [each for each, level in zip(nodes[depth:], levels[depth:], strict=True) if level.required]
        if not lines:
            lines.append(carrying([node, *waiting]))
        level = levels[depth - 1]
        lines += reaching(predicates, node, reverse(relation), above, tied(relation, above, node))
        lines.append(found(above, [above, *waiting], predicates.all([*level.own, *level.related], above)))
    return lines
