"""Codes that have one replacement (semantics 1.3).

SNOMED's old identifiers, SCP-ECG leads, retired codes of DICOM, and units that it once wrote as UCUM doesn't.
"""

from __future__ import annotations

import re
from functools import cache

from .concept import concept_id, split_id
from .dicom_terms import groups
from .tables import rows
from .validity import is_sctid

_SNOMED = frozenset({"SCT", "SRT", "SNM3", "99SDM"})
_SCP_LEAD = re.compile(r"5\.6\.3-9-(\d+)")


def replacement(scheme: str, value: str) -> tuple[str, str]:
    """The scheme and value that a code of a standard scheme stands for; itself where it has no replacement.

    SNOMED's old identifiers (``T-32600``) are replaced under whichever of SNOMED's designators they stand; one that
    has no mapping is kept as it is.
    """
    if scheme in _SNOMED:
        mapped = srt_to_sct().get(value)
        if mapped is not None:
            return "SCT", mapped
        return ("SCT", value) if is_sctid(value) else (scheme, value)
    if scheme in ("DCM", "UCUM"):
        return split_id(_retired().get(concept_id(scheme, value), concept_id(scheme, value)))
    if scheme == "SCPECG" and (lead := _SCP_LEAD.fullmatch(value)):
        mapped = concept_id("MDC", f"2:{int(lead[1])}")
        return split_id(mapped) if mapped in _leads() else (scheme, value)
    return scheme, value


def spellings(identifier: str) -> frozenset[str]:
    """The id and those of the codes that ``replacement`` turns into it."""
    return frozenset({identifier, *_spellings().get(identifier, ())})


@cache
def srt_to_sct() -> dict[str, str]:
    """SNOMED RT identifier → SNOMED CT concept: PS3.16 as pydicom carries it, and what its Annex O has beyond that."""
    from pydicom.sr._snomed_dict import mapping

    return {row["srt"]: row["sct"] for row in rows("srt")} | mapping["SRT"]


@cache
def _retired() -> dict[str, str]:
    return {row["retired"]: row["replacement"] for row in rows("retired")}


@cache
def _leads() -> frozenset[str]:
    """CID 3001 ECG Lead; ISO/IEEE 11073-10101 numbers the leads as SCP-ECG (EN 1064 5.6.3) does."""
    return groups()[3001][1]


@cache
def _spellings() -> dict[str, set[str]]:
    pairs = [(concept_id("SRT", old), concept_id("SCT", new)) for old, new in srt_to_sct().items()]
    pairs += _retired().items()
    pairs += ((concept_id("SCPECG", f"5.6.3-9-{lead.rpartition(':')[2]}"), lead) for lead in _leads())
    found: dict[str, set[str]] = {}
    for old, new in pairs:
        found.setdefault(new, set()).add(old)
    return found
