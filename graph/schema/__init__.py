"""The schema, declared once: node labels, their properties, edge types and theirs.

Table creation, constraints, indexes, filter fields and docs/schema.md are derived from the two tables below; a new
node property is one line here. Property names are DICOM keywords in lowerCamelCase (semantics 1.1); the few that
have no keyword say so in ``doc``.
"""

from __future__ import annotations

from collections.abc import Iterator

from .edges import BASES, EDGES
from .model import Edge, Node, Property, Type
from .nodes import NODES, VARYING

__all__ = [
    "BASES",
    "CHILDREN",
    "EDGES",
    "NODES",
    "POSITION_BITS",
    "SCHEMA_VERSION",
    "VARYING",
    "Edge",
    "Node",
    "Property",
    "Type",
    "child_key",
    "edge",
    "edge_tables",
    "node",
    "public_id",
]

SCHEMA_VERSION = 3
POSITION_BITS = 20
"""A child's key is ``instance ordinal << POSITION_BITS | position``."""

_NODES = {node.label: node for node in NODES}
_EDGES = {edge.type: edge for edge in EDGES}


def node(label: str) -> Node:
    """The declaration of a label; KeyError where there is none."""
    return _NODES[label]


def edge(type_: str) -> Edge:
    """The declaration of an edge type; KeyError where there is none."""
    return _EDGES[type_]


def edge_tables() -> Iterator[tuple[Edge, str, str]]:
    """Every (edge type, source label, target label)."""
    for declared in EDGES:
        for source, target in declared.pairs:
            yield declared, source, target


CHILDREN: dict[str, str] = {
    target: e.type for e in EDGES for source, target in e.pairs if source == "Instance" and e.type.startswith("HAS_")
}
"""Child label → the edge that leads from its Instance to it."""


def child_key(ordinal: int, position: int) -> int:
    """The key of an instance's child.

    Raises
    ------
    OverflowError
        where ``position`` does not fit POSITION_BITS.
    """
    if not 0 <= position < 1 << POSITION_BITS:
        raise OverflowError(f"position {position} of a child exceeds {(1 << POSITION_BITS) - 1}")
    return ordinal << POSITION_BITS | position


def public_id(sop_instance_uid: str, label: str, number: str | int) -> str:
    """A child's public id: ``<SOP Instance UID>#item/1.3.2``; of an item outside the tree ``…#annotation/1``."""
    number = str(number)
    return f"{sop_instance_uid}#{number if '/' in number else f'{_NODES[label].public}/{number}'}"
