"""Every code and reference that a file holds, as plain pydicom reads it: shares nothing with the readers.

A file is read as ``dcmread`` reads it, and every sequence of every item is gone through. Where a code stands decides
who holds it: an item below a segment, a content item, a channel … is that child's, any other the object's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

Step = tuple[str, int]
"""Keyword of a sequence, 0-based number of an item."""

VALUES = ("CodeValue", "LongCodeValue", "URNCodeValue")
_ITEMS_ELSEWHERE = {"WaveformAnnotationSequence": "annotation", "AcquisitionContextSequence": "acquisition"}
_ROIS = ("StructureSetROISequence", "ROIContourSequence", "RTROIObservationsSequence")


@dataclass(frozen=True)
class Holder:
    """Whose a code is: the object's (all empty), or that of a child, by label and number or path."""

    label: str = "Instance"
    number: int | str = ""


@dataclass(frozen=True)
class Found:
    """A code sequence item, its place, its holder, and the steps from the holder to it."""

    place: tuple[Step, ...]
    holder: Holder
    inside: tuple[Step, ...]
    value: str
    designator: str
    uid: str


def path_of(uri: str) -> Path:
    """The file that a location names."""
    return Path(unquote(urlsplit(uri).path))


def codes(path: Path) -> Iterator[Found]:
    """Every code sequence item with a value; none where plain pydicom can't read the file."""
    ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    schemes = {
        str(item.get("CodingSchemeDesignator", "")).strip(): str(item.get("CodingSchemeUID", ""))
        for item in ds.get("CodingSchemeIdentificationSequence", [])
    }
    for place, item in _items(ds, ()):
        value = next((str(item[keyword].value).strip() for keyword in VALUES if item.get(keyword)), "")
        if value:
            designator = str(item.get("CodingSchemeDesignator", "") or "").strip()
            uid = str(item.get("CodingSchemeUID", "") or "")
            if not uid and designator.startswith("99"):
                uid = schemes.get(designator, "")
            yield Found(place, *_holder(ds, place), value, designator, uid)


def references(path: Path) -> set[str]:
    """The SOP Instance UIDs that items anywhere in a file refer to, but for those of classes that are never stored."""
    ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    found = set()
    for _, item in _items(ds, ()):
        uid, of = str(item.get("ReferencedSOPInstanceUID") or ""), UID(str(item.get("ReferencedSOPClassUID") or ""))
        if uid and (of.type != "SOP Class" or "Storage" in of.name):
            found.add(uid)
    return found


def _items(ds: Dataset, place: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], Dataset]]:
    for tag in sorted(ds.keys()):
        try:
            element = ds[tag]
        except Exception:  # what pydicom can't decode holds no code
            continue
        if isinstance(element.value, Sequence):
            for number, item in enumerate(element.value):
                here = (*place, (element.keyword or f"{tag:08X}", number))
                yield here, item
                yield from _items(item, here)


def _holder(ds: Dataset, place: tuple[Step, ...]) -> tuple[Holder, tuple[Step, ...]]:
    (first, number), rest = place[0], place[1:]
    if first == "SegmentSequence":
        return Holder("Segment", number), rest
    if first == "AnnotationGroupSequence":
        return Holder("AnnotationGroup", number), rest
    if first in _ROIS:
        named = ds[first].value[number]
        wanted = named.get("ROINumber" if first == _ROIS[0] else "ReferencedROINumber")
        for index, roi in enumerate(ds.get(_ROIS[0], [])):
            if roi.get("ROINumber") == wanted is not None:
                return Holder("Roi", index), rest
    if first == "WaveformSequence" and rest and rest[0][0] == "ChannelDefinitionSequence":
        return Holder("WaveformChannel", f"{number + 1}.{rest[0][1] + 1}"), rest[1:]
    if first in _ITEMS_ELSEWHERE:
        return _item(f"{_ITEMS_ELSEWHERE[first]}/{number + 1}", rest, "ContentItemModifierSequence")
    if first == "SpecimenDescriptionSequence" and len(rest) > 1 and rest[0][0] == "SpecimenPreparationSequence":
        return _item(
            f"specimen/{number + 1}.{rest[0][1] + 1}.{rest[1][1] + 1}", rest[2:], "ContentItemModifierSequence"
        )
    if first == "ContentSequence":
        return _item(f"1.{number + 1}", rest, "ContentSequence")
    if first == "ConceptNameCodeSequence" and "ValueType" in ds:  # a content tree, be it the root alone
        return Holder("ContentItem", "1"), place
    return Holder(), place


def _item(path: str, rest: tuple[Step, ...], below: str) -> tuple[Holder, tuple[Step, ...]]:
    while rest and rest[0][0] == below:
        path, rest = f"{path}.{rest[0][1] + 1}", rest[1:]
    return Holder("ContentItem", path), rest
