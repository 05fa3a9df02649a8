"""IS_A between concepts: the shipped starter hierarchy of heart, vessels, thorax and abdomen (semantics 6.5).

``data/hierarchy.tsv`` is derived by scripts/build_hierarchy.py; each row names its source.
"""

from __future__ import annotations

from functools import cache, lru_cache

from .aliases import spellings
from .tables import rows


@cache
def _parents() -> dict[str, frozenset[str]]:
    parents: dict[str, set[str]] = {}
    for row in rows("hierarchy"):
        parents.setdefault(row["narrower"], set()).add(row["broader"])
    return {narrower: frozenset(broader) for narrower, broader in parents.items()}


@cache
def _children() -> dict[str, frozenset[str]]:
    children: dict[str, set[str]] = {}
    for narrower, broader in _parents().items():
        for parent in broader:
            children.setdefault(parent, set()).add(narrower)
    return {broader: frozenset(narrower) for broader, narrower in children.items()}


def parents(identifier: str) -> frozenset[str]:
    """The concepts directly above."""
    return _parents().get(identifier, frozenset())


def children(identifier: str) -> frozenset[str]:
    """The concepts directly below."""
    return _children().get(identifier, frozenset())


@lru_cache(maxsize=4096)
def ancestors(identifier: str) -> frozenset[str]:
    """The concept and all concepts above it."""
    return _closure(identifier, _parents())


@lru_cache(maxsize=4096)
def descendants(identifier: str) -> frozenset[str]:
    """The concept and all concepts below it: what ``isA`` asks for."""
    return _closure(identifier, _children())


def equivalents(identifier: str) -> frozenset[str]:
    """The concept and the ids of the codes that normalise to it: exact equivalents only."""
    return spellings(identifier)


def _closure(start: str, neighbours: dict[str, frozenset[str]]) -> frozenset[str]:
    found = {start}
    waiting = [start]
    while waiting:
        new = neighbours.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)
