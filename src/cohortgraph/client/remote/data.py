"""What a store is filled with, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...graph.datasets import Described
from ...graph.declared import DeclaredTag
from ...graph.store.directory import identity_of
from ...ingest.delete import Deleted
from ...ingest.outcome import Progress, Report
from ...ingest.reread import Reread
from ...registry.registry import Held
from ..decode import decoded
from ..failures import FolderRefused
from .connected import Connected
from .http import as_json, segment
from .jobs import finished
from .upload import Upload


class Data(Connected):
    """Filling."""

    def ingest(
        self,
        paths: Sequence[Path | str],
        dataset: str,
        *,
        workers: int | None = None,
        replace: bool = False,
        measure: bool = True,
        authority: str | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """As ``Client.ingest``. The files are sent to the server, where copies of them stay.

        Except where the server runs on this machine and its setting ``ingest_folders`` lets it read them in place.
        Ctrl-C while files are sent leaves nothing; later it stops the job, of which stays what was committed.
        """
        how = {"dataset": dataset, "workers": workers, "replace": replace, "measure": measure, "authority": authority}
        if (job := self._where_they_lie(paths, how)) is not None:
            return decoded(Report, finished(self._http, job, progress))
        upload = Upload(paths, progress)
        given = {name: value for name, value in how.items() if value is not None}
        job = self._http.ask("POST", "/api/ingest", params=given, content=upload.body, headers=upload.headers)
        report = decoded(Report, finished(self._http, job, progress))
        report.ignored_files = [upload.here(uri, f"/jobs/{job['id']}/files") for uri in report.ignored_files]
        return report

    def quarantine(self) -> list[Held]:
        return self._listed(Held, "/api/quarantine")

    def retry_quarantine(self, *, workers: int | None = None, progress: Progress | None = None) -> Report:
        return decoded(Report, self._done("/api/quarantine/retry", {"workers": workers}, progress))

    def datasets(self) -> list[Described]:
        return self._listed(Described, "/api/datasets")

    def dataset(self, name: str) -> Described:
        return decoded(Described, self._http.get(f"/api/datasets/{segment(name)}"))

    def set_dataset(self, name: str, **changes: str) -> None:
        self._http.ask("PATCH", f"/api/datasets/{segment(name)}", **as_json(changes))

    def delete_dataset(self, name: str, *, progress: Progress | None = None) -> Deleted:
        job = self._http.ask("DELETE", f"/api/datasets/{segment(name)}")
        return decoded(Deleted, finished(self._http, job, progress))

    def declared_tags(self) -> list[DeclaredTag]:
        return self._listed(DeclaredTag, "/api/tags")

    def declare_tags(self, names: Sequence[str], *, progress: Progress | None = None) -> Reread:
        return decoded(Reread, self._done("/api/tags/declare", {"names": list(names)}, progress))

    def forget_tags(self, names: Sequence[str], *, progress: Progress | None = None) -> Reread:
        return decoded(Reread, self._done("/api/tags/forget", {"names": list(names)}, progress))

    def upgrade(self, *, progress: Progress | None = None) -> Reread:
        return decoded(Reread, self._done("/api/upgrade", None, progress))

    def _where_they_lie(self, paths: Sequence[Path | str], how: Mapping[str, Any]) -> Any:
        """The job, where the server works on this machine's files and may read these; else None."""
        about = self._http.get("/api/store")
        with suppress(OSError, FolderRefused):
            if identity_of(Path(about["directory"])) == about["identity"]:
                absolute = [str(Path(path).absolute()) for path in paths]
                return self._http.post("/api/ingest/paths", {**how, "paths": absolute})
        return None
