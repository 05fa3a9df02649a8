"""Exports that a server's workers make: waited for, and their files downloaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...errors import CohortGraphError, StoreError, WorkFailed
from ...export.jobs.board import ExportJob
from ...export.unwritable import unwritable
from ...export.written_files import digest_of
from ...ingest.outcome import Event, Progress
from ..decode import decoded
from ..failures import failure
from .download import DIGEST
from .http import SLOW, Http, segment

ROUTE = "/api/exports"


def route(identifier: str) -> str:
    """The path of an export."""
    return f"{ROUTE}/{segment(identifier)}"


def followed(http: Http, identifier: str) -> Iterator[ExportJob]:
    """An export whenever it has come further, until it has ended.

    Raises
    ------
    StoreError
        where the server goes away; it goes on when that is back.
    """
    job = None
    goes_on = f"the export {identifier} goes on when it is back, and the same call takes it up"
    try:
        with http.stream("GET", f"{route(identifier)}/events") as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    job = decoded(ExportJob, json.loads(line.removeprefix("data: ")))
                    yield job
    except StoreError as error:
        raise StoreError(f"{error}; {goes_on}" if job else str(error)) from error
    if job is None or job.state not in ("done", "failed", "cancelled"):
        raise StoreError(f"the server is stopping; {goes_on}")


def waited(http: Http, job: ExportJob, progress: Progress | None, *, stops: bool) -> ExportJob:
    """An export when it is done.

    Parameters
    ----------
    stops
        Whether it stops too where the caller stops waiting, as work of its own would; the same call goes on from there.

    Raises
    ------
    WorkFailed
        as the export failed with: ObjectsMissing where objects can't be had.
    """
    try:
        for now in followed(http, job.id):
            job, far = now, now.progress
            if progress:
                seconds = far.size / far.rate if far.rate else 0.0
                progress(Event("export", far.samples, far.of_samples, seconds, size=far.size))
    except StoreError:
        raise
    except BaseException:
        if stops:
            with suppress(CohortGraphError):
                http.post(f"{route(job.id)}/cancel")
        raise
    if job.state == "failed" and job.missing:
        raise failure({"code": "objects_missing", "message": job.error, "missing": job.missing})
    if job.state != "done":
        raise WorkFailed(
            job.error or f"the export {job.id} was cancelled; what is made stays, and the same call goes on"
        )
    return job


class There:
    """The files of an export, as a server sends them."""

    def __init__(self, http: Http, identifier: str) -> None:
        self._http = http
        self._route = f"{route(identifier)}/files"

    def listed(self) -> list[dict[str, Any]]:
        """``path``, ``digest`` and ``size`` of each; manifest.json comes last."""
        return list(self._http.get(self._route))

    def take(self, path: str, digest: str, target: Path) -> None:
        """Download one; of what was stopped, the rest, as long as the server has the same file."""
        partial = target.with_name(f"{target.name}.{digest[:12]}.download")
        try:
            had = partial.stat().st_size if partial.is_file() else 0
            if had and digest_of(partial) == digest:  # stopped between its last byte and its name
                partial.replace(target)
                return
            headers = {"Range": f"bytes={had}-", "If-Range": f'"{digest}"'} if had else {}
            url = f"{self._route}/{'/'.join(map(segment, path.split('/')))}"
            with self._http.stream("GET", url, headers=headers, timeout=SLOW) as answer:
                if answer.headers.get(DIGEST, digest) != digest:
                    raise StoreError(f"{path} is another file on the server now; the same command tries again")
                with partial.open("ab" if answer.status_code == 206 else "wb") as stream:
                    for block in answer.iter_bytes():
                        stream.write(block)
            partial.replace(target)
        except OSError as error:
            raise unwritable(target, error.strerror or str(error)) from error
