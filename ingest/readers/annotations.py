"""Groups of microscopy bulk annotations (PS3.3 C.37.1) with their codes."""

from __future__ import annotations

from pydicom.dataset import Dataset

from ...dicom.sequences import Level, items
from ...graph.facts import Child, Coded, InstanceFacts
from .common import declared, read_properties, warn
from .content.values import first
from .sequences import ANATOMY_SEQUENCES, TOP, Walk, add_references

ANNOTATION_GROUP_SEQUENCE = 0x006A0002
_ANNOTATION_COORDINATE_TYPE = 0x006A0001
_ALGORITHM_IDENTIFICATION_SEQUENCE = 0x006A0008
_ALGORITHM = {"algorithmName": 0x00660036, "algorithmVersion": 0x00660031}
_PARENT = "AnnotationGroupSequence"
_EDGES = {
    (_PARENT, "AnnotationPropertyCategoryCodeSequence"): "ANNOTATION_CATEGORY",
    (_PARENT, "AnnotationPropertyTypeCodeSequence"): "ANNOTATION_TYPE",
    **{(_PARENT, keyword): "ANNOTATION_REGION" for keyword in ANATOMY_SEQUENCES},
}
_ATTRIBUTES = declared("AnnotationGroup")


def read_annotation_groups(ds: Dataset, facts: InstanceFacts) -> None:
    """Add an object's annotation groups and what they show (semantics 5); what they refer to is the object's."""
    warnings: list[str] = []
    shown: dict[str, None] = {}
    coordinate_type = first(Level.of(ds), _ANNOTATION_COORDINATE_TYPE)
    for position, item in enumerate(items(ds, ANNOTATION_GROUP_SEQUENCE)):
        walk = Walk(facts, _EDGES)
        walk.read(item, place=TOP.inside(ANNOTATION_GROUP_SEQUENCE, position))
        add_references(facts, walk)
        codes = list(walk.codes.values())
        shown.update(dict.fromkeys(coded.concept for coded in codes if coded.type == "ANNOTATION_TYPE"))
        group = Child("AnnotationGroup", position, {"position": position}, codes)
        group.properties |= read_properties(Level.of(item), _ATTRIBUTES, warnings)
        if coordinate_type:
            group.properties["annotationCoordinateType"] = coordinate_type
        algorithms = Level.of(item).items(_ALGORITHM_IDENTIFICATION_SEQUENCE)
        for name, tag in _ALGORITHM.items():
            if found := [text for text in (first(algorithm, tag) for algorithm in algorithms) if text]:
                group.properties[name] = found
        facts.children.append(group)
    facts.codes.extend(Coded("SHOWS", concept) for concept in shown)
    warn(facts, *warnings)
