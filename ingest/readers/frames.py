"""What the Per-frame Functional Groups and real world value mappings say of an object (semantics 4.4).

A property of the schema that is the same in all frames is the object's. One that is declared as varying holds all
values, the least and the greatest; any other that varies stays with the kept header.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from ...dicom.sequences import Level
from ...graph.facts import InstanceFacts, Value
from ...graph.schema import VARYING, node
from .common import declared, read_properties, warn

_SHARED, _PER_FRAME = 0x52009229, 0x52009230
_REFERENCED_IMAGE_REAL_WORLD_VALUE_MAPPING = 0x00409094
_REAL_WORLD_VALUE_MAPPING = 0x00409096
_OF_EACH_FRAME = {0x00209111, 0x00209113, 0x00089124, _REAL_WORLD_VALUE_MAPPING}
"""Frame Content, Plane Position and Derivation Image: they differ in every frame, and hold nothing sought here."""

_NAMES = frozenset(p.name for p in node("Instance").properties)
_VARYING = tuple(sorted(VARYING))
_MAPPED = ("lutLabel", "realWorldValueSlope", "realWorldValueIntercept")
_ATTRIBUTES = {tag: one for tag, one in declared("Instance").items() if one.name not in _MAPPED}
_OF_MAPPINGS = {tag: one for tag, one in declared("Instance").items() if one.name in _MAPPED}


def read_frames(ds: Dataset, facts: InstanceFacts) -> None:
    """Complete the properties of an object by what its frames and its real world value mappings say."""
    warnings: list[str] = []
    level = Level.of(ds)
    for name, values in _per_frame(level, warnings).items():
        if name in _VARYING:
            facts.instance[name] = _joined([facts.instance.get(name), *values])
        elif name not in facts.instance and len(values) == 1:
            facts.instance[name] = values[0]
    for name in _VARYING:
        if numbers := sorted(_joined([facts.instance.get(name)])):
            facts.instance |= {name: numbers, f"{name}Min": numbers[0], f"{name}Max": numbers[-1]}
    mapped: dict[str, list[Value]] = {}
    for mapping in _mappings(level):
        for name, value in read_properties(mapping.dataset, _OF_MAPPINGS, warnings).items():
            mapped.setdefault(name, []).append(value)
    for name, values in mapped.items():
        facts.instance[name] = _joined(values)
    warn(facts, *warnings)


def _per_frame(level: Level, warnings: list[str]) -> dict[str, list[Value]]:
    """Property → its distinct values in the frames; macros that frames repeat are read once."""
    found: dict[str, list[Value]] = {}
    read: set[tuple[int, bytes]] = set()
    for frame in level.items(_PER_FRAME):
        for macro, entry in frame.entries.items():
            if macro in _OF_EACH_FRAME or macro >> 16 & 1:  # a private macro may mean anything by an attribute
                continue
            if isinstance(entry, RawDataElement) and isinstance(entry.value, bytes):
                if (macro, entry.value) in read:
                    continue
                read.add((macro, entry.value))
            for item in frame.items(macro)[:1]:
                for name, value in read_properties(item.dataset, _ATTRIBUTES, warnings).items():
                    values = found.setdefault(name, [])
                    if value not in values:
                        values.append(value)
    return found


def _mappings(level: Level) -> Iterator[Level]:
    """Every distinct real world value mapping of an object, of its frames or of the images that it is about."""
    read: set[bytes] = set()
    tags = (_SHARED, _PER_FRAME, _REFERENCED_IMAGE_REAL_WORLD_VALUE_MAPPING)
    for holder in (level, *(item for tag in tags for item in level.items(tag))):
        entry = holder.entries.get(_REAL_WORLD_VALUE_MAPPING)
        if isinstance(entry, RawDataElement) and isinstance(entry.value, bytes):
            if entry.value in read:
                continue
            read.add(entry.value)
        yield from holder.items(_REAL_WORLD_VALUE_MAPPING)


def _joined(values: list[Value]) -> list[Any]:
    """Values and lists of values as one list, each once."""
    flat = (one for value in values if value is not None for one in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(flat))
