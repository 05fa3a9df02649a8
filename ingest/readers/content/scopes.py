"""To which items a content item gives its context, as ranges of places (semantics 2.2–2.7, for any key).

The items of a document get *places*: numbers in which what is reached from an item over CONTAINS and HAS PROPERTIES
lies together, right after the item. So the items that a context reaches are one range of places, less the ranges of
nearer levels that replace it and less the items that are named by its key. Written down for the few items that give
context, that is a small part of an edge for each item that takes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ....graph.facts import Child
from ....graph.schema import POSITION_BITS
from . import names
from .context import Deciding, Key, Own, ambiguous, inherits, is_finding, key_of
from .nodes import Node

MOST = 1 << 20
"""Ranges of one document: hundreds of times what the largest known ones have; a made-up one could ask for billions."""

Ranges = list[tuple[int, int]]


@dataclass(slots=True)
class _Span:
    """Places, both inclusive, that a level reaches, the items that give it the key, and what is left of its places.

    A span without givers is that of an item that is named by the key.
    """

    first: int
    last: int
    level: int
    givers: Sequence[int] = ()
    left: Ranges = field(default_factory=list)
    begun: int = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.first

    def cut(self, first: int, last: int) -> None:
        """Take places out; called in ascending order."""
        if self.begun < first:
            self.left.append((self.begun, first - 1))
        self.begun = last + 1

    def close(self) -> None:
        """Say that nothing more is cut."""
        if self.begun <= self.last:
            self.left.append((self.begun, self.last))


def add_scopes(children: Sequence[Child], nodes: Sequence[Node], own: Own) -> bool:
    """Set the place of each item and, of those that give context, the ranges of places that they give it to.

    ``nodes`` are in preorder. Answers whether all could be told: False where the ranges are more than ``MOST``.
    """
    place, last = _places(nodes)
    for child in children:
        child.properties["contextPlace"] = place[child.position]
    given: dict[int, Ranges] = {}
    number = 0
    for key, spans in _spans(nodes, own, place, last).items():
        for span in _cut(spans):
            if key is Key.FINDING and ambiguous(nodes, Deciding(span.level, tuple(span.givers))):  # 2.7
                continue
            number += len(span.left) * len(span.givers)
            if number > MOST:
                return False
            for giver in span.givers:
                given.setdefault(giver, []).extend(span.left)
    for giver, ranges in given.items():
        children[giver].properties["contextTo"] = [first << POSITION_BITS | end for first, end in _joined(ranges)]
    return True


def _places(nodes: Sequence[Node]) -> tuple[list[int], list[int]]:
    """Of each item its place, and the last place that is reached from it."""
    top: list[int] = []  # the farthest item from which each is reached
    for position, node in enumerate(nodes):
        top.append(top[node.parent] if inherits(node) and node.parent is not None else position)
    place = [0] * len(nodes)
    for number, position in enumerate(sorted(range(len(nodes)), key=top.__getitem__)):
        place[position] = number
    last = place.copy()
    for position in range(len(nodes) - 1, 0, -1):
        parent = nodes[position].parent
        if inherits(nodes[position]) and parent is not None:
            last[parent] = max(last[parent], last[position])
    return place, last


def _spans(nodes: Sequence[Node], own: Own, place: Sequence[int], last: Sequence[int]) -> dict[Key | str, list[_Span]]:
    """By key, what each level reaches before nearer ones replace it, and the items that are named by the key."""
    spans: dict[Key | str, list[_Span]] = {}
    for level, keys in own.items():
        for key, givers in keys.items():
            end = place[level] if key in names.NOT_INHERITED else last[level]  # 2.6
            spans.setdefault(key, []).append(_Span(place[level], end, level, givers))
    for position, node in enumerate(nodes):
        if is_finding(node) and last[position] > place[position]:  # 2.5
            below = _Span(place[position] + 1, last[position], position, (position,))
            spans.setdefault(Key.FINDING, []).append(below)
    for position, node in enumerate(nodes):
        if (key := key_of(node.name)) in spans:  # 2.4
            spans[key].append(_Span(place[position], place[position], position))
    return spans


def _cut(spans: list[_Span]) -> Iterator[_Span]:
    """The spans with givers, less what nearer spans take of them; of equal ones, the deeper level is the nearer."""
    around: list[_Span] = []
    for span in sorted(spans, key=lambda each: (each.first, -each.last, each.level)):
        while around and around[-1].last < span.first:
            around.pop().close()
        if around:
            around[-1].cut(span.first, span.last)
        around.append(span)
    for span in around:
        span.close()
    yield from (span for span in spans if span.givers and span.left)


def _joined(ranges: Ranges) -> Ranges:
    """The same places in as few ranges as they take, in ascending order."""
    joined: Ranges = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
