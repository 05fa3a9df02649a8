"""The values of a content item as properties, and back: which attribute is which property, both ways.

An attribute whose property doesn't give it back exactly is kept in ``otherAttributes`` too, so nothing is lost.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydicom import config
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import IS, DSdecimal, DSfloat

from ....dicom.elements import decoded
from ....dicom.sequences import Level
from ....dicom.values import (
    NUMBER_FORMATS,
    MalformedValue,
    iso_date,
    iso_date_time,
    iso_time,
    number,
    numbers_of,
    texts_of,
)
from ....graph.facts import Properties, Value
from ..common import is_undecodable

Warn = Callable[[str], None]

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a content item that one property holds.

    ``read`` takes one value as text, ``write`` gives it back; ``several`` where the property is a list.
    """

    tag: int
    vr: str
    property: str
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    several: bool = False


def _date_time(iso: str) -> str:
    day, _, clock = iso.partition("T")
    zone = clock[-6:] if clock[-6:-5] in ("+", "-") else ""
    return day.replace("-", "") + clock.removesuffix(zone).replace(":", "") + zone.replace(":", "")


def _offset(text: str) -> float:
    return float(number(text))


ATTRIBUTES: Mapping[int, Attribute] = {
    attribute.tag: attribute
    for attribute in (
        Attribute(0x0040A010, "CS", "relationshipType"),
        Attribute(0x0040A040, "CS", "valueType"),
        Attribute(0x0040A160, "UT", "textValue"),
        Attribute(0x0040A121, "DA", "date", iso_date, lambda day: day.isoformat().replace("-", "")),
        Attribute(0x0040A122, "TM", "time", iso_time, lambda iso: iso.replace(":", "")),
        Attribute(0x0040A120, "DT", "dateTime", iso_date_time, _date_time),
        Attribute(0x0040A124, "UI", "uid"),
        Attribute(0x0040A123, "PN", "personName"),
        Attribute(0x0040A050, "CS", "continuityOfContent"),
        Attribute(0x0040A032, "DT", "observationDateTime", iso_date_time, _date_time),
        Attribute(0x0040A171, "UI", "observationUID"),
        Attribute(0x00700023, "CS", "graphicType"),
        Attribute(0x00700022, "FL", "graphicData", several=True),
        Attribute(0x30060024, "UI", "referencedFrameOfReferenceUID"),
        Attribute(0x00480301, "CS", "pixelOriginInterpretation"),
        Attribute(0x0070031A, "UI", "fiducialUID"),
        Attribute(0x0040A130, "CS", "temporalRangeType"),
        Attribute(0x0040A132, "UL", "referencedSamplePositions", several=True),
        Attribute(0x0040A138, "DS", "referencedTimeOffsets", _offset, lambda offset: f"{offset:.16g}", several=True),
        Attribute(0x0040A13A, "DT", "referencedDateTime", iso_date_time, _date_time, several=True),
    )
}
"""Content item macros of PS3.3 C.17.3 and C.18, by tag."""


def read(level: Level, attribute: Attribute, properties: Properties, warn: Warn) -> bool:
    """Set the property of an attribute that is present; True where the property says all that the attribute does."""
    found: list[Any]
    plain = "" if attribute.several else _plain(level.entries[attribute.tag], attribute.vr)
    try:
        if plain:
            found = [attribute.read(plain)]
        elif attribute.vr in NUMBER_FORMATS:
            found = _numbers(level, attribute.tag)
        else:
            found = [attribute.read(text) for text in texts(level, attribute.tag)]
    except MalformedValue:
        warn(f"{keyword_for_tag(attribute.tag)} is malformed")
        return False
    if not found:
        return False
    if len(found) > 1 and not attribute.several:
        warn(f"{keyword_for_tag(attribute.tag)} has {len(found)} values instead of one")
        return False
    value: Value = found if attribute.several else found[0]
    properties[attribute.property] = value
    if not plain and is_undecodable(value):
        warn(f"{keyword_for_tag(attribute.tag)}: undecodable characters")
    if attribute.vr == "DA" and isinstance(value, date):
        properties[f"{attribute.property}Days"] = (value - _EPOCH).days
    written = _written(attribute, value)
    return written == [plain] if plain else says(level, attribute.tag, attribute.vr, written, warn)


def write(properties: Mapping[str, Any]) -> Iterator[DataElement]:
    """The data elements that the properties of an item say."""
    for attribute in ATTRIBUTES.values():
        value = properties.get(attribute.property)
        if value is not None and value != "" and value != []:
            yield element(attribute.tag, attribute.vr, _written(attribute, value))


def texts(level: Level, tag: int) -> list[str]:
    """The values of a textual element, none where it is absent or empty; MalformedValue where it is no text."""
    entry = level.entries.get(tag)
    return [] if entry is None else texts_of(_decoder(level, entry), entry)


def first(level: Level, tag: int) -> str:
    """The first value of a textual element; empty where there is none that can be read."""
    try:
        return next(iter(texts(level, tag)), "")
    except MalformedValue:
        return ""


def integers(level: Level, tag: int) -> list[int]:
    """The values of an integer element, none where it is absent or empty; MalformedValue where one is no number."""
    return [int(number) for number in _numbers(level, tag)]


def element(tag: int, vr: str, values: list[Any]) -> DataElement:
    """A data element with these values, as they are."""
    return DataElement(tag, vr, values[0] if len(values) == 1 else values, validation_mode=config.IGNORE)


def says(level: Level, tag: int, vr: str, values: list[Any], warn: Warn) -> bool:
    """Whether an element has this VR and these values, written exactly so (apart from padding)."""
    entry = level.entries[tag]
    if isinstance(entry, RawDataElement) and entry.value is not None and entry.VR in (vr, None):
        if vr in NUMBER_FORMATS:
            order = "<" if entry.is_little_endian else ">"
            return bool(entry.value == struct.pack(f"{order}{len(values)}{NUMBER_FORMATS[vr]}", *values))
        joined = "\\".join(values)
        if joined.isascii():
            return bool(entry.value.rstrip(b" \0") == joined.encode())
    held = decoded(level.dataset, tag)
    found_vr = str(held.VR)
    if found_vr != vr:
        warn(f"{keyword_for_tag(tag)} has VR {found_vr} instead of {vr}")
        return False
    found = held.value if isinstance(held.value, MultiValue | list) else [held.value]
    return [_as_written(one) for one in found] == values


def _plain(entry: DataElement | RawDataElement, vr: str) -> str:
    """A value that can be read from its bytes at once, most are; empty where there is more to it."""
    if isinstance(entry, RawDataElement) and vr == entry.VR and entry.value and vr not in NUMBER_FORMATS:
        value = entry.value
        if value.isascii() and b"\x1b" not in value and b"\\" not in value and not value.startswith(b" "):
            return value.decode("ascii").rstrip(" \0")
    return ""


def _numbers(level: Level, tag: int) -> list[float] | list[int]:
    entry = level.entries.get(tag)
    return [] if entry is None else numbers_of(_decoder(level, entry), entry)


def _decoder(level: Level, entry: DataElement | RawDataElement) -> Dataset:
    """The Dataset that decodes an entry; any will do where its bytes say everything."""
    if isinstance(entry, RawDataElement) and (entry.VR in NUMBER_FORMATS or (entry.value or b"").isascii()):
        return level.holder if entry.VR else level.dataset
    return level.dataset


def _written(attribute: Attribute, value: Any) -> list[Any]:
    values = list(value) if attribute.several else [value]
    return values if attribute.vr in NUMBER_FORMATS else [attribute.write(one) for one in values]


def _as_written(value: Any) -> Any:
    if isinstance(value, DSfloat | DSdecimal | IS):
        return getattr(value, "original_string", "") or str(value)
    return value if isinstance(value, int | float) else str(value)
