"""The one way facts come into the graph: each call is one transaction, and idempotent in what it leaves behind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ...errors import UsageError
from .. import schema
from ..asking import along, ask, ids, present
from ..engine import Batch, Engine, Overtaken
from ..facts import InstanceFacts, Location, Properties
from . import attributes, concepts, content, levels, links, persons, references, state
from .content import Stored
from .merge import Levels

_Key = TypeVar("_Key")
_Change = TypeVar("_Change")
_Done = TypeVar("_Done")


RecordsOf = Callable[[str, str], Iterable[str]]

_ATTEMPTS = 10
"""How often a change is planned anew while other writers are faster."""


class Headers(Protocol):
    """Where kept headers lie, by digest; ``graph.store.headers.HeaderStore`` is one."""

    def put(self, blobs: Mapping[str, bytes]) -> None:
        """Keep these durably."""

    def get(self, digest: str) -> bytes:
        """The header with that digest."""

    def discard(self, digests: Collection[str]) -> None:
        """Forget these."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The store's version after a transaction, and how many nodes of each label it created."""

    version: int
    nodes: dict[str, int]


class Writer:
    """Writes facts through an engine; one at a time for a store.

    Parameters
    ----------
    headers
        Where each object's header is kept, before the graph names it.
    reread
        What a kept header says of its Patient, Study and Series (InstanceFacts will do): needed to merge anew where
        an instance leaves that gave a value (semantics 1.8).
    """

    def __init__(self, engine: Engine, headers: Headers, reread: Callable[[bytes], Levels]) -> None:
        self._engine = engine
        self._headers = headers
        self._reread = reread
        self._known = concepts.Known()
        self._attributes = attributes.Known()
        self._version = -1

    def stored(self, uids: Collection[str]) -> dict[str, Stored]:
        """What is stored of these SOP Instance UIDs; unknown ones are left out."""
        query = (
            "MATCH (i:Instance {id: r.id}) "
            "RETURN i.id AS id, i.ordinal AS ordinal, i.headerDigest AS digest, i.locations AS locations"
        )
        found = ask(self._engine, query, ids(set(uids)))
        datasets: dict[str, list[str]] = defaultdict(list)
        match = "MATCH (i:Instance {id: r.id}) OPTIONAL MATCH (i)-[:IN_DATASET]->(d:Dataset)"
        keys = ids(row["id"] for row in found)
        for row in along(self._engine, f"{match} RETURN i.id AS id, d.id AS name", keys, "name"):
            datasets[row["id"]].append(row["name"])
        return {
            row["id"]: Stored(
                row["ordinal"], row["digest"] or "", tuple(row["locations"] or ()), tuple(sorted(datasets[row["id"]]))
            )
            for row in found
        }

    def commit(
        self,
        new: Sequence[InstanceFacts] = (),
        replace: Sequence[InstanceFacts] = (),
        locations: Sequence[tuple[str, str, Location]] = (),
        lost: Sequence[tuple[str, str]] = (),
    ) -> Committed:
        """Write objects that are not stored, objects that replace a stored one, and further copies of stored ones.

        Parameters
        ----------
        locations
            (SOP Instance UID, data set, where the copy lies); the object may be among ``new``.
        lost
            (SOP Instance UID, URI) where no copy of the object lies any more; it stays, also without any.

        Raises
        ------
        UsageError
            where an object of ``new`` is stored, one of ``replace`` or ``locations`` is not, or one is given twice.
        """
        return self._retried(lambda: self._commit(new, replace, locations, lost))

    def _commit(
        self,
        new: Sequence[InstanceFacts],
        replace: Sequence[InstanceFacts],
        locations: Sequence[tuple[str, str, Location]],
        lost: Sequence[tuple[str, str]],
    ) -> Committed:
        version = self._engine.version()
        linked = persons.linked(self._engine, {str(facts.patient["id"]) for facts in (*new, *replace)})
        if linked:
            new, replace = ([persons.as_linked(facts, linked) for facts in each] for each in (new, replace))
        arriving = [*new, *replace]
        uids = [facts.sop_instance_uid for facts in arriving]
        stored = self.stored({*uids, *(uid for uid, _, _ in locations), *(uid for uid, _ in lost)})
        _expect({facts.sop_instance_uid for facts in new} & stored.keys(), "is stored already")
        _expect({facts.sop_instance_uid for facts in replace} - stored.keys(), "is not stored, so nothing to replace")
        _expect({uid for uid, count in Counter(uids).items() if count > 1}, "is given twice")
        _expect({uid for uid, _, _ in locations} - stored.keys() - set(uids), "is not stored, so has no other copy")
        self._headers.put({str(f.instance["headerDigest"]): f.header for f in arriving})
        first = self._engine.reserve_ordinals(len(new)) if new else 0
        ordinals = {facts.sop_instance_uid: first + n for n, facts in enumerate(new)}
        ordinals.update((f.sop_instance_uid, stored[f.sop_instance_uid].ordinal) for f in replace)
        leaving = {facts.sop_instance_uid: stored[facts.sop_instance_uid] for facts in replace}
        written = [(f, ordinals[f.sop_instance_uid]) for f in arriving]
        return self._write(version, written, leaving, stored, locations, lost)

    def delete(self, uids: Collection[str]) -> Committed:
        """Remove objects with all that belongs to them; unknown ones are passed over."""
        return self._retried(lambda: self._write(self._engine.version(), [], self.stored(uids), {}, ()))

    def link(self, records: Collection[str], records_of: RecordsOf) -> Committed:
        """Make one person of these Patient records and of those linked with them already (semantics 1.5).

        Parameters
        ----------
        records_of
            SOP Instance UID and header digest → the ids that its Patient may have, one for each of its data sets.

        Raises
        ------
        UsageError
            where they are less than two.
        """
        return self._regrouped(lambda: persons.joined(self._engine, records), records_of)

    def unlink(self, record: str, records_of: RecordsOf) -> Committed:
        """Make a person of its own of this record; the others stay linked.

        Raises
        ------
        UsageError
            where it is not linked.
        """
        return self._regrouped(lambda: persons.parted(self._engine, record), records_of)

    def _regrouped(self, groups: Callable[[], list[persons.Group]], records_of: RecordsOf) -> Committed:
        def change() -> Committed:
            batch = persons.regroup(self._engine, groups(), self._reread_stored, records_of)
            return self._apply(batch)

        return self._retried(change)

    def _reread_stored(self, digest: str) -> Levels:
        return self._reread(self._headers.get(digest))

    def set_measures(self, uid: str, measures: Mapping[int, Properties], state: str) -> Committed:
        """Set what was measured of an object's segments (semantics 4.5).

        Parameters
        ----------
        measures
            Segment position → voxelCount, volume, area, boundingBox.
        state
            ``done`` or ``failed``.

        Raises
        ------
        UsageError
            where the object is not stored.
        """
        stored = self.stored([uid])
        _expect({uid} - stored.keys(), "is not stored, so can't be measured")
        batch = Batch()
        batch.set_nodes["Segment"] = [
            {"key": schema.child_key(stored[uid].ordinal, position), **properties}
            for position, properties in measures.items()
        ]
        batch.set_nodes["Instance"] = [{"id": uid, "measurement": state}]
        return self._apply(batch)

    def set_attributes(self, now: attributes.Sets) -> Committed | None:
        """Let stored objects have these declared attributes and no others; None where they have them already."""

        def change() -> Committed | None:
            version = self._engine.version()
            self._forget_unless(version)
            batch = Batch(built_on=version)
            before = attributes.of_instances(self._engine, now)
            held = attributes.change(self._engine, batch, self._attributes, now, before, dropped=False)
            return self._apply(batch, held=held) if batch else None

        return self._retried(change)

    def drop_attributes(self, sets: Collection[str]) -> Committed:
        """Remove sets of declared attributes from all objects."""

        def change() -> Committed:
            version = self._engine.version()
            self._forget_unless(version)
            batch = Batch(built_on=version)
            attributes.drop_sets(self._engine, batch, sets)
            return self._apply(batch, held=attributes.Learnt(frozenset(), frozenset(sets)))

        return self._retried(change)

    def _retried(self, change: Callable[[], _Done]) -> _Done:
        """Read and plan again where another writer of the same Neo4j was faster."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(Overtaken):
                return change()
        return change()

    def _write(
        self,
        version: int,
        arriving: list[tuple[InstanceFacts, int]],
        leaving: Mapping[str, Stored],
        stored: Mapping[str, Stored],
        locations: Sequence[tuple[str, str, Location]],
        lost: Sequence[tuple[str, str]] = (),
    ) -> Committed:
        self._forget_unless(version)
        batch = Batch(drop_instances=sorted(leaving), built_on=version)
        belonged = [each for found in levels.members(self._engine, "Instance", leaving).values() for each in found]
        objects = [facts for facts, _ in arriving]
        above = levels.Plan(self._engine, belonged, objects, self._reread_stored).write(batch)
        deleted = leaving.keys() - above.lineage.keys()
        batch.drop_nodes["Instance"] = sorted(deleted)
        copies = content.copies(objects, locations, stored, leaving, lost)
        self._plan_datasets(batch, copies)
        used: set[str] = set()
        for facts, ordinal in arriving:
            uid = facts.sop_instance_uid
            local = {"ordinal": ordinal, "lineage": above.lineage[uid], "locations": copies[uid].uris}
            content.write(batch, facts, local, used, replaces=uid in leaving)
        content.write_copies(batch, copies, stored, above.lineage.keys())
        sets = {facts.sop_instance_uid: facts.attributes for facts in objects}
        held = attributes.write(self._engine, batch, self._attributes, sets, leaving)
        learnt = concepts.write(self._engine, batch, self._known, (facts.concepts for facts in objects), used)
        ordinals = {uid: found.ordinal for uid, found in leaving.items()}
        change = references.Change(arriving, ordinals, set(deleted), above.gone["Series"])
        references.write(self._engine, batch, change)
        state.write(self._engine, batch, change)
        links.write(self._engine, batch, change, belonged)
        committed = self._apply(batch, learnt, held)
        kept = {facts.instance["headerDigest"] for facts in objects}
        self._headers.discard({found.header_digest for found in leaving.values()} - kept)
        return committed

    def _plan_datasets(self, batch: Batch, copies: Mapping[str, content.Copies]) -> None:
        names = {name for found in copies.values() for name in found.datasets_added}
        missing = names - present(self._engine, "Dataset", names)
        batch.create_nodes["Dataset"] = ids(missing)

    def _forget_unless(self, version: int) -> None:
        """What is known of the store holds as long as no other writer changed it."""
        if version != self._version:
            self._known = concepts.Known()
            self._attributes = attributes.Known()

    def _apply(
        self, batch: Batch, learnt: concepts.Known | None = None, held: attributes.Learnt | None = None
    ) -> Committed:
        batch = Batch(
            batch.drop_instances,
            _filled(batch.drop_edges),
            _filled(batch.drop_nodes),
            _filled(batch.create_nodes),
            _filled(batch.set_nodes),
            _filled(batch.create_edges),
            batch.built_on,
        )
        version = self._engine.write(batch)
        if learnt:
            self._known.update(learnt)
        if held:
            self._attributes.update(held)
        self._version = version
        return Committed(version, {label: len(created) for label, created in batch.create_nodes.items()})


def _filled(part: dict[_Key, list[_Change]]) -> dict[_Key, list[_Change]]:
    """Without empty lists: a batch that changes nothing must be empty."""
    return {key: changes for key, changes in part.items() if changes}


def _expect(wrong: Collection[str], complaint: str) -> None:
    if wrong:
        raise UsageError(f"{min(wrong)} {complaint}")
