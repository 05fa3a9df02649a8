"""The store as a whole: stats, digest, show, references, check."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ...graph.reading.digest import Stats
from ...graph.reading.referred import Referred
from ...queries.answers.tree import Tree
from ..errors import Error
from ..jobs import Job
from ..served import Asked, as_json
from ..zipped import sent

router = APIRouter(prefix="/api", tags=["store"], responses={304: {"description": "As at the ETag given"}})


class About(BaseModel):
    """Which store it is."""

    directory: str = Field(description="Where its own files lie, on the server.", examples=["/data/store"])
    identity: str = Field(description="What tells it from others.", examples=["/data/store@1763712000000000000"])


class Version(BaseModel):
    """The store's version."""

    version: int = Field(examples=[42])


class Digest(BaseModel):
    """The store's digest."""

    digest: str = Field(description="SHA-256 over all nodes and edges", examples=["9f86d081884c7d65…"])


@router.get("/store", response_model=About)
async def store(asked: Asked) -> Response:
    """Which store it is, and where its own files lie."""
    return as_json({"directory": str(asked.client.directory), "identity": asked.client.identity})


@router.get("/version", response_model=Version)
async def version(asked: Asked) -> Response:
    """The store's version: another one after every change."""
    return await asked.stored(lambda: {"version": asked.client.version()})


@router.get("/stats", response_model=Stats)
async def stats(asked: Asked) -> Response:
    """Counts of nodes, edges and codes, unresolved references, flagged codes."""
    return await asked.stored(asked.client.stats)


@router.get("/digest", response_model=Digest)
async def digest(asked: Asked) -> Response:
    """SHA-256 over all nodes and edges, without times, ordinals and locations."""
    return await asked.stored(lambda: {"digest": asked.client.digest()})


@router.get("/show/{identifier:path}", response_model=Tree, responses={404: {"model": Error}})
async def show(asked: Asked, identifier: str) -> Response:
    """The readable tree of a patient (id or Patient ID), a study, series or object (UID)."""
    return await asked.stored(lambda: asked.client.show(identifier))


@router.get("/references", response_model=list[Referred])
async def references(asked: Asked, unresolved: bool = False) -> Response:
    """References by what they lead to and what holds them; `unresolved`: only those to what is not here."""
    return await asked.stored(lambda: asked.client.references(unresolved=unresolved))


@router.post("/check", status_code=202, response_model=Job)
async def check(asked: Asked) -> Response:
    """Recompute what is derived and compare it with what is stored: a job whose result lists the differences."""
    return as_json(asked.server.jobs.submit("check", {}), 202)


@router.post("/upgrade", status_code=202, response_model=Job)
async def upgrade(asked: Asked) -> Response:
    """Read kept headers again where an older version read them, or where a run was stopped: a job."""
    return as_json(asked.server.jobs.submit("upgrade", {}), 202)


@router.get("/backup", responses={200: {"content": {"application/octet-stream": {}}}})
async def backup(asked: Asked) -> Response:
    """The whole store in one file, from which `cohortgraph restore` makes it again on either engine."""
    return await sent(asked, asked.client.backup, "backup.cohortgraph")
