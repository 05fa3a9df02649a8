"""The workflows that dbos runs: one for an export, which parts its samples into batches and waits for them.

What a step did is noted when it has ended; after a kill only the one that ran is done again. Files make it idempotent:
a sample whose record is there is not made twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from dbos import DBOS, DBOSClient, PortableWorkflowError, SetWorkflowID
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ..address import place_of
from ..drive import Failures, result_of, tried
from ..finish import finish
from ..work import Outcome, work
from ..written import ObjectsMissing
from .progress import note

EXPORT = "export"
EXPORTS, SAMPLES = "exports", "samples"
"""The queues: of exports, which mostly wait, and of batches, which work."""
VERSION = "2"
"""Of the workflows' shape: one that another version began waits for a worker of that version."""
MISSING = "missing"
"""Where the data of an error name the objects that an export lacks."""
_BATCHES = 256
_LARGEST = 64
_LOOK_S = 0.2


@dataclass(slots=True)
class Worker:
    """What the workflows of this process work with; dbos, too, is one for a process."""

    engine: Engine
    client: DBOSClient
    submit: Callable[[Callable[[str, int], Outcome], str, int], Future[Outcome]]


WORKING: list[Worker] = []


@DBOS.workflow(name=EXPORT)
def export_job(job: str, out: str, skip_missing: bool) -> dict[str, Any]:
    """Make the export that is planned for ``out``."""
    flow = str(DBOS.workflow_id)
    handles = []
    for number, (first, last) in enumerate(_batches(out)):
        with SetWorkflowID(f"{flow}.{number}"):
            handles.append(DBOS.enqueue_workflow(SAMPLES, batch_job, job, out, first, last))
    failures = Failures()
    for number, handle in enumerate(handles):
        told = handle.get_result(polling_interval_sec=_LOOK_S)
        if told["stops"]:
            _give_up([f"{flow}.{n}" for n in range(number + 1, len(handles))])
            raise RuntimeError(told["stops"])
        failures.take(told["failed"], told["first"], lasting=told["lasting"])
    return _finished(out, skip_missing, asdict(failures))


@DBOS.workflow(name="batch")
def batch_job(job: str, out: str, first: int, last: int) -> dict[str, Any]:
    """Make the samples from ``first`` up to ``last``; how many of them failed."""
    failures = Failures()
    for number in range(first, last):
        told = _sample(job, out, number)
        if told["stops"]:
            return {"stops": told["error"], "failed": 0, "first": "", "lasting": False}
        if told["error"]:
            failures.take(1, f"{told['name']}: {told['error']}", lasting=told["lasting"])
    return {"stops": "", "failed": failures.count, "first": failures.first, "lasting": failures.lasting}


@DBOS.step(name="batches")
def _batches(out: str) -> list[list[int]]:
    """First and last sample of each batch: so few that they are quickly queued, so many that every worker has some."""
    place = place_of(out)
    if not place.planned() and place.manifest():
        return []  # it was stopped when it was complete already
    with place.opened() as plan:
        samples = len(plan)
    size = max(1, min(_LARGEST, samples // _BATCHES))
    return [[first, min(first + size, samples)] for first in range(0, samples, size)]


@DBOS.step(name="sample")
def _sample(job: str, out: str, number: int) -> dict[str, Any]:
    outcome = tried(partial(_once, out, number))
    if not outcome.error:
        with suppress(SQLAlchemyError), WORKING[0].engine.begin() as connection:  # another worker may have noted it
            note(connection, job, outcome, time.time())
    name = outcome.name or str(outcome.sample)
    return {"name": name, "error": outcome.error, "stops": outcome.stops, "lasting": outcome.lasting}


def _once(out: str, number: int) -> Outcome:
    return result_of(WORKING[0].submit(work, out, number), number)


@DBOS.step(name="give up")
def _give_up(batches: list[str]) -> None:
    """Take what waits from the queue: on a full disk nothing else would go better."""
    if batches:
        WORKING[0].client.cancel_workflows(batches)


@DBOS.step(name="finish")
def _finished(out: str, skip_missing: bool, failures: dict[str, Any]) -> dict[str, Any]:
    place = place_of(out)
    Failures(**failures).check(place)
    try:
        return finish(place, skip_missing=skip_missing).to_dict()
    except ObjectsMissing as error:
        missing: Any = {MISSING: [each.to_dict() for each in error.missing]}
        raise PortableWorkflowError(str(error), type(error).__name__, data=missing) from error
