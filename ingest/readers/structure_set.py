"""Regions of interest of an RT Structure Set (PS3.3 C.8.8.5, C.8.8.6, C.8.8.8): names, observations, contours."""

from __future__ import annotations

from collections import defaultdict

from pydicom.dataset import Dataset

from ...dicom.contours import bounding_box, read_contour, volume
from ...dicom.sequences import Level, items
from ...dicom.values import numbers
from ...graph.facts import Child, Coded, InstanceFacts, Properties
from .common import declared, read_properties, warn
from .sequences import ANATOMY_SEQUENCES, TOP, Place, Walk, add_references

_STRUCTURE_SET_ROI_SEQUENCE = 0x30060020
_ROI_CONTOUR_SEQUENCE = 0x30060039
_RT_ROI_OBSERVATIONS_SEQUENCE = 0x30060080
ROI_SEQUENCES = (_STRUCTURE_SET_ROI_SEQUENCE, _ROI_CONTOUR_SEQUENCE, _RT_ROI_OBSERVATIONS_SEQUENCE)
_REFERENCED_ROI_NUMBER = 0x30060084
_CONTOUR_SEQUENCE = 0x30060040

_TYPES = {
    "RTROIIdentificationCodeSequence": "ROI_TYPE",
    "SegmentedPropertyTypeCodeSequence": "ROI_TYPE",
    "SegmentedPropertyCategoryCodeSequence": "ROI_CATEGORY",
    **dict.fromkeys(ANATOMY_SEQUENCES, "ROI_REGION"),
}
_EDGES = {
    (parent, keyword): type_
    for parent in ("StructureSetROISequence", "RTROIObservationsSequence")
    for keyword, type_ in _TYPES.items()
}
_ATTRIBUTES = declared("Roi")
_OF_CONTOURS = ("contourGeometricType", "numberOfContours")
_GIVEN = {tag: attribute for tag, attribute in _ATTRIBUTES.items() if attribute.name not in _OF_CONTOURS}

Numbered = dict[int | None, list[tuple[Dataset, Place]]]
"""Referenced ROI Number → the items that name it, and their places."""


def read_rois(ds: Dataset, facts: InstanceFacts) -> None:
    """Add an object's regions of interest and what they show (semantics 5); what they refer to is the object's.

    What names an ROI that isn't there is the object's own.
    """
    warnings: list[str] = []
    shown: dict[str, None] = {}
    contours, observations = _numbered(ds, _ROI_CONTOUR_SEQUENCE), _numbered(ds, _RT_ROI_OBSERVATIONS_SEQUENCE)
    for position, item in enumerate(items(ds, _STRUCTURE_SET_ROI_SEQUENCE)):
        properties = read_properties(Level.of(item), _GIVEN, warnings)
        number = properties.get("roiNumber")
        drawn, observed = (
            found.pop(number, []) if isinstance(number, int) else [] for found in (contours, observations)
        )
        for observation, _ in observed:
            properties = read_properties(Level.of(observation), _GIVEN, warnings) | properties
        properties |= _measured(
            [contour for holder, _ in drawn for contour in items(holder, _CONTOUR_SEQUENCE)], warnings
        )
        walk = Walk(facts, _EDGES)
        for holder, place in [(item, TOP.inside(_STRUCTURE_SET_ROI_SEQUENCE, position)), *drawn, *observed]:
            walk.read(holder, place=place)
        add_references(facts, walk)
        codes = list(walk.codes.values())
        shown.update(dict.fromkeys(coded.concept for coded in codes if coded.type == "ROI_TYPE"))
        facts.children.append(Child("Roi", position, {"position": position, **properties}, codes))
    walk = Walk(facts)
    for holder, place in (one for found in (contours, observations) for rest in found.values() for one in rest):
        walk.read(holder, place=place)
    facts.codes.extend(walk.codes.values())
    add_references(facts, walk)
    facts.codes.extend(Coded("SHOWS", concept) for concept in shown)
    warn(facts, *warnings)


def _numbered(ds: Dataset, tag: int) -> Numbered:
    found: Numbered = defaultdict(list)
    for position, item in enumerate(items(ds, tag)):
        try:
            (number,) = numbers(item, _REFERENCED_ROI_NUMBER)
        except ValueError:
            number = -1  # no ROI Number is negative
        found[int(number)].append((item, TOP.inside(tag, position)))
    return found


def _measured(found: list[Dataset], warnings: list[str]) -> Properties:
    """How many contours an ROI has, of which types, and what they enclose."""
    if not found:
        return {}
    contours = [contour for contour in (read_contour(item) for item in found) if contour]
    if len(contours) < len(found):
        warnings.append("ContourData: not three coordinates for each point")
    types = dict.fromkeys(contour.type for contour in contours if contour.type)
    properties: Properties = {"numberOfContours": len(found), "contourGeometricType": list(types)}
    if len(contours) == len(found) and (enclosed := volume(contours)) is not None:
        properties["volume"] = enclosed
    return {**properties, "boundingBox": bounding_box(contours)}
