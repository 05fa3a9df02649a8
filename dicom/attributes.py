"""The values of an attribute that a store has declared, wherever in a Dataset its path leads (semantics 4.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TypeVar

from pydicom.dataelem import RawDataElement

from ..ontology.tags import Kind, Step, Tag, kind_of
from .elements import decoded
from .sequences import Level
from .values import (
    TEXT_VRS,
    MalformedValue,
    iso_date,
    iso_date_time,
    iso_time,
    number,
    numbers_of,
    texts,
    texts_of,
    vr_of,
)

Value = str | float | date
V = TypeVar("V")

_CREATORS = range(0x10, 0x100)
"""Elements of a group of private attributes that name the creators of its blocks (PS3.5 7.8.1)."""
_TEXT = {"TM": iso_time, "DT": iso_date_time}


def values(level: Level, tag: Tag) -> list[Value]:
    """Every value, of every item; what is empty or does not fit its VR is none.

    Numbers are floats, DA are dates, TM and DT are ISO 8601, other texts are stripped and in NFC.
    """
    levels = [level]
    for step in tag.steps[:-1]:
        levels = [item for each in levels for found in tags_of(each, step) for item in each.items(found)]
    last = tag.steps[-1]
    return [value for each in levels for found in tags_of(each, last) for value in _values(each, found, tag.kind)]


def tags_of(level: Level, step: Step) -> list[int]:
    """Where on this level an attribute stands: of a private one, in every block that its creator has reserved."""
    if not step.creator:
        return [step.tag] if step.tag in level.entries else []
    group, offset = step.tag & 0xFFFF0000, step.tag & 0xFF
    blocks = (block for block in _CREATORS if group | block in level.entries)
    found = [group | block << 8 | offset for block in blocks if _creator(level, group | block) == step.creator]
    return [each for each in found if each in level.entries]


def _creator(level: Level, tag: int) -> str:
    entry = level.entries[tag]
    if isinstance(entry, RawDataElement) and (entry.value or b"").isascii():
        return (entry.value or b"").decode().strip(" \0")
    try:
        return "".join(texts(level.dataset, tag)[:1])
    except MalformedValue:
        return ""


def _values(level: Level, tag: int, kind: Kind | None) -> Iterator[Value]:
    entry = level.entries[tag]
    vr = vr_of(tag, entry.VR)
    if vr == "UN" or len(vr) > 2:  # private in implicit VR, or one of several
        vr = decoded(level.dataset, tag).VR
    match kind or kind_of(vr):
        case Kind.NUMBER:
            yield from _numbers(level, tag, vr)
        case Kind.DATE:
            yield from _converted(_texts(level, tag), iso_date)
        case Kind.TEXT:
            convert = _TEXT.get(vr)
            found = _texts(level, tag)
            yield from _converted(found, convert) if convert else found


def _numbers(level: Level, tag: int, vr: str) -> list[float]:
    if vr in TEXT_VRS:
        return [float(each) for each in _converted(_texts(level, tag), number)]
    try:
        return [float(each) for each in numbers_of(level.dataset, level.dataset.get_item(tag))]
    except MalformedValue:
        return []


def _texts(level: Level, tag: int) -> list[str]:
    try:
        return [each for each in texts_of(level.dataset, level.dataset.get_item(tag)) if each]
    except MalformedValue:
        return []


def _converted(found: Iterable[str], convert: Callable[[str], V]) -> Iterator[V]:
    for each in found:
        try:
            yield convert(each)
        except MalformedValue:
            continue
