"""Cohorts: saved questions, their curation, snapshots, what changed, export."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from ...cohorts.condition import Condition
from ...cohorts.diff import Diff
from ...cohorts.entries import Entries
from ...cohorts.model import Cohort, Snapshot
from ..errors import Error
from ..served import Asked, as_json
from ..zipped import sent, zipped
from .documents import BOTH, Document, Level, taken

router = APIRouter(prefix="/api", tags=["cohorts"], responses={404: {"model": Error}})


class NewCohort(BaseModel):
    """A question to save."""

    model_config = taken(name="ventricles", document=BOTH, notes="for the first training")

    name: str
    document: Document
    level: Level = None
    notes: str = ""
    owner: str = ""


class Changes(BaseModel):
    """What to change of a cohort; what is not given stays."""

    model_config = taken(notes="first readers only")

    document: Document | None = None
    level: Level = None
    notes: str | None = None
    owner: str | None = None
    by: str = ""


class Decision(BaseModel):
    """What to include or exclude, and why."""

    model_config = taken(uid="1.2.826.0.1.3680043.8.498.1", reason="motion artefact")

    uid: str
    reason: str
    by: str = ""


class Freeze(BaseModel):
    """What to note with a snapshot."""

    model_config = taken(note="as trained on")

    note: str = ""
    by: str = ""


class By(BaseModel):
    """Who does it; the cohort's owner."""

    model_config = taken(by="M. Curie")

    by: str = ""


@router.get("/cohorts", response_model=list[Cohort])
async def cohorts(asked: Asked) -> Response:
    """Every cohort, by name."""
    return await asked.answer(asked.client.cohorts)


@router.post("/cohorts", status_code=201, response_model=Cohort)
async def create_cohort(asked: Asked, new: NewCohort) -> Response:
    """Save a question under a name."""
    made = await asked.read(lambda: asked.client.create_cohort(**new.model_dump()))
    return as_json(made, 201)


@router.get("/cohorts/{name}", response_model=Cohort)
async def cohort(asked: Asked, name: str) -> Response:
    """One cohort: question, curation, snapshots, history."""
    return await asked.answer(lambda: asked.client.cohort(name))


@router.patch("/cohorts/{name}", response_model=Cohort)
async def change_cohort(asked: Asked, name: str, changes: Changes) -> Response:
    """Change what is given of a cohort; its snapshots stay."""
    return await asked.answer(lambda: asked.client.change_cohort(name, **changes.model_dump()))


@router.delete("/cohorts/{name}", status_code=204)
async def delete_cohort(asked: Asked, name: str) -> Response:
    """Remove a cohort with all its snapshots."""
    await asked.read(lambda: asked.client.delete_cohort(name))
    return Response(status_code=204)


@router.post("/cohorts/{name}/include", response_model=Cohort)
async def include_in_cohort(asked: Asked, name: str, decision: Decision) -> Response:
    """Take a patient, study, series, object or part of one into a cohort, whatever its question says."""
    return await asked.answer(lambda: asked.client.include_in_cohort(name, **decision.model_dump()))


@router.post("/cohorts/{name}/exclude", response_model=Cohort)
async def exclude_from_cohort(asked: Asked, name: str, decision: Decision) -> Response:
    """Keep a node, and all that is under it, out of a cohort, whatever its question and its inclusions say."""
    return await asked.answer(lambda: asked.client.exclude_from_cohort(name, **decision.model_dump()))


@router.post("/cohorts/{name}/freeze", status_code=201, response_model=Snapshot)
async def freeze_cohort(asked: Asked, name: str, freeze: Freeze) -> Response:
    """Keep what a cohort holds now as an immutable snapshot, wholly or not at all."""
    return as_json(await asked.read(lambda: asked.client.freeze_cohort(name, **freeze.model_dump())), 201)


@router.get("/cohorts/{name}/diff", response_model=Diff)
async def diff_cohort(asked: Asked, name: str, old: int | None = None, new: int | None = None) -> Response:
    """What changed from one snapshot (the newest) to another (what the cohort holds now), and why."""
    return await asked.answer(lambda: asked.client.diff_cohort(name, old, new))


@router.get("/snapshots/{ref}", response_model=Snapshot)
async def snapshot(asked: Asked, ref: str) -> Response:
    """A snapshot, `NAME@NUMBER`; `NAME`: the newest of that cohort."""
    return await asked.answer(lambda: asked.client.snapshot(ref))


@router.get("/snapshots/{ref}/entries", response_model=Entries)
async def snapshot_entries(
    asked: Asked,
    ref: str,
    level: Level = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    after: str | None = None,
) -> Response:
    """A page of what a snapshot holds at a level (its own)."""
    return await asked.answer(lambda: asked.client.snapshot_entries(ref, level, limit=limit, after=after))


@router.get("/snapshots/{ref}/condition", response_model=Condition)
async def snapshot_condition(asked: Asked, ref: str) -> Response:
    """What has become of a snapshot's objects: which are gone from the store, which were replaced."""
    return await asked.answer(lambda: asked.client.snapshot_condition(ref))


@router.post("/snapshots/{ref}/restore", response_model=Cohort)
async def restore_cohort(asked: Asked, ref: str, who: By) -> Response:
    """Take question, level and curation of a snapshot back."""
    return await asked.answer(lambda: asked.client.restore_cohort(ref, by=who.by))


@router.get("/snapshots/{ref}/files/{uid}", responses={200: {"content": {"application/dicom": {}}}})
async def snapshot_file(asked: Asked, ref: str, uid: str) -> Response:
    """The file of one object of a snapshot, by its SOP Instance UID; X-Digest-SHA256 tells its digest."""
    taken = sent(asked, lambda file: asked.client.snapshot_file(ref, uid, file), "object.dcm", lambda made: made.digest)
    return await taken


@router.get("/snapshots/{ref}/manifest", responses={200: {"content": {"application/zip": {}}}})
async def snapshot_manifest(asked: Asked, ref: str, skip_missing: bool = False) -> Response:
    """A ZIP of manifest.json, manifest.csv, where each object of a snapshot lies, and `written.json`, a summary."""
    return await zipped(
        asked,
        lambda folder: asked.client.export_cohort(ref, folder, "manifest", skip_missing=skip_missing),
        f"{ref}.zip",
    )
