"""Declared attributes (semantics 4.7): what they say in an object, as sets that objects share.

Most of what is declared is alike throughout a series. Its bytes are taken apart once, and are one edge of each object;
what a person declared beside the default may differ from object to object, and is a set by itself.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import sha256

from pydicom.dataelem import RawDataElement

from ...dicom.attributes import Value, tags_of, values
from ...dicom.sequences import Level
from ...graph.facts import AttributeSet
from ...ontology import tags
from ...ontology.tags import Tag

_SHARED_FUNCTIONAL_GROUPS = 0x52009229
_EPOCH = date(1970, 1, 1).toordinal()
_CAPACITY = 1 << 12


@dataclass(frozen=True, slots=True)
class _Group:
    """Attributes that make one set.

    Attributes
    ----------
    starting
        Those that begin at a tag of the standard, by that tag.
    private
        Those that begin at a private one, of whose group every element may tell where.
    made
        The sets that were made, by the bytes that they were made of.
    """

    tags: tuple[Tag, ...]
    starting: dict[int, list[Tag]] = field(default_factory=dict)
    private: dict[int, list[Tag]] = field(default_factory=dict)
    made: dict[Hashable, AttributeSet | None] = field(default_factory=dict)

    @classmethod
    def of(cls, *members: Tag) -> _Group:
        """The group of these attributes."""
        made = cls(members)
        for tag in members:
            first = tag.steps[0]
            if first.creator:
                made.private.setdefault(first.tag >> 16, []).append(tag)
            else:
                made.starting.setdefault(first.tag, []).append(tag)
        return made

    def beginning(self, number: int) -> list[Tag]:
        """The attributes that begin at the element of that tag, or may."""
        return self.starting.get(number) or self.private.get(number >> 16, [])

    def within(self, level: Level) -> Level:
        """The level with only those elements that matter here."""
        starting, private = self.starting, self.private
        entries = {tag: entry for tag, entry in level.entries.items() if tag in starting}
        if private:
            entries |= {tag: entry for tag, entry in level.entries.items() if tag >> 16 in private}
        return Level(entries, level.holder, level.made)


def read_attributes(level: Level, declared: tuple[str, ...]) -> tuple[AttributeSet, ...]:
    """The sets of an object's declared attributes; none of those that it lacks.

    An attribute that the object itself lacks is looked for in its Shared Functional Groups, as properties are.
    """
    levels = [level]
    if _SHARED_FUNCTIONAL_GROUPS in level.entries:
        levels += _macros(level)
    found = (_set(group, [group.within(each) for each in levels]) for group in _groups(declared))
    return tuple(each for each in found if each is not None)


def _macros(level: Level) -> Iterator[Level]:
    for group in level.items(_SHARED_FUNCTIONAL_GROUPS)[:1]:
        for tag in sorted(group.entries):
            yield from group.items(tag)[:1]


def _set(group: _Group, levels: list[Level]) -> AttributeSet | None:
    if not any(level.entries for level in levels):
        return None
    key = _key(group, levels)
    if key not in group.made:
        if len(group.made) >= _CAPACITY:
            group.made.clear()
        group.made[key] = _encoded({(tag.name, value) for tag in group.tags for value in _values(levels, tag)})
    return group.made[key]


def _values(levels: list[Level], tag: Tag) -> list[Value]:
    level = next((level for level in levels if tags_of(level, tag.steps[0])), None)
    return values(level, tag) if level else []


def _key(group: _Group, levels: list[Level]) -> Hashable:
    """What the set depends on: the bytes, or the values of what pydicom has taken apart already."""
    characters = levels[0].holder.original_character_set
    parts: list[Hashable] = [characters if isinstance(characters, str) else (*characters,)]
    for level in levels:
        for number, entry in level.entries.items():
            if isinstance(entry, RawDataElement):
                parts.append((number, entry.VR, entry.value, entry.is_little_endian))
            else:
                parts.append((number, *(tuple(values(level, tag)) for tag in group.beginning(number))))
    return tuple(parts)


def _encoded(found: set[tuple[str, Value]]) -> AttributeSet | None:
    if not found:
        return None
    listed = sorted((name, *_typed(value)) for name, value in found)
    encoded = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return AttributeSet(sha256(encoded.encode("utf-8", "surrogatepass")).hexdigest(), encoded)


def _typed(value: Value) -> tuple[str, str | float | int]:
    if isinstance(value, date):
        return "days", value.toordinal() - _EPOCH
    return ("text", value) if isinstance(value, str) else ("number", value)


@lru_cache(maxsize=8)
def _groups(declared: tuple[str, ...]) -> tuple[_Group, ...]:
    """The default set's attributes in one group, each other in one by itself."""
    default = frozenset(tags.default())
    found = [(tags.tag(name), name in default) for name in declared]
    together = _Group.of(*(tag for tag, is_default in found if is_default))
    return together, *(_Group.of(tag) for tag, is_default in found if not is_default)
