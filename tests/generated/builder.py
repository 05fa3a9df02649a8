"""Facts written by hand, short enough to read: what the readers would say of small made-up objects.

UIDs tell where an object belongs: ``7.1.2.3`` is the third instance of series ``7.1.2`` of study ``7.1``.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from urllib.parse import quote

from cohortgraph.graph.facts import (
    AttributeSet,
    Child,
    Coded,
    ConceptSeen,
    InstanceFacts,
    Location,
    Properties,
    Reference,
    compact,
)
from cohortgraph.graph.schema import node
from cohortgraph.ontology import tags, units
from cohortgraph.ontology.assertions import assertion
from cohortgraph.ontology.concept import Code, split_id
from cohortgraph.ontology.normalise import normalise


@dataclass(frozen=True, slots=True)
class Term:
    """A code as it was read, and the properties of the edge that leads to it."""

    code: str
    meaning: str
    laterality: str = ""
    modifiers: tuple[str, ...] = ()

    def at(self, laterality: str = "", modifiers: tuple[str, ...] = ()) -> Term:
        """The same term with a laterality and modifiers on its edge."""
        return Term(self.code, self.meaning, laterality, modifiers)


@dataclass(slots=True)
class Item:
    """A content item to be; ``numbers`` are (DS text, unit or None), one for each value."""

    name: Term | None = None
    value: Term | None = None
    numbers: Sequence[tuple[str, Term | None]] = ()
    text: str = ""
    relationship: str = "CONTAINS"
    qualifier: Term | None = None
    site: Sequence[Term] = ()
    finding: Sequence[Term] = ()
    method: Sequence[Term] = ()
    derivation: Term | None = None
    children: Sequence[Item] = ()
    properties: Properties = field(default_factory=dict)
    references: Sequence[Reference] = ()


@dataclass(slots=True)
class Segment:
    """A segment to be; ``volume`` in mL."""

    type: Term | None
    volume: float | None = None
    label: str = ""
    region: Sequence[Term] = ()
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class Part:
    """A region of interest, channel or annotation group to be; ``codes`` by the type of their edge."""

    label: str
    properties: Properties
    codes: dict[str, Term] = field(default_factory=dict)


def build(
    uid: str,
    *,
    patient: str,
    kind: str = "image",
    modality: str = "CT",
    dataset: str = "traps",
    authority: str = "",
    patients: Properties | None = None,
    studies: Properties | None = None,
    series: Properties | None = None,
    anatomy: Sequence[Term] = (),
    segments: Sequence[Segment] = (),
    report: Item | None = None,
    parts: Sequence[Part] = (),
    references: Sequence[str | Reference] = (),
    attributes: Mapping[str, Sequence[str | float | date]] | None = None,
    frames: tuple[str, ...] = (),
    **instance: Any,
) -> InstanceFacts:
    """Facts of one object; an empty ``patient`` is a missing Patient ID (semantics 1.5)."""
    study_uid, series_uid = uid.rpartition(".")[0].rpartition(".")[0], uid.rpartition(".")[0]
    issuer = authority or dataset
    owner: Properties = {"id": f"{quote(issuer, safe='')}|{quote(patient or study_uid, safe='')}", "authority": issuer}
    owner |= {"patientID": patient} if patient else {"patientIDMissing": True}
    dates = dict(studies or {})
    copied = {name: dates[name] for name in dates if name.startswith("studyDate")}
    facts = InstanceFacts(
        dataset=dataset,
        location=Location(f"file:///{dataset}/{uid}.dcm"),
        patient=compact(_dated(owner | (patients or {}))),
        study=compact(_dated({"id": study_uid} | dates)),
        series=compact(_dated({"id": series_uid, "modality": modality} | copied | (series or {}))),
        instance=compact(_dated({"id": uid, "kind": kind} | instance)),
    )
    for term in anatomy:
        facts.codes.append(_coded(facts, "ANATOMY", term))
    for position, segment in enumerate(segments):
        facts.children.append(_segment(facts, position, segment))
    for position, part in enumerate(parts):
        codes = [_coded(facts, type_, term) for type_, term in part.codes.items()]
        facts.children.append(Child(part.label, position, {"position": position, **part.properties}, codes))
    if report is not None:
        for child in _items(facts, report, None, "1", iter(range(1 << 20))):
            facts.children.append(child)
    facts.attributes = tuple(_attribute_sets(attributes or {}))
    for target in references:
        facts.references.append(target if isinstance(target, Reference) else image(target))
    facts.frames = frames
    facts.header = pickle.dumps(facts)
    facts.instance["headerDigest"] = hashlib.sha256(facts.header).hexdigest()
    return facts


def image(uid: str, holder: int | None = None) -> Reference:
    """A reference to an object."""
    return Reference(sop_instance_uid=uid, holder=holder, properties={"basis": "sourceImage"})


def _attribute_sets(attributes: Mapping[str, Sequence[str | float | date]]) -> Iterator[AttributeSet]:
    """Attributes of the default set together, each other by itself (semantics 4.7)."""
    default = {name for name in attributes if name in tags.default()}
    for names in ([default] if default else []) + [{name} for name in attributes.keys() - default]:
        listed = sorted([name, *_typed(value)] for name in names for value in set(attributes[name]))
        encoded = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
        yield AttributeSet(hashlib.sha256(encoded.encode()).hexdigest(), encoded)


def _typed(value: str | float | date) -> tuple[str, str | float]:
    if isinstance(value, date):
        return "days", (value - date(1970, 1, 1)).days
    return ("text", value) if isinstance(value, str) else ("number", float(value))


def _dated(properties: Properties) -> Properties:
    """Every date with its epoch-day integer beside it."""
    epoch = date(1970, 1, 1)
    dates = {name: value for name, value in properties.items() if isinstance(value, date)}
    days: Properties = {f"{name}Days": (value - epoch).days for name, value in dates.items()}
    if "seriesDate" in dates and properties.get("seriesTime"):
        began = datetime.combine(dates["seriesDate"], time.fromisoformat(str(properties["seriesTime"])))
        days["seriesDateTimeSeconds"] = int((began - datetime(1970, 1, 1)).total_seconds())
    return properties | days


def _coded(facts: InstanceFacts, type_: str, term: Term, **properties: Any) -> Coded:
    scheme, value = split_id(term.code)
    found = normalise(Code(value, scheme, term.meaning), facts.dataset)
    seen = facts.concepts.setdefault(found.id, ConceptSeen())
    seen.meanings.add(term.meaning)
    seen.aliases |= {found.original} if found.original else set()
    seen.coding_scheme_uid, seen.flagged = found.scheme_uid, found.flagged
    described = {"codeMeaning": term.meaning, "originalCode": found.original}
    if type_ in ("SITE", "TYPE", "REGION", "ANATOMY"):
        described |= {"laterality": term.laterality, "modifiers": list(term.modifiers)}
    return Coded(type_, found.id, compact(described | properties))


def _segment(facts: InstanceFacts, position: int, segment: Segment) -> Child:
    properties = compact(
        {"position": position, "segmentNumber": position + 1, "segmentLabel": segment.label, "volume": segment.volume}
        | segment.properties
    )
    codes = [_coded(facts, "TYPE", segment.type)] if segment.type else []
    codes += [_coded(facts, "REGION", term) for term in segment.region]
    return Child("Segment", position, properties, codes)


def _items(
    facts: InstanceFacts, item: Item, parent: int | None, path: str, positions: Iterator[int]
) -> Iterator[Child]:
    position = next(positions)
    made = Child("ContentItem", position, _dated(_properties(facts, item, position, path)), [], parent)
    if parent is None:
        made.properties.pop("relationshipType")
    single = {"NAME": item.name, "VALUE": item.value, "QUALIFIER": item.qualifier, "DERIVATION": item.derivation}
    made.codes += [_coded(facts, type_, term) for type_, term in single.items() if term]
    made.codes += _unit_edges(facts, item)
    for type_, terms in {"SITE": item.site, "FINDING": item.finding, "METHOD": item.method}.items():
        made.codes += [_coded(facts, type_, term, own=True, fromItem=path) for term in terms]
    for reference in item.references:
        reference.holder = position
        facts.references.append(reference)
    yield made
    for number, child in enumerate(item.children, 1):
        yield from _items(facts, child, position, f"{path}.{number}", positions)


def _properties(facts: InstanceFacts, item: Item, position: int, path: str) -> Properties:
    value_type = "NUM" if item.numbers else "CODE" if item.value else "TEXT" if item.text else "CONTAINER"
    properties: Properties = {
        "position": position,
        "path": path,
        "relationshipType": item.relationship,
        "valueType": value_type,
        "textValue": item.text,
    }
    if item.value:
        scheme, value = split_id(item.value.code)
        properties["assertion"] = assertion(normalise(Code(value, scheme), facts.dataset).id)
    if item.numbers:
        text, unit = item.numbers[0]
        properties["numericString"] = "\\".join(text for text, _ in item.numbers)
        properties["numericValue"] = float(text) if text else None
        if (canonical := _canonical(text, unit)) is not None:
            properties["canonicalValue"], properties["canonicalUnit"] = canonical
    assert all(node("ContentItem").property(name) for name in item.properties)
    return compact(properties | item.properties)


def _unit_edges(facts: InstanceFacts, item: Item) -> Iterator[Coded]:
    for index, (text, unit) in enumerate(item.numbers):
        if unit is not None:
            canonical = _canonical(text, unit)
            number = float(text) if text else None
            yield _coded(
                facts,
                "UNIT",
                unit,
                valueIndex=index,
                numericValue=number,
                canonicalValue=canonical[0] if canonical else None,
            )


def _canonical(text: str, unit: Term | None) -> tuple[float, str] | None:
    if unit is None or not unit.code.startswith("UCUM:"):
        return None
    try:
        return units.canonical(text, unit.code.removeprefix("UCUM:"))
    except ValueError:
        return None
