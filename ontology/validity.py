"""Which code values a scheme can hold at all (semantics 1.3: what it can't is kept and flagged)."""

from __future__ import annotations

import re

_DIHEDRAL = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
"""Multiplication in the dihedral group D5, on which Verhoeff's check digit rests."""

_ROUND = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
"""Verhoeff's permutation of one position."""


def _permutations() -> tuple[tuple[int, ...], ...]:
    rounds = [tuple(range(10))]
    for _ in range(7):
        rounds.append(tuple(_ROUND[digit] for digit in rounds[-1]))
    return tuple(rounds)


_PERMUTED = _permutations()

_SCTID = re.compile(r"[1-9]\d{5,17}")
_LOINC = re.compile(r"(\d{1,7})-(\d)")
_LOINC_PART = re.compile(r"L[PALG]\d+-\d")
_PATTERNS = {
    "DCM": re.compile(r"\d{6}|[A-Za-z][A-Za-z0-9]{0,15}"),
    "FMA": re.compile(r"\d+"),
    "MDC": re.compile(r"\d+:\d+"),
    "NCIt": re.compile(r"C\d+"),
    "RADLEX": re.compile(r"R(ID|PID)\d+"),
    "UMLS": re.compile(r"C\d{7}"),
}


def is_sctid(value: str) -> bool:
    """Whether it is a SNOMED CT identifier of a concept: 6 to 18 digits, partition 00 or 10, Verhoeff's check digit."""
    if not (value.isascii() and _SCTID.fullmatch(value)) or value[-2] != "0" or value[-3] not in "01":
        return False
    check = 0
    for position, digit in enumerate(reversed(value)):
        check = _DIHEDRAL[check][_PERMUTED[position % 8][int(digit)]]
    return check == 0


def is_loinc(value: str) -> bool:
    """Whether it is a LOINC code, whose check digit is mod 10, or the identifier of a part, answer, list or group."""
    code = _LOINC.fullmatch(value) if value.isascii() else None
    if code is None:
        return _LOINC_PART.fullmatch(value) is not None
    total = 0
    for position, digit in enumerate(reversed(code[1])):
        doubled = int(digit) * (2 - position % 2)
        total += doubled // 10 + doubled % 10
    return -total % 10 == int(code[2])


def is_valid(scheme: str, value: str) -> bool:
    """Whether ``value`` can be a code of ``scheme``; True where the scheme's form is not known here."""
    if scheme == "SCT":
        return is_sctid(value)
    if scheme == "LN":
        return is_loinc(value)
    pattern = _PATTERNS.get(scheme)
    return value != "" if pattern is None else pattern.fullmatch(value) is not None
