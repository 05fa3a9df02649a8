"""The Code Sequence Macro (PS3.3 Table 8.8-1) as it stands in a Dataset."""

from __future__ import annotations

from pydicom.dataset import Dataset

from ..ontology.concept import Code
from .values import MalformedValue, texts

CODE_VALUE = 0x00080100
CODING_SCHEME_DESIGNATOR = 0x00080102
CODING_SCHEME_VERSION = 0x00080103
CODE_MEANING = 0x00080104
CODING_SCHEME_UID = 0x0008010C
LONG_CODE_VALUE = 0x00080119
URN_CODE_VALUE = 0x00080120

VALUES = (CODE_VALUE, LONG_CODE_VALUE, URN_CODE_VALUE)
"""The attributes of which exactly one should hold the value."""

LONGEST_CODE = 1024
"""Bytes of UTF-8."""


def read_code(item: Dataset) -> Code | None:
    """The code of a code sequence item; None where it holds no value, or one longer than any index takes.

    The first of Code Value, Long Code Value, URN Code Value that isn't empty is the value; missing and empty
    attributes are empty strings; leading and trailing spaces don't count (PS3.5 6.2).
    """
    value = next(filter(None, (text(item, tag) for tag in VALUES)), "")
    if not value or len(value.encode()) > LONGEST_CODE:
        return None
    return Code(
        value,
        text(item, CODING_SCHEME_DESIGNATOR),
        text(item, CODE_MEANING),
        text(item, CODING_SCHEME_VERSION),
        text(item, CODING_SCHEME_UID),
    )


def text(item: Dataset, tag: int) -> str:
    """A textual attribute, stripped and in NFC; empty where it is absent or is no text."""
    try:
        return "\\".join(texts(item, tag))  # a backslash where the VR allows several values
    except MalformedValue:
        return ""
