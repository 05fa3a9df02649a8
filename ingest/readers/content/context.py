"""Which context belongs to which content item: semantics 2, on the by-value tree alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from . import names
from .nodes import Node


class Key(Enum):
    """What an item can be told by its context."""

    SITE = auto()
    FINDING = auto()
    METHOD = auto()
    TIMEPOINT = auto()
    SUBJECT = auto()
    LATERALITY = auto()
    MODIFIER = auto()
    TIME_POINT = auto()
    TRACKING_ID = auto()
    TRACKING_UID = auto()
    REGION = auto()
    SUBJECT_RELATIONSHIP = auto()


KEYS: Mapping[str, Key] = {
    names.FINDING_SITE: Key.SITE,
    names.FINDING: Key.FINDING,
    names.MEASUREMENT_METHOD: Key.METHOD,
    names.TIME_POINT_TYPE: Key.TIMEPOINT,
    names.SUBJECT_CLASS: Key.SUBJECT,
    names.LATERALITY: Key.LATERALITY,
    names.TOPOGRAPHICAL_MODIFIER: Key.MODIFIER,
    names.TIME_POINT: Key.TIME_POINT,
    names.TRACKING_IDENTIFIER: Key.TRACKING_ID,
    names.TRACKING_UNIQUE_IDENTIFIER: Key.TRACKING_UID,
    names.SUBJECT_RELATIONSHIP: Key.SUBJECT_RELATIONSHIP,
    **dict.fromkeys(names.REGIONS, Key.REGION),
}
"""Concept name → the key that an item of this name gives to others."""

CODED = frozenset(
    {
        Key.SITE,
        Key.FINDING,
        Key.METHOD,
        Key.TIMEPOINT,
        Key.SUBJECT,
        Key.LATERALITY,
        Key.MODIFIER,
        Key.SUBJECT_RELATIONSHIP,
    }
)
"""Keys whose values are codes."""

_GROUP_KEYS: frozenset[Key | str] = frozenset(
    {Key.FINDING, names.FINDING_CATEGORY, Key.SITE, Key.TRACKING_ID, Key.TRACKING_UID, Key.REGION}
)
_CONTEXT_RELATIONSHIPS = frozenset({"HAS CONCEPT MOD", "HAS OBS CONTEXT", "HAS ACQ CONTEXT"})
_INHERITING = frozenset({"CONTAINS", "HAS PROPERTIES"})


@dataclass(frozen=True, slots=True)
class Deciding:
    """The items that give a key its values, and the position of the item at whose level they stand."""

    level: int
    sources: tuple[int, ...]


Context = Mapping[Key, Deciding]
Own = Mapping[int, Mapping[Key | str, Sequence[int]]]
"""Position → the keys that stand on this item's own level → the items that give them; other keys are concept names."""


def own(nodes: Sequence[Node]) -> Own:
    """What stands on each item's own level (2.2, 2.4), for items in preorder."""
    found: dict[int, dict[Key | str, list[int]]] = {}
    for position, node in enumerate(nodes):
        if node.parent is None or not node.name:
            continue
        key, parent = key_of(node.name), nodes[node.parent]
        if _gives(node, key, parent) and _has_value(node, key) and key_of(parent.name) != key:
            found.setdefault(node.parent, {}).setdefault(key, []).append(position)
    return found


def contexts(nodes: Sequence[Node], own: Own) -> list[Context]:
    """The dedicated keys of every item (semantics 2.2–2.7); a key is own where its level is the item.

    Two unlike FINDINGs at the deciding level stay in the result: they are the caller's ``contextAmbiguous``.
    """
    reaching: list[Context] = []  # what the children of an item find when they look upwards from it
    result: list[Context] = []
    nothing: Context = {}
    for position, node in enumerate(nodes):
        context = reaching[node.parent] if inherits(node) and node.parent is not None else nothing
        here = {key: Deciding(position, tuple(of)) for key, of in own.get(position, {}).items() if isinstance(key, Key)}
        if here:  # a nearer level replaces a farther one, never merges (2.3)
            context = {**context, **here}
        below = context
        if is_finding(node):  # 2.5
            below = {**context, Key.FINDING: Deciding(position, (position,))}
        taken = KEYS.get(node.name)
        if taken in context:  # an item named by the key never takes that key (2.4)
            context = {key: deciding for key, deciding in context.items() if key is not taken}
        reaching.append(below)
        result.append(context)
    return result


def ambiguous(nodes: Sequence[Node], deciding: Deciding) -> bool:
    """Whether the values of a key differ (semantics 2.7)."""
    return len({nodes[source].value for source in deciding.sources}) > 1


def key_of(name: str) -> Key | str:
    """The key that an item of this name gives to others; of no dedicated one the name itself."""
    return KEYS.get(name, name)


def inherits(node: Node) -> bool:
    """Whether an item is reached from its parent (2.3)."""
    return node.parent is not None and node.relationship_type in _INHERITING


def is_finding(node: Node) -> bool:
    """Whether its value is the FINDING of what is reached from it (2.5)."""
    return node.value_type == "CODE" and bool(node.value) and node.name in (names.FINDING, names.SINGLE_IMAGE_FINDING)


def _has_value(node: Node, key: Key | str) -> bool:
    if not isinstance(key, Key):
        return node.says
    return bool(node.value) if key in CODED else node.filled


def _gives(node: Node, key: Key | str, parent: Node) -> bool:
    if node.relationship_type in _CONTEXT_RELATIONSHIPS:
        return True
    if node.relationship_type == "HAS PROPERTIES":
        return parent.value_type != "CONTAINER"
    return node.relationship_type == "CONTAINS" and parent.name == names.MEASUREMENT_GROUP and key in _GROUP_KEYS
