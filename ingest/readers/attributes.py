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
from itertools import chain

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from ...dicom.attributes import Value, tags_of, values
from ...dicom.sequences import Level, items
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
    first
        The tags at which they begin; ``private``: the groups of those that begin at a private one, of which every
        element may tell where.
    made
        The sets that were made, by the bytes that they were made of.
    """

    tags: tuple[Tag, ...]
    first: frozenset[int]
    private: frozenset[int]
    made: dict[Hashable, AttributeSet | None] = field(default_factory=dict)

    @classmethod
    def of(cls, *members: Tag) -> _Group:
        """The group of these attributes."""
        first = [tag.steps[0] for tag in members]
        return cls(
            members,
            frozenset(step.tag for step in first if not step.creator),
            frozenset(step.tag >> 16 for step in first if step.creator),
        )

    def within(self, level: Level) -> Level:
        """The level with only those elements that matter here."""
        first, private = self.first, self.private
        entries = {tag: entry for tag, entry in level.entries.items() if tag in first}
        if private:
            entries |= {tag: entry for tag, entry in level.entries.items() if tag >> 16 in private}
        return Level(entries, level.holder, level.made)


def read_attributes(ds: Dataset, declared: tuple[str, ...]) -> tuple[AttributeSet, ...]:
    """The sets of an object's declared attributes; none of those that it lacks.

    An attribute that the object itself lacks is looked for in its Shared Functional Groups, as properties are.
    """
    levels = [Level.of(ds)]
    if _SHARED_FUNCTIONAL_GROUPS in levels[0].entries:
        levels += _macros(ds)
    found = (_set(group, [group.within(level) for level in levels]) for group in _groups(declared))
    return tuple(each for each in found if each is not None)


def _macros(ds: Dataset) -> Iterator[Level]:
    for group in items(ds, _SHARED_FUNCTIONAL_GROUPS)[:1]:
        for tag in sorted(map(int, group.keys())):
            yield from (Level.of(item) for item in items(group, tag)[:1])


def _set(group: _Group, levels: list[Level]) -> AttributeSet | None:
    if not any(level.entries for level in levels):
        return None
    key = _key(levels)
    if key in group.made:
        return group.made[key]
    made = _encoded({(tag.name, value) for tag in group.tags for value in _values(levels, tag)})
    if key is not None:
        if len(group.made) >= _CAPACITY:
            group.made.clear()
        group.made[key] = made
    return made


def _values(levels: list[Level], tag: Tag) -> list[Value]:
    level = next((level for level in levels if tags_of(level, tag.steps[0])), None)
    return values(level, tag) if level else []


def _key(levels: list[Level]) -> Hashable:
    """What the set depends on; None where pydicom has already taken an element apart."""
    characters = levels[0].holder.original_character_set
    entries: list[DataElement | RawDataElement] = [*chain.from_iterable(level.entries.values() for level in levels)]
    if not all(isinstance(entry, RawDataElement) for entry in entries):
        return None
    elements = [(int(e.tag), e.VR, e.value, e.is_little_endian) for e in entries if isinstance(e, RawDataElement)]
    return characters if isinstance(characters, str) else (*characters,), *elements


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
