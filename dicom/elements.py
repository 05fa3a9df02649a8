"""Data elements that pydicom could not decode, and the DICOM JSON Model (PS3.18 Annex F) without loss.

pydicom's own JSON turns DS and IS into numbers, which loses how they were written, and stops at a value it can't
decode. Here DS and IS are the strings as written (PS3.18 Table F.2.3-1 allows both), and an undecodable value is kept
as its bytes under VR UN; a bulk value is a mark (see `bulk`).
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydicom import config
from pydicom.dataelem import DataElement, empty_value_for_VR
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import IS, DSdecimal, DSfloat, PersonName

from .bulk import BULK, BULK_VRS, mark

_ITEMS = 0xFFFE
"""Group of items and delimiters."""

UNDECODABLE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    EOFError,
    OSError,
    struct.error,
    BytesLengthException,
)
"""What pydicom raises where the bytes of an element don't fit its VR."""

_FLOATS = {"FL": "f", "FD": "d"}


def elements(ds: Dataset) -> Iterator[DataElement]:
    """The data elements of one nesting level in tag order; an undecodable one as UN with its bytes."""
    for tag in sorted(ds.keys()):
        yield decoded(ds, tag)


def decoded(ds: Dataset, tag: int) -> DataElement:
    """The data element of a tag; an undecodable one as UN with its bytes."""
    try:
        return ds[tag]
    except UNDECODABLE:
        return _unknown(tag, ds.get_item(tag, keep_deferred=True).value or b"")


def _unknown(tag: int, value: bytes) -> DataElement:
    """An element that stays UN: pydicom takes the VR of a known tag from its dictionary, and then fails again."""
    element = DataElement(tag, "UN", value, already_converted=True)
    element.VR = "UN"
    return element


def items(ds: Dataset, tag: int) -> list[Dataset]:
    """The items of a sequence; none where it is absent, empty or no sequence by its bytes."""
    value = decoded(ds, tag).value if tag in ds else None
    return list(value) if isinstance(value, Sequence) else []


def to_json(found: Iterable[DataElement]) -> str:
    """Data elements as a DICOM JSON object; empty string where there are none."""
    return joined(member(element) for element in found if not is_delimiter(element.tag))


def is_delimiter(tag: int) -> bool:
    """Whether it is an item's or a delimiter's tag, which damaged files have where attributes should be (PS3.5 7.5)."""
    return tag >> 16 == _ITEMS


def joined(members: Iterable[str]) -> str:
    """Members as a DICOM JSON object; empty string where there are none."""
    written = ",".join(members)
    return f"{{{written}}}" if written else ""


def member(element: DataElement) -> str:
    """A data element as a member of a DICOM JSON object."""
    return written(element.tag, _encode(element))


def written(tag: int, model: Mapping[str, Any]) -> str:
    """A member of a DICOM JSON object from what its value is to be."""
    return f'"{tag:08X}":{json.dumps(model, ensure_ascii=False, separators=(",", ":"))}'


def from_json(text: str) -> Dataset:
    """The data elements that `to_json` wrote; an empty Dataset for an empty string."""
    return _dataset(json.loads(text) if text else {})


def _encode(element: DataElement) -> dict[str, Any]:
    vr, value = str(element.VR), element.value
    if isinstance(value, Sequence):
        items = [{f"{inner.tag:08X}": _encode(inner) for inner in elements(item)} for item in value]
        return {"vr": vr, "Value": items}
    if isinstance(value, bytes):
        if len(value) > BULK and vr in BULK_VRS:  # as in the kept header
            value = mark(value)
        return {"vr": vr, "InlineBinary": base64.b64encode(value).decode()} if value else {"vr": vr}
    values = list(value) if isinstance(value, MultiValue | list | tuple) else [value]
    if not values or (len(values) == 1 and (values[0] is None or values[0] == "")):
        return {"vr": vr}
    if vr in _FLOATS and not all(map(math.isfinite, values)):  # JSON has no NaN
        packed = struct.pack(f"<{len(values)}{_FLOATS[vr]}", *values)
        return {"vr": vr, "InlineBinary": base64.b64encode(packed).decode()}
    return {"vr": vr, "Value": [_encode_value(vr, one) for one in values]}


def _encode_value(vr: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, PersonName):
        groups = ("Alphabetic", "Ideographic", "Phonetic")
        return dict(zip(groups, str(value).split("="), strict=False))
    if isinstance(value, DSfloat | DSdecimal | IS):
        return value.original_string if hasattr(value, "original_string") else str(value)
    if vr == "AT":
        return f"{int(value):08X}"
    return value if isinstance(value, int | float) else str(value)


def _dataset(model: dict[str, Any]) -> Dataset:
    ds = Dataset()
    for tag, member in model.items():
        ds.add(_element(int(tag, 16), member["vr"], _decode(member["vr"], member)))
    return ds


def _element(tag: int, vr: str, value: Any) -> DataElement:
    if vr == "UN":
        return _unknown(tag, value)
    try:
        return DataElement(tag, vr, value, validation_mode=config.IGNORE)
    except UNDECODABLE:  # pydicom had read it as text, which its VR isn't
        return DataElement(tag, vr, value, already_converted=True)


def _decode(vr: str, member: dict[str, Any]) -> Any:
    if "InlineBinary" in member:
        data = base64.b64decode(member["InlineBinary"])
        if vr not in _FLOATS:
            return data
        values: list[Any] = list(struct.unpack(f"<{len(data) // struct.calcsize(_FLOATS[vr])}{_FLOATS[vr]}", data))
    elif vr == "SQ":
        return Sequence(_dataset(item) for item in member.get("Value", ()))
    else:
        values = [_decode_value(vr, one) for one in member.get("Value", ())]
    if not values:
        return empty_value_for_VR(vr)
    return values[0] if len(values) == 1 else values


def _decode_value(vr: str, value: Any) -> Any:
    if value is None:
        return ""
    if vr == "PN":
        return "=".join(value.get(group, "") for group in ("Alphabetic", "Ideographic", "Phonetic")).rstrip("=")
    return int(value, 16) if vr == "AT" else value
