"""The coding schemes of PS3.16 Table 8-1: designator, other spellings and Coding Scheme UID."""

from __future__ import annotations

from functools import lru_cache

UIDS: dict[str, str] = {
    "99SDM": "2.16.840.1.113883.6.53",
    "ACR": "2.16.840.1.113883.6.76",
    "ASTM-sigpurpose": "1.2.840.10065.1.12",
    "BARI": "",
    "BI": "",
    "C4": "2.16.840.1.113883.6.12",
    "C5": "2.16.840.1.113883.6.82",
    "caDSR": "2.16.840.1.113883.3.26.2",
    "CD2": "2.16.840.1.113883.6.13",
    "CTV3": "2.16.840.1.113883.6.6",
    "DC": "1.2.840.10008.2.16.10",
    "DCM": "1.2.840.10008.2.16.4",
    "DCMUID": "1.2.840.10008.2.6.1",
    "FMA": "2.16.840.1.113883.6.119",
    "HPC": "2.16.840.1.113883.6.14",
    "I10": "2.16.840.1.113883.6.3",
    "I10C": "2.16.840.1.113883.6.90",
    "I10P": "2.16.840.1.113883.6.4",
    "I11": "1.2.840.10008.2.16.16",
    "I9": "2.16.840.1.113883.6.42",
    "I9C": "2.16.840.1.113883.6.2",
    "IBSI": "1.2.840.10008.2.16.13",
    "ICDO3": "2.16.840.1.113883.6.43.1",
    "IETF4646": "",
    "ISO3166_1": "2.16.1",
    "ISO5218_1": "",
    "ISO639_1": "2.16.840.1.113883.6.99",
    "ISO639_2": "2.16.840.1.113883.6.100",
    "ISO_OID": "",
    "ITIS_TSN": "1.2.840.10008.2.16.7",
    "LN": "2.16.840.1.113883.6.1",
    "MA": "1.2.840.10008.2.16.5",
    "MAYOASRG": "1.2.840.10008.2.16.12",
    "MDC": "2.16.840.1.113883.6.24",
    "MDNS": "",
    "MGI": "1.2.840.10008.2.16.8",
    "MSH": "2.16.840.1.113883.6.177",
    "NBD": "2.16.840.1.113883.15.2",
    "NBG": "2.16.840.1.113883.15.3",
    "NCDR": "",
    "NCIt": "2.16.840.1.113883.3.26.1.1",
    "NDC": "2.16.840.1.113883.6.69",
    "NEU": "2.16.840.1.113883.6.210",
    "NICIP": "2.16.840.1.113883.2.1.3.2.4.21",
    "NPI": "",
    "NYUMCCG": "1.2.840.10008.2.16.11",
    "PATHLEX": "1.3.6.1.4.1.19376.1.8.2.1",
    "POS": "2.16.840.1.113883.6.50",
    "PUBCHEM_CID": "1.2.840.10008.2.16.9",
    "RADELEMENT": "1.2.840.10008.2.16.15",
    "RADLEX": "2.16.840.1.113883.6.256",
    "RFC-3881": "",
    "RFC3066": "2.16.840.1.113883.6.121",
    "RFC5646": "2.16.840.1.113883.6.316",
    "RO": "1.2.840.10008.2.16.14",
    "RRID": "1.2.840.10008.2.16.18",
    "RXNORM": "2.16.840.1.113883.6.88",
    "SCPECG": "",
    "SCT": "2.16.840.1.113883.6.96",
    "SNM3": "2.16.840.1.113883.6.51",
    "SRT": "",
    "UBERON": "1.2.840.10008.2.16.6",
    "UCUM": "2.16.840.1.113883.6.8",
    "UMLS": "2.16.840.1.113883.6.86",
    "UNS": "1.2.840.10008.2.16.17",
    "UPC": "2.16.840.1.113883.6.55",
}
"""Designator → Coding Scheme UID, "" where it has none of its own (SNOMED's old SRT shares that of SCT)."""

_ALIASES = {"SNOMEDCT": "SCT", "SNOMED": "SCT", "LOINC": "LN"}

SPELLINGS = (*UIDS, *_ALIASES)
"""What people write for a scheme of the standard."""

_BY_UID = {uid: designator for designator, uid in UIDS.items() if uid}


def _folded(designator: str) -> str:
    """Spelling apart from case and separators: ``SNOMED-CT`` and ``SnomedCT`` are the same designator."""
    return "".join(character for character in designator if character not in " -_").casefold()


_BY_NAME = {_folded(name): name for name in UIDS} | {_folded(alias): name for alias, name in _ALIASES.items()}


@lru_cache(maxsize=4096)
def standard(designator: str, uid: str = "") -> str | None:
    """The standard's designator for a designator as read or, where the standard has none such, for its UID; or None."""
    return _BY_NAME.get(_folded(designator)) or _BY_UID.get(uid)


def is_private(designator: str) -> bool:
    """Whether it is a local scheme by PS3.3 8.2 (``99…``), whose codes mean something only at their source."""
    return designator.startswith("99") and standard(designator) is None
