"""The connections to a server, which all methods go over."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from ...ingest.outcome import Progress
from ..decode import decoded
from .http import Http
from .jobs import finished

T = TypeVar("T")


class Connected:
    """What the parts of the client share."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self._http = Http(url, token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the server."""
        self._http.close()

    @property
    def url(self) -> str:
        """Where the server answers."""
        return self._http.url

    @property
    def directory(self) -> Path:
        """Where the store's own files lie, on the server."""
        return Path(self._http.get("/api/store")["directory"])

    @property
    def identity(self) -> str:
        """What tells this store from one that lay or will lie in the same place."""
        return str(self._http.get("/api/store")["identity"])

    def _listed(self, kind: type[T], path: str, **parameters: Any) -> list[T]:
        return [decoded(kind, each) for each in self._http.get(path, **parameters)]

    def _done(self, path: str, body: Any, progress: Progress | None) -> Any:
        """The result of the job that a route begins."""
        return finished(self._http, self._http.post(path, body), progress)
