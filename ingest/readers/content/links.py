"""Relationships by reference: a Reference from one content item to another of the same object (PS3.3 C.17.3.2.5)."""

from __future__ import annotations

from pydicom.dataset import Dataset

from ....dicom.elements import decoded, from_json, to_json
from ....graph.facts import InstanceFacts, Properties, Reference
from .references import BASIS
from .tree import REFERENCED_CONTENT_ITEM_IDENTIFIER, RELATIONSHIP_TYPE, Link
from .values import Warn, element, first, says


def read(facts: InstanceFacts, link: Link, warn: Warn) -> None:
    """Add a relationship by reference; it stays one also where no item has that path, or it closes a cycle."""
    properties: Properties = {"basis": BASIS, "path": link.path}
    said = set()
    if type_ := first(link.level, RELATIONSHIP_TYPE):
        properties["relationshipType"] = type_
        if says(link.level, RELATIONSHIP_TYPE, "CS", [type_], warn):
            said.add(RELATIONSHIP_TYPE)
    is_plain = link.target == ".".join(map(str, link.numbers))
    if is_plain and says(link.level, REFERENCED_CONTENT_ITEM_IDENTIFIER, "UL", link.numbers, warn):
        said.add(REFERENCED_CONTENT_ITEM_IDENTIFIER)
    others = [decoded(link.level.dataset, tag) for tag in sorted(link.level.entries.keys() - said)]
    if others:
        properties["otherAttributes"] = to_json(others)
    facts.references.append(
        Reference(facts.sop_instance_uid, holder=link.holder, item=link.target, properties=properties)
    )


def write(reference: Reference) -> Dataset:
    """The entry of a Content Sequence that a Reference was read from."""
    ds = Dataset()
    if type_ := reference.properties.get("relationshipType"):
        ds.add(element(RELATIONSHIP_TYPE, "CS", [type_]))
    others = from_json(str(reference.properties.get("otherAttributes") or ""))
    if REFERENCED_CONTENT_ITEM_IDENTIFIER not in others:
        numbers = [int(number) for number in str(reference.item).split(".")]
        ds.add(element(REFERENCED_CONTENT_ITEM_IDENTIFIER, "UL", numbers))
    ds.update(others)
    return ds


def is_own(reference: Reference) -> bool:
    """Whether it is a relationship by reference, not a region that an item has for its context."""
    return reference.item is not None and not reference.properties.get("fromItem")
