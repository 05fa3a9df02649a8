"""Exports as jobs: submitted, listed, looked at, cancelled, tried again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row

from ...errors import NotFound, UsageError
from ..folder import Folder
from ..place import Place
from ..work import objects_of
from .database import JOBS, SAMPLES, prepared
from .progress import Progress, progress

if TYPE_CHECKING:
    from dbos import WorkflowStatus

State = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDS: tuple[State, ...] = ("done", "failed", "cancelled")
_STATES: dict[str, State] = {
    "ENQUEUED": "waiting",
    "DELAYED": "waiting",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
_LOOK_S = 0.3


@dataclass(frozen=True, slots=True)
class ExportJob:
    """An export that workers do.

    Attributes
    ----------
    snapshot
        ``COHORT@NUMBER``.
    out
        The folder that it becomes, as the workers see it.
    attempt
        1, and one more for each time that it was tried again.
    result
        Where it is done: what was exported.
    error
        Where it failed: why, and what to do.
    missing
        The objects that it failed for, or left out: ``sopInstanceUID`` and ``reason`` of each.
    skip_missing
        Whether it leaves out objects that can't be had.
    """

    id: str
    state: State
    form: str
    snapshot: str
    out: str
    options: dict[str, Any]
    created: str
    attempt: int
    progress: Progress
    result: dict[str, Any] | None = None
    error: str | None = None
    missing: tuple[dict[str, str], ...] = ()
    skip_missing: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Board:
    """The jobs of a database; a context manager.

    Raises
    ------
    StoreError
        where the database can't be used.
    UsageError
        where dbos is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            from dbos import DBOSClient, DBOSPortableJSONSerializer
        except ImportError as error:
            raise UsageError(f"exports as jobs need {error.name}: pip install 'cohortgraph[export]'") from error
        self._engine = prepared(url)
        self._client = DBOSClient(system_database_url=url, serializer=DBOSPortableJSONSerializer())

    def close(self) -> None:
        """Release the database."""
        self._client.destroy()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, place: Place, snapshot: str, *, skip_missing: bool = False, identifier: str = "") -> ExportJob:
        """Queue an export that is planned in its folder.

        Raises
        ------
        UsageError
            where a job that hasn't ended has that folder already.
        """
        with place.opened() as plan:
            told = {
                "id": identifier or uuid4().hex[:12],
                "form": plan.head.form,
                "snapshot": snapshot,
                "out": place.address,
                "options": json.dumps(plan.head.options, ensure_ascii=False),
                "skip_missing": skip_missing,
                "created": time.time(),
                "attempt": 1,
                "samples": len(plan),
                "objects": sum(objects_of(sample) for sample in plan.samples()),
                "identity": plan.head.identity,
            }
        self.check_free(place)
        self._enqueue(str(told["id"]), str(told["out"]), skip_missing, 1)
        with self._engine.begin() as connection:
            connection.execute(insert(JOBS).values(told))
        return self.job(str(told["id"]))

    def check_free(self, place: Place) -> None:
        """Whether no job writes there.

        Raises
        ------
        UsageError
            where one does that hasn't ended.
        """
        for each in self._told(select(JOBS).where(JOBS.c.out == place.address)):
            if each.state not in ENDS:
                raise UsageError(f"the export {each.id} is {each.state} and writes {each.out}; cancel it, or wait")

    def same(self, place: Place, folder: Path, *, skip_missing: bool) -> ExportJob | None:
        """The newest export by the plan of ``place`` that has a folder of its own in ``folder``."""
        with place.opened() as plan:
            identity = plan.head.identity
        found = self._told(select(JOBS).where(JOBS.c.identity == identity).order_by(JOBS.c.created.desc(), JOBS.c.id))
        own = (each for each in found if Path(each.out) == folder / each.id and Folder(Path(each.out)).is_there())
        return next((each for each in own if _serves(each, skip_missing)), None)

    def jobs(self) -> list[ExportJob]:
        """Every export, the newest first."""
        return self._told(select(JOBS).order_by(JOBS.c.created.desc(), JOBS.c.id))

    def job(self, identifier: str) -> ExportJob:
        """One export.

        Raises
        ------
        NotFound
            where there is none of that id.
        """
        if not (found := self._told(select(JOBS).where(JOBS.c.id == identifier))):
            raise NotFound(f"there is no export {identifier!r}; cohortgraph jobs list names them")
        return found[0]

    def follow(self, identifier: str) -> Iterator[ExportJob]:
        """An export whenever it has come further, until it has ended."""
        last = None
        while True:
            job = self.job(identifier)
            now = (job.state, job.attempt, job.progress.samples)
            if now != last:
                last = now
                yield job
            if job.state in ENDS:
                return
            time.sleep(_LOOK_S)

    def cancel(self, identifier: str) -> ExportJob:
        """Stop an export after the samples at hand; what is made stays, and :meth:`retry` goes on from there."""
        job = self.job(identifier)
        if job.state not in ENDS:
            self._client.cancel_workflows([_flow(job.id, job.attempt)], cancel_children=True)
        return self.job(identifier)

    def retry(self, identifier: str, *, skip_missing: bool | None = None) -> ExportJob:
        """Go on with an export that failed or was cancelled.

        Raises
        ------
        UsageError
            where it has not ended, or is done.
        """
        job = self.job(identifier)
        if job.state not in ("failed", "cancelled"):
            raise UsageError(f"the export {identifier} is {job.state}; only one that failed or was cancelled goes on")
        with self._engine.connect() as connection:
            skips = connection.execute(select(JOBS.c.skip_missing).where(JOBS.c.id == identifier)).scalar_one()
        skips = bool(skips) if skip_missing is None else skip_missing
        # The queue first: a kill in between leaves a job that can be tried again, not one that waits for ever.
        self._enqueue(identifier, job.out, skips, job.attempt + 1)
        this = (JOBS.c.id == identifier) & (JOBS.c.attempt == job.attempt)
        with self._engine.begin() as connection:
            connection.execute(update(JOBS).where(this).values(attempt=job.attempt + 1, skip_missing=skips))
        return self.job(identifier)

    def delete(self, identifier: str) -> None:
        """Forget an export that has ended, with its files where these lie in a folder that bears its id.

        Raises
        ------
        UsageError
            where it has not ended.
        """
        job = self.job(identifier)
        if job.state not in ENDS:
            raise UsageError(f"the export {identifier} is {job.state}; cancel it first")
        if Path(job.out).name == identifier:  # that of the store, not one that somebody named
            Folder(Path(job.out)).remove()
        with self._engine.begin() as connection:
            connection.execute(delete(SAMPLES).where(SAMPLES.c.job == identifier))
            connection.execute(delete(JOBS).where(JOBS.c.id == identifier))
        flows = [_flow(identifier, attempt) for attempt in range(1, job.attempt + 1)]
        self._client.delete_workflows(flows, delete_children=True)

    def _enqueue(self, identifier: str, out: str, skip_missing: bool, attempt: int) -> None:
        from dbos import EnqueueOptions

        from .flows import EXPORT, EXPORTS, VERSION

        options = EnqueueOptions(
            workflow_name=EXPORT, queue_name=EXPORTS, workflow_id=_flow(identifier, attempt), app_version=VERSION
        )
        self._client.enqueue(options, identifier, out, skip_missing)

    def _told(self, query: Any) -> list[ExportJob]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            now = time.time()
            far = [progress(connection, row.id, row.samples, row.objects, now) for row in rows]
        flows: dict[str, WorkflowStatus] = {}
        if rows:
            ids = [_flow(row.id, row.attempt) for row in rows]
            flows = {each.workflow_id: each for each in self._client.list_workflows(workflow_ids=ids)}
        return [_job(row, made, flows.get(_flow(row.id, row.attempt))) for row, made in zip(rows, far, strict=True)]


def _serves(job: ExportJob, skip_missing: bool) -> bool:
    """Whether a job comes to what is asked for: where it lacks objects that are to be there, they may be back."""
    if job.state == "done":
        return skip_missing or not job.missing
    return job.state in ENDS or job.skip_missing == skip_missing


def _flow(identifier: str, attempt: int) -> str:
    return f"{identifier}.{attempt}"


def _job(row: Row[Any], made: Progress, flow: WorkflowStatus | None) -> ExportJob:
    created = datetime.fromtimestamp(row.created, UTC).isoformat(timespec="milliseconds")
    state = _STATES[flow.status] if flow else "waiting"
    error = str(flow.error) if flow and flow.error else None
    if flow and state == "failed" and not error:
        error = "workers died at it too often"
    result = flow.output if flow and state == "done" else None
    if state != "running":
        made = replace(made, rate=0.0, remaining=None)
    told = (row.form, row.snapshot, row.out, json.loads(row.options), created, row.attempt)
    return ExportJob(row.id, state, *told, made, result, error, _missing(flow), row.skip_missing)


def _missing(flow: WorkflowStatus | None) -> tuple[dict[str, str], ...]:
    from .flows import MISSING

    data = (flow.output or getattr(flow.error, "data", None)) if flow else None
    return tuple(data.get(MISSING, ())) if isinstance(data, dict) else ()
