"""The Referenced SOP Sequence of a COMPOSITE, IMAGE or WAVEFORM item (PS3.3 C.18.3–C.18.5), and the way back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from ....dicom.elements import decoded, from_json, to_json
from ....dicom.sequences import Level
from ....dicom.values import MalformedValue
from ....graph.facts import Child, InstanceFacts, Properties, Reference
from ..coded import concepts_of
from ..sequences import Place, Walk
from .values import Warn, element, integers, says, texts

REFERENCED_SOP_SEQUENCE = 0x00081199
REFERENCED_SOP_CLASS_UID = 0x00081150
REFERENCED_SOP_INSTANCE_UID = 0x00081155
PURPOSE_OF_REFERENCE = 0x0040A170

BASIS = "contentItem"

_NUMBERS = {0x00081160: ("IS", "frames"), 0x0062000B: ("US", "segments"), 0x0040A0B0: ("US", "channels")}
"""Referenced Frame Number, Referenced Segment Number, Referenced Waveform Channels."""


def read(facts: InstanceFacts, child: Child, level: Level, warn: Warn) -> bool:
    """Add what an item refers to; True where the references say all of the sequence.

    One Reference to the object for each item of the Referenced SOP Sequence, and one to each segment that it names.
    """
    referenced = level.items(REFERENCED_SOP_SEQUENCE)
    complete = len(referenced) == 1
    for index, item in enumerate(referenced):
        try:
            (uid,) = texts(item, REFERENCED_SOP_INSTANCE_UID)
        except ValueError:
            warn("ReferencedSOPInstanceUID is missing or malformed")
            complete = False
            continue
        described, others = _describe(facts, item, uid, warn)
        properties = {**described, "otherAttributes": to_json(others)} if others else described
        facts.references.append(Reference(uid, holder=child.position, properties=properties))
        segments = described.get("segments")
        if isinstance(segments, list):
            facts.references.extend(
                Reference(uid, holder=child.position, segment=int(number), properties=dict(described))
                for number in segments
            )
        if others:
            read_others(facts, child, item, [e.tag for e in others], Place().inside(REFERENCED_SOP_SEQUENCE, index))
    return complete


def read_others(facts: InstanceFacts, child: Child, level: Level, tags: Collection[int], place: Place) -> None:
    """Add the codes and references inside further attributes of an item: CODED edges, references with their path."""
    walk = Walk(facts, {})
    walk.read(level.dataset, level.entries.keys() - set(tags) | {PURPOSE_OF_REFERENCE}, place)
    child.codes.extend(walk.codes.values())
    facts.references.extend(
        replace(reference, holder=child.position, properties={**reference.properties, "basis": BASIS})
        for reference in walk.references.values()
    )


def is_own(reference: Reference) -> bool:
    """Whether it is what an item of the Referenced SOP Sequence itself refers to, so that `write` gives it back."""
    inside = reference.segment is not None or reference.item is not None
    return not inside and not reference.properties.get("fromItem") and not reference.properties.get("path")


def write(reference: Reference) -> DataElement:
    """The Referenced SOP Sequence with the one item that a Reference to an object came from."""
    item = Dataset()
    item.add(element(REFERENCED_SOP_INSTANCE_UID, "UI", [reference.sop_instance_uid]))
    if sop_class := reference.properties.get("sopClassUID"):
        item.add(element(REFERENCED_SOP_CLASS_UID, "UI", [sop_class]))
    for tag, (vr, name) in _NUMBERS.items():
        values = reference.properties.get(name)
        if isinstance(values, list):
            item.add(element(tag, vr, [str(value) for value in values] if vr == "IS" else values))
    item.update(from_json(str(reference.properties.get("otherAttributes") or "")))
    return element(REFERENCED_SOP_SEQUENCE, "SQ", [DicomSequence([item])])


def _describe(facts: InstanceFacts, item: Level, uid: str, warn: Warn) -> tuple[Properties, list[DataElement]]:
    """The properties of a reference, and the elements of its item that they don't say."""
    properties: Properties = {"basis": BASIS}
    others: list[DataElement] = []
    for tag in sorted(item.entries):
        said = False
        try:
            if tag == REFERENCED_SOP_INSTANCE_UID:
                said = says(item, tag, "UI", [uid], warn)
            elif tag == REFERENCED_SOP_CLASS_UID:
                values = texts(item, tag)
                if values:
                    properties["sopClassUID"] = values[0]
                    said = says(item, tag, "UI", values[:1], warn)
            elif tag in _NUMBERS:
                vr, name = _NUMBERS[tag]
                found = integers(item, tag)
                if found:
                    properties[name] = found
                    said = says(item, tag, vr, [str(number) for number in found] if vr == "IS" else found, warn)
            elif tag == PURPOSE_OF_REFERENCE:
                properties["purpose"] = next(iter(concepts_of(facts, item, tag)), None)
        except MalformedValue:
            warn(f"{keyword_for_tag(tag)} is malformed")
        if not said:
            others.append(decoded(item.dataset, tag))
    return properties, others
