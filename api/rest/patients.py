"""People: list, link, unlink, conflicts."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ...graph.reading.disagreements import Conflict
from ...graph.writing.persons import Person
from ..errors import Error
from ..served import Asked
from .documents import taken

router = APIRouter(prefix="/api/patients", tags=["patients"], responses={400: {"model": Error}})


class Records(BaseModel):
    """Patient records, by id or Patient ID."""

    model_config = taken(records=["HOSPITAL|0001", "REGISTRY|A-17"])

    records: list[str] = Field(min_length=2)


class Record(BaseModel):
    """A Patient record, by id or Patient ID."""

    model_config = taken(record="REGISTRY|A-17")

    record: str


class Linked(BaseModel):
    """All records of one person."""

    records: list[str]


class Unlinked(BaseModel):
    """A record that is a person of its own."""

    record: str


@router.get("", response_model=list[Person])
async def patients(asked: Asked) -> Response:
    """Every person, with the Patient records that are linked to one."""
    return await asked.stored(asked.client.patients)


@router.post("/link", response_model=Linked, responses={409: {"model": Error}})
async def link(asked: Asked, records: Records) -> Response:
    """Make one person of several records; 409 while an ingest is running."""
    return await asked.answer(lambda: {"records": list(asked.client.link_patients(records.records))})


@router.post("/unlink", response_model=Unlinked, responses={409: {"model": Error}})
async def unlink(asked: Asked, record: Record) -> Response:
    """Make a person of its own of a record that was linked; 409 while an ingest is running."""
    return await asked.answer(lambda: {"record": asked.client.unlink_patient(record.record)})


@router.get("/conflicts", response_model=list[Conflict])
async def conflicts(asked: Asked) -> Response:
    """What files contradict each other about: people, studies, series."""
    return await asked.stored(asked.client.patient_conflicts)
