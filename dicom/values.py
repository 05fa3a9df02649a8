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

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import IS, DSdecimal, DSfloat

from .elements import decoded

TEXT_VRS = frozenset(
    ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
)
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
    return read if read and read != "UN" else _dictionary_vr(tag)


@cache
def _dictionary_vr(tag: int) -> str:
    return dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"


def texts(ds: Dataset, tag: int) -> list[str]:
    """The values of a textual element, stripped and in NFC; none where it is absent or empty."""
    entry = ds.get_item(tag) if tag in ds else None
    if entry is None or entry.value is None or entry.value == b"":
        return []
    vr = vr_of(tag, entry.VR)
    if isinstance(entry, RawDataElement) and vr in TEXT_VRS and entry.value.isascii() and b"\x1b" not in entry.value:
        text = entry.value.decode("ascii")
        parts = [text] if vr in SINGLE_VALUED else text.split("\\")
    else:
        value = decoded(ds, tag).value
        if isinstance(value, bytes | Sequence):
            raise MalformedValue
        values = value if isinstance(value, MultiValue | list) else [value]
        parts = [unicodedata.normalize("NFC", _written(one)) for one in values]
    parts = [part.strip(" \0") for part in parts]
    return parts if any(parts) else []


def numbers(ds: Dataset, tag: int) -> list[float] | list[int]:
    """The values of a numeric element (DS, IS and the binary VRs), all finite; none where it is absent or empty.

    Raises
    ------
    MalformedValue
        where one of them is empty, no number or not finite.
    """
    entry = ds.get_item(tag) if tag in ds else None
    if entry is None or entry.value is None or entry.value == b"":
        return []
    vr = vr_of(tag, entry.VR)
    if vr in TEXT_VRS:
        return [number(text) for text in texts(ds, tag)]
    if isinstance(entry, RawDataElement) and vr in NUMBER_FORMATS:
        code, order = NUMBER_FORMATS[vr], "<" if entry.is_little_endian else ">"
        count, rest = divmod(len(entry.value), struct.calcsize(code))
        if rest:
            raise MalformedValue
        found = list(struct.unpack(f"{order}{count}{code}", entry.value))
    else:
        value = decoded(ds, tag).value
        found = list(value) if isinstance(value, MultiValue | list | tuple) else [value]
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


def _written(value: object) -> str:
    if isinstance(value, DSfloat | DSdecimal | IS):
        return getattr(value, "original_string", "") or str(value)
    return "" if value is None else str(value)
