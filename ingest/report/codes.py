"""Code sequences of content items, each spelling of one read once: reports repeat few codes many times."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from ...graph.facts import Coded, ConceptSeen, InstanceFacts, Location
from ..readers.coded import add_codes

_CAPACITY = 1 << 14


@dataclass(frozen=True, slots=True)
class _Read:
    codes: list[Coded]
    concepts: dict[str, ConceptSeen]
    enough: bool


_read: dict[Hashable, _Read] = {}


def add(facts: InstanceFacts, codes: list[Coded], type_: str, ds: Dataset, entry: DataElement | RawDataElement) -> bool:
    """What `add_codes` does, remembered by the bytes of the sequence."""
    key = _key(facts.dataset, ds, entry)
    if key is None:
        return add_codes(facts, codes, type_, ds, entry.tag)
    read = _read.get(key)
    if read is None:
        alone = InstanceFacts(facts.dataset, Location(""), {}, {}, {}, {})
        enough = add_codes(alone, alone.codes, "", ds, entry.tag)
        if len(_read) >= _CAPACITY:
            _read.clear()
        read = _read[key] = _Read(alone.codes, alone.concepts, enough)
    codes.extend(Coded(type_, coded.concept, dict(coded.properties)) for coded in read.codes)
    for concept, found in read.concepts.items():
        seen = facts.concepts.setdefault(concept, ConceptSeen())
        seen.meanings |= found.meanings
        seen.aliases |= found.aliases
        seen.coding_scheme_uid = seen.coding_scheme_uid or found.coding_scheme_uid
        seen.flagged = seen.flagged or found.flagged
    return read.enough


def _key(dataset: str, ds: Dataset, entry: DataElement | RawDataElement) -> Hashable | None:
    """What the reading depends on; None where pydicom has already taken the values apart."""
    value: Hashable
    if isinstance(entry, RawDataElement):
        value = entry.value
    elif isinstance(entry.value, Sequence) and len(entry.value) == 1:
        elements = entry.value[0].values()
        if not all(isinstance(element, RawDataElement) for element in elements):
            return None
        value = tuple((element.tag, element.VR, element.value) for element in elements)
    else:
        return None
    character_set = ds.original_character_set
    characters = character_set if isinstance(character_set, str) else tuple(character_set)
    return dataset, value, entry.VR, characters, ds.original_encoding
