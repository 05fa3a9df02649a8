"""Around every request: its id, one line of log, its metrics, and an answer also where something unforeseen failed.

Nothing of what a request says is logged: paths hold UIDs and Patient IDs, bodies hold questions, messages of errors
quote both. The log has the route's template, times, status and the places in our code.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import response
from .logs import places
from .metrics import Metrics

_LOG = logging.getLogger("cohortgraph.requests")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
UNKNOWN = "(none)"
"""What stands for the template where no route was found."""


class Requests:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one connection's scope, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"] = _request_id(scope)
        status = 0
        began = time.perf_counter()

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except Exception as error:  # whatever it is: it is told here, and to nobody else
            scope["error"] = error
            if not status:
                await response(error, request_id)(scope, receive, tell)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route, method, error = template(scope), _method(scope), scope.get("error")
        self._metrics.request(method, route, status, seconds)
        told = {"requestId": scope["request_id"], "method": method, "route": route, "status": status}
        told["milliseconds"] = round(seconds * 1000, 1)
        if error is not None:
            told["error"] = type(error).__name__
            if status in (0, 500):
                told["places"] = " < ".join(places(error))
        _LOG.log(logging.ERROR if status in (0, 500) else logging.INFO, "request", extra={"told": told})


def template(scope: Scope) -> str:
    """The route's template, such as ``/api/show/{identifier}``: never the path, which names people."""
    route = scope.get("route")
    path: str = getattr(route, "path_format", None) or getattr(route, "path", "") or UNKNOWN
    return path


def _method(scope: Scope) -> str:
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return scope["method"] if scope["method"] in known else "OTHER"


def _request_id(scope: Scope, new: Callable[[], str] = lambda: uuid4().hex) -> str:
    """The client's own, where it is a plain word without dots (so that it is no UID); else a new one."""
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _ID.fullmatch(given) else new()
