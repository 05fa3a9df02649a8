"""The app: one open store, asked over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response, Security
from fastapi.security import HTTPBearer
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from .. import __version__
from ..client import Client
from ..errors import CohortGraphError
from ..export.jobs.database import exports_known
from . import errors, graphql, metrics, pages
from .export_worker import ExportWorker
from .gate import Gate
from .jobs import Jobs
from .metrics import Metrics
from .readers import Readers
from .requests import Requests
from .rest import ROUTERS
from .served import Server, as_json
from .settings import ServeSettings
from .zipped import clear

_ABOUT = """Ask nested questions of DICOM images, segmentations and reports.

Every route is one method of the Python client. Whatever fails is answered as
`{"error": {"code", "message", "path", "suggestion", "requestId"}}`; answers that depend on nothing but the store carry
an `ETag`."""
_READY_S = 5.0
# Told in the OpenAPI document, for clients and for the page's Authorize; the gate is what checks it.
_BEARER = [Security(HTTPBearer(description="The server's token, where it has one", auto_error=False))]
plumbing = APIRouter(include_in_schema=False)


def create_app(client: Client, *, settings: ServeSettings) -> FastAPI:
    """The app of an open store, which it does not close.

    Parameters
    ----------
    settings
        Its address is not the app's business; whether it asks for a token is.
    """
    counted = Metrics()
    readers = Readers(settings.readers, settings.waiting, settings.request_seconds, counted)
    jobs = Jobs(client, client.directory / "jobs", settings.jobs_waiting, counted)
    worker = ExportWorker(client.directory, settings.export_samples)
    counted.watch("store_version", "Version of the store", client.version)
    counted.watch("requests_under_way", "Requests that read, or wait for their turn", lambda: readers.under_way)
    counted.watch("jobs_waiting", "Jobs that wait for their turn", lambda: jobs.waiting)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        clear(client.directory)
        jobs.start()
        if exports_known(client.directory):
            worker.start()
        yield
        await asyncio.to_thread(worker.stop)
        await asyncio.to_thread(jobs.stop, settings.stop_seconds)
        readers.close()

    app = FastAPI(
        title="cohortgraph",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=_middleware(settings, counted),
    )
    app.state.server = Server(client, settings, readers, jobs, counted, asyncio.Semaphore(settings.uploads), worker)
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router, responses={"default": {"model": errors.Error}}, dependencies=_BEARER)
    app.include_router(graphql.router(client, readers.run, pages.graphiql), dependencies=_BEARER)
    app.include_router(plumbing)
    pages.install(app)
    return app


def _middleware(settings: ServeSettings, counted: Metrics) -> list[Middleware]:
    found = [Middleware(Requests, metrics=counted)]
    if settings.cors_origins:
        found.append(
            Middleware(CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=["*"], allow_headers=["*"])
        )
    return [*found, Middleware(Gate, settings=settings)]


@plumbing.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return as_json({"status": "alive"})


@plumbing.get("/readyz")
async def readyz(request: Request) -> Response:
    """The store answers, and the server is not stopping."""
    server: Server = request.app.state.server
    if server.jobs.stopping.is_set():
        return as_json({"status": "stopping"}, 503)
    try:
        await server.readers.run(request, server.client.version, _READY_S)
    except CohortGraphError:
        return as_json({"status": "the store does not answer"}, 503)
    return as_json({"status": "ready"})


@plumbing.get("/metrics")
async def metrics_(request: Request) -> Response:
    """For Prometheus."""
    server: Server = request.app.state.server
    return Response(await asyncio.to_thread(server.metrics.text), media_type=metrics.CONTENT_TYPE)
