"""The content tree of a document, in document order, by value and by reference (PS3.3 C.17.3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pydicom.dataset import Dataset

from ...dicom.codes import text
from ...dicom.elements import items
from ...dicom.values import MalformedValue, numbers

CONTENT_SEQUENCE = 0x0040A730
RELATIONSHIP_TYPE = 0x0040A010
VALUE_TYPE = 0x0040A040
REFERENCED_CONTENT_ITEM_IDENTIFIER = 0x0040DB73

ROOT = "1"


@dataclass(frozen=True, slots=True)
class Item:
    """A content item by value.

    ``path`` is its Referenced Content Item Identifier joined by dots (PS3.3 C.17.3.2.5): the root is ``1``, and
    by-reference entries of a Content Sequence count. ``parent`` is a position in the list that `walk` returns.
    """

    dataset: Dataset
    path: str
    parent: int | None


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship by reference from the item at position ``holder`` to the item whose path is ``target``."""

    dataset: Dataset
    path: str
    holder: int
    target: str


def walk(root: Dataset) -> tuple[list[Item], list[Link]]:
    """The items of a document in preorder, and its relationships by reference. Depth is bounded by memory alone."""
    found: list[Item] = []
    links: list[Link] = []
    waiting = [Item(root, ROOT, None)]
    while waiting:
        item = waiting.pop()
        position = len(found)
        found.append(item)
        children: list[Item] = []
        for number, dataset in enumerate(items(item.dataset, CONTENT_SEQUENCE), 1):
            path = f"{item.path}.{number}"
            target = _target(dataset) if VALUE_TYPE not in dataset else ""
            if target:
                links.append(Link(dataset, path, position, target))
            else:
                children.append(Item(dataset, path, position))
        waiting.extend(reversed(children))
    return found, links


def relationship_type(dataset: Dataset) -> str:
    """Relationship Type to the parent, as it is written."""
    return text(dataset, RELATIONSHIP_TYPE)


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


def _target(dataset: Dataset) -> str:
    """The path that an entry of a Content Sequence refers to; empty where it is no reference, or a malformed one."""
    try:
        return ".".join(map(str, numbers(dataset, REFERENCED_CONTENT_ITEM_IDENTIFIER)))
    except MalformedValue:
        return ""
