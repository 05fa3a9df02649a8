"""The content tree of a document, in document order, by value and by reference (PS3.3 C.17.3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pydicom.dataset import Dataset

from ....dicom.sequences import Level
from ....dicom.values import MalformedValue
from ....graph.item_paths import inside, written
from .values import integers

CONTENT_SEQUENCE = 0x0040A730
RELATIONSHIP_TYPE = 0x0040A010
VALUE_TYPE = 0x0040A040
REFERENCED_CONTENT_ITEM_IDENTIFIER = 0x0040DB73

ROOT = "1"


@dataclass(frozen=True, slots=True)
class Item:
    """A content item by value.

    ``path`` is its Referenced Content Item Identifier joined by dots (see `graph.item_paths`): the root is ``1``, and
    by-reference entries of a Content Sequence count. ``parent`` is a position in the list that `walk` returns.
    ``has_content`` tells whether its Content Sequence has any item.
    """

    level: Level
    position: int
    path: str
    parent: int | None
    has_content: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship by reference from the item at position ``holder`` to the item whose path is ``target``.

    ``numbers`` are those of its Referenced Content Item Identifier.
    """

    level: Level
    path: str
    holder: int
    numbers: list[int]
    target: str


def walk(root: Dataset) -> tuple[list[Item], list[Link]]:
    """The items of a document in preorder, and its relationships by reference. Depth is bounded by memory alone."""
    found: list[Item] = []
    references: list[tuple[Level, str, int, list[int]]] = []
    waiting: list[tuple[Level, str, int | None]] = [(Level.of(root), ROOT, None)]
    while waiting:
        level, path, parent = waiting.pop()
        position = len(found)
        content = level.items(CONTENT_SEQUENCE)
        if content and not level.made:
            del level.entries[CONTENT_SEQUENCE]  # the bytes of all levels below, which the items hold too
        found.append(Item(level, position, path, parent, bool(content)))
        begin = inside(path, position)
        children: list[tuple[Level, str, int | None]] = []
        for number, entry in enumerate(content, 1):
            target = _target(entry)
            if target:
                references.append((entry, f"{begin}.{number}", position, target))
            else:
                children.append((entry, f"{begin}.{number}", position))
        waiting.extend(reversed(children))
    positions = {item.path: item.position for item in found} if references else {}
    return found, [Link(*reference, written(reference[-1], positions)) for reference in references]


def cycle(found: Sequence[Item], links: Sequence[Link]) -> list[str]:
    """The paths along one cycle of relationships; empty where there is none."""
    if not links:
        return []
    followers: dict[str, list[str]] = {}
    for item in found:
        if item.parent is not None:
            followers.setdefault(found[item.parent].path, []).append(item.path)
    for link in links:
        followers.setdefault(found[link.holder].path, []).append(link.target)
    try:
        TopologicalSorter(followers).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _target(entry: Level) -> list[int]:
    """The identifier that an entry of a Content Sequence has; empty where it is no reference, or a malformed one."""
    if REFERENCED_CONTENT_ITEM_IDENTIFIER not in entry.entries or VALUE_TYPE in entry.entries:
        return []
    try:
        return [*integers(entry, REFERENCED_CONTENT_ITEM_IDENTIFIER)]
    except MalformedValue:
        return []
