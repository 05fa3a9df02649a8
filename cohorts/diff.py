"""What changed between two snapshots, or between one and what the cohort holds now, and why.

The cause of each entry is found by going from old to new one step after the other: first the data (the old question
with the old curation, asked of the store as it is), then the question, then the curation. An entry has the cause of the
last step at which it came in or went out for good. What the data did is told apart by the objects themselves: each has
an ordinal that only grows, so what came after the old snapshot is known; and the digest of its header.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, except_, intersect, select

from ..graph.asking import ask, ids
from ..graph.engine import Engine, rows
from .contents import COLUMN, Contents
from .model import INSTANCE_LEVELS

Cause = Literal["new data", "changed data", "question", "curation"]
Step = Literal["data", "question", "curation"]
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that came in, went out or (an object) has other content, and why.

    ``new data``: objects that came to the store after the old snapshot; ``changed data``: objects that were replaced,
    deleted, measured, or moved to another person; ``question``; ``curation``.
    """

    level: str
    id: str
    cause: Cause

    def to_dict(self) -> dict[str, str]:
        """As JSON."""
        return {"level": self.level, "id": self.id, "cause": self.cause}


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed of a cohort.

    Attributes
    ----------
    old, new
        Numbers of snapshots; ``new`` is None for what the cohort holds now.
    added, removed
        By level, then by id.
    changed
        Objects that are in both, with another header digest.
    warnings
        What could not be told exactly.
    """

    cohort: str
    old: int
    new: int | None
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]
    warnings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.changed)

    def to_dict(self) -> dict[str, Any]:
        """As JSON; ``counts`` are by level, what happened and cause."""
        parts = {"added": self.added, "removed": self.removed, "changed": self.changed}
        counts: dict[str, dict[str, Counter[str]]] = {}
        for name, changes in parts.items():
            for each in changes:
                counts.setdefault(each.level, {}).setdefault(name, Counter())[each.cause] += 1
        told = {name: [each.to_dict() for each in changes] for name, changes in parts.items()}
        return {"cohort": self.cohort, "old": self.old, "new": self.new, "counts": counts, **told} | {
            "warnings": list(self.warnings)
        }


class Changes(NamedTuple):
    """The entries of a Diff."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]


class _Object(NamedTuple):
    patient: str
    instance: str
    header_digest: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Contents on the way from an old snapshot to a new one.

    Attributes
    ----------
    states
        The old contents, those after each step, the last of them the new ones.
    steps
        What was taken over between each two.
    arrived
        Ordinals of the objects that came to the store after the old snapshot and before the new one.
    """

    graph: Engine
    connection: Connection
    states: tuple[Contents, ...]
    steps: tuple[Step, ...]
    arrived: range

    def changes(self) -> Changes:
        """Every entry that changed, with its cause."""
        old, new = self.states[0], self.states[-1]
        levels = dict.fromkeys((*old.levels(self.connection), *new.levels(self.connection)))
        added: list[Change] = []
        removed: list[Change] = []
        for level in levels:
            added += self._caused(level, self._minus(level, new, old), present=True)
            removed += self._caused(level, self._minus(level, old, new), present=False)
        return Changes(tuple(added), tuple(removed), tuple(self._replaced()))

    def _minus(self, level: str, these: Contents, those: Contents) -> list[str]:
        difference = except_(these.ids(level), those.ids(level)).subquery()
        return list(self.connection.execute(select(difference.c.id).order_by(difference.c.id)).scalars())

    def _caused(self, level: str, entries: list[str], *, present: bool) -> Iterator[Change]:
        """Each entry with its cause; ``present``: whether it is in the new contents."""
        if not entries:
            return
        between = [self._in(level, state) for state in self.states[1:-1]]
        steps = {each: self._step([each in found for found in between], present=present) for each in entries}
        by_data = {each for each, step in steps.items() if step == "data"}
        new = self._through_new_data(level, by_data, present=present) if by_data else set()
        for each, step in steps.items():
            if step == "data":
                yield Change(level, each, "new data" if each in new else "changed data")
            else:
                yield Change(level, each, step)

    def _in(self, level: str, state: Contents) -> set[str]:
        """The ids of a state that are not in both the old and the new contents."""
        both = intersect(self.states[0].ids(level), self.states[-1].ids(level)).subquery()
        found = state.ids(level).subquery()
        return set(self.connection.execute(select(found.c.id).where(found.c.id.not_in(select(both.c.id)))).scalars())

    def _step(self, between: list[bool], *, present: bool) -> Step:
        there = [not present, *between, present]
        return self.steps[max(n for n in range(len(self.steps)) if there[n] != present)]

    def _through_new_data(self, level: str, entries: Collection[str], *, present: bool) -> set[str]:
        """Of entries that came in or went out with the data, those that new objects explain.

        An entry that came in: one of its objects is new or, if none, its patient has new ones. An entry that went out:
        its objects are all here as they were, and its patient has new ones.
        """
        owned = self._objects(level, entries, self.states[-1] if present else self.states[0])
        own: set[str] = set()
        settled: set[str] = set()
        if present:
            own = {each for each, objects in owned.items() if any(o.ordinal in self.arrived for o in objects)}
        else:
            lost = self._lost({o.instance: o.header_digest for objects in owned.values() for o in objects})
            settled = {each for each, objects in owned.items() if any(o.instance in lost for o in objects)}
        patients = {each: objects[0].patient for each, objects in owned.items() if each not in own | settled}
        fed = self._patients_with_new(set(patients.values()))
        return own | {each for each, patient in patients.items() if patient in fed}

    def _objects(self, level: str, entries: Collection[str], contents: Contents) -> dict[str, list[_Object]]:
        """The objects of each entry: those under it, or the one that holds it."""
        found = contents.instances.subquery()
        holders: dict[str, list[str]] = {}
        for each in entries:
            holders.setdefault(each if level in INSTANCE_LEVELS else each.partition("#")[0], []).append(each)
        column = found.c[COLUMN.get(level, "instance")]
        statement = select(column, found.c.patient, found.c.instance, found.c.header_digest, found.c.ordinal)
        owned: dict[str, list[_Object]] = {}
        for holder, *values in self.connection.execute(statement, execution_options={"yield_per": 10 * _PAGE}):
            for each in holders.get(holder, ()):
                owned.setdefault(each, []).append(_Object(*values))
        return owned

    def _lost(self, digests: dict[str, str]) -> set[str]:
        """The objects that the store has no more, or not with this header."""
        here: dict[str, str] = {}
        query = "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.headerDigest AS digest"
        for page in _pages(digests):
            here.update((row["id"], row["digest"] or "") for row in ask(self.graph, query, ids(page)))
        return {uid for uid, digest in digests.items() if here.get(uid) != digest}

    def _patients_with_new(self, patients: Collection[str]) -> set[str]:
        query = (
            "UNWIND $keys AS key MATCH (p:Patient {id: key})-[:HAS_STUDY]->(:Study)-[:HAS_SERIES]->(:Series)"
            "-[:HAS_INSTANCE]->(i:Instance) WHERE i.ordinal >= $start AND i.ordinal < $stop RETURN DISTINCT key AS id"
        )
        window = {"start": self.arrived.start, "stop": self.arrived.stop}
        found: set[str] = set()
        for page in _pages(patients):
            found.update(row["id"] for row in rows(self.graph.read(query, {"keys": page, **window})))
        return found

    def _replaced(self) -> Iterator[Change]:
        old, new = self.states[0].instances.subquery(), self.states[-1].instances.subquery()
        other = except_(
            select(new.c.instance, new.c.header_digest), select(old.c.instance, old.c.header_digest)
        ).subquery()
        both = other.c.instance.in_(select(old.c.instance))
        statement = select(other.c.instance).where(both).order_by(other.c.instance)
        for uid in self.connection.execute(statement).scalars():
            yield Change("instances", uid, "changed data")


def _pages(values: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _PAGE):
        yield ordered[start : start + _PAGE]
