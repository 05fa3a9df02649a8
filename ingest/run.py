"""One run of an ingest: from what a walk finds to transactions, registry rows and counts."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

from ..dicom.header import same_content
from ..errors import StoreError
from ..graph.asking import ask
from ..graph.declared import reading
from ..graph.facts import InstanceFacts, Location
from ..graph.store.directory import Store
from ..graph.writing.writer import Writer
from ..registry import Registry, Seen, State
from ..version import __version__
from .counting import FileCount
from .decide import Standing, Verdict, decide
from .outcome import Event, Progress, Report
from .reading import Job, Refused, read_object
from .sources import Found, Sort
from .workers import Lost, in_order

BATCH_OBJECTS = 2000
"""Objects in one transaction …"""
BATCH_CHILDREN = 50_000
"""… and their segments and content items."""
ROOM_BYTES = 128 << 20
"""What must be free on the store's disk before a transaction: an embedded engine does not survive a full one."""
_LOOK_UP = 256
_RACY_NS = 2_000_000_000
"""A file that was changed so shortly before it was read may have been changed again at the same time of its clock."""
_EVENT_S = 0.1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file on its way.

    Attributes
    ----------
    before
        What the registry says of it.
    settled
        Whether that still holds, so that it need not be read.
    looked_ns
        When it was looked up, before it was read.
    """

    found: Found
    before: Seen | None
    settled: bool
    looked_ns: int


Result = InstanceFacts | Refused | Lost | None


@dataclass(slots=True)
class _Change:
    """What one transaction will do, and the rows that the registry gets after it."""

    new: dict[str, InstanceFacts] = field(default_factory=dict)
    replace: dict[str, InstanceFacts] = field(default_factory=dict)
    locations: list[tuple[str, str, Location]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)
    renewed: dict[str, bytes] = field(default_factory=dict)
    rows: list[Seen] = field(default_factory=list)
    forget: list[tuple[str, str]] = field(default_factory=list)


class Run:
    """Takes what a walk finds into a store.

    Parameters
    ----------
    paths
        URIs of what is walked, for the record.
    replace
        See :func:`cohortgraph.ingest.pipeline.ingest`.
    again
        Read also what an earlier run quarantined and has not changed since.
    """

    def __init__(
        self,
        store: Store,
        writer: Writer,
        registry: Registry,
        dataset: str,
        paths: Sequence[str],
        workers: int,
        *,
        replace: bool = False,
        again: bool = False,
    ) -> None:
        self._directory = store.directory
        self._headers = store.headers
        self._writer = writer
        self._registry = registry
        self._dataset = dataset
        self._authority = _authority(store, dataset)
        self._declared = reading(store.engine).tags
        self._workers = workers
        self._replace = replace
        self._again = again
        self._number = registry.begin_run(dataset, paths, __version__)
        self._report = Report()
        self._replaced: set[str] = set()
        self._batch: list[tuple[Candidate, Result]] = []
        self._standing: dict[str, Standing] = {}
        self._began = time.monotonic()

    def take(self, found: Iterable[Found], progress: Progress | None = None, count: FileCount | None = None) -> None:
        """Read what was found, decide, and commit in its order."""
        objects = children = done = members = 0
        told = 0.0
        readings = in_order(read_object, self._candidates(found), self._workers, size=lambda job: job.size)
        with closing(readings):
            for candidate, result in readings:
                self._batch.append((candidate, result))
                done += candidate.found.counts
                members += candidate.found.members
                if isinstance(result, InstanceFacts):
                    objects += 1
                    children += len(result.children)
                if objects >= BATCH_OBJECTS or children >= BATCH_CHILDREN or len(self._batch) >= 10 * BATCH_OBJECTS:
                    self._commit()
                    objects = children = 0
                    told = 0.0
                if progress and time.monotonic() - told >= _EVENT_S:
                    told = time.monotonic()
                    progress(self._event(done, count.total(members) if count else None))
        self._commit()
        if progress:
            progress(self._event(done, done))

    def finish(self) -> Report:
        """Record that the run came to its end; its counts."""
        self._report.seconds = time.monotonic() - self._began
        self._registry.finish_run(self._number, self._report.to_dict())
        return self._report

    def _event(self, done: int, total: int | None) -> Event:
        report = self._report
        total = None if total is None else max(done, total)
        seconds = time.monotonic() - self._began
        return Event("read", done, total, seconds, report.kept, report.unchanged, report.quarantined)

    def _candidates(self, found: Iterable[Found]) -> Iterator[tuple[Candidate, Job | None]]:
        """What needs to be read, with its job, among what does not."""
        remaining = iter(found)
        while some := list(islice(remaining, _LOOK_UP)):
            seen = self._registry.seen([each.uri for each in some], self._dataset)
            stored = self._writer.stored({each.sop_instance_uid for each in seen.values()} - {""})
            digests = {each.header_digest for each in stored.values()}
            readable = self._headers.readable(digests, whole=self._replace)
            for each in some:
                before = seen.get(each.uri)
                settled = before is not None and self._is_settled(each, before)
                if settled and before and before.state is not State.QUARANTINED:
                    kept = stored.get(before.sop_instance_uid)
                    settled = kept is not None and each.uri in kept.locations and self._dataset in kept.datasets
                    settled = settled and kept is not None and kept.header_digest in readable
                candidate = Candidate(each, before, settled, time.time_ns())
                yield candidate, None if settled else self._job(each)

    def _is_settled(self, found: Found, before: Seen) -> bool:
        """Whether a file is as it was when it was read.

        Its change time is set by the system alone, so a file of equal size and times is the same file, unless it was
        changed at the very time at which it was read.
        """
        if found.sort is not Sort.OBJECT or before.state is State.CONFLICT:
            return False
        if before.state is State.QUARANTINED and self._again:
            return False
        times = found.mtime_ns, found.ctime_ns
        alike = (found.size, *times) == (before.size, before.mtime_ns, before.ctime_ns)
        return alike and max(times) + _RACY_NS < before.seen_ns

    def _job(self, found: Found) -> Job | None:
        """How to read an object; None for what is none."""
        if not found.extent:
            return None
        return Job(found.extent, found.uri, found.size, self._dataset, self._authority, self._declared)

    def _commit(self) -> None:
        """One transaction of the graph, then one of the registry."""
        batch, self._batch = self._batch, []
        change = _Change()
        uids = {result.sop_instance_uid for _, result in batch if isinstance(result, InstanceFacts)}
        self._standing = {}
        self._look_up(uids)
        for candidate, result in batch:
            self._settle(candidate, result, change)
        if change.new or change.replace or change.locations or change.lost:
            self._need_room()
            committed = self._writer.commit(
                list(change.new.values()), list(change.replace.values()), change.locations, change.lost
            )
            self._report.nodes.update(committed.nodes)
        self._headers.renew(change.renewed)
        self._registry.record(change.rows, change.forget)
        for facts in (*change.new.values(), *change.replace.values()):
            self._report.instances[str(facts.instance["kind"])] += 1
        for candidate, _ in batch:
            if candidate.found.opened:
                candidate.found.opened.close()

    def _need_room(self) -> None:
        free = shutil.disk_usage(self._directory).free
        if free < ROOM_BYTES:
            raise StoreError(
                f"{self._directory}: only {free >> 20} MiB are free on its disk, {ROOM_BYTES >> 20} are needed; "
                "make room and ingest the same paths again: it goes on where it was"
            )

    def _look_up(self, uids: set[str]) -> None:
        for uid, stored in self._writer.stored(uids).items():
            uris = list(stored.locations)
            self._standing[uid] = Standing(
                stored.header_digest,
                lambda digest=stored.header_digest: self._headers.get(digest),  # type: ignore[misc]
                uris,
                set(stored.datasets),
                lambda uris=uris: self._registry.in_run(self._number, uris),  # type: ignore[misc]
            )

    def _settle(self, candidate: Candidate, result: Result, change: _Change) -> None:
        """What becomes of one file."""
        found, before, report = candidate.found, candidate.before, self._report
        if not found.counts or found.sort is Sort.IGNORED:
            if found.counts:
                report.files += 1
                report.ignored += 1
                report.ignored_files.append(found.uri)
            if before:
                change.forget.append((before.uri, before.dataset))
            return
        report.files += 1
        if candidate.settled and before:
            if before.state is State.QUARANTINED:
                report.quarantined += 1
                return
            if before.sop_instance_uid not in self._replaced:
                report.unchanged += 1
                if self._replace:
                    change.rows.append(self._row(candidate, before.state, before.sop_instance_uid, before.reason))
                return
            job = self._job(found)  # this run replaced its object, from which it may differ by now
            result = read_object(job) if job else None
            self._look_up({before.sop_instance_uid} - self._standing.keys())
        if isinstance(result, InstanceFacts):
            self._admit(candidate, result, change)
        else:
            report.quarantined += 1
            reason = found.reason if result is None else result.reason
            change.rows.append(self._row(candidate, State.QUARANTINED, reason=reason))

    def _admit(self, candidate: Candidate, facts: InstanceFacts, change: _Change) -> None:
        """What becomes of an object."""
        uid, uri, report = facts.sop_instance_uid, facts.location.uri, self._report
        before = candidate.before
        if before and before.state in (State.KEPT, State.DUPLICATE) and before.sop_instance_uid != uid:
            change.lost.append((before.sop_instance_uid, uri))
        standing = self._standing.get(uid)
        verdict = decide(facts, standing, same_content, replace=self._replace)
        state, reason = State.KEPT, ""
        if standing is None or verdict is Verdict.REPLACED:
            if standing is None:
                report.kept += 1
                change.new[uid] = facts
            else:
                report.replaced += 1
                change.replace[uid] = facts
                self._replaced.add(uid)
            digest = str(facts.instance["headerDigest"])
            self._standing[uid] = Standing(digest, lambda: facts.header, [uri], {self._dataset}, _yes)
        elif verdict is Verdict.CONFLICT:
            report.conflicts += 1
            state = State.CONFLICT
            where = standing.locations[0] if standing.locations else "no location any more"
            reason = f"it differs from the object of the same SOP Instance UID at {where}"
        else:
            standing.taken = _yes
            arriving = change.new.keys() | change.replace.keys()
            digest = str(facts.instance["headerDigest"])
            if digest == standing.digest and uid not in arriving and not self._is_kept(digest):
                change.renewed[digest] = facts.header
            if verdict is Verdict.DUPLICATE:
                report.duplicates += 1
                change.locations.append((uid, self._dataset, facts.location))
                standing.locations.append(uri)
                standing.datasets.add(self._dataset)
            else:
                report.unchanged += 1
                reason = before.reason if before and before.state is State.KEPT else ""
            state = State.KEPT if standing.locations[:1] == [uri] else State.DUPLICATE
        change.rows.append(self._row(candidate, state, uid, reason))

    def _is_kept(self, digest: str) -> bool:
        return bool(self._headers.readable((digest,), whole=self._replace))

    def _row(self, candidate: Candidate, state: State, uid: str = "", reason: str = "") -> Seen:
        found = candidate.found
        times = found.mtime_ns, found.ctime_ns, candidate.looked_ns
        return Seen(found.uri, self._dataset, state, uid, found.size, *times, reason, self._number)


def _yes() -> bool:
    return True


def _authority(store: Store, dataset: str) -> str:
    """The data set's assigning authority (semantics 1.5)."""
    query = "MATCH (d:Dataset {id: r.id}) RETURN d.assigningAuthority AS authority"
    return next((row["authority"] or "" for row in ask(store.engine, query, [{"id": dataset}])), "")
