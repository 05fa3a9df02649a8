"""Questions: query, count, explain, facets, overlap, manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ...queries.answers.ask import Answer
from ...queries.answers.nested import Answer as NestedAnswer
from ...queries.counts.facets import Facet
from ...queries.counts.overlap import Overlap
from ...queries.explain import Explanation
from ..bulk import ARROW, CSV, FORMATS, PARQUET, chosen
from ..errors import Error
from ..served import Asked, Served
from ..zipped import zipped
from .documents import Counted, Format, PageOfQuestion, Question, Several
from .nested import NestedPage

router = APIRouter(prefix="/api", tags=["questions"], responses={400: {"model": Error}})
_STREAMS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Answer,
        "description": "A page of the answer; or, as a stream, all of it",
        "content": {media.partition(";")[0]: {} for media in (ARROW, PARQUET, CSV)},
    }
}


class Warnings(BaseModel):
    """What a valid question could not mean here."""

    warnings: list[str]


class Number(BaseModel):
    """How many there are."""

    count: int = Field(examples=[12])


@router.post("/query", responses=_STREAMS)
async def query(asked: Asked, page: PageOfQuestion, format: Format | None = None) -> Response:
    """Ask a question: a page of its answer as JSON or, by `format` or Accept, all of it as Arrow, Parquet or CSV.

    A stream is read page by page, holds every hit at the level and ignores `limit`, `after` and `evidence`.
    """
    form = format or chosen(asked.request.headers.get("accept", ""))
    if form == "json":
        options = {"level": page.level, "evidence": page.evidence, "limit": page.limit, "after": page.after}
        return await asked.found(lambda: asked.client.query(page.document, **options))  # type: ignore[arg-type]
    return await streamed(asked, form, lambda: asked.client.stream(page.document, level=page.level))


async def streamed(asked: Served, form: str, reader: Callable[[], Any]) -> Response:
    """Arrow batches in a format, the first of them read before the answer begins: what is wrong is told as an error."""
    media, writer = FORMATS[form]

    def begin() -> tuple[Iterator[bytes], list[bytes]]:
        batches = reader()
        parts = writer(batches.schema, batches)
        return parts, list(islice(parts, 2))

    parts, first = await asked.read(begin)

    async def body() -> Any:
        for part in first:
            yield part
        async for part in asked.server.readers.pages(parts):
            yield part

    name = f"answer.{form}"
    return StreamingResponse(
        body(), media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.post("/count", response_model=Number)
async def count(asked: Asked, question: Question) -> Response:
    """How many nodes at the level a question finds."""
    return await asked.found(lambda: {"count": asked.client.count(question.document, level=question.level)})


@router.post("/validate", response_model=Warnings)
async def validate(asked: Asked, question: Question) -> Response:
    """Check a document against this store without asking it; its warnings."""
    return await asked.answer(lambda: {"warnings": asked.client.validate(question.document)})


@router.post("/page", response_model=NestedAnswer)
async def page(asked: Asked, asked_for: NestedPage) -> Response:
    """A page of the answer with what belongs to each node, as deep as is wanted (semantics 6.13)."""
    wanted = asked_for.wanted.read()
    order = asked_for.order.read(wanted.label) if asked_for.order else None
    told = asked_for.model_dump(include={"total", "evidence", "warnings"})
    return await asked.found(lambda: asked.client.page(asked_for.document, wanted, order=order, **told))


@router.post("/explain", response_model=Explanation)
async def explain(asked: Asked, question: Question) -> Response:
    """How a question is understood: intermediate form, resolved codes, Cypher and the engine's plan."""
    return await asked.found(lambda: asked.client.explain(question.document, level=question.level))


@router.post("/facets", response_model=Facet)
async def facets(asked: Asked, question: Counted) -> Response:
    """Count a question's hits by a property or code: over the children that matched, and over the same patients'."""
    return await asked.found(lambda: asked.client.facets(question.document, question.by))


@router.post("/overlap", response_model=Overlap)
async def overlap(asked: Asked, several: Several) -> Response:
    """Count every combination of up to 12 questions."""
    return await asked.found(lambda: asked.client.overlap(several.documents, level=several.level))


@router.post("/manifest", responses={200: {"content": {"application/zip": {}}}})
async def manifest(asked: Asked, question: Question) -> Response:
    """A ZIP of manifest.json and manifest.csv of every object under the hits, and of `written.json`: their numbers
    and the files that are gone.
    """
    return await zipped(
        asked, lambda folder: asked.client.manifest(question.document, folder, level=question.level), "manifest.zip"
    )
