"""Values of data elements as plain Python: text, numbers, dates, times.

`texts` and `numbers` read an element that pydicom has not yet decoded straight from its bytes where that is safe:
several times faster than through pydicom's value classes, which the reading of image headers spends most time in.
"""

from __future__ import annotations

import math
import re
import struct
import unicodedata
from datetime import date
from functools import cache

from pydicom.charset import default_encoding
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import IS, DSdecimal, DSfloat

from .elements import decoded

TEXT_VRS = frozenset(
    ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
)
UNDECODABLE_CHARACTER = "\ufffd"
"""Stands for bytes that are no text in the character set that holds there (semantics 1.7)."""

CHARACTERS = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
"""VRs that Specific Character Set holds for (PS3.5 6.1.2.3)."""
SINGLE_VALUED = frozenset(("LT", "ST", "UR", "UT"))
NUMBER_FORMATS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:(\d\d)(\d\d)|\.(\d\d)\.(\d\d)|-(\d\d)-(\d\d))", re.ASCII)
_TIME = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(\.\d{1,6})?)?)?", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,6})?)?)?)?)?)?([+-]\d{4})?", re.ASCII
)


class MalformedValue(ValueError):
    """A value does not fit its VR."""


def vr_of(tag: int, read: str | None) -> str:
    """The VR as it was read, else (implicit VR, UN) the data dictionary's; UN where that doesn't know the tag."""
    return read if read and read != "UN" else _dictionary_vr(int(tag))


@cache
def _dictionary_vr(tag: int) -> str:
    return dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"


def names_no_character_set(ds: Dataset) -> bool:
    """Whether text is in the default repertoire, ISO-IR 6, where no byte is above 0x7F; pydicom reads ISO 8859-1."""
    named = ds.original_character_set
    return (named if isinstance(named, str) else "\\".join(named)) == default_encoding


def texts(ds: Dataset, tag: int) -> list[str]:
    """The values of a textual element, stripped and in NFC; none where it is absent or empty.

    Raises
    ------
    MalformedValue
        where it is no text.
    """
    entry = ds.get_item(tag, keep_deferred=True)
    return [] if entry is None else texts_of(ds, entry)


def texts_of(ds: Dataset, entry: DataElement | RawDataElement) -> list[str]:
    """What `texts` answers, of an element of ``ds`` that is at hand."""
    if isinstance(entry, RawDataElement):
        vr, read = vr_of(entry.tag, entry.VR), entry.value
        if not read:
            return []
        if vr in TEXT_VRS and read.isascii() and b"\x1b" not in read:
            text = read.decode("ascii")
            return _stripped([text] if vr in SINGLE_VALUED else text.split("\\"))
        if vr in CHARACTERS and not read.isascii() and names_no_character_set(ds):
            text = unicodedata.normalize("NFC", read.decode("ascii", "replace"))
            return _stripped([text] if vr in SINGLE_VALUED else text.split("\\"))
    value = decoded(ds, entry.tag).value
    if isinstance(value, bytes | Sequence):
        raise MalformedValue
    values = value if isinstance(value, MultiValue | list) else [value]
    return _stripped([unicodedata.normalize("NFC", _written(one)) for one in values])


def numbers(ds: Dataset, tag: int) -> list[float] | list[int]:
    """The values of a numeric element (DS, IS and the binary VRs), all finite; none where it is absent or empty.

    Raises
    ------
    MalformedValue
        where one of them is empty, no number or not finite.
    """
    entry = ds.get_item(tag, keep_deferred=True)
    return [] if entry is None else numbers_of(ds, entry)


def numbers_of(ds: Dataset, entry: DataElement | RawDataElement) -> list[float] | list[int]:
    """What `numbers` answers, of an element of ``ds`` that is at hand."""
    vr = vr_of(entry.tag, entry.VR)
    if vr in TEXT_VRS:
        return [number(text) for text in texts_of(ds, entry)]
    if isinstance(entry, RawDataElement) and vr in NUMBER_FORMATS:
        read, code, order = entry.value or b"", NUMBER_FORMATS[vr], "<" if entry.is_little_endian else ">"
        count, rest = divmod(len(read), struct.calcsize(code))
        if rest:
            raise MalformedValue
        found = list(struct.unpack(f"{order}{count}{code}", read))
    else:
        value = decoded(ds, entry.tag).value
        found = list(value) if isinstance(value, MultiValue | list | tuple) else [value]
        found = [] if found == [None] else found
    if not all(isinstance(one, int | float) and math.isfinite(one) for one in found):
        raise MalformedValue
    return found


def number(text: str) -> float | int:
    """A DS or IS value: an int where it is written as one, else a finite float."""
    if not _NUMBER.fullmatch(text):
        raise MalformedValue(text)
    value = int(text) if text.lstrip("+-").isdigit() else float(text)
    if not math.isfinite(value):
        raise MalformedValue(text)
    return value


def iso_date(text: str) -> date:
    """A DA value, also in the old form ``YYYY.MM.DD``, as a date (PS3.5 6.2)."""
    found = _DATE.fullmatch(text)
    if not found:
        raise MalformedValue(text)
    year, month, day = filter(None, found.groups())
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise MalformedValue(text) from None


def iso_time(text: str) -> str:
    """A TM value, also in the old form ``HH:MM:SS``, as ISO 8601 with as many parts as were given."""
    found = _TIME.fullmatch(text)
    if not found:
        raise MalformedValue(text)
    hour, minute, second, fraction = found.groups()
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:
        raise MalformedValue(text)
    return ":".join(filter(None, (hour, minute, second))) + (fraction or "")


def iso_date_time(text: str) -> str:
    """A DT value as ISO 8601 with as many parts as were given: ``2020-01-02T03:04:05.6+01:00``."""
    found = _DATE_TIME.fullmatch(text)
    if not found:
        raise MalformedValue(text)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    if not (1 <= int(month or 1) <= 12 and 1 <= int(day or 1) <= 31):
        raise MalformedValue(text)
    if day:
        iso_date(year + month + day)
    iso = "-".join(filter(None, (year, month, day)))
    if hour:
        iso += "T" + iso_time("".join(filter(None, (hour, minute, second, fraction))))
    return iso + (f"{zone[:3]}:{zone[3:]}" if zone else "")


def _stripped(values: list[str]) -> list[str]:
    values = [value.strip(" \0") for value in values]
    return values if any(values) else []


def _written(value: object) -> str:
    if isinstance(value, DSfloat | DSdecimal | IS):
        return getattr(value, "original_string", "") or str(value)
    return "" if value is None else str(value)
