"""What requests about questions bring along."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

BOTH = {"patients": {"segments": {"some": {"type": {"is": "SCT:87878005"}}}}}
"""An example."""


def taken(**example: Any) -> ConfigDict:
    """What a body may hold is what is declared; with an example that the documentation shows."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


Document = Annotated[
    dict[str, Any] | str,
    Field(description="A filter document: an object, or the text of one in YAML or JSON.", examples=[BOTH]),
]
Level = Annotated[
    str | None,
    Field(
        description="What to list: patients, studies, series, instances …; the question's root.", examples=["series"]
    ),
]
Format = Literal["json", "arrow", "parquet", "csv"]


class Question(BaseModel):
    """A question, and what to list of it."""

    model_config = taken(document=BOTH, level="series")

    document: Document
    level: Level = None


class PageOfQuestion(Question):
    """A question, and which page of its answer."""

    model_config = taken(document=BOTH, level="segments", evidence=True, limit=20)

    evidence: bool = Field(False, description="Name, for every hit, the nodes that satisfied each clause.")
    limit: int = Field(100, ge=1, le=10_000, description="Hits of the page.")
    after: str | None = Field(None, description="The `next` of the page before.")


class Counted(BaseModel):
    """A question, and what its hits are counted by."""

    model_config = taken(document=BOTH, by="series.modality")

    document: Document
    by: str = Field(description="A property or code, on a path from the root.", examples=["series.modality"])


class Several(BaseModel):
    """Questions by name."""

    model_config = taken(documents={"women": {"patients": {"patientSex": {"eq": "F"}}}, "heart": BOTH})

    documents: dict[str, Document] = Field(min_length=1)
    level: Level = None


class Statement(BaseModel):
    """A reading Cypher statement."""

    model_config = taken(
        statement="MATCH (s:Series) WHERE s.modality = $modality RETURN s.id AS series",
        parameters={"modality": "CT"},
        limit=100,
    )

    statement: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    limit: int | None = Field(None, ge=1, description="Rows; at most what the server allows.")
    timeout: float | None = Field(None, gt=0, description="Seconds; at most what the server allows.")
