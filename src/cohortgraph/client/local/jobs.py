"""Exports as jobs, which workers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import uuid4

from ...errors import UsageError
from .opened import Opened

if TYPE_CHECKING:
    from ...export.jobs.board import Board, ExportJob
    from ...export.place import Place
    from ...export.plan.options import Form, Options
    from ...export.written import Exported
    from ...ingest.outcome import Progress

EXPORTS = "exports"
"""The folder of a store in which exports lie that were given no other."""


class Listed:
    """What is known of exports by the database of jobs alone."""

    @property
    def _board(self) -> Board:
        raise NotImplementedError

    def exports(self) -> list[ExportJob]:
        """Every export that was left to workers, the newest first."""
        return self._board.jobs()

    def export_job(self, identifier: str) -> ExportJob:
        """How far an export is that was left to workers.

        Raises
        ------
        NotFound
            where there is none of that id.
        """
        return self._board.job(identifier)

    def follow_export(self, identifier: str) -> Iterator[ExportJob]:
        """An export whenever it has come further, until it has ended."""
        return self._board.follow(identifier)

    def cancel_export(self, identifier: str) -> ExportJob:
        """Stop an export after the samples at hand; what is made stays, and ``retry_export`` goes on from there."""
        return self._board.cancel(identifier)

    def retry_export(self, identifier: str, *, skip_missing: bool | None = None) -> ExportJob:
        """Go on with an export that failed or was cancelled; ``skip_missing`` changes what it was asked with.

        Raises
        ------
        UsageError
            where it has not ended, or is done.
        """
        return self._board.retry(identifier, skip_missing=skip_missing)

    def fetch_export(self, identifier: str, folder: Path | str, *, progress: Progress | None = None) -> Exported:
        """Copy the files of an export that is done, each checked by its digest, into a folder that appears whole.

        What was stopped goes on when called again.

        Raises
        ------
        UsageError
            where it is not done, or the folder holds something else.
        """
        from ...export.copied import Folder, copied

        job = self.export_job(identifier)
        return copied(Folder(Path(job.out)), job, Path(folder), progress)


class JobsOf(Listed):
    """The exports of a database of jobs, whoever has its store open; a context manager."""

    def __init__(self, url: str) -> None:
        from ...export.jobs.board import Board

        self._of = Board(url)

    @property
    def _board(self) -> Board:
        return self._of

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._of.close()


class Jobs(Listed, Opened):
    """Exports that outlive who asked for them."""

    _opened_board: Board | None = None

    def start_export(
        self,
        ref: str,
        format: Form | Literal["dicom"],
        *,
        folder: Path | str | None = None,
        skip_missing: bool = False,
        **options: Any,
    ) -> ExportJob:
        """Plan an export of a snapshot and leave it to workers: a server's own, or ``cohortgraph worker``.

        Parameters
        ----------
        folder
            What it becomes, as the workers see it; by default a folder under the store's directory.
        options
            As of ``export_cohort``.

        Raises
        ------
        UsageError
            where options are not valid, nothing would be exported, or the folder holds something else.
        """
        from ...export.place import Place

        identifier = uuid4().hex[:12]
        place = Place(Path(folder).absolute() if folder else self.directory.absolute() / EXPORTS / identifier)
        snapshot = self._cohorts.snapshot(ref).ref
        if not self._planned(snapshot, format, skip_missing, options, place):
            raise UsageError(f"{place.out} is complete already; cohortgraph export verify checks it")
        return self._board.submit(place, snapshot, skip_missing=skip_missing, identifier=identifier)

    def _planned(self, ref: str, form: str, skip_missing: bool, options: dict[str, Any], place: Place) -> bool:
        from ...export.lay import laid, lay

        if form != "dicom":
            return lay(self._store, self._cohorts, ref, wanted(form, skip_missing, options), place)
        from ...export.origin import Here
        from ...export.planning.objects import plan_objects
        from ...export.source import snapshot

        if options:
            raise UsageError(f"an export as dicom has no option {min(options)!r}")
        with snapshot(self._cohorts, ref) as source, Here(self._store) as origin:
            return laid(place, lambda file: plan_objects(origin, source, file, self._store.headers))

    def close(self) -> None:
        """Release the store, so that another process can own it."""
        if self._opened_board is not None:
            self._opened_board.close()
        super().close()

    @property
    def _board(self) -> Board:
        if self._opened_board is None:
            from ...export.jobs.board import Board
            from ...export.jobs.database import jobs_url

            self._opened_board = Board(jobs_url(self.directory))
        return self._opened_board


def wanted(format: str, skip_missing: bool, options: dict[str, Any]) -> Options:
    """The options of an export, with the rows of a label table written out.

    Raises
    ------
    UsageError
        where they are not valid.
    """
    from ...export.labels.asked import inline
    from ...export.plan.options import Options

    told = {**options, "form": format, "skip_missing": skip_missing}
    if "segments" in told:
        told["segments"] = inline(str(told["segments"]))
    return Options.of(told)


def given(options: Options) -> dict[str, Any]:
    """The options that differ from their defaults, as JSON, but the form and ``skip_missing``."""
    defaults = type(options)(options.form).to_dict() | {"skip_missing": options.skip_missing}
    return {name: value for name, value in options.to_dict().items() if value != defaults[name]}
