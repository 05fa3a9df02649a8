"""Ways in: uploads, folders of the server, quarantine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from ...client.failures import FolderRefused
from ...registry.registry import Held
from ..errors import Busy, Error
from ..jobs import FILES, Job
from ..served import Asked, Served, as_json
from ..unfinished import unfinished
from ..uploads import receive
from .documents import taken

router = APIRouter(prefix="/api", tags=["ingest"], responses={400: {"model": Error}, 503: {"model": Error}})
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            }
        },
    }
}


class Options(BaseModel):
    """How objects are ingested; see the client's ``ingest``."""

    model_config = taken(dataset="cardiac")

    dataset: str = Field(min_length=1, description="The data set that they belong to.", examples=["cardiac"])
    replace: bool = Field(False, description="Let an object that differs from the stored one of its UID replace it.")
    measure: bool = Field(True, description="Measure the voxels of segmentations.")
    workers: int | None = Field(None, ge=1, description="Reading processes; one a core.")
    authority: str | None = Field(None, description="Who assigned the Patient IDs that name no issuer.")


class Workers(BaseModel):
    """How files are read."""

    model_config = taken(workers=2)

    workers: int | None = Field(None, ge=1, description="Reading processes; one a core.")


class Folders(Options):
    """Folders or files of the server, and how to ingest them."""

    model_config = taken(dataset="cardiac", paths=["/data/incoming"])

    paths: list[str] = Field(min_length=1)


@router.post(
    "/ingest",
    status_code=202,
    response_model=Job,
    openapi_extra=_UPLOAD,
    responses={413: {"model": Error}, 507: {"model": Error}},
)
async def ingest(asked: Asked, options: Annotated[Options, Query()]) -> Response:
    """Upload DICOM files, ZIP or tar archives as multipart/form-data: a job that ingests them, once all are here."""
    jobs, settings = asked.server.jobs, asked.server.settings
    if asked.server.receiving.locked():
        raise Busy(f"{settings.uploads} uploads are being received; come again", 10)
    async with asked.server.receiving:
        with unfinished(jobs.incoming()) as incoming:
            await receive(asked.request, incoming / FILES)
            job = await asyncio.to_thread(jobs.submit, "ingest", options.model_dump(), incoming)
    return _accepted(job)


@router.post("/ingest/paths", status_code=202, response_model=Job, responses={403: {"model": Error}})
async def ingest_paths(asked: Asked, folders: Folders) -> Response:
    """Ingest folders of the server: a job. Only below those that the setting `ingest_folders` names."""
    paths = [_allowed(asked, path) for path in folders.paths]
    return _accepted(asked.server.jobs.submit("ingest", folders.model_dump() | {"paths": paths}))


@router.get("/quarantine", response_model=list[Held])
async def quarantine(asked: Asked) -> Response:
    """What could not be read or is in conflict, with the reason."""
    return await asked.answer(asked.client.quarantine)


@router.post("/quarantine/retry", status_code=202, response_model=Job)
async def retry(asked: Asked, how: Workers | None = None) -> Response:
    """Read the files in quarantine again: a job."""
    return _accepted(asked.server.jobs.submit("retry", how.model_dump() if how else {}))


def _allowed(asked: Served, path: str) -> str:
    folders = [Path(folder).resolve() for folder in asked.server.settings.ingest_folders]
    resolved = Path(path).resolve()
    if not Path(path).is_absolute() or not any(resolved.is_relative_to(folder) for folder in folders):
        raise FolderRefused("this server ingests only below the folders of its setting ingest_folders")
    return str(resolved)


def _accepted(job: Job) -> Response:
    return as_json(job, 202, _links(job))


def _links(job: Job) -> dict[str, Any]:
    return {"Location": f"/api/jobs/{job.id}"}
