"""The process that owns a store and answers for it."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from ..errors import UsageError
from ..graph.store.directory import Store
from . import logs
from .app import create_app
from .served import Server
from .settings import ServeSettings

_LOG = logging.getLogger("cohortgraph.serve")


def serve(directory: str, settings: ServeSettings) -> None:
    """Open a store and answer for it until SIGTERM or SIGINT.

    Raises
    ------
    StoreError
        where the store can't be opened, or another process owns it.
    UsageError
        where the address is taken.
    """
    from ..client import Client

    logs.configure()
    with Store.open(directory) as store, listening(settings) as bound:
        url = url_of(bound, settings)
        store.serve_at(url)
        app = create_app(Client(store), settings=settings)
        _LOG.info("serving", extra={"told": {"url": url, "engine": store.engine.name}})
        Uvicorn(app, settings).run(sockets=[bound])
        _LOG.info("stopped")


def listening(settings: ServeSettings) -> socket.socket:
    """A socket at the address of the settings.

    Raises
    ------
    UsageError
        where there is no such address, or it is taken.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise UsageError(f"can't listen at {settings.host} port {settings.port}: {error.strerror}") from error


def url_of(bound: socket.socket, settings: ServeSettings) -> str:
    """Where a process of this machine reaches the server."""
    port = bound.getsockname()[1]
    everywhere = settings.host in ("0.0.0.0", "::")  # noqa: S104  named, not bound
    host = "127.0.0.1" if everywhere else f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


class Uvicorn(uvicorn.Server):
    """A server that tells its jobs and event streams at once that it is to stop."""

    def __init__(self, app: FastAPI, settings: ServeSettings) -> None:
        self._server: Server = app.state.server
        seconds = max(1, round(settings.stop_seconds))
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=seconds
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's own, which raises the signals again at the end: then the store would not be closed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called on SIGTERM and SIGINT."""
        self._server.jobs.stopping.set()
        super().handle_exit(sig, frame)
