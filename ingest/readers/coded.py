"""A code sequence item as a coded edge, and the item rebuilt from the edge.

What becomes of a code sequence:

- an item with a value is an edge; what the edge's own properties can't say of the item (Coding Scheme UID, a modifier
  sequence, a value in an unusual attribute …) is DICOM JSON in the edge's ``otherAttributes``;
- an item without a value, an empty sequence, and the order of several items have no edge to hold them: `add_codes`
  answers False, and the holder keeps the whole sequence in its own ``otherAttributes`` (an Instance in its kept
  header), besides the edges that could be made. Who rebuilds the holder takes ``otherAttributes`` first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydicom import config
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from ...dicom.codes import (
    CODE_MEANING,
    CODE_VALUE,
    CODING_SCHEME_DESIGNATOR,
    CODING_SCHEME_UID,
    CODING_SCHEME_VERSION,
    LONG_CODE_VALUE,
    URN_CODE_VALUE,
    VALUES,
    read_code,
    text,
)
from ...dicom.elements import decoded, from_json, to_json
from ...dicom.sequences import Level, items
from ...dicom.values import UNDECODABLE_CHARACTER
from ...graph.facts import Coded, ConceptSeen, InstanceFacts, Properties, Value
from ...ontology.concept import Code, split_id
from ...ontology.normalise import Normalised, normalise
from ...ontology.schemes import is_private
from .common import warn

_VR = {
    CODE_VALUE: "SH",
    CODING_SCHEME_DESIGNATOR: "SH",
    CODING_SCHEME_VERSION: "SH",
    CODE_MEANING: "LO",
    LONG_CODE_VALUE: "UC",
    URN_CODE_VALUE: "UR",
}
_SCHEMES = 0x00080110
"""Coding Scheme Identification Sequence."""
_URI_SCHEMES = ("urn", "http", "https")
"""What URN Code Value may begin with: it holds a URN or a URL."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A code sequence item as it was read: its concept, and the properties of an edge to it."""

    code: Code
    found: Normalised
    properties: Properties


_known: dict[Hashable, _Read | None] = {}
"""Items by their bytes and what else their reading depends on: objects repeat few codes many times."""
_sequences: dict[Hashable, list[_Read | None]] = {}
"""Whole code sequences likewise."""
_CAPACITY = 1 << 14


def private_schemes(ds: Dataset) -> tuple[tuple[str, str], ...]:
    """Designator and UID of the private schemes that an object identifies once for all its codes (PS3.3 C.12.1)."""
    named = ((text(item, CODING_SCHEME_DESIGNATOR), text(item, CODING_SCHEME_UID)) for item in items(ds, _SCHEMES))
    return tuple(sorted((designator, uid) for designator, uid in named if uid and is_private(designator)))


def concepts_of(facts: InstanceFacts, level: Level, tag: int) -> list[str]:
    """The concepts of a code sequence that gets no edges, recorded in ``facts.concepts``; of items with a value."""
    return [one.found.id for one in _read_all(facts, level, tag) if one]


def add_code(facts: InstanceFacts, codes: list[Coded], type_: str, item: Level, **properties: Value) -> Coded | None:
    """Add a code sequence item to the codes of its holder; None where it has no value.

    Parameters
    ----------
    codes
        ``facts.codes`` or the ``codes`` of a child of ``facts``.
    properties
        Further properties of the edge.
    """
    read = _read(facts, item)
    if read is None:
        return None
    coded = Coded(type_, read.found.id, {**read.properties, **properties})
    codes.append(coded)
    return coded


def add_codes(facts: InstanceFacts, codes: list[Coded], type_: str, level: Level, tag: int) -> bool:
    """Add every item of a code sequence; True where the one edge made is enough to rebuild the sequence."""
    read = _read_all(facts, level, tag)
    codes.extend(Coded(type_, one.found.id, dict(one.properties)) for one in read if one)
    return len(read) == 1 and read[0] is not None


def code_item(concept: str, properties: Mapping[str, Any]) -> Dataset:
    """The code sequence item that `add_code` read, from a concept's id and the properties of the edge to it."""
    others = from_json(properties.get("otherAttributes") or "")
    written = _attributes(concept, properties)
    if any(tag in others for tag in VALUES):
        written = {tag: value for tag, value in written.items() if tag not in VALUES}
    item = Dataset()
    for tag, value in written.items():
        item.add(DataElement(tag, _VR[tag], value, validation_mode=config.IGNORE))
    item.update(others)
    return item


def _read_all(facts: InstanceFacts, level: Level, tag: int) -> list[_Read | None]:
    """The items of a code sequence; what has a value is recorded in ``facts.concepts``."""
    entry = level.entries.get(tag)
    if entry is None:
        return []
    key = _key(facts, level.holder, [entry])
    read = _sequences.get(key) if key else None
    if read is None:
        read = [_read(facts, item) for item in level.items(tag)]
        if key is not None and len(_sequences) < _CAPACITY:
            _sequences[key] = read
        return read
    for one in read:
        if one is not None:
            _note(facts, one.code, one.found)
    return read


def _read(facts: InstanceFacts, item: Level) -> _Read | None:
    key = _key(facts, item.holder, item.entries.values())
    read = _known[key] if key in _known else _decode(facts, item.dataset)
    if key is not None and len(_known) < _CAPACITY:
        _known[key] = read
    if read:
        _note(facts, read.code, read.found)
    return read


def _decode(facts: InstanceFacts, item: Dataset) -> _Read | None:
    code = read_code(item)
    if code is None:
        return None
    if not code.scheme_uid:
        code = replace(code, scheme_uid=dict(facts.private_schemes).get(code.scheme_designator, ""))
    found = normalise(code, facts.dataset)
    described: Properties = {
        "codeMeaning": code.meaning,
        "originalCode": found.original or "",
        "codingSchemeVersion": code.scheme_version,
    }
    described["otherAttributes"] = _other_attributes(item, _attributes(found.id, described))
    return _Read(code, found, {name: value for name, value in described.items() if value != ""})


def _note(facts: InstanceFacts, code: Code, found: Normalised) -> None:
    seen = facts.concepts.setdefault(found.id, ConceptSeen())
    if code.meaning:
        seen.meanings.add(code.meaning)
        if UNDECODABLE_CHARACTER in code.meaning:
            warn(facts, "CodeMeaning: undecodable characters")
    if found.original:
        seen.aliases.add(found.original)
    seen.coding_scheme_uid = seen.coding_scheme_uid or found.scheme_uid
    seen.flagged = seen.flagged or found.flagged


def _key(facts: InstanceFacts, holder: Dataset, entries: Iterable[DataElement | RawDataElement]) -> Hashable:
    """What the reading of entries depends on; None where pydicom has already taken one of them apart."""
    elements: list[Hashable] = []
    for entry in entries:
        if not isinstance(entry, RawDataElement):
            return None
        elements.append((entry.tag, entry.VR, entry.value, entry.is_little_endian, entry.is_implicit_VR))
    characters = holder.original_character_set
    text_encoding = characters if isinstance(characters, str) else (*characters,)
    return facts.dataset, facts.private_schemes, text_encoding, *elements


def _attributes(concept: str, properties: Mapping[str, Any]) -> dict[int, str]:
    """The attributes, by tag, that an edge's concept and properties say by themselves."""
    identifier = properties.get("originalCode") or concept
    scheme, value = split_id(identifier)
    if scheme in _URI_SCHEMES:
        scheme, value, tag = "", identifier, URN_CODE_VALUE
    else:
        tag = CODE_VALUE if len(value) <= 16 else LONG_CODE_VALUE
    written = {
        tag: value,
        CODING_SCHEME_DESIGNATOR: scheme,
        CODING_SCHEME_VERSION: properties.get("codingSchemeVersion"),
        CODE_MEANING: properties.get("codeMeaning"),
    }
    return {tag: value for tag, value in written.items() if value}


def _other_attributes(item: Dataset, written: Mapping[int, str]) -> str:
    """The elements of an item that differ from what would be written for it, as DICOM JSON."""
    found = [decoded(item, tag) for tag in sorted(item.keys())]
    others = {int(e.tag) for e in found if (e.VR, e.value) != (_VR.get(e.tag), written.get(e.tag))}
    if not others.isdisjoint(VALUES):  # code_item leaves the value to otherAttributes as soon as one is there
        others.update(VALUES)
    return to_json(e for e in found if e.tag in others)
