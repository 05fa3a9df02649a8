"""Segments of a Segmentation (PS3.3 C.8.20.4) with their codes."""

from __future__ import annotations

from ...dicom.sequences import Level
from ...graph.facts import Child, Coded, InstanceFacts
from .common import declared, read_properties, warn
from .kinds import LABEL_MAP_SEGMENTATION, SEGMENTATION
from .sequences import ANATOMY_SEQUENCES, SEGMENT_SEQUENCE, Walk, add_references

BACKGROUND = "DCM:125040"
"""What a label map calls the voxels of no segment (semantics 4.4)."""

_TOLD = {0x00620003: "CATEGORY", 0x0062000F: "TYPE", 0x00082218: "REGION"}
_EDGES = {
    ("", "SegmentedPropertyCategoryCodeSequence"): "CATEGORY",
    ("", "SegmentedPropertyTypeCodeSequence"): "TYPE",
    **{("", keyword): "REGION" for keyword in ANATOMY_SEQUENCES},
}
_ATTRIBUTES = declared("Segment")


def read_segments(level: Level, facts: InstanceFacts) -> None:
    """Add an object's segments and what they show (semantics 5)."""
    is_label_map = "LABELMAP" in str(facts.instance.get("segmentationType", ""))
    warnings: list[str] = []
    shown: dict[str, None] = {}
    for position, item in enumerate(level.items(SEGMENT_SEQUENCE)):
        segment = _segment(facts, item, position, warnings)
        types = [coded.concept for coded in segment.codes if coded.type == "TYPE"]
        if is_label_map and BACKGROUND in types:
            continue
        shown.update(dict.fromkeys(types))
        facts.children.append(segment)
    facts.codes.extend(Coded("SHOWS", concept) for concept in shown)
    if facts.instance.get("sopClassUID") in (SEGMENTATION, LABEL_MAP_SEGMENTATION):
        facts.instance["measurement"] = "pending"
    warn(facts, *warnings)


def _segment(facts: InstanceFacts, item: Level, position: int, warnings: list[str]) -> Child:
    properties = read_properties(item, _ATTRIBUTES, warnings)
    walk = Walk(facts, _EDGES)
    walk.read_level(item)
    for reference in walk.references.values():  # an edge from a Segment leads to concepts only
        reference.properties["path"] = f"SegmentSequence[{position}].{reference.properties['path']}"
    add_references(facts, walk)
    codes = list(walk.codes.values())
    told = {tag for tag, type_ in _TOLD.items() if _is_whole(item.items(tag), codes, type_)}
    if others := item.to_json(item.entries.keys() - told - _ATTRIBUTES.keys()):
        properties["otherAttributes"] = others
    return Child("Segment", position, {"position": position, **properties}, codes)


def _is_whole(found: list[Level], codes: list[Coded], type_: str) -> bool:
    """Whether the edges of a type rebuild the code sequence: one item, one edge."""
    return len(found) == 1 == sum(coded.type == type_ for coded in codes)
