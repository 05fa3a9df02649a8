"""Planning the nodes above the instances: Patient, Study and Series, what they say and how they hang together.

Instances leave (deleted, replaced) and arrive (new, replaced); a node without instances goes, an edge between levels
stays as long as an instance needs it. Files exist whose study has two patients, or whose series lies in two studies:
then, and only then, an instance says in its ``lineage`` where it belongs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..asking import along, ask, ids
from ..engine import Batch, EdgeKey, Engine, Row
from ..facts import InstanceFacts, Properties
from .merge import GIVEN, LEVELS, MERGED, Levels, Merged, from_row, level, remerge

_DATES = ("studyDate", "studyDateDays")
_ABOVE = (("Patient", "HAS_STUDY", "Study"), ("Study", "HAS_SERIES", "Series"))


class Place(NamedTuple):
    """The ids above one instance, in the order of LEVELS."""

    patient: str
    study: str
    series: str


@dataclass(frozen=True, slots=True)
class Member:
    """A stored instance and where it belongs."""

    uid: str
    header_digest: str
    explicit: bool
    place: Place


@dataclass(slots=True)
class Above:
    """What the plan found, for the instances' own rows and for the references."""

    lineage: dict[str, list[str] | None] = field(default_factory=dict)
    gone: dict[str, set[str]] = field(default_factory=dict)


def place_of(facts: InstanceFacts) -> Place:
    """Where an object says that it belongs."""
    return Place(str(facts.patient["id"]), str(facts.study["id"]), str(facts.series["id"]))


def members(engine: Engine, label: str, identifiers: Iterable[str]) -> dict[str, list[Member]]:
    """The instances that belong to these nodes of ``label`` (a level or ``Instance``), by node id, sorted by UID."""
    chain = (
        ("p", "Patient", "-[:HAS_STUDY]->"),
        ("s", "Study", "-[:HAS_SERIES]->"),
        ("x", "Series", "-[:HAS_INSTANCE]->"),
        ("i", "Instance", ""),
    )
    start = next(f"({variable}:{name} {{id: r.id}})" for variable, name, _ in chain if name == label)
    pattern = "".join(f"({variable}{'' if name == label else f':{name}'}){edge}" for variable, name, edge in chain)
    query = (
        f"MATCH {start} OPTIONAL MATCH {pattern} RETURN r.id AS id, i.id AS uid, i.headerDigest AS digest, "
        "i.lineage AS lineage, p.id AS patient, s.id AS study, x.id AS series"
    )
    found: dict[str, list[Member]] = defaultdict(list)
    for row in along(engine, query, ids(identifiers), "series" if label != "Series" else "uid"):
        lineage = row["lineage"]
        if not lineage or lineage == [row["study"], row["patient"]]:
            place = Place(row["patient"], row["study"], row["series"])
            found[row["id"]].append(Member(row["uid"], row["digest"] or "", bool(lineage), place))
    for listed in found.values():
        listed.sort(key=lambda member: member.uid)
    return found


class Plan:
    """One batch's changes above its instances.

    Parameters
    ----------
    leaving
        The stored instances that are deleted or replaced.
    arriving
        The objects that are new or replace one.
    reread
        What the object with this header digest says of its levels.
    """

    def __init__(
        self,
        engine: Engine,
        leaving: list[Member],
        arriving: list[InstanceFacts],
        reread: Callable[[str], Levels],
    ) -> None:
        self._engine = engine
        self._reread = reread
        self._leaving = leaving
        self._arriving = arriving
        self._places = {facts.sop_instance_uid: place_of(facts) for facts in arriving}
        self._left = {member.uid for member in leaving}
        places = [*(member.place for member in leaving), *self._places.values()]
        self._touched = {label: {place[n] for place in places} for n, label in enumerate(LEVELS)}
        self._stored = {label: self._read_nodes(label) for label in LEVELS}
        self._members: dict[str, dict[str, list[Member]]] = {label: {} for label in LEVELS}
        self._unsettled: dict[str, set[str]] = {}
        self._moved: set[str] = set()
        self._states = {
            label: {key: from_row(label, row) for key, row in self._stored[label].items()} for label in LEVELS
        }

    def write(self, batch: Batch) -> Above:
        """Add the changes to ``batch``."""
        above = Above()
        self._load_unsettled()
        self._merge(above, batch)
        parents = self._link(batch)
        self._settle_lineage(above, batch, parents)
        self._emit(above, batch, parents)
        return above

    def _read_nodes(self, label: str) -> dict[str, Row]:
        names = ("id", *MERGED[label], "contributors", "disagreements", *(_DATES if label == "Series" else ()))
        returned = ", ".join(f"n.{name} AS {name}" for name in names)
        rows = ask(self._engine, f"MATCH (n:{label} {{id: r.id}}) RETURN {returned}", ids(self._touched[label]))
        return {row["id"]: row for row in rows}

    def _load_unsettled(self) -> None:
        """List the instances of each node that lost one which gave it a value, or which doesn't come back to it."""
        self._moved = {m.uid for m in self._leaving if self._places.get(m.uid) != m.place}
        for n, label in enumerate(LEVELS):
            states = self._states[label]
            self._unsettled[label] = {
                member.place[n]
                for member in self._leaving
                if (state := states[member.place[n]]).disagreements or member.uid in state.contributors.values()
            }
            left = {member.place[n] for member in self._leaving if member.uid in self._moved}
            self._load_members(label, self._unsettled[label] | left)

    def _load_members(self, label: str, identifiers: set[str]) -> None:
        missing = identifiers - self._members[label].keys()
        found = members(self._engine, label, missing)
        for identifier in missing:
            self._members[label][identifier] = [m for m in found.get(identifier, ()) if m.uid not in self._left]

    def _merge(self, above: Above, batch: Batch) -> None:
        for n, label in enumerate(LEVELS):
            states = self._states[label]
            for identifier in self._unsettled[label]:
                remaining = self._members[label][identifier]
                reread = ((member.uid, self._reread(member.header_digest)) for member in remaining)
                states[identifier] = remerge(label, states[identifier], reread)
            inhabited = {place[n] for place in self._places.values()}
            above.gone[label] = {key for key, left in self._members[label].items() if not left} - inhabited
            batch.drop_nodes.setdefault(label, []).extend(sorted(above.gone[label]))
            for identifier, uid, properties in self._said(label):
                states.setdefault(identifier, Merged()).add(uid, properties, GIVEN[label])

    def _said(self, label: str) -> Iterator[tuple[str, str, Properties]]:
        """What the arriving objects say of each node; alike neighbours once, by their smallest UID."""
        last: dict[str, tuple[str, Properties]] = {}
        for facts in self._arriving:
            properties, uid = level(facts, label), facts.sop_instance_uid
            identifier = str(properties["id"])
            before = last.get(identifier)
            if before is None:
                last[identifier] = (uid, properties)
            elif before[1] == properties:
                if uid < before[0]:
                    last[identifier] = (uid, properties)
            else:
                yield identifier, *before
                last[identifier] = (uid, properties)
        for identifier, before in last.items():
            yield identifier, *before

    def _link(self, batch: Batch) -> dict[str, dict[str, set[str]]]:
        """Change the edges between levels; return the parents afterwards of every touched Study and Series."""
        parents: dict[str, dict[str, set[str]]] = {}
        for n, (upper, edge, lower) in enumerate(_ABOVE):
            stored_parents = self._parents(upper, edge, lower, self._touched[lower])
            wanted = {(place[n], place[n + 1]) for place in self._places.values()}
            left = {(m.place[n], m.place[n + 1]) for m in self._leaving if m.uid in self._moved}
            kept = {(m.place[n], m.place[n + 1]) for listed in self._members[lower].values() for m in listed}
            dropped = left - wanted - kept
            stored = {(parent, key) for key, found in stored_parents.items() for parent in found}
            _edges(batch.drop_edges, (edge, upper, lower), dropped)
            _edges(batch.create_edges, (edge, upper, lower), wanted - stored)
            parents[lower] = defaultdict(set)
            for parent, key in (stored - dropped) | wanted:
                parents[lower][key].add(parent)
            self._members_of_newly_shared(lower, stored_parents, parents[lower])
        before = {member.uid: member.place.series for member in self._leaving}
        now = {uid: place.series for uid, place in self._places.items()}
        hangs: EdgeKey = ("HAS_INSTANCE", "Series", "Instance")
        _edges(batch.drop_edges, hangs, {(before[uid], uid) for uid in before.keys() & now if before[uid] != now[uid]})
        _edges(batch.create_edges, hangs, {(series, uid) for uid, series in now.items() if before.get(uid) != series})
        return parents

    def _parents(self, upper: str, edge: str, lower: str, identifiers: set[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        query = f"MATCH (n:{lower} {{id: r.id}})<-[:{edge}]-(m:{upper}) RETURN n.id AS id, m.id AS parent"
        for row in ask(self._engine, query, ids(identifiers)):
            found[row["id"]].add(row["parent"])
        return found

    def _members_of_newly_shared(self, label: str, before: dict[str, set[str]], after: dict[str, set[str]]) -> None:
        shared = {key for key, found in before.items() if len(found) == 1 and len(after.get(key, ())) > 1}
        self._load_members(label, shared)

    def _settle_lineage(self, above: Above, batch: Batch, parents: dict[str, dict[str, set[str]]]) -> None:
        shared = {label: {key for key, found in parents[label].items() if len(found) > 1} for label in parents}
        for uid, place in self._places.items():
            is_shared = place.study in shared["Study"] or place.series in shared["Series"]
            above.lineage[uid] = [place.study, place.patient] if is_shared else None
        settled = {
            member.uid: {"id": member.uid, "lineage": [member.place.study, member.place.patient]}
            for label, found in shared.items()
            for key in found
            for member in self._members[label].get(key, ())
            if not member.explicit
        }
        batch.set_nodes.setdefault("Instance", []).extend(settled.values())

    def _emit(self, above: Above, batch: Batch, parents: dict[str, dict[str, set[str]]]) -> None:
        given = {
            (label, str(level(facts, label)["id"])): level(facts, label) for facts in self._arriving for label in LEVELS
        }
        dates = self._dates_of_series(above, parents)
        for label in LEVELS:
            for identifier in sorted(self._touched[label] - above.gone[label]):
                row: Row = {"id": identifier, **self._states[label][identifier].row(label)}
                row.update(dates.pop(identifier) if label == "Series" else {})
                stored = self._stored[label].get(identifier)
                if stored is None:
                    own = {name: given[label, identifier].get(name) for name in GIVEN[label] if name not in row}
                    batch.create_nodes.setdefault(label, []).append({**own, **row})
                elif stored != row:
                    batch.set_nodes.setdefault(label, []).append(row)
        batch.set_nodes.setdefault("Series", []).extend({"id": key, **date} for key, date in dates.items())

    def _dates_of_series(self, above: Above, parents: dict[str, dict[str, set[str]]]) -> dict[str, dict[str, Any]]:
        """The Study Date of each touched Series, and of those in a Study whose date changed.

        A Series in several Studies takes it from the one with the smallest UID that has a date.
        """
        dates = {key: state.values for key, state in self._states["Study"].items()}
        changed = {
            key
            for key, row in self._stored["Study"].items()
            if key not in above.gone["Study"] and row["studyDate"] != dates[key].get("studyDate")
        }
        query = "MATCH (s:Study {id: r.id})-[:HAS_SERIES]->(x:Series) RETURN x.id AS id"
        others = {row["id"] for row in ask(self._engine, query, ids(changed))} - self._touched["Series"]
        studies = {**parents["Series"], **self._parents("Study", "HAS_SERIES", "Series", others)}
        series = (self._touched["Series"] - above.gone["Series"]) | others
        unread = {study for key in series for study in studies[key]} - dates.keys()
        query = "MATCH (s:Study {id: r.id}) RETURN s.id AS id, s.studyDate AS studyDate, s.studyDateDays AS days"
        for row in ask(self._engine, query, ids(unread)):
            dates[row["id"]] = {"studyDate": row["studyDate"], "studyDateDays": row["days"]}
        found: dict[str, dict[str, Any]] = {}
        for key in series:
            dated = [dates[study] for study in sorted(studies[key]) if dates[study].get("studyDate") is not None]
            found[key] = {name: dated[0].get(name) if dated else None for name in _DATES}
        return found


def _edges(into: dict[EdgeKey, list[Row]], key: EdgeKey, pairs: set[tuple[str, str]]) -> None:
    if pairs:
        into.setdefault(key, []).extend({"source": source, "target": target} for source, target in sorted(pairs))
