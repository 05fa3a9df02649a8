"""Which context belongs to which content item: semantics 2, on the by-value tree alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from . import names


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

_GROUP_KEYS = frozenset({Key.FINDING, Key.SITE, Key.TRACKING_ID, Key.TRACKING_UID, Key.REGION})
_CONTEXT_RELATIONSHIPS = frozenset({"HAS CONCEPT MOD", "HAS OBS CONTEXT", "HAS ACQ CONTEXT"})
_INHERITING = frozenset({"CONTAINS", "HAS PROPERTIES"})


@dataclass(frozen=True, slots=True)
class Node:
    """What the rules need to know of a content item.

    Attributes
    ----------
    name, value
        Concept ids; ``value`` is the Concept Code of a CODE item, empty for others.
    filled
        Whether the item holds a text, UID or region; an empty item gives no context.
    """

    parent: int | None
    relationship_type: str
    value_type: str
    name: str
    value: str
    filled: bool


@dataclass(frozen=True, slots=True)
class Deciding:
    """The items that give a key its values, and the position of the item at whose level they stand."""

    level: int
    sources: tuple[int, ...]


Context = Mapping[Key, Deciding]


def contexts(nodes: Sequence[Node]) -> list[Context]:
    """The context of every item, for items in preorder (semantics 2.2–2.7); a key is own where its level is the item.

    Two unlike FINDINGs at the deciding level stay in the result: they are the caller's ``contextAmbiguous``.
    """
    own = _own(nodes)
    reaching: list[Context] = []  # what the children of an item find when they look upwards from it
    result: list[Context] = []
    nothing: Context = {}
    for position, node in enumerate(nodes):
        inherits = node.parent is not None and node.relationship_type in _INHERITING
        context = reaching[node.parent] if inherits and node.parent is not None else nothing
        if position in own:  # a nearer level replaces a farther one, never merges (2.3)
            context = {**context, **{key: Deciding(position, tuple(of)) for key, of in own[position].items()}}
        below = context
        if _is_finding(node):  # 2.5
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


def _own(nodes: Sequence[Node]) -> dict[int, dict[Key, list[int]]]:
    """Position → the keys that stand on this item's own level → the items that give them (2.2, 2.4)."""
    own: dict[int, dict[Key, list[int]]] = {}
    for position, node in enumerate(nodes):
        key = KEYS.get(node.name)
        if key is None or node.parent is None or not (node.value if key in CODED else node.filled):
            continue
        parent = nodes[node.parent]
        if KEYS.get(parent.name) is not key and _gives(node, key, parent):
            own.setdefault(node.parent, {}).setdefault(key, []).append(position)
    return own


def _gives(node: Node, key: Key, parent: Node) -> bool:
    if node.relationship_type in _CONTEXT_RELATIONSHIPS:
        return True
    if node.relationship_type == "HAS PROPERTIES":
        return parent.value_type != "CONTAINER"
    return node.relationship_type == "CONTAINS" and parent.name == names.MEASUREMENT_GROUP and key in _GROUP_KEYS


def _is_finding(node: Node) -> bool:
    return node.value_type == "CODE" and bool(node.value) and node.name in (names.FINDING, names.SINGLE_IMAGE_FINDING)
