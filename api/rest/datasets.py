"""Data sets: list, show, set, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from ...graph.datasets import Described
from ..errors import Error
from ..jobs import Job
from ..served import Asked, as_json

router = APIRouter(prefix="/api/datasets", tags=["datasets"], responses={404: {"model": Error}})
_CHANGES = {"title": "Cardiac CT of 2024", "license": "CC-BY-4.0", "useTerms": "DUO:0000042"}


@router.get("", response_model=list[Described])
async def datasets(asked: Asked) -> Response:
    """Every data set: its terms of use, how many objects and patients it holds."""
    return await asked.stored(asked.client.datasets)


@router.get("/{name}", response_model=Described)
async def dataset(asked: Asked, name: str) -> Response:
    """One data set."""
    return await asked.stored(lambda: asked.client.dataset(name))


@router.patch("/{name}", response_model=Described, responses={400: {"model": Error}})
async def set_dataset(
    asked: Asked, name: str, changes: Annotated[dict[str, str], Body(examples=[_CHANGES])]
) -> Response:
    """Say something of a data set, which is made where there is none yet; an empty text removes what was said."""

    def change() -> Described:
        asked.client.set_dataset(name, **changes)
        return asked.client.dataset(name)

    return await asked.answer(change)


@router.delete("/{name}", status_code=202, response_model=Job)
async def delete_dataset(asked: Asked, name: str) -> Response:
    """Remove a data set and the objects that belong to no other: a job, which goes on when it was stopped."""
    return as_json(asked.server.jobs.submit("delete", {"name": name}), 202)
