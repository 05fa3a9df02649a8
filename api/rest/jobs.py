"""Jobs: how far an ingest, a deletion, a check is; its events; stopping it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from ..errors import Error
from ..jobs import ENDS, Job, Jobs
from ..served import Asked, as_json, dumped

router = APIRouter(prefix="/api/jobs", tags=["jobs"], responses={404: {"model": Error}})
_LOOK_S = 0.2
_ALIVE_S = 15.0


@router.get("", response_model=list[Job])
async def jobs(asked: Asked) -> Response:
    """Every job, the newest first."""
    return as_json(await asyncio.to_thread(asked.server.jobs.all))


@router.get("/{identifier}", response_model=Job)
async def job(asked: Asked, identifier: str) -> Response:
    """How far a job is, and its result."""
    return as_json(asked.server.jobs.get(identifier))


@router.get("/{identifier}/events", responses={200: {"content": {"text/event-stream": {}}}})
async def events(asked: Asked, identifier: str) -> Response:
    """Server-sent events: the job, whenever it has come further; the last one is named by how it ended."""
    asked.server.jobs.get(identifier)
    return StreamingResponse(
        _stream(asked.server.jobs, identifier), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


@router.post("/{identifier}/cancel", response_model=Job)
async def cancel(asked: Asked, identifier: str) -> Response:
    """Stop a job; what it has committed stays, and the same ingest goes on from there."""
    return as_json(await asyncio.to_thread(asked.server.jobs.cancel, identifier))


async def _stream(jobs: Jobs, identifier: str) -> AsyncIterator[bytes]:
    async for each in follow(jobs, identifier):
        if each is None:
            yield b": alive\n\n"
        else:
            yield f"event: {each.state}\ndata: ".encode() + dumped(each.to_dict()) + b"\n\n"


async def follow(jobs: Jobs, identifier: str) -> AsyncIterator[Job | None]:
    """A job whenever it has come further, until it ends or the server does; None now and then in between."""
    told: tuple[str, object] | None = None
    quiet = 0.0
    while not jobs.stopping.is_set():
        job = jobs.get(identifier)
        now = (job.state, job.progress)
        if now != told:
            told, quiet = now, 0.0
            yield job
        elif quiet >= _ALIVE_S:
            quiet = 0.0
            yield None
        if job.state in ENDS:
            return
        await asyncio.sleep(_LOOK_S)
        quiet += _LOOK_S
