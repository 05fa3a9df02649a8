"""What every kind of object has: Patient, Study, Series and Instance with the properties of the schema.

A property whose name is that of a DICOM keyword is read from that attribute: declaring it in
``graph/schema/nodes.py`` is all it takes. What is missing from the Dataset is looked for in the macros of the Shared
Functional Groups (PS3.3 C.7.6.16).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from ...dicom.keywords import keyword_of, tag_of
from ...dicom.sequences import Level
from ...dicom.values import (
    UNDECODABLE_CHARACTER,
    MalformedValue,
    iso_date,
    iso_date_time,
    iso_time,
    numbers_of,
    texts_of,
)
from ...errors import ReadError
from ...graph.facts import InstanceFacts, Location, Properties, Value
from ...graph.schema import Type, node
from ...graph.writing.merge import LEVELS
from ...ontology import tags
from .kinds import kind_of

_EPOCH = date(1970, 1, 1).toordinal()
_SHARED_FUNCTIONAL_GROUPS = 0x52009229
_UIDS = {
    "SOP Class UID": 0x00080016,
    "SOP Instance UID": 0x00080018,
    "Study Instance UID": 0x0020000D,
    "Series Instance UID": 0x0020000E,
}
_PATIENT_ID = 0x00100020
_ISSUER_OF_PATIENT_ID = 0x00100021
_CAPACITY = 1 << 10
"""Values of an attribute that are known by heart."""
_LONGEST_KEY = 1024
"""Bytes of UTF-8 that every engine's indexes take; no UID or Patient ID of the standard has more than 64."""

Entry = DataElement | RawDataElement
Entries = dict[int, tuple[Level, Entry]]
"""Tag → the nesting level that holds it, and the element as pydicom has it."""
Convert = Callable[[Dataset, Entry], Value]

Said = tuple[Properties, str]
"""The properties that an element says, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a reader needs to know besides the object.

    Attributes
    ----------
    dataset
        Name of the data set it is ingested into.
    authority
        The data set's assigning authority; empty where it has none: then its name stands in (semantics 1.5).
    declared
        Names of the store's declared attributes (semantics 4.7).
    """

    dataset: str
    location: Location = field(default_factory=lambda: Location(""))
    authority: str = ""
    declared: tuple[str, ...] = field(default_factory=tags.default)


@dataclass(frozen=True, slots=True)
class Declared:
    """A property of the schema that is a DICOM attribute, and how it is read.

    ``known`` is what elements said so far, by VR, value and byte order: what is ASCII says the same everywhere, and is
    repeated all over a series.
    """

    name: str
    tag: int
    vr: str
    convert: Convert
    indexed: bool = False
    known: dict[tuple[str | None, bytes | None, bool], Said] = field(default_factory=dict, compare=False)


def declared(label: str) -> dict[int, Declared]:
    """The properties of a label that are DICOM attributes, by tag."""
    found = ((p, tag_of(p.name)) for p in node(label).properties)
    return {
        tag: Declared(
            p.name,
            tag,
            vr,
            _TEXT.get(vr, _CONVERT[p.type]) if p.type is Type.STRING else _CONVERT[p.type],
            p.indexed,
        )
        for p, tag in found
        if tag is not None and p.type in _CONVERT and (vr := dictionary_VR(tag))
    }


def begin(ds: Dataset, context: ReadContext) -> InstanceFacts:
    """The hierarchy above an object and its own properties; codes, children and references are still to come.

    Raises
    ------
    ReadError
        where SOP Class, SOP Instance, Study or Series Instance UID is lacking.
    """
    return begin_level(Level.of(ds), context)


def begin_level(level: Level, context: ReadContext) -> InstanceFacts:
    """What `begin` answers, of the Dataset's level."""
    own: Entries = {tag: (level, entry) for tag, entry in level.entries.items() if tag in _READ}
    uids = {name: _text(own, tag) for name, tag in _UIDS.items()}
    if lacking := [name for name, uid in uids.items() if not uid]:
        raise ReadError(f"the object lacks {', '.join(lacking)}")
    if endless := [name for name, uid in uids.items() if _is_too_long(uid)]:
        raise ReadError(f"{', '.join(endless)}: over {_LONGEST_KEY} bytes, where a UID has at most 64 (PS3.5 9.1)")
    sop_class_uid, sop_instance_uid, study_uid, series_uid = uids.values()
    warnings: list[str] = []
    entries = dict(own)
    for holder in (*_meta(level), *_shared(level)):
        for tag, entry in holder.entries.items():
            if tag in _TAGS:
                entries.setdefault(tag, (holder, entry))
    levels = {label: _read_repeated(label, level, entries, warnings) for label in LEVELS}
    levels["Instance"] = _read(entries, _LEVELS["Instance"], warnings)
    if warnings:
        levels["Instance"]["warnings"] = sorted(set(warnings))
    return InstanceFacts(
        context.dataset,
        context.location,
        {**_patient(own, context, study_uid), **levels["Patient"]},
        {"id": study_uid, **levels["Study"]},
        {"id": series_uid, **levels["Series"], **_seconds(levels["Series"])},
        {"id": sop_instance_uid, "kind": kind_of(sop_class_uid), **levels["Instance"]},
    )


def warn(facts: InstanceFacts, *warnings: str) -> None:
    """List what was odd in an object that is kept all the same; without a value, which may identify a person."""
    listed = facts.instance.get("warnings")
    if warnings:
        facts.instance["warnings"] = sorted({*warnings, *(map(str, listed) if isinstance(listed, list) else ())})


def read_properties(level: Level, tags: dict[int, Declared], warnings: list[str]) -> Properties:
    """The declared properties of one nesting level; a malformed value is absent and listed in ``warnings``."""
    return _read({tag: (level, entry) for tag, entry in level.entries.items()}, tags, warnings)


def _read(entries: Entries, tags: dict[int, Declared], warnings: list[str]) -> Properties:
    properties: Properties = {}
    for tag in tags.keys() & entries.keys():
        said, warning = _said(tags[tag], *entries[tag])
        properties.update(said)
        if warning:
            warnings.append(warning)
    return properties


def _read_repeated(label: str, level: Level, entries: Entries, warnings: list[str]) -> Properties:
    """What `_read` answers of a Patient, Study or Series; objects repeat the bytes of what it depends on."""
    found = {tag: entries[tag] for tag in _LEVELS[label] if tag in entries}
    characters = level.holder.original_character_set
    key: list[Hashable] = [characters if isinstance(characters, str) else (*characters,)]
    for holder, entry in found.values():
        if holder is not level or not isinstance(entry, RawDataElement):
            return _read(found, _LEVELS[label], warnings)
        key.append((entry.tag, entry.VR, entry.value, entry.is_little_endian))
    known = _repeated[label]
    said = known.get(tuple(key))
    if said is None:
        if len(known) >= _CAPACITY:
            known.clear()
        odd: list[str] = []
        said = known[tuple(key)] = _read(found, _LEVELS[label], odd), odd
    warnings.extend(said[1])
    return said[0]


def is_undecodable(value: object) -> bool:
    """Whether some of a text, or of a list of texts, could not be decoded (semantics 1.7)."""
    if isinstance(value, list):
        return any(map(is_undecodable, value))
    return isinstance(value, str) and UNDECODABLE_CHARACTER in value


def _said(attribute: Declared, level: Level, entry: Entry) -> Said:
    if not isinstance(entry, RawDataElement) or not (entry.value or b"").isascii():
        return _interpreted(attribute, level.dataset, entry)
    key = (entry.VR, entry.value, entry.is_little_endian)
    said = attribute.known.get(key)
    if said is None:
        if len(attribute.known) >= _CAPACITY:
            attribute.known.clear()
        said = attribute.known[key] = _interpreted(attribute, level.dataset, entry)
    return said


def _interpreted(attribute: Declared, ds: Dataset, entry: Entry) -> Said:
    try:
        value = attribute.convert(ds, entry)
    except MalformedValue:
        return {}, f"{keyword_of(attribute.tag)}: not a valid {attribute.vr}"
    if value is None or value == "":
        return {}, ""
    if attribute.indexed and isinstance(value, str) and _is_too_long(value):
        return {}, f"{keyword_of(attribute.tag)}: over {_LONGEST_KEY} bytes, left to the kept header"
    properties: Properties = {attribute.name: value}
    if isinstance(value, date):
        properties[f"{attribute.name}Days"] = value.toordinal() - _EPOCH
    return properties, f"{keyword_of(attribute.tag)}: undecodable characters" if is_undecodable(value) else ""


def _patient(entries: Entries, context: ReadContext, study_uid: str) -> Properties:
    """The person's key (semantics 1.5); ``study:`` and ``sha256:`` can't be a Patient ID, whose ``:`` is encoded."""
    issuer, patient_id = _text(entries, _ISSUER_OF_PATIENT_ID), _text(entries, _PATIENT_ID)
    authority = issuer or context.authority or context.dataset
    if patient_id:
        return {"id": f"{_key_part(authority)}|{_key_part(patient_id)}", "authority": authority}
    return {
        "id": f"{_key_part(authority)}|study:{study_uid}",
        "authority": authority,
        "patientIDMissing": True,
    }


def _seconds(series: Properties) -> Properties:
    """Date and time of a series as one number, where both are there; parts of the time not given count as 0."""
    days, time = series.get("seriesDateDays"), series.get("seriesTime")
    if not isinstance(days, int) or not isinstance(time, str):
        return {}
    hour, minute, second = [*map(int, time.partition(".")[0].split(":")), 0, 0][:3]
    return {"seriesDateTimeSeconds": ((days * 24 + hour) * 60 + minute) * 60 + second}


def _key_part(text: str) -> str:
    """Percent-encoded; by its hash where no index would take it."""
    encoded = quote(text, safe="")
    return f"sha256:{sha256(text.encode()).hexdigest()}" if _is_too_long(encoded) else encoded


def _is_too_long(text: str) -> bool:
    return len(text) > _LONGEST_KEY // 4 and len(text.encode()) > _LONGEST_KEY


def _text(entries: Entries, tag: int) -> str:
    if tag not in entries:
        return ""
    level, entry = entries[tag]
    try:
        return "\\".join(texts_of(level.dataset, entry))
    except MalformedValue:
        return ""


def _meta(level: Level) -> Iterator[Level]:
    meta = getattr(level.holder, "file_meta", None)
    if meta is not None:
        yield Level.of(meta)


def _shared(level: Level) -> Iterator[Level]:
    """The items of the macros in the Shared Functional Groups."""
    for group in level.items(_SHARED_FUNCTIONAL_GROUPS)[:1]:
        for tag in sorted(group.entries):
            yield from group.items(tag)[:1]


def _string(ds: Dataset, entry: Entry) -> str:
    found = texts_of(ds, entry)
    return found[0] if len(found) == 1 else "\\".join(found)


def _integers(ds: Dataset, entry: Entry) -> list[int]:
    found = numbers_of(ds, entry)
    if any(value != int(value) or not -(2**63) <= value < 2**63 for value in found):
        raise MalformedValue
    return [int(value) for value in found]


def _doubles(ds: Dataset, entry: Entry) -> list[float]:
    return [float(value) for value in numbers_of(ds, entry)]


def _first(read: Callable[[Dataset, Entry], list[Any]], convert: Callable[[Any], Value] | None = None) -> Convert:
    """The first value of an element, converted; None where it has none."""

    def first(ds: Dataset, entry: Entry) -> Value:
        found = read(ds, entry)
        return None if not found else convert(found[0]) if convert else found[0]

    return first


_CONVERT: dict[Type, Convert] = {
    Type.STRING: _string,
    Type.STRINGS: lambda ds, entry: texts_of(ds, entry) or None,
    Type.DATE: _first(texts_of, iso_date),
    Type.INT64: _first(_integers),
    Type.INT64S: lambda ds, entry: _integers(ds, entry) or None,
    Type.DOUBLE: _first(_doubles),
    Type.DOUBLES: lambda ds, entry: _doubles(ds, entry) or None,
}
_TEXT = {"TM": _first(texts_of, iso_time), "DT": _first(texts_of, iso_date_time)}
_LEVELS = {label: declared(label) for label in (*LEVELS, "Instance")}
_repeated: dict[str, dict[Hashable, tuple[Properties, list[str]]]] = {label: {} for label in LEVELS}
"""What objects said of Patients, Studies and Series, and what was wrong with it, by all that the reading depends on."""
_TAGS = frozenset(tag for level in _LEVELS.values() for tag in level)
_READ = _TAGS | {*_UIDS.values(), _PATIENT_ID, _ISSUER_OF_PATIENT_ID}
