"""What every kind of object has: Patient, Study, Series and Instance with the properties of the schema.

A property whose name is that of a DICOM keyword is read from that attribute: declaring it in ``graph/schema.py`` is all
it takes. What is missing from the Dataset is looked for in the macros of the Shared Functional Groups (PS3.3 C.7.6.16).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from ...dicom.elements import items
from ...dicom.keywords import keyword_of, tag_of
from ...dicom.values import MalformedValue, iso_date, iso_date_time, iso_time, numbers, texts
from ...errors import ReadError
from ...graph.facts import InstanceFacts, Location, Properties, Value
from ...graph.schema import Type, node
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
_TRANSFER_SYNTAX_UID = 0x00020010


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a reader needs to know besides the object.

    Attributes
    ----------
    dataset
        Name of the data set it is ingested into.
    authority
        The data set's assigning authority; empty where it has none: then its name stands in (semantics 1.5).
    """

    dataset: str
    location: Location = field(default_factory=lambda: Location(""))
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """A property of the schema that is a DICOM attribute."""

    name: str
    type: Type
    tag: int
    vr: str


def declared(label: str) -> dict[int, Declared]:
    """The properties of a label that are DICOM attributes, by tag."""
    found = ((p, tag_of(p.name)) for p in node(label).properties)
    return {
        tag: Declared(p.name, p.type, tag, dictionary_VR(tag))
        for p, tag in found
        if tag is not None and p.type in _CONVERT
    }


def begin(ds: Dataset, context: ReadContext) -> InstanceFacts:
    """The hierarchy above an object and its own properties; codes, children and references are still to come.

    Raises
    ------
    ReadError
        where SOP Class, SOP Instance, Study or Series Instance UID is lacking.
    """
    uids = {name: _text(ds, tag) for name, tag in _UIDS.items()}
    if lacking := [name for name, uid in uids.items() if not uid]:
        raise ReadError(f"the object lacks {', '.join(lacking)}")
    sop_class_uid, sop_instance_uid, study_uid, series_uid = uids.values()
    warnings: list[str] = []
    where = {tag: ds for tag in map(int, ds.keys()) if tag in _TAGS}
    for tag, macro in _shared(ds):
        where.setdefault(tag, macro)
    if _TRANSFER_SYNTAX_UID in (meta := getattr(ds, "file_meta", Dataset())):
        where[_TRANSFER_SYNTAX_UID] = meta
    levels = {label: _read(where, tags, warnings) for label, tags in _LEVELS.items()}
    if warnings:
        levels["Instance"]["warnings"] = sorted(set(warnings))
    return InstanceFacts(
        context.dataset,
        context.location,
        {**_patient(ds, context, study_uid), **levels["Patient"]},
        {"id": study_uid, **levels["Study"]},
        {"id": series_uid, **levels["Series"]},
        {"id": sop_instance_uid, "kind": kind_of(sop_class_uid), **levels["Instance"]},
    )


def warn(facts: InstanceFacts, *warnings: str) -> None:
    """List what was odd in an object that is kept all the same; without a value, which may identify a person."""
    listed = facts.instance.get("warnings")
    if warnings:
        facts.instance["warnings"] = sorted({*warnings, *(map(str, listed) if isinstance(listed, list) else ())})


def read_properties(ds: Dataset, tags: dict[int, Declared], warnings: list[str]) -> Properties:
    """The declared properties of one nesting level; a malformed value is absent and listed in ``warnings``."""
    return _read({tag: ds for tag in map(int, ds.keys()) if tag in tags}, tags, warnings)


def _read(where: dict[int, Dataset], tags: dict[int, Declared], warnings: list[str]) -> Properties:
    properties: Properties = {}
    for tag, ds in where.items():
        if (attribute := tags.get(tag)) is None:
            continue
        try:
            value = _CONVERT[attribute.type](ds, attribute)
        except MalformedValue:
            warnings.append(f"{keyword_of(tag)}: not a valid {attribute.vr}")
            continue
        if value is None or value == "":
            continue
        if _holds_replacement(value):
            warnings.append(f"{keyword_of(tag)}: undecodable characters")
        properties[attribute.name] = value
        if isinstance(value, date):
            properties[f"{attribute.name}Days"] = value.toordinal() - _EPOCH
    return properties


def _patient(ds: Dataset, context: ReadContext, study_uid: str) -> Properties:
    """The person's key (semantics 1.5); the ``study:`` of a missing Patient ID can't be one, whose ``:`` is encoded."""
    issuer, patient_id = _text(ds, _ISSUER_OF_PATIENT_ID), _text(ds, _PATIENT_ID)
    authority = issuer or context.authority or context.dataset
    if patient_id:
        return {"id": f"{quote(authority, safe='')}|{quote(patient_id, safe='')}", "authority": authority}
    return {
        "id": f"{quote(authority, safe='')}|study:{study_uid}",
        "authority": authority,
        "patientIDMissing": True,
    }


def _text(ds: Dataset, tag: int) -> str:
    try:
        return "\\".join(texts(ds, tag))
    except MalformedValue:
        return ""


def _shared(ds: Dataset) -> Iterable[tuple[int, Dataset]]:
    for group in items(ds, _SHARED_FUNCTIONAL_GROUPS)[:1]:
        for macro_tag in map(int, group.keys()):
            for macro in items(group, macro_tag)[:1]:
                for tag in map(int, macro.keys()):
                    if tag in _TAGS:
                        yield tag, macro


def _holds_replacement(value: Value) -> bool:
    return "\ufffd" in value if isinstance(value, str) else isinstance(value, list) and "\ufffd" in str(value)


def _string(ds: Dataset, attribute: Declared) -> str:
    if attribute.vr in _ISO:
        return _ISO[attribute.vr](_first(ds, attribute))
    return "\\".join(texts(ds, attribute.tag))


def _first(ds: Dataset, attribute: Declared) -> str:
    return next(iter(texts(ds, attribute.tag)), "")


def _date(ds: Dataset, attribute: Declared) -> date | None:
    text = _first(ds, attribute)
    return iso_date(text) if text else None


def _integers(ds: Dataset, attribute: Declared) -> list[int]:
    found = numbers(ds, attribute.tag)
    if any(value != int(value) or not -(2**63) <= value < 2**63 for value in found):
        raise MalformedValue
    return [int(value) for value in found]


def _doubles(ds: Dataset, attribute: Declared) -> list[float]:
    return [float(value) for value in numbers(ds, attribute.tag)]


def _one(convert: Callable[[Dataset, Declared], list[Any]]) -> Callable[[Dataset, Declared], Value]:
    return lambda ds, attribute: next(iter(convert(ds, attribute)), None)


_ISO: dict[str, Callable[[str], str]] = {
    "TM": lambda text: iso_time(text) if text else "",
    "DT": lambda text: iso_date_time(text) if text else "",
}
_CONVERT: dict[Type, Callable[[Dataset, Declared], Value]] = {
    Type.STRING: _string,
    Type.STRINGS: lambda ds, attribute: texts(ds, attribute.tag) or None,
    Type.DATE: _date,
    Type.INT64: _one(_integers),
    Type.INT64S: lambda ds, attribute: _integers(ds, attribute) or None,
    Type.DOUBLE: _one(_doubles),
    Type.DOUBLES: lambda ds, attribute: _doubles(ds, attribute) or None,
}
_LEVELS = {label: declared(label) for label in ("Patient", "Study", "Series", "Instance")}
_TAGS = frozenset(tag for level in _LEVELS.values() for tag in level)
