"""The state of a store, over HTTP."""

from __future__ import annotations

from pathlib import Path

from ...errors import UsageError
from ...graph.reading.check import Problem
from ...graph.reading.digest import Stats
from ..decode import decoded
from .connected import Connected
from .download import download


class Upkeep(Connected):
    """The store itself."""

    def version(self) -> int:
        return int(self._http.get("/api/version")["version"])

    def stats(self) -> Stats:
        return decoded(Stats, self._http.get("/api/stats"))

    def digest(self) -> str:
        return str(self._http.get("/api/digest")["digest"])

    def check(self) -> list[Problem]:
        return [decoded(Problem, each) for each in self._done("/api/check", None, None)]

    def backup(self, file: Path | str) -> None:
        if Path(file).exists():
            raise UsageError(f"{file} exists; name a new file")
        download(self._http, "/api/backup", Path(file))
