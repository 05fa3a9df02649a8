"""What a reader says of one object: plain values between ``ingest`` and ``graph``, free of ordinals and engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

Value = str | int | float | bool | date | list[str] | list[int] | list[float] | None
Properties = dict[str, Value]
"""Property name of the schema → value; an absent key and None mean the same."""


@dataclass(slots=True)
class Coded:
    """A coded edge from its holder to the concept ``concept`` (a normalised id), with the edge's properties."""

    type: str
    concept: str
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class Child:
    """A child of an instance: Segment, ContentItem, Roi, WaveformChannel, AnnotationGroup.

    ``position`` is 0-based and unique within ``label``; ``parent`` is the position of the parent ContentItem, None at
    the root.
    """

    label: str
    position: int
    properties: Properties
    codes: list[Coded] = field(default_factory=list)
    parent: int | None = None


@dataclass(slots=True)
class Reference:
    """A reference by UID, resolved by the writer whatever arrives first (semantics 4.1).

    Attributes
    ----------
    holder
        Position of the ContentItem that holds it; None for the Instance itself.
    sop_instance_uid
        The target object; empty where only ``series_instance_uid`` is named.
    segment, item, channel
        A segment number, an item's path or a waveform channel (``1.2``) within the target object; all None for the
        object itself. An IMAGE item that names segments gives one Reference to the Instance and one to each Segment,
        a WAVEFORM item likewise.
    properties
        Of the schema's REFERENCES edge.
    """

    sop_instance_uid: str = ""
    series_instance_uid: str = ""
    holder: int | None = None
    segment: int | None = None
    item: str | None = None
    channel: str | None = None
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class ConceptSeen:
    """What an object says of a concept: the meanings it gives, and what normalisation found."""

    meanings: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    coding_scheme_uid: str = ""
    flagged: bool = False


@dataclass(slots=True)
class Location:
    """Where a copy of the object lies; none of it is part of a digest of the store."""

    uri: str
    transfer_syntax_uid: str = ""
    size: int = 0


class AttributeSet(NamedTuple):
    """Values of declared attributes (semantics 4.7) that objects share.

    Attributes
    ----------
    id
        SHA-256 of ``encoded``.
    encoded
        Canonical JSON: a sorted list of [name, ``text`` | ``number`` | ``days``, value]. Taken apart only where a
        store lacks the set.
    """

    id: str
    encoded: str


@dataclass(slots=True)
class InstanceFacts:
    """Everything the graph holds of one SOP Instance.

    ``patient``, ``study``, ``series`` and ``instance`` carry their ``id`` and the properties this object gives them;
    where objects of one series disagree, the writer merges by semantics 1.8.
    """

    dataset: str
    location: Location
    patient: Properties
    study: Properties
    series: Properties
    instance: Properties
    codes: list[Coded] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    concepts: dict[str, ConceptSeen] = field(default_factory=dict)
    attributes: tuple[AttributeSet, ...] = ()
    frames: tuple[str, ...] = ()
    """Frame of Reference UIDs that link an object which names no image to its person's images (semantics 4.2)."""
    private_schemes: tuple[tuple[str, str], ...] = ()
    """Designator and UID of the private coding schemes that the object identifies."""
    header: bytes = b""
    """The kept header, encoded and compressed (``dicom.header``)."""

    @property
    def sop_instance_uid(self) -> str:
        """The object's identity."""
        return str(self.instance["id"])


def compact(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what is absent: None, empty strings and empty lists."""
    return {name: value for name, value in properties.items() if value is not None and value != "" and value != []}
