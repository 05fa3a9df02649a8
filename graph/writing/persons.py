"""Which Patient records are one person (semantics 1.5), and what it takes to change that.

The records of one person are one Patient node: the one whose id is the smallest. So every question is about the person,
at no cost where nothing is linked. A LinkedRecord node remembers each record of such a person, also while no object of
it is here; arriving objects are looked up there by key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from ...errors import NotFound, UsageError
from ..asking import ask, ids, present
from ..engine import Batch, Engine, rows
from ..facts import InstanceFacts, Location, Properties
from .levels import Member, Plan, members
from .links import move
from .merge import Levels

Group = tuple[str, ...]
"""The ids of one person's records, sorted; the first is the person's."""
Linked = Mapping[str, Group]
"""Record → the records of its person; only records that are linked."""


@dataclass(frozen=True, slots=True)
class Person:
    """A line of the list of patients."""

    id: str
    patient_id: str
    authority: str
    sex: str
    birth_date: str
    studies: int
    objects: int
    missing: bool
    records: Group


def persons(engine: Engine) -> list[Person]:
    """Every person, by id."""
    numbers = {
        name: {row["id"]: row["n"] for row in rows(engine.read(f"MATCH {path} RETURN p.id AS id, count({count}) AS n"))}
        for name, path, count in (
            ("studies", "(p:Patient)-[:HAS_STUDY]->(s:Study)", "DISTINCT s.id"),
            (
                "objects",
                "(p:Patient)-[:HAS_STUDY]->(:Study)-[:HAS_SERIES]->(:Series)-[:HAS_INSTANCE]->(i:Instance)",
                "DISTINCT i.id",
            ),
        )
    }
    groups = {group[0]: group for group in linked(engine).values()}
    query = (
        "MATCH (p:Patient) RETURN p.id AS id, p.patientID AS patientID, p.authority AS authority, p.patientSex AS sex, "
        "p.patientBirthDate AS birth, p.patientIDMissing AS missing ORDER BY id"
    )
    return [
        Person(
            row["id"],
            row["patientID"] or "",
            row["authority"] or "",
            row["sex"] or "",
            row["birth"].isoformat() if row["birth"] else "",
            numbers["studies"].get(row["id"], 0),
            numbers["objects"].get(row["id"], 0),
            bool(row["missing"]),
            groups.get(row["id"], ()),
        )
        for row in rows(engine.read(query))
    ]


def linked(engine: Engine, records: Iterable[str] | None = None) -> dict[str, Group]:
    """The links of these records, or all."""
    if records is None:
        found = rows(engine.read("MATCH (n:LinkedRecord) RETURN n.id AS id, n.records AS records"))
    else:
        query = "MATCH (n:LinkedRecord {id: r.id}) RETURN n.id AS id, n.records AS records"
        found = ask(engine, query, ids(set(records)))
    return {row["id"]: tuple(row["records"]) for row in found}


def as_linked(facts: InstanceFacts, links: Linked) -> InstanceFacts:
    """The object as one of its person's."""
    group = links.get(str(facts.patient["id"]))
    return replace(facts, patient={**facts.patient, **_identity(group)}) if group else facts


def resolve(engine: Engine, text: str) -> str:
    """The id of a record that is called so: its id or, where only one has it, its Patient ID.

    Raises
    ------
    NotFound
        where none is.
    UsageError
        where several are.
    """
    if present(engine, "Patient", [text]) or present(engine, "LinkedRecord", [text]):
        return text
    query = "MATCH (p:Patient {patientID: $id}) RETURN p.id AS id ORDER BY id LIMIT 20"
    found: set[str] = {row["id"] for row in rows(engine.read(query, {"id": text}))}
    found.update(record for record in linked(engine) if _identity((record,))["patientID"] == text)
    if len(found) == 1:
        return found.pop()
    if found:
        raise UsageError(f"{len(found)} records have the Patient ID {text!r}; give one of their ids: {sorted(found)}")
    raise NotFound(f"no patient is called {text!r}; `cohortgraph patients list` names them")


def joined(engine: Engine, records: Collection[str]) -> list[Group]:
    """The one group that linking these records makes of them and of those that they are linked with already."""
    links = linked(engine, records)
    together = {each for record in records for each in links.get(record, (record,))}
    if len(together) < 2:
        raise UsageError("name two records of one person")
    return [tuple(sorted(together))]


def parted(engine: Engine, record: str) -> list[Group]:
    """The groups that are left when a record leaves its person."""
    group = linked(engine, [record]).get(record)
    if group is None:
        raise UsageError(f"{record!r} is not linked with another record")
    return [tuple(each for each in group if each != record), (record,)]


def regroup(
    engine: Engine,
    groups: Sequence[Group],
    reread: Callable[[str], Levels],
    records_of: Callable[[str, str], Iterable[str]],
) -> Batch:
    """The batch that makes one person of each group, moving every object whose person changes.

    Parameters
    ----------
    reread
        What the object with this header digest says of its levels.
    records_of
        SOP Instance UID and header digest → the ids that its Patient may have, one for each data set it belongs to.
    """
    batch = Batch(built_on=engine.version())
    wanted = {record: group for group in groups for record in group}
    before = linked(engine, wanted)
    people = {before.get(record, (record,))[0] for record in wanted}
    leaving: list[Member] = []
    arriving: list[InstanceFacts] = []
    for listed in members(engine, "Patient", people).values():
        for member in listed:
            # Of several data sets' ids, the object was taken in under one of this person's records.
            record = min(
                set(records_of(member.uid, member.header_digest)) & wanted.keys(), default=member.place.patient
            )
            group = wanted.get(record, (record,))
            if group[0] != member.place.patient:
                leaving.append(member)
                arriving.append(_moved(member, reread(member.header_digest), group))
    if arriving:
        above = Plan(engine, leaving, arriving, reread).write(batch)
        rows_ = batch.set_nodes.setdefault("Instance", [])
        rows_.extend({"id": uid, "lineage": lineage} for uid, lineage in above.lineage.items())
        people_of = {facts.sop_instance_uid: str(facts.patient["id"]) for facts in arriving}
        move(engine, batch, people_of, {member.place.series for member in leaving})
    gone = set(batch.drop_nodes.get("Patient", ()))
    staying = present(engine, "Patient", (group[0] for group in groups)) - gone
    patients = batch.set_nodes.setdefault("Patient", [])
    patients.extend(
        {"id": g[0], "linkedPatientIDs": _identity(g)["linkedPatientIDs"]} for g in groups if g[0] in staying
    )
    _remember(batch, groups, before)
    return batch


def _moved(member: Member, said: Levels, group: Group) -> InstanceFacts:
    return InstanceFacts(
        "",
        Location(""),
        {**said.patient, **_identity(group)},
        said.study,
        said.series,
        {"id": member.uid},
    )


def _remember(batch: Batch, groups: Sequence[Group], before: Linked) -> None:
    for group in groups:
        for record in group:
            if len(group) < 2:
                batch.drop_nodes.setdefault("LinkedRecord", []).append(record)
            elif record in before:
                batch.set_nodes.setdefault("LinkedRecord", []).append({"id": record, "records": list(group)})
            else:
                batch.create_nodes.setdefault("LinkedRecord", []).append({"id": record, "records": list(group)})


def _identity(group: Group) -> Properties:
    """What a Patient's id says of it, and under which numbers the person is known."""
    parsed = [_parsed(record) for record in group]
    authority, number = parsed[0]
    return {
        "id": group[0],
        "authority": authority,
        "patientID": number,
        "patientIDMissing": None if number else True,
        "linkedPatientIDs": sorted({each for _, each in parsed if each}) if len(group) > 1 else None,
    }


def _parsed(record: str) -> tuple[str, str | None]:
    """Authority and Patient ID; None for the id of a patient without one, keyed by study."""
    authority, _, number = record.partition("|")
    return unquote(authority), None if number.startswith("study:") else unquote(number)
