"""Declared attributes: list, declare, forget."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ...graph.declared import DeclaredTag
from ..errors import Error
from ..jobs import Job
from ..served import Asked, as_json
from .documents import taken

router = APIRouter(prefix="/api/tags", tags=["tags"], responses={400: {"model": Error}})


class Names(BaseModel):
    """Attributes: keywords, tags, elements of private creators, paths into sequences."""

    model_config = taken(names=["XRayTubeCurrent"])

    names: list[str] = Field(min_length=1)


@router.get("", response_model=list[DeclaredTag])
async def declared_tags(asked: Asked) -> Response:
    """The attributes of the header that `attribute:` filters by, properties apart."""
    return await asked.stored(asked.client.declared_tags)


@router.post("/declare", status_code=202, response_model=Job)
async def declare_tags(asked: Asked, tags: Names) -> Response:
    """Declare attributes, and read them from the kept headers: a job."""
    return as_json(asked.server.jobs.submit("declare", {"names": tags.names}), 202)


@router.post("/forget", status_code=202, response_model=Job)
async def forget_tags(asked: Asked, tags: Names) -> Response:
    """Forget attributes and remove their values from the graph: a job."""
    return as_json(asked.server.jobs.submit("forget", {"names": tags.names}), 202)
