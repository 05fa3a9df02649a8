"""Data sets: what they are called, under which terms they may be used, what they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import NotFound, UsageError
from . import duo, schema
from .engine import Batch, Engine, rows

FIELDS = tuple(p.name for p in schema.node("Dataset").properties)
"""What can be said of a data set."""

_DATE_SHIFT = re.compile(r"none|removed|perPatient\([^()\s]+\)")


@dataclass(frozen=True, slots=True)
class Described:
    """A data set.

    Attributes
    ----------
    properties
        What is said of it, by the names of ``FIELDS``.
    objects
        How many objects belong to it, by kind.
    shared
        How many of them belong to another data set too.
    """

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    objects: dict[str, int] = field(default_factory=dict)
    patients: int = 0
    shared: int = 0


def datasets(engine: Engine) -> list[Described]:
    """Every data set, by name."""
    returned = ", ".join(f"d.{name} AS {name}" for name in FIELDS)
    found = rows(engine.read(f"MATCH (d:Dataset) RETURN d.id AS id, {returned} ORDER BY id"))
    kinds: dict[str, dict[str, int]] = {}
    query = "MATCH (d:Dataset)<-[:IN_DATASET]-(i:Instance) RETURN d.id AS id, i.kind AS kind, count(i) AS n"
    for row in rows(engine.read(f"{query} ORDER BY id, kind")):
        kinds.setdefault(row["id"], {})[row["kind"] or "other"] = row["n"]
    query = (
        "MATCH (d:Dataset)<-[:IN_DATASET]-(:Instance)<-[:HAS_INSTANCE]-(:Series)<-[:HAS_SERIES]-(:Study)"
        "<-[:HAS_STUDY]-(p:Patient) RETURN d.id AS id, count(DISTINCT p.id) AS n"
    )
    patients = {row["id"]: row["n"] for row in rows(engine.read(query))}
    query = (
        "MATCH (d:Dataset)<-[:IN_DATASET]-(i:Instance)-[:IN_DATASET]->(o:Dataset) WHERE o.id <> d.id "
        "RETURN d.id AS id, count(DISTINCT i.id) AS n"
    )
    shared = {row["id"]: row["n"] for row in rows(engine.read(query))}
    return [
        Described(
            row["id"],
            {name: row[name] for name in FIELDS if row[name]},
            kinds.get(row["id"], {}),
            patients.get(row["id"], 0),
            shared.get(row["id"], 0),
        )
        for row in found
    ]


def dataset(engine: Engine, name: str) -> Described:
    """One data set.

    Raises
    ------
    NotFound
        where there is none of that name.
    """
    listed = datasets(engine)
    for each in listed:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in listed) or "none yet"
    raise NotFound(f"there is no data set {name!r}; data sets here: {known}")


def describe(engine: Engine, name: str, changes: Mapping[str, str]) -> None:
    """Set properties of a data set, which is made where there is none yet; an empty text removes one.

    Raises
    ------
    UsageError
        where a value is not valid; where objects are here already that an assigning authority would give to other
        people (semantics 1.5).
    """
    if not name.strip():
        raise UsageError("a data set needs a name")
    if unknown := sorted(changes.keys() - set(FIELDS)):
        raise UsageError(f"a data set has no {unknown[0]!r}; expected one of {', '.join(FIELDS)}")
    valid = {each: _valid(each, value.strip()) or None for each, value in changes.items()}
    returned = ", ".join(f"d.{each} AS {each}" for each in FIELDS)
    stored = rows(engine.read(f"MATCH (d:Dataset {{id: $id}}) RETURN {returned}", {"id": name}))
    if not stored:
        engine.write(Batch(create_nodes={"Dataset": [{"id": name, **valid}]}))
        return
    changed = {each: value for each, value in valid.items() if (stored[0][each] or None) != value}
    if "assigningAuthority" in changed and _has_objects(engine, name):
        before = stored[0]["assigningAuthority"] or name
        raise UsageError(
            f"the objects of {name!r} are those of patients of {before!r}; another assigning authority would make "
            f"them other people's: delete the data set (cohortgraph datasets delete) and ingest it again"
        )
    if changed:
        engine.write(Batch(set_nodes={"Dataset": [{"id": name, **changed}]}))


def _has_objects(engine: Engine, name: str) -> bool:
    query = "MATCH (d:Dataset {id: $id})<-[:IN_DATASET]-(i:Instance) RETURN i.id AS id LIMIT 1"
    return bool(engine.read(query, {"id": name}).num_rows)


def _valid(name: str, value: str) -> str:
    if not value:
        return value
    if name == "useTerms":
        parts = [part for part in re.split(r"[\s,;]+", value) if part]
        if wrong := [part for part in parts if not duo.terms(part)]:
            raise UsageError(
                f"{wrong[0]!r} is no term of the Data Use Ontology; expected such as DUO:0000042, or of its "
                f"abbreviations {', '.join(duo.ABBREVIATIONS)}"
            )
        return ", ".join(dict.fromkeys(term for part in parts for term in duo.terms(part)))
    if name == "dateShift" and not _DATE_SHIFT.fullmatch(value):
        raise UsageError(f"{value!r} is no date-shift policy; expected none, removed or perPatient(NAME OF THE KEY)")
    return value
