"""One content item as a child of its Instance, and the item rebuilt from it (PS3.3 C.17.3, C.18)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from ....dicom.elements import from_json, joined
from ....dicom.sequences import Level
from ....graph.facts import Child, Coded, InstanceFacts
from ....ontology.assertions import assertion
from ..coded import add_codes, code_item
from ..sequences import Place
from . import measured, references, values
from .tree import CONTENT_SEQUENCE, Item
from .values import ATTRIBUTES, Warn, element, first, says

CONTENT_TEMPLATE = 0x0040A504
CODES = {0x0040A043: "NAME", 0x0040A168: "VALUE", measured.NUMERIC_VALUE_QUALIFIER: "QUALIFIER"}
"""Concept Name, Concept Code and Numeric Value Qualifier Code Sequence."""

ROOT_TAGS = frozenset({*ATTRIBUTES, *CODES, measured.MEASURED_VALUE_SEQUENCE, CONTENT_TEMPLATE, CONTENT_SEQUENCE})
"""What of a document's Dataset belongs to its root content item; the rest is the object's own."""

_TEMPLATE = {0x00080105: "mappingResource", 0x0040DB00: "templateIdentifier"}
_VALUE_TYPES = frozenset(
    {
        "CODE",
        "COMPOSITE",
        "CONTAINER",
        "DATE",
        "DATETIME",
        "IMAGE",
        "NUM",
        "PNAME",
        "SCOORD",
        "SCOORD3D",
        "TABLE",
        "TCOORD",
        "TEXT",
        "TIME",
        "UIDREF",
        "WAVEFORM",
    }
)
_RELATIONSHIP_TYPES = frozenset(
    {
        "CONTAINS",
        "HAS PROPERTIES",
        "HAS OBS CONTEXT",
        "HAS ACQ CONTEXT",
        "HAS CONCEPT MOD",
        "INFERRED FROM",
        "SELECTED FROM",
    }
)


def read(facts: InstanceFacts, item: Item, warn: Warn) -> Child:
    """A content item with its codes; what it refers to is added to ``facts.references``.

    What no property, edge or reference says exactly is kept in ``otherAttributes``.
    """
    tags = item.level.entries.keys()
    child = read_tags(facts, item, tags if item.parent is not None else ROOT_TAGS & tags, warn)
    _judge(child, warn)
    return child


def read_tags(facts: InstanceFacts, item: Item, tags: Collection[int], warn: Warn) -> Child:
    """What `read` answers of these attributes of an item alone, whatever types it has.

    A CODE item gets what it asserts (semantics 3.1).
    """
    level = item.level
    child = Child("ContentItem", item.position, {"path": item.path}, parent=item.parent)
    others: list[str] = []
    unknown: list[int] = []
    for tag in sorted(tags):
        attribute = ATTRIBUTES.get(tag)
        if attribute is not None:
            said = values.read(level, attribute, child.properties, warn)
        elif tag in CODES:
            said = add_codes(facts, child.codes, CODES[tag], level, tag)
        elif tag == CONTENT_SEQUENCE:
            said = item.has_content
        elif tag == measured.MEASURED_VALUE_SEQUENCE:
            further = measured.read(facts, child, level, warn)
            others += [further] if further else []
            said = True
        elif tag == references.REFERENCED_SOP_SEQUENCE:
            said = references.read(facts, child, level, warn)
        elif tag == CONTENT_TEMPLATE:
            said = _read_template(level, child, warn)
        else:
            said = False
            unknown.append(tag)
        if not said:
            others.append(level.member(tag))
    if unknown:
        references.read_others(facts, child, level, unknown, Place())
    if others:
        child.properties["otherAttributes"] = joined(others)
    value = next((coded.concept for coded in child.codes if coded.type == "VALUE"), None)
    if value is not None and child.properties.get("valueType", "CODE") == "CODE":
        child.properties["assertion"] = assertion(value)
    return child


def write(child: Child) -> Dataset:
    """The content item that a child was read from, without its Content Sequence and what it refers to."""
    others = from_json(str(child.properties.get("otherAttributes") or ""))
    ds = Dataset()
    for said in (values.write(child.properties), _write_codes(child.codes), _write_template(child)):
        for one in said:
            ds.add(one)
    measured.write(child, others)
    ds.update(others)
    return ds


def _judge(child: Child, warn: Warn) -> None:
    """List the types that PS3.3 doesn't know."""
    value_type = child.properties.get("valueType")
    if value_type not in _VALUE_TYPES:
        warn(f"ValueType is {'unknown' if value_type else 'missing'}")
    relationship_type = child.properties.get("relationshipType")
    if child.parent is not None and relationship_type not in _RELATIONSHIP_TYPES:
        warn(f"RelationshipType is {'unknown' if relationship_type else 'missing'}")


def _write_codes(coded: Iterable[Coded]) -> Iterator[DataElement]:
    first = {one.type: one for one in reversed(list(coded))}
    for tag, type_ in CODES.items():
        if type_ in first:
            yield element(tag, "SQ", [Sequence([code_item(first[type_].concept, first[type_].properties)])])


def _read_template(level: Level, child: Child, warn: Warn) -> bool:
    found = level.items(CONTENT_TEMPLATE)
    complete = len(found) == 1
    for item in found[:1]:
        said = 0
        for tag, name in _TEMPLATE.items():
            value = first(item, tag)
            if value:
                child.properties[name] = value
                said += says(item, tag, "CS", [value], warn)
        complete = complete and said == len(item.entries) > 0
    return complete


def _write_template(child: Child) -> Iterator[DataElement]:
    item = Dataset()
    for tag, name in _TEMPLATE.items():
        if value := child.properties.get(name):
            item.add(element(tag, "CS", [value]))
    if item:
        yield element(CONTENT_TEMPLATE, "SQ", [Sequence([item])])
