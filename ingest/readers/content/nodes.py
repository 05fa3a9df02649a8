"""What the rules of semantics 2 need to know of a content item."""

from __future__ import annotations

from dataclasses import dataclass

from ....graph.facts import Child

_CONTEXT_TEXTS = frozenset({"textValue", "uid", "graphicData"})
_VALUES = frozenset({"numericString", "date", "time", "dateTime", "personName", "temporalRangeType"})
"""Properties by which an item that holds no code says something."""


@dataclass(frozen=True, slots=True)
class Node:
    """What the rules need to know of a content item.

    Attributes
    ----------
    name, value
        Concept ids; ``value`` is the Concept Code of a CODE item, empty for others.
    filled
        Whether the item holds a text, UID or region.
    says
        Whether it holds any value at all; an empty item gives no context.
    """

    parent: int | None
    relationship_type: str
    value_type: str
    name: str
    value: str
    filled: bool
    says: bool


def node_of(child: Child, *, refers: bool) -> Node:
    """The node of a content item; ``refers`` where it refers to objects or other items."""
    codes = {coded.type: coded.concept for coded in reversed(child.codes)}
    properties = child.properties
    filled = refers or not _CONTEXT_TEXTS.isdisjoint(properties)
    return Node(
        child.parent,
        str(properties.get("relationshipType", "")),
        str(properties.get("valueType", "")),
        codes.get("NAME", ""),
        codes.get("VALUE", ""),
        filled,
        filled or "VALUE" in codes or "QUALIFIER" in codes or not _VALUES.isdisjoint(properties),
    )
