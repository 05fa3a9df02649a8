"""Is the graph what it should be? Structure, and everything derived, computed anew and compared."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from ...errors import CohortGraphError
from ...ontology import hierarchy, value_sets
from .. import schema
from ..asking import ask, ids
from ..engine import Engine, rows
from ..facts import InstanceFacts
from ..item_paths import inside
from ..writing.concatenations import MERGED as OF_ALL_PARTS
from ..writing.concepts import canonical_unit
from ..writing.levels import Place, members, place_of
from ..writing.merge import GIVEN, LEVELS, MERGED, Merged, from_row, level
from ..writing.persons import as_linked, linked
from ..writing.references import DERIVED, parse, places
from ..writing.state import EDGES, STATES
from .records import PAGE, Record, canonical, of_facts, of_instances
from .sharing import unsound


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be: which node, and what is wrong with it."""

    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


class Headers(Protocol):
    """The kept headers, by digest."""

    def digests(self) -> Collection[str]:
        """All of them."""

    def get(self, digest: str) -> bytes:
        """The header with that digest."""

    def damage(self) -> list[str]:
        """What is wrong with what holds them all."""


Reread = Callable[[bytes, str], InstanceFacts]
"""What a kept header says, read for a data set of that name."""


def check(engine: Engine, headers: Headers, reread: Reread) -> list[Problem]:
    """List all problems; none in a sound store. Every kept header is read again: this takes as long as an ingest.

    Parameters
    ----------
    reread
        The reader of the ingest room: what it derives (context, SHOWS, canonical values, …) is compared with what is
        stored, as are the properties of Patient, Study and Series (semantics 1.8).
    """
    return [
        *_structure(engine),
        *_waiting(engine),
        *_dates(engine),
        *_vocabulary(engine),
        *(Problem(*each) for each in unsound(engine)),
        *_objects(engine, headers, reread),
    ]


def _rules() -> Iterator[tuple[str, str]]:
    """(what returns the ids of nodes that are wrong, what is wrong with them)."""
    for upper, edge, lower in (
        ("Patient", "HAS_STUDY", "Study"),
        ("Study", "HAS_SERIES", "Series"),
        ("Series", "HAS_INSTANCE", "Instance"),
    ):
        no = f"MATCH (n:{{}}) WHERE NOT EXISTS {{{{ MATCH ({{}})-[:{edge}]->({{}}) }}}} RETURN n.id AS id"
        yield no.format(lower, f":{upper}", "n"), f"has no {upper}"
        yield no.format(upper, "n", f":{lower}"), f"has no {lower}"
    yield (
        "MATCH (n:Instance) WHERE NOT EXISTS { MATCH (n)-[:IN_DATASET]->(:Dataset) } RETURN n.id AS id",
        "belongs to no data set",
    )
    yield (
        "MATCH (n:Instance)<-[:HAS_INSTANCE]-(x:Series) WITH n.id AS id, count(x) AS series WHERE series > 1 RETURN id",
        "belongs to several series",
    )
    yield (
        "MATCH (n:Instance) WITH n.ordinal AS ordinal, count(n) AS n, min(n.id) AS id WHERE n > 1 RETURN id",
        "shares its ordinal",
    )
    yield (
        "MATCH (m:Meta) MATCH (n:Instance) WHERE n.ordinal >= m.nextOrdinal RETURN n.id AS id",
        "has an ordinal that will be given again",
    )
    yield (
        "MATCH (n:UnresolvedTarget) WHERE NOT EXISTS { MATCH (n)<-[:UNRESOLVED]-() } RETURN n.id AS id",
        "waits, but nothing refers to it",
    )
    for label, edge, holder in (("AttributeSet", "ATTRIBUTES", "Instance"), ("Attribute", "HOLDS", "AttributeSet")):
        yield (
            f"MATCH (n:{label}) WHERE NOT EXISTS {{ MATCH (:{holder})-[:{edge}]->(n) }} RETURN n.id AS id",
            f"belongs to no {holder}",
        )
    for name, edge in STATES.items():
        there = f"EXISTS {{ MATCH (:Instance)-[:{edge}]->(n) }}"
        yield f"MATCH (n:Instance) WHERE n.{name} AND NOT {there} RETURN n.id AS id", f"is {name} by nothing"
        yield f"MATCH (n:Instance)<-[:{edge}]-() WHERE n.{name} IS NULL RETURN n.id AS id", f"is {name}, but not marked"
    for basis, edge in EDGES.items():
        yield (
            f"MATCH (n:Instance)-[e:REFERENCES]->(t:Instance) WHERE e.basis = '{basis}' AND n.id <> t.id "
            f"AND NOT EXISTS {{ MATCH (n)-[:{edge}]->(t) }} RETURN n.id AS id",
            f"has a {basis} without {edge}",
        )
    yield (
        "MATCH (n:Instance) WHERE n.measurement IS NOT NULL AND coalesce(n.kind, '') <> 'segmentation' "
        "RETURN n.id AS id",
        "is no segmentation, but marked as measured or to be measured",
    )
    yield (
        "MATCH (n:Instance)-[:HAS_SEGMENT]->(s:Segment) WHERE s.voxelCount IS NOT NULL "
        "AND coalesce(n.measurement, '') <> 'done' RETURN DISTINCT n.id AS id",
        "has measures, but is not marked as measured",
    )
    left_out = "(coalesce(n.superseded, false) OR coalesce(n.rejected, false))"
    yield (
        f"MATCH (n:Instance)-[:SHOWS]->() WHERE n.kind = 'report' AND {left_out} RETURN DISTINCT n.id AS id",
        "shows something, but is superseded or rejected",
    )
    yield (
        f"MATCH (n:Instance)-[:SHOWED]->() WHERE NOT {left_out} RETURN DISTINCT n.id AS id",
        "shows nothing, but is neither superseded nor rejected",
    )
    for label, has in schema.CHILDREN.items():
        child = f"MATCH (i:Instance)-[e:{has}]->(n:{label})"
        yield (
            f"MATCH (n:{label}) WHERE NOT EXISTS {{ MATCH (:Instance)-[:{has}]->(n) }} RETURN n.key AS id",
            f"is a {label} of no instance",
        )
        yield (
            f"{child} WHERE n.key <> i.ordinal * {1 << schema.POSITION_BITS} + n.position RETURN i.id AS id",
            f"has a {label} whose key is of another instance or position",
        )
        yield (
            f"{child} WITH i.id AS id, n.key AS key, count(e) AS times WHERE times > 1 RETURN id",
            f"has a {label} twice",
        )


def _structure(engine: Engine) -> Iterator[Problem]:
    for query, message in _rules():
        for row in rows(engine.read(query)):
            yield Problem(str(row["id"]), message)


def _waiting(engine: Engine) -> Iterator[Problem]:
    """References that wait for what is here (semantics 4.1)."""
    stored = rows(engine.read("MATCH (u:UnresolvedTarget) RETURN u.id AS id, u.kind AS kind"))
    targets = [parse(row["kind"], row["id"]) for row in stored]
    for target in sorted(places(engine, targets)):
        yield Problem(target.id, "references wait for it, but it is here")


def _dates(engine: Engine) -> Iterator[Problem]:
    """The Study Date that each Series copies: of several Studies', the one with the smallest UID that has a date."""
    expected: dict[str, Any] = {}
    copies: dict[str, Any] = {}
    query = (
        "MATCH (s:Study)-[:HAS_SERIES]->(x:Series) RETURN s.id AS study, s.studyDate AS date, s.studyDateDays AS days, "
        "x.id AS id, x.studyDate AS copy, x.studyDateDays AS copyDays"
    )
    for row in sorted(rows(engine.read(query)), key=lambda row: row["study"], reverse=True):
        copies[row["id"]] = (row["copy"], row["copyDays"])
        if row["date"] is not None or row["id"] not in expected:
            expected[row["id"]] = (row["date"], row["days"])
    for identifier, copy in sorted(copies.items()):
        if copy != expected[identifier]:
            yield Problem(identifier, "studyDate is not that of its Study")


def _vocabulary(engine: Engine) -> Iterator[Problem]:
    """Each Concept's hierarchy, value sets and canonical unit."""
    related: dict[str, dict[str, set[str]]] = {}
    for type_, label in (("IS_A", "Concept"), ("MEMBER_OF", "ValueSet")):
        found = related[type_] = defaultdict(set)
        for row in rows(engine.read(f"MATCH (c:Concept)-[:{type_}]->(t:{label}) RETURN c.id AS id, t.id AS target")):
            found[row["id"]].add(row["target"])
    for row in rows(engine.read("MATCH (c:Concept) RETURN c.id AS id, c.canonicalUnit AS unit")):
        identifier = row["id"]
        if related["IS_A"][identifier] != hierarchy.parents(identifier):
            yield Problem(identifier, "IS_A differs from the shipped hierarchy")
        if related["MEMBER_OF"][identifier] != value_sets.memberships(identifier):
            yield Problem(identifier, "MEMBER_OF differs from the shipped value sets")
        if row["unit"] != canonical_unit(identifier):
            yield Problem(identifier, "canonicalUnit is not that of its dimension")


def _objects(engine: Engine, headers: Headers, reread: Reread) -> Iterator[Problem]:
    """Each object against what its kept header says, then each level above against what its objects say."""
    damage = headers.damage()
    yield from (Problem("kept headers", each) for each in damage)
    kept = None if damage else set(headers.digests())
    merged: dict[str, dict[str, Merged]] = {label: defaultdict(Merged) for label in LEVELS}
    links = linked(engine)
    uids = sorted(engine.read("MATCH (i:Instance) RETURN i.id AS id").column("id").to_pylist())
    for start in range(0, len(uids), PAGE):
        page = uids[start : start + PAGE]
        yield from _paths(engine, page)
        stored = of_instances(engine, page)
        belongs = members(engine, "Instance", page)
        for uid in page:
            datasets = sorted(record[2] for record in stored[uid] if record[0] == "IN_DATASET")
            for member in belongs.get(uid, ()):
                if kept is not None and member.header_digest not in kept:
                    yield Problem(uid, "its header is not kept")
                    continue
                try:
                    blob = headers.get(member.header_digest)
                    readings = [as_linked(reread(blob, dataset), links) for dataset in datasets or [""]]
                except CohortGraphError as error:
                    yield Problem(uid, f"its kept header can't be read: {error}")
                    continue
                # In several data sets, it was read for the one that had it first.
                yield from min((compare(stored[uid], member.place, facts) for facts in readings), key=len, default=[])
                for label, identifier in zip(LEVELS, member.place, strict=True):
                    merged[label][identifier].add(uid, level(readings[0], label), GIVEN[label])
    for label in LEVELS:
        yield from _levels(engine, label, merged[label])


def compare(stored: Iterable[Record], place: Place, facts: InstanceFacts) -> list[Problem]:
    """The differences between an object's records and what a reader says of it; measures are no reader's."""
    uid = facts.sop_instance_uid
    problems = []
    if place != place_of(facts):
        problems.append(Problem(uid, "belongs to another patient, study or series than its header says"))
    had = Counter(canonical(record) for record in map(_comparable, stored) if not _follows(record))
    said = Counter(canonical(record) for record in map(_comparable, of_facts(facts)) if record[0] != "IN_DATASET")
    for records, complaint in ((had - said, "is stored, but not what its header says"), (said - had, "is missing")):
        for record in map(json.loads, records):
            named = f"{record[0]} to {record[2]}" if len(record) == 4 else record[0]
            problems.append(Problem(record[1], f"{named} {complaint}"))
    return problems


def _follows(record: Record) -> bool:
    """Whether it is no object's own, but checked by rules."""
    return record[0] in ("IN_DATASET", *STATES.values()) or record[-1].get("basis") in DERIVED


_NOT_READ = {
    "Instance": ("measurement", "warnings", "superseded", "rejected"),
    "Segment": ("voxelCount", "volume", "area", "boundingBox"),
}


def _comparable(record: Record) -> Record:
    """A reference the same whether it is resolved or not; a node without what the header doesn't say."""
    kind, *ends, properties = record
    if kind in ("REFERENCES", "REFERENCES_SERIES"):
        kind = "UNRESOLVED"
    if kind == "SHOWED":
        kind = "SHOWS"
    not_read = _NOT_READ.get(kind, ())
    if "concatenationUID" in properties:  # its own words are on its PART_OF edge
        not_read = (*not_read, *OF_ALL_PARTS)
    return kind, *ends, {name: value for name, value in properties.items() if name not in not_read}


def _paths(engine: Engine, uids: list[str]) -> Iterator[Problem]:
    """Every item hangs in the tree where its path says."""
    query = (
        "MATCH (i:Instance {id: r.id})-[:HAS_ITEM]->(c:ContentItem) OPTIONAL MATCH (p:ContentItem)-[:HAS_CHILD]->(c) "
        "RETURN i.id AS id, c.path AS path, p.path AS parent, p.position AS position"
    )
    for row in ask(engine, query, ids(uids)):
        begin = inside(row["parent"], row["position"]) if row["parent"] else ""
        if begin != (row["path"] or "").rpartition(".")[0]:
            yield Problem(schema.public_id(row["id"], "ContentItem", row["path"]), "hangs elsewhere than its path says")


def _levels(engine: Engine, label: str, expected: dict[str, Merged]) -> Iterator[Problem]:
    """The merged properties of a Patient, Study or Series (semantics 1.8)."""
    names = (*MERGED[label], "contributors", "disagreements")
    returned = ", ".join(f"n.{name} AS {name}" for name in names)
    for row in rows(engine.read(f"MATCH (n:{label}) RETURN n.id AS id, {returned}")):
        before, now = from_row(label, row), expected.get(row["id"], Merged())
        for name in sorted({*before.values, *now.values}):
            if before.values.get(name) != now.values.get(name):
                yield Problem(row["id"], f"{name} is not what its objects say")
        if (before.contributors, before.disagreements) != (now.contributors, now.disagreements):
            yield Problem(row["id"], "contributors or disagreements are not those of its objects")
