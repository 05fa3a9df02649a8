"""Exports that a server makes, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from ...errors import UsageError
from ...export.jobs.board import ExportJob
from ...export.protocol import MadeFile
from ...export.written import Exported
from ...ingest.outcome import Progress
from ..decode import decoded
from ..documents import Document
from ..local.exports import given, wanted
from .connected import Connected
from .download import download, file_of, unpacked
from .http import SLOW, as_json
from .workers import ROUTE, There, followed, route, waited

if TYPE_CHECKING:
    from ...export.plan.options import Form


class Exports(Connected):
    """Exports."""

    def manifest(self, document: Document, folder: Path | str, *, level: str | None = None) -> Exported:
        asked = as_json({"document": document, "level": level})
        return unpacked(self._http, "POST", "/api/manifest", Path(folder), **asked)

    def snapshot_file(self, ref: str, uid: str, file: Path | str) -> MadeFile:
        return download(self._http, file_of(ref, uid), Path(file))

    def export_cohort(
        self,
        ref: str,
        folder: Path | str,
        format: Form = "dicom",
        *,
        skip_missing: bool = False,
        progress: Progress | None = None,
        workers: int | None = None,
        **options: Any,
    ) -> Exported:
        """As ``Client.export_cohort``: the server's workers make it, as many samples at a time as these have processes.

        Then its files are downloaded one by one, each checked by its digest. What was stopped goes on when called
        again; what has arrived is not asked for again. The server keeps its own until ``delete_export``.
        """
        from ...export.address import folder_of

        folder = folder_of(folder)
        job, begun = self._taken_up(ref, format, skip_missing, options)
        done = waited(self._http, job, progress, stops=begun)
        return self.fetch_export(done.id, folder, progress=progress)

    def start_export(
        self,
        ref: str,
        format: Form,
        *,
        folder: Path | str | None = None,
        skip_missing: bool = False,
        **options: Any,
    ) -> ExportJob:
        if folder is not None:
            raise UsageError(
                "a server makes an export in a folder of its own: leave the folder out, then fetch its files"
            )
        return self._taken_up(ref, format, skip_missing, options)[0]

    def exports(self) -> list[ExportJob]:
        return self._listed(ExportJob, ROUTE)

    def export_job(self, identifier: str) -> ExportJob:
        return decoded(ExportJob, self._http.get(route(identifier)))

    def follow_export(self, identifier: str) -> Iterator[ExportJob]:
        return followed(self._http, identifier)

    def cancel_export(self, identifier: str) -> ExportJob:
        return decoded(ExportJob, self._http.post(f"{route(identifier)}/cancel"))

    def retry_export(self, identifier: str, *, skip_missing: bool | None = None) -> ExportJob:
        return decoded(ExportJob, self._http.post(f"{route(identifier)}/retry", {"skip_missing": skip_missing}))

    def delete_export(self, identifier: str) -> None:
        self._http.ask("DELETE", route(identifier))

    def fetch_export(self, identifier: str, folder: Path | str, *, progress: Progress | None = None) -> Exported:
        from ...export.address import folder_of
        from ...export.copied import copied

        return copied(There(self._http, identifier), self.export_job(identifier), folder_of(folder), progress)

    def _taken_up(self, ref: str, form: Form, skip_missing: bool, options: dict[str, Any]) -> tuple[ExportJob, bool]:
        """The export, and whether this call set it going."""
        asked = given(wanted(form, skip_missing, options))
        told = {"cohort": ref, "format": form, "skip_missing": skip_missing, "options": asked}
        with self._http.stream("POST", ROUTE, timeout=SLOW, **as_json(told)) as answer:
            answer.read()
            return decoded(ExportJob, answer.json()), answer.status_code == httpx.codes.ACCEPTED
