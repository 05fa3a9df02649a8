"""What is listed and why: semantics 6.11 and 6.12."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .evaluate import DOWN, UP, Document, Filter, Oracle, reached
from .model import DEPTH, LEVELS, Node, in_order


def select(oracle: Oracle, document: Document, level: str | None = None) -> list[Node]:
    """The nodes listed at a level, over all hits, in the stable order."""
    ((root, where),) = document.items()
    hits = oracle.hits(document)
    if level in (None, root):
        return hits
    return in_order(node for hit in hits for node in listed(oracle, hit, where, level))


def listed(oracle: Oracle, hit: Node, where: Filter, level: str) -> list[Node]:
    """The nodes of a level that one hit lists, where it is not the root's own (6.11)."""
    label = LEVELS[level]
    bound = [node for node in _bound(oracle, hit, where) if node.label in DEPTH]
    # (a) L nodes bound, plus L ancestors of bound nodes below L
    at_or_below = [
        up for node in bound if node.label == label or DEPTH[node.label] > DEPTH[label] for up in node.up(label)
    ]
    if at_or_below:
        return at_or_below
    # (b) L descendants of the deepest bound nodes above L
    above = [node for node in bound if DEPTH[node.label] < DEPTH[label]]
    if above:
        deepest = max(DEPTH[node.label] for node in above)
        return [down for node in above if DEPTH[node.label] == deepest for down in node.related[level]]
    # (c) all L under the hit; for a level above the hit, the one it lies under
    if DEPTH[label] < DEPTH[hit.label]:
        return hit.up(label)
    return hit.related[level] if DEPTH[hit.label] < DEPTH[label] else []


def _bound(oracle: Oracle, node: Node, where: Filter) -> Iterator[Node]:
    """Nodes bound by positive ``some`` clauses of branches that hold, ``where`` holding for ``node``."""
    for name, clause in where.items():
        if name in ("AND", "OR"):
            for branch in clause:
                if oracle.holds(node, branch):
                    yield from _bound(oracle, node, branch)
        elif name in DOWN[node.label] and "some" in clause:
            for target in reached(node, name, clause, "some"):
                if oracle.holds(target, clause["some"]):
                    yield target
                    yield from _bound(oracle, target, clause["some"])
        elif name == "within":
            for side, each in _sides(oracle, node, clause):
                yield each
                yield from _bound(oracle, each, clause[side])
        elif name in UP[node.label]:
            for target in node.related[name]:
                yield from _bound(oracle, target, clause)


def _sides(oracle: Oracle, node: Node, clause: Filter) -> Iterator[tuple[str, Node]]:
    """The series of the pairs that ``within`` found, each with the key of the filter that it satisfies."""
    for one, two in oracle.pairs(node, clause):
        yield "first", one
        yield "then", two


@dataclass(slots=True)
class Evidence:
    """The distinct nodes that satisfied a clause or, of none, every and NOT, those that were examined."""

    nodes: list[Node] = field(default_factory=list)
    examined: bool = False

    def add(self, nodes: Iterable[Node]) -> None:
        """Add nodes, in the stable order, each once."""
        self.nodes = in_order([*self.nodes, *nodes])


def evidence(oracle: Oracle, document: Document, hit: Node) -> dict[str, Evidence]:
    """Clause path (JSON Pointer) → what it found for one hit."""
    ((root, where),) = document.items()
    found: dict[str, Evidence] = {}
    _collect(oracle, hit, where, f"/{root}", found)
    return found


def _collect(oracle: Oracle, node: Node, where: Filter, path: str, found: dict[str, Evidence]) -> None:
    """Evidence of all clauses of ``where``, which holds for ``node``."""
    for name, clause in where.items():
        here = f"{path}/{name}"
        if name in ("AND", "OR"):
            for index, branch in enumerate(clause):
                if oracle.holds(node, branch):
                    _collect(oracle, node, branch, f"{here}/{index}", found)
        elif name == "NOT":
            if looked_at := list(_examined(node, clause)):
                found.setdefault(here, Evidence(examined=True)).add(node for nodes in looked_at for node in nodes)
        elif name == "within":
            for side, each in _sides(oracle, node, clause):
                found.setdefault(f"{here}/{side}", Evidence()).add([each])
                _collect(oracle, each, clause[side], f"{here}/{side}", found)
        elif name in UP[node.label]:
            found.setdefault(here, Evidence()).add(node.related[name])
            for target in node.related[name]:
                _collect(oracle, target, clause, here, found)
        elif name in DOWN[node.label]:
            for quantifier in clause:
                if quantifier != "basis":
                    _quantified(oracle, node, name, clause, quantifier, f"{here}/{quantifier}", found)


def _quantified(
    oracle: Oracle, node: Node, name: str, clause: Filter, quantifier: str, path: str, found: dict[str, Evidence]
) -> None:
    targets, operand = reached(node, name, clause, quantifier), clause[quantifier]
    if quantifier in ("none", "every"):
        found.setdefault(path, Evidence(examined=True)).add(targets)
        return
    where = operand.get("of", {}) if quantifier == "count" else operand
    satisfied = [target for target in targets if oracle.holds(target, where)]
    found.setdefault(path, Evidence()).add(satisfied)
    if quantifier in ("some", "unresolved"):
        for target in satisfied:
            _collect(oracle, target, where, path, found)


def _examined(node: Node, where: Filter) -> Iterator[list[Node]]:
    """What a negation looks at: the nodes of every relation directly under it."""
    for name, clause in where.items():
        if name in ("AND", "OR"):
            for branch in clause:
                yield from _examined(node, branch)
        elif name == "NOT":
            yield from _examined(node, clause)
        elif name == "within":
            yield node.related["series"]
        elif name in UP[node.label]:
            yield node.related[name]
        elif name in DOWN[node.label]:
            for quantifier in clause:
                if quantifier != "basis":
                    yield reached(node, name, clause, quantifier)
