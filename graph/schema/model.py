"""What the schema is made of: properties, node labels, edge types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """The value types both engines hold."""

    STRING = "STRING"
    INT64 = "INT64"
    DOUBLE = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    STRINGS = "STRING[]"
    INT64S = "INT64[]"
    DOUBLES = "DOUBLE[]"


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a node or an edge.

    Attributes
    ----------
    alias
        Its short name in a filter document, where it has one (``number`` for ``numericValue``).
    unit
        The declared UCUM unit of a number.
    local
        True for what belongs to one location of the object or to this store alone (URIs, transfer syntax, ordinals):
        left out of the store's digest.
    indexed
        True where Neo4j gets a range index.
    filtered
        False for what a question can't name.
    """

    name: str
    type: Type = Type.STRING
    doc: str = ""
    alias: str = ""
    unit: str = ""
    local: bool = False
    indexed: bool = False
    filtered: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    """A node label. ``key`` is ``id`` (STRING) or, for the children of an instance, ``key`` (INT64).

    ``public`` is the fragment name of a child's derived public id: ``<SOP Instance UID>#segment/3``, whose last part
    is the property ``number``.
    """

    label: str
    key: Property
    properties: tuple[Property, ...]
    doc: str
    public: str = ""
    number: str = ""

    @property
    def is_child(self) -> bool:
        """True for a child of an instance, keyed by ordinal and position."""
        return self.key.type is Type.INT64

    @property
    def columns(self) -> tuple[Property, ...]:
        """The key, then the other properties."""
        return (self.key, *self.properties)

    def property(self, name: str) -> Property | None:
        """The property of that name or alias, or None."""
        return next((p for p in self.columns if name in (p.name, p.alias)), None)


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge type, between one or more pairs of labels.

    ``field`` is the name of the edge in a filter document where it leads to a Concept.
    """

    type: str
    pairs: tuple[tuple[str, str], ...]
    properties: tuple[Property, ...] = ()
    doc: str = ""
    field: str = ""

    @property
    def is_coded(self) -> bool:
        """True where the target is a Concept and the edge keeps the code as it was read."""
        return bool(self.pairs) and all(target == "Concept" for _, target in self.pairs) and self.properties != ()
