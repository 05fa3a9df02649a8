"""The shelf of a store's cohorts: make, find, change, curate, freeze, compare, take back, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from ..errors import NotFound, UsageError, WorkFailed
from ..graph.engine import Engine, rows
from ..queries import load, parse, vocabulary
from ..queries.language.parse import as_level
from ..registry import cohort_tables as tables
from ..registry import open_database
from ..version import __version__
from . import rows as stored
from .condition import Condition, condition
from .contents import Contents, Frozen, frozen, object_of, objects, ordered, patient_ids, shared_studies
from .curation import reach, resolve
from .diff import Comparison, Diff, Step
from .entries import Entries, entries
from .gather import Gathered, gather
from .model import Cohort, Decision, Snapshot, Verdict
from .names import Ref, checked, parse_ref
from .staging import Staging

Document = str | Mapping[str, Any]

_ATTEMPTS = 5
"""How often a cohort is gathered anew where the store changed meanwhile."""

_MOVED = (
    "the store has changed since the new snapshot: whether an entry is there through the data, the question or the "
    "curation was judged by today's data"
)


class Shelf:
    """The cohorts of a graph, kept in the registry beside it. Safe from several threads and processes."""

    def __init__(self, graph: Engine, registry: Path) -> None:
        self._graph = graph
        self._database = open_database(registry)

    def close(self) -> None:
        """Release the registry."""
        self._database.dispose()

    def create(
        self, name: str, document: Document, *, level: str | None = None, notes: str = "", owner: str = ""
    ) -> Cohort:
        """Save a question under a name.

        Raises
        ------
        UsageError
            where the name is not valid or taken.
        QuestionError
            where the question or the level is not valid.
        """
        question = self._valid(document, level)
        values = {"name": checked(name), "question": question, "level": level, "owner": owner, "notes": notes}
        try:
            with self._database.begin() as connection:
                created = connection.execute(
                    insert(tables.cohorts).values(**values, created=stored.now()).returning(tables.cohorts.c.id)
                ).scalar_one()
                stored.record(connection, created, owner, "created", {"question": question, "level": level})
        except IntegrityError:
            raise UsageError(
                f"there is a cohort {name!r} already; choose another name, or change its question with: "
                f"cohortgraph cohort change {name} --question FILE"
            ) from None
        return self.cohort(name)

    def all(self) -> list[Cohort]:
        """Every cohort, by name."""
        with self._database.connect() as connection:
            found = connection.execute(select(tables.cohorts).order_by(tables.cohorts.c.name)).all()
            return [stored.cohort(connection, row) for row in found]

    def cohort(self, name: str) -> Cohort:
        """One cohort."""
        with self._database.connect() as connection:
            return stored.cohort(connection, stored.find(connection, name))

    def change(
        self,
        name: str,
        *,
        document: Document | None = None,
        level: str | None = None,
        notes: str | None = None,
        owner: str | None = None,
        by: str = "",
    ) -> Cohort:
        """Change what is given; snapshots stay as they are."""
        question = None if document is None else load(document)
        with self._database.begin() as connection:
            row = stored.find(connection, name)
            if question is not None or level is not None:
                self._valid(question or row.question, level or row.level)
            given = {"question": question, "level": level, "notes": notes, "owner": owner}
            changed = {key: value for key, value in given.items() if value is not None and value != getattr(row, key)}
            if changed:
                connection.execute(update(tables.cohorts).where(tables.cohorts.c.id == row.id).values(**changed))
                stored.record(connection, row.id, by or row.owner, "changed", changed)
        return self.cohort(name)

    def delete(self, name: str) -> None:
        """Remove a cohort with all its snapshots."""
        with self._database.begin() as connection:
            stored.remove(connection, stored.find(connection, name).id)

    def decide(self, name: str, uid: str, verdict: Verdict, reason: str, *, by: str = "") -> Cohort:
        """Include or exclude a node by its public id, whatever the question says.

        Raises
        ------
        UsageError
            where there is no such node, the reason is empty, or the node can't be part of such a cohort.
        """
        if not reason.strip():
            raise UsageError(f"a reason is needed to {verdict} {uid}")
        node = resolve(self._graph, uid)
        found = self.cohort(name)
        if verdict == "include" and not reach(self._graph, node, found.level):
            raise UsageError(f"{uid!r} has none of the {found.level} that this cohort consists of")
        with self._database.begin() as connection:
            row = stored.find(connection, name)
            decision = Decision(node.id, verdict, reason.strip(), by or row.owner, stored.now())
            stored.decide(connection, row.id, [decision])
            told = {"uid": node.id, "reason": decision.reason}
            stored.record(connection, row.id, decision.owner, f"{verdict}d", told)
        return self.cohort(name)

    def freeze(self, name: str, *, note: str = "", by: str = "") -> Snapshot:
        """Keep what the cohort holds now as an immutable snapshot: wholly or, where it is stopped, not at all.

        Raises
        ------
        WorkFailed
            where the store kept changing.
        """
        cohort = self.cohort(name)
        for _ in range(_ATTEMPTS):
            version = self._graph.version()
            with Staging(self._database) as staging:
                stage = staging.begin(cohort.level)
                found = gather(self._graph, stage, cohort.question, cohort.level, cohort.curation)
                if self._graph.version() != version:
                    continue
                contents = stage.contents
                values = {
                    "digest": contents.digest(staging.connection, head(cohort)),
                    "question": cohort.question,
                    "level": cohort.level,
                    "codes": found.codes,
                    "curation": [each.to_dict() for each in cohort.curation],
                    "counts": contents.counts(staging.connection),
                    "warnings": found.warnings,
                    "store_version": version,
                    "next_ordinal": _next_ordinal(self._graph),
                    "software_version": __version__,
                    "owner": by or cohort.owner,
                    "note": note,
                    "created": stored.now(),
                }
                row = stored.find(staging.connection, name)
                number = stage.keep(row.id, values)
                stored.record(staging.connection, row.id, by or row.owner, "frozen", {"snapshot": number, "note": note})
                staging.connection.commit()
            return self.snapshot(f"{name}@{number}")
        raise WorkFailed(f"the store kept changing while {name} was frozen; freeze it when nothing is being ingested")

    def snapshot(self, ref: str) -> Snapshot:
        """A snapshot by ``NAME@NUMBER``; ``NAME``: the newest."""
        with self._database.connect() as connection:
            return stored.find_snapshot(connection, parse_ref(ref))[1]

    def entries(self, ref: str, level: str | None = None, *, limit: int = 1000, after: str | None = None) -> Entries:
        """A page of what a snapshot holds at a level (default: its own)."""
        with self._database.connect() as connection:
            number, snapshot = stored.find_snapshot(connection, parse_ref(ref))
            return entries(connection, snapshot, number, level or snapshot.level, limit, after)

    @contextmanager
    def contents(self, ref: str) -> Iterator[tuple[Snapshot, dict[str, str], Iterator[list[Frozen]]]]:
        """A snapshot, its patients (id → Patient ID) and its objects, page by page."""
        with self._database.connect() as connection:
            number, snapshot = stored.find_snapshot(connection, parse_ref(ref))
            yield snapshot, patient_ids(connection, frozen(number, snapshot.level)), objects(connection, number)

    def shared_studies(self, ref: str) -> dict[str, list[str]]:
        """Study → the patient records to which its frozen objects belong, where these are several."""
        with self._database.connect() as connection:
            number, _ = stored.find_snapshot(connection, parse_ref(ref))
            return shared_studies(connection, number)

    @contextmanager
    def selected(
        self, document: Document, level: str | None = None
    ) -> Iterator[tuple[Gathered, dict[str, str], Iterator[list[Frozen]]]]:
        """What a question selects now, without keeping it: its patients and its objects, page by page."""
        question = load(document)
        with Staging(self._database) as staging:
            stage = staging.begin(level or stored.root(question))
            gathered = gather(self._graph, stage, question, level or stored.root(question), ())
            yield gathered, patient_ids(staging.connection, stage.contents), ordered(staging.connection, stage.contents)

    def frozen(self, ref: str, uid: str) -> Frozen:
        """One object of a snapshot.

        Raises
        ------
        NotFound
            where it does not hold it.
        """
        with self._database.connect() as connection:
            number, snapshot = stored.find_snapshot(connection, parse_ref(ref))
            found = object_of(connection, number, uid)
        if found is None:
            raise NotFound(f"{snapshot.ref} holds no object {uid}")
        return found

    def condition(self, ref: str) -> Condition:
        """What has become of a snapshot's objects."""
        with self._database.connect() as connection:
            number, snapshot = stored.find_snapshot(connection, parse_ref(ref))
        return condition(self._graph, self._database, snapshot, number)

    def diff(self, name: str, old: int | None = None, new: int | None = None) -> Diff:
        """What changed from a snapshot (default: the newest) to another (default: what the cohort holds now), and why.

        Raises
        ------
        UsageError
            where there is no such cohort or snapshot.
        """
        cohort = self.cohort(name)
        with Staging(self._database) as staging:
            connection = staging.connection
            was_id, was = stored.find_snapshot(connection, Ref(name, old))
            asked: Cohort | Snapshot = cohort
            contents = None
            if new is not None:
                number, asked = stored.find_snapshot(connection, Ref(name, new))
                contents = frozen(number, asked.level)
            stop = asked.next_ordinal if isinstance(asked, Snapshot) else _next_ordinal(self._graph)

            def today(asking: Cohort | Snapshot, curated: Cohort | Snapshot) -> Contents:
                stage = staging.begin(asking.level)
                gather(self._graph, stage, asking.question, asking.level, curated.curation)
                return stage.contents

            steps = _steps(was, asked)
            states = [frozen(was_id, was.level)]
            if len(steps) > 1:
                states.append(today(was, was))
            if len(steps) > 2:
                states.append(today(asked, was))
            states.append(contents or today(asked, asked))
            arrived = range(was.next_ordinal, max(stop, was.next_ordinal))
            changes = Comparison(self._graph, connection, tuple(states), steps, arrived).changes()
        moved = len(steps) > 1 and isinstance(asked, Snapshot) and asked.store_version != self._graph.version()
        return Diff(name, was.number, new, *changes, warnings=(_MOVED,) if moved else ())

    def restore(self, ref: str, *, by: str = "") -> Cohort:
        """Take question, level and curation of a snapshot back."""
        with self._database.begin() as connection:
            asked = parse_ref(ref)
            row = stored.find(connection, asked.name)
            _, snapshot = stored.find_snapshot(connection, asked)
            own = snapshot.level == stored.root(snapshot.question)
            values = {"question": snapshot.question, "level": None if own else snapshot.level}
            connection.execute(update(tables.cohorts).where(tables.cohorts.c.id == row.id).values(**values))
            stored.decide(connection, row.id, snapshot.curation, anew=True)
            stored.record(connection, row.id, by or row.owner, "restored", {"snapshot": snapshot.number})
        return self.cohort(asked.name)

    def _valid(self, document: Document, level: str | None) -> dict[str, Any]:
        question = load(document)
        parse(question, vocabulary(self._graph))
        if level is not None:
            as_level(level)
        return question


def _steps(old: Snapshot, new: Cohort | Snapshot) -> tuple[Step, ...]:
    """What differs between two askings: always, maybe, the data."""
    steps: list[Step] = ["data"]
    if (old.question, old.level) != (new.question, new.level):
        steps.append("question")
    if {(each.uid, each.decision) for each in old.curation} != {(each.uid, each.decision) for each in new.curation}:
        steps.append("curation")
    return tuple(steps)


def head(cohort: Cohort | Snapshot) -> dict[str, Any]:
    """What a snapshot's digest is over besides its contents."""
    decided = [[each.uid, each.decision] for each in cohort.curation]
    return {"question": cohort.question, "level": cohort.level, "curation": decided}


def _next_ordinal(engine: Engine) -> int:
    found = rows(engine.read("MATCH (m:Meta {id: 'store'}) RETURN m.nextOrdinal AS ordinal"))
    return int(found[0]["ordinal"] or 0) if found else 0
