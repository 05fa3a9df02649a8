"""What was seen where, and what became of it: the memory that is not the graph.

It commits after the graph. Where it is lost or behind, nothing is: the next ingest reads the files again, finds their
objects stored and writes the rows anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from .database import open_database
from .tables import State, locations, runs

_VARIABLES = 500
"""So many URIs go into one statement."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A location and what became of it; the fields are the columns of ``registry.tables.locations``."""

    uri: str
    dataset: str
    state: State
    sop_instance_uid: str = ""
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    seen_ns: int = 0
    reason: str = ""
    run: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """A file that is not in the graph, being quarantined or in conflict, or was not measured; and why."""

    state: str
    uri: str
    dataset: str
    reason: str
    sop_instance_uid: str = ""


class Registry:
    """The registry in a SQLite file, created or migrated as needed.

    Raises
    ------
    StoreError
        where the file is no registry, or one of newer software.
    """

    def __init__(self, path: Path) -> None:
        self._engine = open_database(path)

    def begin_run(self, dataset: str, paths: Sequence[str], software_version: str) -> int:
        """Record that an ingest begins; its number."""
        values = {"dataset": dataset, "paths": list(paths), "software_version": software_version, "started": _now()}
        with self._engine.begin() as connection:
            return int(connection.execute(runs.insert().values(**values).returning(runs.c.id)).scalar_one())

    def finish_run(self, run: int, report: Mapping[str, Any]) -> None:
        """Record that an ingest came to its end."""
        with self._engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(finished=_now(), report=dict(report)))

    def runs(self) -> list[dict[str, Any]]:
        """Every run, oldest first."""
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(runs).order_by(runs.c.id)).mappings()]

    def record(self, seen: Iterable[Seen], forget: Iterable[tuple[str, str]] = ()) -> None:
        """Write what became of locations, and forget others (URI, data set), in one transaction."""
        rows = [asdict(each) for each in seen]
        with self._engine.begin() as connection:
            for uri, dataset in forget:
                connection.execute(delete(locations).where(locations.c.uri == uri, locations.c.dataset == dataset))
            if rows:
                statement = insert(locations)
                changed = {c.name: statement.excluded[c.name] for c in locations.columns if not c.primary_key}
                keys = [locations.c.uri, locations.c.dataset]
                connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    def seen(self, uris: Sequence[str], dataset: str) -> dict[str, Seen]:
        """What is known of these locations in a data set; unknown ones are left out."""
        found: dict[str, Seen] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(uris), _VARIABLES):
                among = locations.c.uri.in_(uris[start : start + _VARIABLES])
                rows = connection.execute(select(locations).where(among, locations.c.dataset == dataset)).mappings()
                found.update((row["uri"], Seen(**{**row, "state": State(row["state"])})) for row in rows)
        return found

    def knows(self, dataset: str) -> bool:
        """Whether anything was seen for a data set."""
        with self._engine.connect() as connection:
            return connection.execute(select(locations.c.uri).where(locations.c.dataset == dataset)).first() is not None

    def forget(self, dataset: str) -> None:
        """Forget all that was seen for a data set."""
        with self._engine.begin() as connection:
            connection.execute(delete(locations).where(locations.c.dataset == dataset))

    def only_in(self, dataset: str, uids: Sequence[str]) -> set[str]:
        """The locations of these objects that were seen for this data set and for no other."""
        own: set[str] = set()
        others: set[str] = set()
        with self._engine.connect() as connection:
            for start in range(0, len(uids), _VARIABLES):
                among = locations.c.sop_instance_uid.in_(uids[start : start + _VARIABLES])
                for row in connection.execute(select(locations.c.uri, locations.c.dataset).where(among)):
                    (own if row.dataset == dataset else others).add(row.uri)
        return own - others

    def explain(self, sop_instance_uid: str, reason: str) -> None:
        """Say of an object that is kept what could not be done with it."""
        its_rows = locations.c.sop_instance_uid == sop_instance_uid, locations.c.state == State.KEPT
        with self._engine.begin() as connection:
            connection.execute(update(locations).where(*its_rows).values(reason=reason))

    def in_run(self, run: int, uris: Sequence[str]) -> bool:
        """Whether one of these locations was taken up in that run."""
        taken = select(locations.c.uri).where(locations.c.run == run, locations.c.uri.in_(uris)).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(taken).first() is not None

    def held(self, *states: State) -> list[Held]:
        """What is not in the graph, or not wholly, and why, in the order of data sets and URIs; default: all of it."""
        return list(self._held(states))

    def quarantined(self) -> list[Held]:
        """What could not be read."""
        return self.held(State.QUARANTINED)

    def conflicts(self) -> list[Held]:
        """What differs from the stored object of the same SOP Instance UID."""
        return self.held(State.CONFLICT)

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    def __enter__(self) -> Registry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _held(self, states: Sequence[State]) -> Iterator[Held]:
        columns = [locations.c[name] for name in ("state", "uri", "dataset", "reason", "sop_instance_uid")]
        order = locations.c.dataset, locations.c.uri
        chosen = locations.c.state.in_(states) if states else locations.c.reason != ""
        statement = select(*columns).where(chosen).order_by(*order)
        with self._engine.connect() as connection:
            for row in connection.execute(statement):
                yield Held(*row)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
