"""Who may ask at all: the token, the Host and Origin headers, and how much a request may bring along."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import Refused, response
from .pages import is_open
from .settings import ServeSettings

OPEN = ("/healthz", "/readyz")
"""Routes that need no token."""
UPLOAD = "/api/ingest"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_BEARER = "bearer "


class Gate:
    """ASGI middleware that answers what is not admitted itself."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._settings = settings
        self._token = settings.token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one connection's scope, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            self._admit(scope)
        except Refused as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            scope["error"] = error
            await response(error, scope["request_id"])(scope, receive, send)
            return
        await self._app(scope, _Bounded(receive, self._most(scope)), send)

    def _admit(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_origin(headers)
        if scope["path"] in OPEN:
            return
        if self._token:
            if not is_open(scope):
                self._check_token(headers)
        elif _name(headers.get("host", "")) not in _LOOPBACK:
            raise Refused(421, "host_refused", "this server answers as localhost and 127.0.0.1 only")
        if scope["type"] == "http" and int(_length(headers)) > self._most(scope):
            raise _too_large(self._most(scope))

    def _check_token(self, headers: Headers) -> None:
        given = headers.get("authorization", "")
        told = given[len(_BEARER) :] if given.lower().startswith(_BEARER) else ""
        if not hmac.compare_digest(told.strip().encode(), self._token):
            hint = "send the server's token as Authorization: Bearer TOKEN"
            raise Refused(401, "unauthorized", hint, {"WWW-Authenticate": "Bearer"})

    def _check_origin(self, headers: Headers) -> None:
        """A page of another site may not ask: its browser says where it comes from."""
        origin = headers.get("origin")
        if origin is None or origin in self._settings.cors_origins:
            return
        if urlsplit(origin).netloc != headers.get("host"):
            raise Refused(403, "origin_refused", "pages of other sites may not ask; the setting cors_origins lets them")

    def _most(self, scope: Scope) -> int:
        settings = self._settings
        return (settings.upload_mib if scope["path"] == UPLOAD else settings.body_mib) << 20


class _Bounded:
    """What a client sends, up to so many bytes."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body") or b"")
        if self._left < 0:
            error = _too_large(self._most)
            raise HTTPException(error.status, str(error))
        return message


def _too_large(most: int) -> Refused:
    return Refused(413, "too_large", f"the body has more than {most >> 20} MiB, which this server takes")


def _length(headers: Headers) -> str:
    length = headers.get("content-length", "")
    return length if length.isdigit() else "0"


def _name(host: str) -> str:
    """The host without its port, in lower case."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower()
