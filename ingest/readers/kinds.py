"""What kind of object a SOP Class holds, by rule from the names of PS3.6 Table A-1."""

from __future__ import annotations

import re
from functools import cache

from pydicom import config
from pydicom.uid import UID

LABEL_MAP_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.7"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"

# Newer than pydicom's dictionary; PS3.6 2025.
_NEWER = {
    LABEL_MAP_SEGMENTATION: "Label Map Segmentation Storage",
    "1.2.840.10008.5.1.4.1.1.66.8": "Height Map Segmentation Storage",
    "1.2.840.10008.5.1.4.1.1.9.100.1": "Waveform Presentation State Storage",
    "1.2.840.10008.5.1.4.1.1.9.100.2": "Waveform Acquisition Presentation State Storage",
}

# The first that matches decides. A Procedure Log and two ophthalmic reports are Structured Reports by their IOD
# (PS3.3 A.35); maps of the eye and ultrasound volumes are images without the word.
_RULES = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"Presentation State|Structured Display", "presentation"),
        (r"Key Object Selection", "keyObject"),
        (r"\bSR\b|Procedure Log|Macular Grid|Spectacle Prescription Report", "report"),
        (r"Segmentation Storage", "segmentation"),
        (r"Parametric Map", "parametricMap"),
        (r"Real World Value Mapping", "realWorldValueMap"),
        (r"Registration", "registration"),
        (r"Bulk Simple Annotations", "annotation"),
        (r"Waveform", "waveform"),
        (r"RT Structure Set", "structureSet"),
        (r"RT Dose", "rtDose"),
        (r"RT (Ion )?Plan", "rtPlan"),
        (r"^Encapsulated", "encapsulated"),
        (r"\bImage\b|US Volume|Thickness Map|Topography Map|B-scan Volume Analysis", "image"),
    )
)


@cache
def kind_of(sop_class_uid: str) -> str:
    """The ``kind`` of an Instance; ``other`` for what the standard doesn't know as one of them."""
    name = storage_name(sop_class_uid)
    return next((kind for pattern, kind in _RULES if pattern.search(name)), "other")


def storage_name(sop_class_uid: str) -> str:
    """The name of a SOP Class whose instances are stored; empty for any other UID."""
    uid = UID(sop_class_uid, config.IGNORE)
    name = uid.name if uid.type == "SOP Class" else _NEWER.get(uid, "")
    return name if "Storage" in name and "Storage Commitment" not in name else ""


@cache
def is_foreign(sop_class_uid: str) -> bool:
    """Whether it is a known SOP Class whose instances are never stored: a procedure step, a detached study …"""
    return UID(sop_class_uid, config.IGNORE).type != "" and not storage_name(sop_class_uid)
