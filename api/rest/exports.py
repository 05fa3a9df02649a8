"""Exports: what a training job reads, made by workers; how far they are, and their files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field

from ...client.local.jobs import EXPORTS, taken_up
from ...errors import NotFound, UsageError
from ...export.folder import Folder
from ...export.jobs.board import ENDS, ExportJob
from ...export.labels.asked import SUFFIXES
from ...export.place import MANIFEST
from ...export.plan.options import Form, Options
from ..errors import Error
from ..served import Asked, Served, as_json, dumped
from ..zipped import DIGEST, LONG_S
from .documents import taken

router = APIRouter(prefix="/api/exports", tags=["exports"], responses={404: {"model": Error}})
_LOOK_S = 0.5
_ALIVE_S = 15.0
_OWN = ("form", "skip_missing", "sources", "attribute_files")
"""Options that a request tells otherwise, or may not tell: the server reads no file, and asks only its own services."""
_TOLD = {each.name: each.metadata["told"] for each in fields(Options) if each.name not in _OWN}
_NAMES = tuple(sorted(_TOLD))
_OPTIONS = "; ".join(f"`{name}`: {told}" for name, told in _TOLD.items())


class NewExport(BaseModel):
    """What to export, and how."""

    model_config = taken(cohort="ventricles@1", format="nnunet", options={"segments": "left ventricle"})

    cohort: str = Field(description="`NAME@NUMBER`, a snapshot; `NAME`: the newest of that cohort.")
    format: Form
    skip_missing: bool = Field(False, description="Leave out objects that can't be had; the manifest names them.")
    options: dict[str, Any] = Field({}, description=_OPTIONS)


class Again(BaseModel):
    """How to go on."""

    model_config = taken(skip_missing=True)

    skip_missing: bool | None = Field(None, description="Other than it was asked with.")


class ExportedFile(BaseModel):
    """A file of an export."""

    path: str = Field(examples=["imagesTr/case_001_0000.nii.gz"])
    digest: str = Field(description="SHA-256, which is its ETag too.")
    size: int


@router.post(
    "",
    status_code=202,
    response_model=ExportJob,
    responses={200: {"model": ExportJob, "description": "One that makes the same files, which is done or under way"}},
)
async def start_export(asked: Asked, new: NewExport) -> Response:
    """Plan an export and leave it to the workers, in a folder of the server; one that is there already is taken up."""
    if unknown := sorted(new.options.keys() - set(_NAMES)):
        raise UsageError(f"{unknown[0]!r} is no option of an export by a server; expected one of {', '.join(_NAMES)}")
    if str(new.options.get("segments", "")).strip().lower().endswith(SUFFIXES):
        raise UsageError("segments names a file, which the server does not read; send the rows of the table as JSON")
    options: dict[str, Any] = {"sources": asked.server.settings.export_sources, **new.options}
    job, begun = await asked.read(
        lambda: taken_up(asked.client, new.cohort, new.format, skip_missing=new.skip_missing, **options), LONG_S
    )
    await asyncio.to_thread(asked.server.worker.start)
    return as_json(job, 202 if begun else 200, {"Location": f"/api/exports/{job.id}"})


@router.get("", response_model=list[ExportJob])
async def exports(asked: Asked) -> Response:
    """Every export, the newest first."""
    return as_json(await asyncio.to_thread(asked.client.exports))


@router.get("/{identifier}", response_model=ExportJob)
async def export_job(asked: Asked, identifier: str) -> Response:
    """How far an export is, its result or its error."""
    return as_json(await asyncio.to_thread(asked.client.export_job, identifier))


@router.get("/{identifier}/events", responses={200: {"content": {"text/event-stream": {}}}})
async def export_events(asked: Asked, identifier: str) -> Response:
    """Server-sent events: the export, whenever it has come further; the last one is named by how it ended."""
    await asyncio.to_thread(asked.client.export_job, identifier)
    return StreamingResponse(
        _events(asked, identifier), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


@router.delete("/{identifier}", status_code=204)
async def delete_export(asked: Asked, identifier: str) -> Response:
    """Forget an export that has ended, with its files."""
    await asyncio.to_thread(asked.client.delete_export, identifier)
    return Response(status_code=204)


@router.post("/{identifier}/cancel", response_model=ExportJob)
async def cancel_export(asked: Asked, identifier: str) -> Response:
    """Stop an export after the samples at hand; what is made stays, and retry goes on from there."""
    return as_json(await asyncio.to_thread(asked.client.cancel_export, identifier))


@router.post("/{identifier}/retry", response_model=ExportJob)
async def retry_export(asked: Asked, identifier: str, how: Again | None = None) -> Response:
    """Go on with an export that failed or was cancelled."""
    again = how.skip_missing if how else None
    job = await asyncio.to_thread(lambda: asked.client.retry_export(identifier, skip_missing=again))
    await asyncio.to_thread(asked.server.worker.start)
    return as_json(job)


@router.get("/{identifier}/files", response_model=list[ExportedFile])
async def export_files(asked: Asked, identifier: str) -> Response:
    """The files of an export that is done, each with its digest; manifest.json comes last."""
    from ...export.copied import listed

    return as_json(await asyncio.to_thread(lambda: listed(Folder(_folder(asked, identifier)))))


@router.head("/{identifier}/files/{path:path}", include_in_schema=False)
@router.get(
    "/{identifier}/files/{path:path}",
    responses={200: {"content": {"application/octet-stream": {}}}, 206: {"description": "The part that was asked for"}},
)
async def export_file(asked: Asked, identifier: str, path: str) -> Response:
    """A file of an export, or a range of it; its ETag is its SHA-256, so that `If-Range` goes on with the same file."""
    folder, digest = await asyncio.to_thread(_file, asked, identifier, path)
    tag = f'"{digest}"'
    headers = {"ETag": tag, DIGEST: digest, "Cache-Control": "no-cache"}
    if tag in asked.request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(folder / path, headers=headers, media_type="application/octet-stream")


def _folder(asked: Served, identifier: str) -> Path:
    """Where an export lies that is done, where that is a folder of the store."""
    job = asked.client.export_job(identifier)
    if job.state != "done":
        raise UsageError(f"the export {identifier} is {job.state}; its files are there when it is done")
    own = asked.client.directory.absolute() / EXPORTS
    if Path(job.out).parent != own:
        raise NotFound(
            f"the files of the export {identifier} lie in a folder of its own, which the server does not show"
        )
    return own / Path(job.out).name


@lru_cache(maxsize=4)
def _digests(folder: Path, written: int) -> dict[str, str]:
    """Path → SHA-256 of each file of an export whose manifest was written then; who fetches one fetches others."""
    from ...export.copied import listed

    return {each["path"]: each["digest"] for each in listed(Folder(folder))}


def _file(asked: Served, identifier: str, path: str) -> tuple[Path, str]:
    folder = _folder(asked, identifier)
    if digest := _digests(folder, (folder / MANIFEST).stat().st_mtime_ns).get(path):
        return folder, digest
    raise NotFound(f"the export {identifier} has no file {path!r}; GET /api/exports/{identifier}/files lists them")


async def _events(asked: Served, identifier: str) -> AsyncIterator[bytes]:
    last, quiet = None, 0.0
    while not asked.server.jobs.stopping.is_set():
        job = await asyncio.to_thread(asked.client.export_job, identifier)
        now = (job.state, job.attempt, job.progress.samples, job.progress.size)
        if now != last:
            last, quiet = now, 0.0
            yield f"event: {job.state}\ndata: ".encode() + dumped(job.to_dict()) + b"\n\n"
        elif quiet >= _ALIVE_S:
            quiet = 0.0
            yield b": alive\n\n"
        if job.state in ENDS:
            return
        await asyncio.sleep(_LOOK_S)
        quiet += _LOOK_S
