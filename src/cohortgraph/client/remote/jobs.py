"""The server's jobs, waited for: their events as progress, their result or error at the end, Ctrl-C."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ...errors import CohortGraphError, StoreError
from ...ingest.outcome import Event, Progress
from ..decode import decoded
from ..failures import failure
from .http import Http

_ENDS = ("done", "failed", "cancelled")


def finished(http: Http, job: dict[str, Any], progress: Progress | None) -> Any:
    """The result of a job, in JSON, when it is done.

    Whoever stops waiting (Ctrl-C, an error in ``progress``) stops the job too, as it would stop work of its own: what
    was committed stays, and the same call goes on from there. A job whose server goes away is left to its next start.

    Raises
    ------
    CohortGraphError
        as the job failed with.
    StoreError
        where the server went away; names the job.
    """
    identifier = job["id"]
    try:
        for job in _events(http, identifier):
            if progress and job["progress"]:
                progress(decoded(Event, job["progress"]))
    except StoreError as error:
        raise StoreError(f"{error}; the job {identifier} goes on when the server is back") from error
    except BaseException:
        with suppress(CohortGraphError):
            http.post(f"/api/jobs/{identifier}/cancel")
        raise
    if job["state"] == "done":
        return job["result"]
    if job["state"] == "failed":
        raise failure(job["error"])
    if job["state"] == "cancelled":
        raise failure({"code": "cancelled", "message": f"the job {identifier} was cancelled; what it committed stays"})
    raise StoreError(f"the server is stopping; the job {identifier} goes on when it is back")


def _events(http: Http, identifier: str) -> Iterator[dict[str, Any]]:
    """The job whenever it has come further: the data of server-sent events, each one line."""
    with http.stream("GET", f"/api/jobs/{identifier}/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))
