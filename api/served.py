"""What every route works with: the open store, the pools, the settings."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response

from .. import __version__
from ..client import Client
from ..client.local import steadily
from .export_worker import ExportWorker
from .jobs import Jobs
from .metrics import Metrics
from .readers import Readers
from .settings import ServeSettings

T = TypeVar("T")
VERSION = "X-Store-Version"
"""The header of an answer that says which version of the store it belongs to."""


@dataclass(frozen=True, slots=True)
class Server:
    """One app's own."""

    client: Client
    settings: ServeSettings
    readers: Readers
    jobs: Jobs
    metrics: Metrics
    receiving: asyncio.Semaphore
    worker: ExportWorker


@dataclass(frozen=True, slots=True)
class Served:
    """A request, and the server that it came to."""

    server: Server
    request: Request

    @property
    def client(self) -> Client:
        """The open store."""
        return self.server.client

    async def read(self, function: Callable[[], T], seconds: float | None = None) -> T:
        """Run a function that reads the store, among the other readers; ``seconds`` where it may take longer."""
        return await self.server.readers.run(self.request, function, seconds)

    async def answer(self, function: Callable[[], Any]) -> Response:
        """What a function finds, as JSON."""
        return as_json(await self.read(function))

    async def found(self, function: Callable[[], Any]) -> Response:
        """What questions find, as JSON: all of it at one version of the store, which a header names."""
        result, version = await self.read(lambda: steadily(self.client, function))
        return as_json(result, headers=at(version))

    async def stored(self, function: Callable[[], Any]) -> Response:
        """What depends on nothing but the store and the URL, as JSON: 304 where the client has it already."""
        given = self.request.headers.get("if-none-match", "")

        def found() -> tuple[str, Any]:
            tag = etag(self.client)
            return tag, None if _matches(given, tag) else function()

        tag, result = await self.read(found)
        if result is None:
            return Response(status_code=304, headers={"ETag": tag})
        return as_json(result, headers={"ETag": tag, "Cache-Control": "no-cache"})


def served(request: Request) -> Served:
    """What the app was made with, for one request."""
    return Served(request.app.state.server, request)


Asked = Annotated[Served, Depends(served)]


def at(version: int | None) -> dict[str, str]:
    """The header that names the version of the store that an answer belongs to; none where there is no one version."""
    return {} if version is None else {VERSION: str(version)}


def etag(client: Client) -> str:
    """The tag of everything that depends on the store alone."""
    told = f"{client.identity}:{client.version()}:{__version__}"
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:24]}"'


def _matches(given: str, tag: str) -> bool:
    return given.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in given.split(",")]


def plain(value: Any) -> Any:
    """A result as JSON values: ``to_dict()`` of what has it, the fields of other dataclasses."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A result as the answer to a request."""
    return Response(dumped(plain(value)), status, headers, "application/json")


def dumped(value: Any) -> bytes:
    """JSON (RFC 8259); what it has no value for, NaN and infinity, is null, and a date its ISO 8601 text."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, default=str)
    return text.encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value
