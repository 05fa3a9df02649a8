"""What a relation of a nested page lists: semantics 6.13, straight from the page."""

from __future__ import annotations

from collections.abc import Iterator

from .evaluate import DOWN, UP, Filter, Oracle, reached
from .model import DEPTH, LEVELS, Node, in_order
from .results import _bound


def below(
    oracle: Oracle, hit: Node, where: Filter, node: Node, relation: str, *, free: bool = False, every: bool = False
) -> tuple[list[Node], bool]:
    """What ``relation`` lists of ``node``, for one hit; and whether no clause led to it."""
    everything = in_order(node.related[relation])
    if relation not in DOWN[node.label] and relation != "unresolved":
        return everything[:1], free
    descends = relation in LEVELS and node.label in DEPTH and DEPTH[LEVELS[relation]] > DEPTH[node.label]
    if free or every:
        return everything, free or not descends
    if descends:
        listed = _listed(oracle, hit, where, relation)
        return [each for each in everything if listed is None or each in listed], False
    pairs = [
        (one, two) for name, one, two in _pairs(oracle, hit, where) if name == relation and one.label == node.label
    ]
    if not pairs:
        return everything, True
    return [each for each in everything if (node, each) in pairs], False


def _listed(oracle: Oracle, hit: Node, where: Filter, level: str) -> list[Node] | None:
    """What 6.11 lists at a level, None where all under the node is to be shown."""
    label = LEVELS[level]
    if label == hit.label:
        return [hit]
    bound = [node for node in _bound(oracle, hit, where) if node.label in DEPTH]
    found = [up for each in bound if each.label == label or DEPTH[each.label] > DEPTH[label] for up in each.up(label)]
    if found:
        return found
    above = [node for node in bound if DEPTH[node.label] < DEPTH[label]]
    if above:
        deepest = max(DEPTH[node.label] for node in above)
        return [down for node in above if DEPTH[node.label] == deepest for down in node.related[level]]
    return hit.up(label) if DEPTH[label] < DEPTH[hit.label] else None


def _pairs(oracle: Oracle, node: Node, where: Filter) -> Iterator[tuple[str, Node, Node]]:
    """Relation, holder and target of everything that positive ``some`` clauses bind."""
    for name, clause in where.items():
        if name in ("AND", "OR"):
            for branch in clause:
                if oracle.holds(node, branch):
                    yield from _pairs(oracle, node, branch)
        elif name in DOWN[node.label]:
            for quantifier, related in (("some", name), ("unresolved", "unresolved")):
                for target in reached(node, name, clause, quantifier) if quantifier in clause else ():
                    if oracle.holds(target, clause[quantifier]):
                        yield related, node, target
                        yield from _pairs(oracle, target, clause[quantifier])
        elif name == "within":
            for one, two in oracle.pairs(node, clause):
                yield from _pairs(oracle, one, clause["first"])
                yield from _pairs(oracle, two, clause["then"])
        elif name in UP[node.label]:
            for target in node.related[name]:
                yield from _pairs(oracle, target, clause)
