"""Codes that have one replacement: SNOMED's old identifiers, SCP-ECG leads, retired codes of DICOM (semantics 1.3)."""

from __future__ import annotations

import re
from functools import cache

from .concept import split_id
from .dicom_terms import groups
from .validity import is_sctid

_OLD_SNOMED = ("SRT", "SNM3", "99SDM")
_SCP_LEAD = re.compile(r"5\.6\.3-9-(\d+)")


@cache
def srt_to_sct() -> dict[str, str]:
    """SNOMED RT identifier → SNOMED CT concept, of PS3.16 as pydicom carries it."""
    from pydicom.sr._snomed_dict import mapping

    return dict(mapping["SRT"])


@cache
def _mdc_leads() -> frozenset[str]:
    """The MDC codes of CID 3001 ECG Lead; IEEE 11073-10101 numbers the leads as SCP-ECG (EN 1064 5.6.3) does."""
    return frozenset(split_id(identifier)[1] for identifier in groups()[3001][1] if identifier.startswith("MDC:"))


def replacement(scheme: str, value: str) -> tuple[str, str]:
    """The scheme and value that a code stands for; itself where it has no replacement."""
    if scheme in _OLD_SNOMED or scheme == "SCT":
        mapped = srt_to_sct().get(value)
        if mapped is not None:
            return "SCT", mapped
        return ("SCT", value) if is_sctid(value) else (scheme, value)
    if scheme == "SCPECG" and (lead := _SCP_LEAD.fullmatch(value)):
        mapped = f"2:{int(lead[1])}"
        return ("MDC", mapped) if mapped in _mdc_leads() else (scheme, value)
    return scheme, value


@cache
def _spellings() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for value, mapped in srt_to_sct().items():
        found.setdefault(f"SCT:{mapped}", set()).add(f"SRT:{value}")
    return found


def spellings(identifier: str) -> frozenset[str]:
    """The id and those of the codes that ``replacement`` turns into it."""
    return frozenset({identifier, *_spellings().get(identifier, ())})
