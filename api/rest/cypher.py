"""People's own Cypher: guarded, read-only, limited."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ...graph.allowance import Allowance, current
from ...queries.handwritten.guard import Rows
from ..bulk import FORMATS, chosen
from ..errors import Error
from ..served import Asked, as_json
from .documents import Format, Statement

router = APIRouter(prefix="/api", tags=["cypher"], responses={400: {"model": Error}, 504: {"model": Error}})
CUT = "X-Rows-Cut"


class Found(BaseModel):
    """The rows of a statement."""

    columns: list[str] = Field(examples=[["modality", "n"]])
    rows: list[dict[str, Any]] = Field(examples=[[{"modality": "CT", "n": 12}]])
    cut: bool = Field(description="Whether there were more rows than the limit; X-Rows-Cut in a stream.")


@router.post("/cypher", response_model=Found)
async def cypher(asked: Asked, statement: Statement, format: Format | None = None) -> Response:
    """Run one reading Cypher statement; it is stopped after its time, and when the client goes away.

    Rows come as JSON or, by `format` or Accept, as Arrow, Parquet or CSV.
    """
    settings = asked.server.settings
    limit = min(statement.limit or settings.cypher_rows, settings.cypher_rows)
    seconds = min(statement.timeout or settings.cypher_seconds, settings.cypher_seconds)

    def run() -> Rows:
        allowance = current() or Allowance()
        allowance.most_bytes = settings.cypher_mib << 20
        found = asked.client.cypher(statement.statement, statement.parameters, limit=limit, timeout=seconds)
        allowance.weigh(found.table.nbytes)
        return found

    found = await asked.read(run)
    form = format or chosen(asked.request.headers.get("accept", ""))
    if form == "json":
        return as_json(found)
    media, writer = FORMATS[form]
    parts = writer(found.table.schema, found.table.to_batches())
    return StreamingResponse(parts, media_type=media, headers={CUT: str(found.cut).lower()})
