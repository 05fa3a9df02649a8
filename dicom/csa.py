"""Siemens' CSA headers, which its scanners leave in private elements: named elements of texts.

Laid out as https://nipy.org/nibabel/dicom/siemens_csa.html tells of the later kind, ``SV10``: the number of elements,
then of each its name, VM, VR and number of items, and of each item its length and text.
"""

from __future__ import annotations

import struct

_MAGIC = b"SV10\x04\x03\x02\x01"
_ELEMENT = struct.Struct("<64si4siii")
_ITEM = struct.Struct("<iiii")


def values(header: bytes, name: str) -> list[str]:
    """The values of an element, without blanks around; none where there is no such element, or no such header."""
    try:
        return _values(header, name.encode())
    except struct.error:
        return []


def _values(header: bytes, name: bytes) -> list[str]:
    if not header.startswith(_MAGIC):
        return []
    (count,) = struct.unpack_from("<I", header, len(_MAGIC))
    at = len(_MAGIC) + 8
    for _ in range(count):
        told, multiplicity, _, _, items, _ = _ELEMENT.unpack_from(header, at)
        at += _ELEMENT.size
        found = []
        for _ in range(items):
            _, length, _, _ = _ITEM.unpack_from(header, at)
            at += _ITEM.size
            if length < 0:
                return []
            found.append(header[at : at + length].partition(b"\0")[0].decode("latin-1").strip())
            at += (length + 3) // 4 * 4
        if told.partition(b"\0")[0] == name:
            return found[:multiplicity] if multiplicity > 0 else [each for each in found if each]
    return []
