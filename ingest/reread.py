"""Reading kept headers again, not the sources: for attributes newly declared, or for readers that know more.

The graph says how far a run has come, chunk by chunk, so that one that was stopped goes on; what a header says is
compared with what is stored, so that nothing is written twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ..dicom import header
from ..dicom.sequences import Level
from ..errors import UsageError
from ..graph.asking import ask, ids
from ..graph.declared import Reading, property_of, reading, record
from ..graph.engine import Engine, rows
from ..graph.facts import InstanceFacts, Location
from ..graph.reading.check import compare
from ..graph.reading.records import Record, of_instances
from ..graph.store.directory import Store
from ..graph.writing.levels import Member, members
from ..graph.writing.persons import Group, as_linked, linked
from ..graph.writing.writer import Writer
from ..ontology import tags
from .kept import keep_measures
from .outcome import Event, Progress
from .owned import owned
from .readers import ReadContext, read
from .readers.attributes import read_attributes
from .reading import quiet, reread

CHUNK = 500
"""Objects after which a run says how far it is."""


@dataclass(frozen=True, slots=True)
class Reread:
    """How many kept headers were read again."""

    headers: int = 0


def declare(store: Store, names: Collection[str], *, progress: Progress | None = None) -> Reread:
    """Let these attributes filter (semantics 4.7), and read them from the kept headers.

    Raises
    ------
    UsageError
        where a name is none of an attribute that can be compared, or one that filters always.
    """
    wanted = [_needing_declaration(name) for name in names]
    return _changed(store, lambda now: now.declaring(*wanted), progress)


def forget(store: Store, names: Collection[str], *, progress: Progress | None = None) -> Reread:
    """Let these attributes filter no more, and remove their values from the graph.

    Raises
    ------
    UsageError
        where one is not declared.
    """
    unwanted = [tags.tag(name).name for name in names]

    def without(now: Reading) -> Reading:
        for name in unwanted:
            if name not in now.tags and now.is_complete:
                raise UsageError(f"{name} is not declared; cohortgraph tags list names what is")
        return now.forgetting(*unwanted)

    return _changed(store, without, progress)


def upgrade(store: Store, *, progress: Progress | None = None) -> Reread:
    """Read the kept headers again of a store that an older version wrote, or finish what was stopped."""
    return _changed(store, lambda now: now, progress)


def _needing_declaration(name: str) -> str:
    tag = tags.tag(name)
    if place := property_of(tag):
        label, stored = place
        raise UsageError(f"{tag.name} filters always: it is {stored} of {label}")
    return tag.name


def _changed(store: Store, change: Callable[[Reading], Reading], progress: Progress | None) -> Reread:
    """Change what is declared, then bring the graph to it."""
    with owned(store):
        before = reading(store.engine)
        now = change(before)
        if now != before:
            record(store.engine, now)
        return Reread() if now.is_complete else _Run(store, now).go(progress)


class _Run:
    """One pass over the kept headers, or what a stopped one left of it."""

    def __init__(self, store: Store, wanted: Reading) -> None:
        self._store = store
        self._engine: Engine = store.engine
        self._wanted = wanted
        self._writer = Writer(store.engine, store.headers, reread)

    def go(self, progress: Progress | None) -> Reread:
        began = time.monotonic()
        self._drop_forgotten()
        uids = sorted(self._engine.read("MATCH (i:Instance) RETURN i.id AS id").column("id").to_pylist())
        done = sum(uid <= self._wanted.resumes_after for uid in uids)
        left, total = uids[done:], len(uids)
        for start in range(0, len(left), CHUNK):
            chunk = left[start : start + CHUNK]
            self._read_all(chunk) if self._wanted.is_old else self._read_attributes(chunk)
            record(self._engine, self._wanted.reached(chunk[-1]))
            if progress:
                progress(Event("reread", done + start + len(chunk), total, time.monotonic() - began))
        record(self._engine, self._wanted.completed())
        return Reread(len(left))

    def _drop_forgotten(self) -> None:
        """Remove every set that holds what is not declared; what else was in it comes back with its header."""
        found = self._engine.read("MATCH (a:Attribute) RETURN DISTINCT a.name AS name").column("name").to_pylist()
        query = "MATCH (s:AttributeSet)-[:HOLDS]->(a:Attribute) WHERE a.name = $name RETURN DISTINCT s.id AS id"
        for name in sorted({*found} - {*self._wanted.tags}):
            sets = sorted(row["id"] for row in rows(self._engine.read(query, {"name": name})))
            for start in range(0, len(sets), CHUNK):
                self._writer.drop_attributes(sets[start : start + CHUNK])

    def _read_attributes(self, uids: Sequence[str]) -> None:
        query = "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.headerDigest AS digest"
        with quiet():
            self._writer.set_attributes(
                {
                    row["id"]: read_attributes(
                        Level.of(header.restore(self._store.headers.get(row["digest"]))), self._wanted.tags
                    )
                    for row in ask(self._engine, query, ids(uids))
                }
            )

    def _read_all(self, uids: Sequence[str]) -> None:
        """Replace the objects whose header says more, or else, than is stored."""
        stored = of_instances(self._engine, uids)
        belongs = members(self._engine, "Instance", uids)
        authorities = self._authorities()
        links = linked(self._engine)
        changed: list[InstanceFacts] = []
        for uid in uids:
            datasets = sorted(each[2] for each in stored[uid] if each[0] == "IN_DATASET")
            for member in belongs.get(uid, ()):
                contexts = [
                    ReadContext(name, authority=authorities[name], declared=self._wanted.tags) for name in datasets
                ]
                if facts := self._differing(stored[uid], member, contexts, links):
                    changed.append(facts)
        self._replace(changed)

    def _differing(
        self, stored: list[Record], member: Member, contexts: list[ReadContext], links: Mapping[str, Group]
    ) -> InstanceFacts | None:
        """What the header says, read for the data set that it was read for; None where that is stored."""
        blob = self._store.headers.get(member.header_digest)
        with quiet():
            readings = [read(header.restore(blob), context) for context in contexts]
        wrong = [compare(stored, member.place, as_linked(facts, links)) for facts in readings]
        best = min(range(len(wrong)), key=lambda n: len(wrong[n]))
        if not wrong[best]:
            return None
        facts = readings[best]
        facts.header, facts.instance["headerDigest"] = blob, member.header_digest
        return facts

    def _replace(self, changed: list[InstanceFacts]) -> None:
        """Write objects anew that lie where they lay."""
        stored = self._writer.stored([facts.sop_instance_uid for facts in changed])
        arriving: list[InstanceFacts] = []
        others: list[tuple[str, str, Location]] = []
        for facts in changed:
            keep_measures(self._engine, facts)
            before = stored[facts.sop_instance_uid]
            first, *rest = before.locations or ("",)
            arriving.append(replace(facts, location=Location(first)))
            others += [(facts.sop_instance_uid, before.datasets[0], Location(uri)) for uri in rest]
        if arriving:
            self._writer.commit(replace=arriving, locations=others)

    def _authorities(self) -> dict[str, str]:
        found = rows(self._engine.read("MATCH (d:Dataset) RETURN d.id AS id, d.assigningAuthority AS authority"))
        return {row["id"]: row["authority"] or "" for row in found}
