"""Concepts: one by its code, many by a condition."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ...errors import NotFound
from ...queries.answers.nested import Nodes
from ...queries.language.limits import NODES
from ..errors import Error
from ..served import Asked
from .documents import taken

router = APIRouter(prefix="/api/concepts", tags=["concepts"], responses={400: {"model": Error}})


class PageOfConcepts(BaseModel):
    """Which concepts, and which page of them."""

    model_config = taken(condition={"memberOf": "CID 7151"}, first=20)

    condition: dict[str, Any] = Field(default_factory=dict, description="Empty: all of the store.")
    first: int = Field(100, ge=1, le=NODES)
    after: str | None = Field(None, description="The `next` of the page before.")


@router.get("/{code:path}", response_model=dict[str, Any], responses={404: {"model": Error}})
async def concept(asked: Asked, code: str) -> Response:
    """A concept by its code, `SCT:87878005`: id, meaning, what the store says of it."""

    def found() -> dict[str, Any]:
        told = asked.client.concept(code)
        if told is None:
            raise NotFound(f"neither the store nor a shipped table has the concept {code!r}")
        return told

    return await asked.stored(found)


@router.post("", response_model=Nodes)
async def concepts(asked: Asked, page: PageOfConcepts) -> Response:
    """The store's concepts that a condition asks for, by id."""
    return await asked.answer(lambda: asked.client.concepts(page.condition, first=page.first, after=page.after))
