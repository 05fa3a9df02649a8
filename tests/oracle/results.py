"""What is listed and why: semantics 6.11 and 6.12."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .evaluate import DOWN, UP, Document, Filter, Oracle
from .model import DEPTH, LEVELS, Node, in_order


def select(oracle: Oracle, document: Document, level: str | None = None) -> list[Node]:
    """The nodes listed at a level, over all hits, in the stable order."""
    ((root, where),) = document.items()
    hits = oracle.hits(document)
    if level in (None, root):
        return hits
    return in_order(node for hit in hits for node in _listed(oracle, hit, where, level))


def _listed(oracle: Oracle, hit: Node, where: Filter, level: str) -> list[Node]:
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
    return hit.up(label) if DEPTH[label] < DEPTH[hit.label] else hit.related[level]


def _bound(oracle: Oracle, node: Node, where: Filter) -> Iterator[Node]:
    """Nodes bound by positive ``some`` clauses of branches that hold, ``where`` holding for ``node``."""
    for name, clause in where.items():
        if name in ("AND", "OR"):
            for branch in clause:
                if oracle.holds(node, branch):
                    yield from _bound(oracle, node, branch)
        elif name in DOWN[node.label] and "some" in clause:
            for target in node.related[name]:
                if oracle.holds(target, clause["some"]):
                    yield target
                    yield from _bound(oracle, target, clause["some"])
        elif name in UP[node.label]:
            for target in node.related[name]:
                yield from _bound(oracle, target, clause)


@dataclass(slots=True)
class Evidence:
    """What a clause found: the nodes that satisfied it, or how many were examined."""

    found: list[Node] = field(default_factory=list)
    examined: int = 0


def evidence(oracle: Oracle, document: Document, hit: Node) -> dict[str, Evidence]:
    """Clause path (JSON Pointer) → what it found for one hit."""
    ((root, where),) = document.items()
    found: dict[str, Evidence] = {}
    _collect(oracle, hit, where, f"/{root}", found)
    for each in found.values():
        each.found = in_order(each.found)
    return found


def _collect(oracle: Oracle, node: Node, where: Filter, path: str, found: dict[str, Evidence]) -> None:
    for name, clause in where.items():
        here = f"{path}/{name}"
        if name in ("AND", "OR"):
            for index, branch in enumerate(clause):
                if oracle.holds(node, branch):
                    _collect(oracle, node, branch, f"{here}/{index}", found)
        elif name in UP[node.label]:
            for target in node.related[name]:
                found.setdefault(here, Evidence()).found.append(target)
                _collect(oracle, target, clause, here, found)
        elif name in DOWN[node.label]:
            for quantifier, operand in clause.items():
                _quantified(oracle, node, name, quantifier, operand, f"{here}/{quantifier}", found)


def _quantified(
    oracle: Oracle, node: Node, relation: str, quantifier: str, operand: Filter, path: str, found: dict[str, Evidence]
) -> None:
    seen = found.setdefault(path, Evidence())
    if quantifier in ("none", "every"):
        seen.examined += len(node.related[relation])
        return
    of = operand.get("of", {}) if quantifier == "count" else operand
    targets = node.related["unresolved" if quantifier == "unresolved" else relation]
    for target in targets:
        if oracle.holds(target, of):
            seen.found.append(target)
            if quantifier == "some":
                _collect(oracle, target, of, path, found)
