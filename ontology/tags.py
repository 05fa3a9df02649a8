"""The names of attributes as people write them: a keyword, a tag, a private creator's element, a path of these.

PatientPosition, patientPosition                             keyword, in any case
0018,0050  (0018,0050)  00180050                             tag
0019,ACME CT 1.0,01                                          group, private creator, element in the creator's block
RequestAttributesSequence.ScheduledProcedureStepID           any item of a sequence
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache

from pydicom.datadict import (
    dictionary_has_tag,
    dictionary_VR,
    keyword_dict,
    keyword_for_tag,
    private_dictionary_VR,
)

from ..errors import UsageError
from .tables import rows

_STEP = re.compile(
    r"\(?(?P<group>[0-9A-Fa-f]{4}),(?P<private>.+?),(?P<offset>[0-9A-Fa-f]{2})\)?(?=\.|$)"
    r"|\(?(?P<tag>[0-9A-Fa-f]{4},?[0-9A-Fa-f]{4})\)?(?=\.|$)"
    r"|(?P<keyword>[A-Za-z][A-Za-z0-9]*)(?=\.|$)"
)
_SEQUENCE, _UNKNOWN = "SQ", ""
_FEW = 0.5

_OF_A_COPY = frozenset((0x00282110, 0x00282112, 0x00282114))
"""Lossy compression: of one encoding of an object, not of the object (semantics 1.6)."""


class Kind(StrEnum):
    """What the values of a VR compare as."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


_KINDS = {
    **dict.fromkeys(("DS", "IS", "FL", "FD", "SS", "US", "SL", "UL", "SV", "UV", "US or SS"), Kind.NUMBER),
    **dict.fromkeys(
        ("AE", "AS", "AT", "CS", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"), Kind.TEXT
    ),
    "DA": Kind.DATE,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One attribute of a path. Of a private one, ``tag`` has no block: (0019,0001) in the block of ``creator``."""

    tag: int
    vr: str
    creator: str = ""

    @property
    def name(self) -> str:
        """Keyword, or group, creator and element."""
        if self.creator:
            return f"{self.tag >> 16:04X},{self.creator},{self.tag & 0xFF:02X}"
        return keyword_for_tag(self.tag)


@dataclass(frozen=True, slots=True)
class Tag:
    """An attribute that can be filtered: sequences, then the attribute in their items."""

    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Its one spelling in a store."""
        return ".".join(step.name for step in self.steps)

    @property
    def kind(self) -> Kind | None:
        """What its values compare as; None of a private one that pydicom's dictionary doesn't know."""
        return _KINDS.get(self.steps[-1].vr)


def kind_of(vr: str) -> Kind | None:
    """What the values of a VR compare as; None of sequences and bulk data."""
    return _KINDS.get(vr)


@lru_cache(maxsize=4096)
def tag(text: str) -> Tag:
    """The attribute of that name.

    Raises
    ------
    UsageError
        where there is none (says which is nearest), or where its values can't be compared.
    """
    steps = tuple(_steps(text))
    for step in steps[:-1]:
        if step.vr not in (_SEQUENCE, _UNKNOWN):
            raise UsageError(f"{step.name} is no sequence, so nothing lies in it: its VR is {step.vr}")
    last = steps[-1]
    if last.vr == _SEQUENCE:
        raise UsageError(f"{last.name} is a sequence; name an attribute of its items: {last.name}.…")
    if last.tag in _OF_A_COPY or last.tag >> 16 == 0x0002:
        raise UsageError(f"{last.name} tells of the encoding of one copy, not of the object")
    if last.vr != _UNKNOWN and kind_of(last.vr) is None:
        raise UsageError(f"{last.name} holds bulk data (VR {last.vr}), which can't be compared")
    return Tag(steps)


@cache
def default() -> tuple[str, ...]:
    """The attributes that every store has declared: of the technique and the equipment, alike throughout a series."""
    return tuple(sorted(row["tag"] for row in rows("declared_tags")))


def nearest(name: str, choices: Collection[str]) -> str | None:
    """The choice most like a name, whatever its case."""
    folded = {choice.casefold(): choice for choice in choices}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=_FEW)
    return folded[found[0]] if found else None


def _steps(text: str) -> Iterator[Step]:
    at = 0
    while True:
        found = _STEP.match(text, at)
        if not found:
            raise UsageError(
                f"{text!r} names no attribute; expected a keyword, a tag such as 0018,0050, a private attribute such "
                "as 0019,CREATOR,01, or a path of these, such as RequestAttributesSequence.ScheduledProcedureStepID"
            )
        yield _step(found)
        at = found.end() + 1
        if at > len(text):
            return


def _step(found: re.Match[str]) -> Step:
    if found["private"]:
        return _private(int(found["group"], 16), found["private"].strip('" '), int(found["offset"], 16))
    if found["tag"]:
        number = int(found["tag"].replace(",", ""), 16)
        if number >> 16 & 1:
            group, element = number >> 16, number & 0xFF
            raise UsageError(
                f"{found['tag']} is private, and its block differs from object to object: name its creator, "
                f"{group:04X},CREATOR,{element:02X}"
            )
        if not dictionary_has_tag(number) or not keyword_for_tag(number):
            raise UsageError(f"{found['tag']} is no tag of the standard")
        return Step(number, dictionary_VR(number))
    keyword = found["keyword"]
    known = _keywords().get(keyword.casefold())
    if known is None:
        near = nearest(keyword, keyword_dict)
        hint = f"; did you mean {near!r}?" if near else ""
        raise UsageError(f"{keyword!r} is no keyword of the standard{hint}")
    return Step(known, dictionary_VR(known))


def _private(group: int, creator: str, offset: int) -> Step:
    if not group & 1 or group <= 0x0008 or not creator:
        raise UsageError(f"{group:04X} is no group of private attributes: these are odd and above 0008 (PS3.5 7.8)")
    try:
        vr = private_dictionary_VR(group << 16 | 0x1000 | offset, creator)
    except KeyError:
        vr = _UNKNOWN
    return Step(group << 16 | offset, vr, creator)


@cache
def _keywords() -> dict[str, int]:
    return {keyword.casefold(): number for keyword, number in keyword_dict.items() if keyword}
