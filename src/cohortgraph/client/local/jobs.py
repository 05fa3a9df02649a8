"""Exports as jobs, which workers do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from ...errors import UsageError
from .exports import wanted
from .opened import Opened

if TYPE_CHECKING:
    from ...export.jobs.board import Board, ExportJob
    from ...export.plan.options import Form
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

    def delete_export(self, identifier: str) -> None:
        """Forget an export that has ended; its files go with it, but not from a folder that was named for it.

        Raises
        ------
        UsageError
            where it has not ended; ``cancel_export`` stops it.
        """
        self._board.delete(identifier)

    def fetch_export(self, identifier: str, folder: Path | str, *, progress: Progress | None = None) -> Exported:
        """Copy the files of an export that is done, each checked by its digest, into a folder that appears whole.

        What was stopped goes on when called again.

        Raises
        ------
        UsageError
            where it is not done, or the folder holds something else.
        """
        from ...export.address import folder_of, place_of
        from ...export.copied import Held, copied

        target = folder_of(folder)
        job = self.export_job(identifier)
        return copied(Held(place_of(job.out)), job, target, progress)


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
        format: Form,
        *,
        folder: Path | str | None = None,
        skip_missing: bool = False,
        **options: Any,
    ) -> ExportJob:
        """Plan an export of a snapshot and leave it to workers: a server's own, or ``cohortgraph worker``.

        One without a folder that was begun before, and would make the same files, is that one: it goes on where it
        failed or was cancelled.

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
        if folder is None:
            return taken_up(self, ref, format, skip_missing=skip_missing, **options)[0]
        from ...export.address import place_of
        from ...export.lay import lay

        place = place_of(absolute(folder))
        self._board.check_free(place)
        snapshot = self._cohorts.snapshot(ref).ref
        if not lay(self._store, self._cohorts, snapshot, wanted(format, skip_missing, options), place):
            raise UsageError(f"{place.address} is complete already; cohortgraph export verify checks it")
        return self._board.submit(place, snapshot, skip_missing=skip_missing)

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


def taken_up(
    client: Jobs, ref: str, format: Form, *, skip_missing: bool = False, **options: Any
) -> tuple[ExportJob, bool]:
    """As ``Client.start_export`` without a folder, and whether this call set the export going.

    What is planned now is compared, not what was asked for: records may have been linked since, or objects altered.
    """
    from ...export.folder import Folder
    from ...export.lay import lay

    own = client.directory.absolute() / EXPORTS
    identifier = uuid4().hex[:12]
    place = Folder(own / identifier)
    snapshot = client._cohorts.snapshot(ref).ref
    lay(client._store, client._cohorts, snapshot, wanted(format, skip_missing, options), place)
    kept = False
    try:
        with _BEGINNING:
            same = client._board.same(place, own, skip_missing=skip_missing)
            if same is None:
                kept = True
                return client._board.submit(place, snapshot, skip_missing=skip_missing, identifier=identifier), True
            if same.state not in ("failed", "cancelled"):
                return same, False
            if (old := Folder(Path(same.out))).planned():
                old.begin(place.plan)  # objects may lie elsewhere now
            return client._board.retry(same.id, skip_missing=skip_missing), True
    finally:
        if not kept:
            place.remove()


_BEGINNING = threading.Lock()
"""Held by who looks whether an export is there already, until it is."""


def absolute(folder: Path | str) -> Path | str:
    """A folder as it is known from everywhere; an address of an object store as it is."""
    return folder if "://" in str(folder) else Path(folder).absolute()
