"""The routes under /api: each is one method of ``cohortgraph.client.Client``, each answer its result."""

from __future__ import annotations

from fastapi import APIRouter

from . import cohorts, concepts, cypher, datasets, exports, ingest, jobs, patients, questions, store, tags

ROUTERS: tuple[APIRouter, ...] = (
    questions.router,
    store.router,
    concepts.router,
    tags.router,
    datasets.router,
    patients.router,
    cohorts.router,
    ingest.router,
    jobs.router,
    exports.router,
    cypher.router,
)
