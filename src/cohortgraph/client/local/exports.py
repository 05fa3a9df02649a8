"""Objects as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from ...errors import UsageError
from ..documents import Document
from .opened import Opened

if TYPE_CHECKING:
    from ...export.pixels import Taken
    from ...export.plan.options import Form
    from ...export.run import Format
    from ...export.written import Exported, Written
    from ...ingest.pipeline import Progress


class Exports(Opened):
    """What a store gives out."""

    def manifest(self, document: Document, folder: Path | str, *, level: str | None = None) -> Written:
        """Write manifest.json and manifest.csv of every object under the question's hits at ``level``.

        An object whose files are all gone is named too, as missing.
        """
        from ...export.origin import Here
        from ...export.run import export
        from ...export.source import selected

        version = self._store.engine.version()
        with selected(self._cohorts, document, level, version) as source, Here(self._store) as origin:
            return export(origin, source, Path(folder), "manifest", skip_missing=True)

    def snapshot_file(self, ref: str, uid: str, file: Path | str) -> Taken:
        """Write one object of a snapshot, by its SOP Instance UID, into a file that appears whole.

        Raises
        ------
        NotFound
            where the snapshot does not hold it; ObjectsMissing where no file has it any more.
        """
        from ...export.origin import Here
        from ...export.written import Missing, ObjectsMissing

        frozen = self._cohorts.frozen(ref, uid)
        with Here(self._store) as origin:
            taken = origin.take_alone(frozen, Path(file))
        if isinstance(taken, str):
            raise ObjectsMissing([Missing(uid, taken)], taken)
        return taken

    @overload
    def export_cohort(
        self,
        ref: str,
        folder: Path | str,
        format: Format = "dicom",
        *,
        skip_missing: bool = False,
        progress: Progress | None = None,
    ) -> Written: ...

    @overload
    def export_cohort(
        self,
        ref: str,
        folder: Path | str,
        format: Form,
        *,
        skip_missing: bool = False,
        progress: Progress | None = None,
        workers: int | None = None,
        **options: Any,
    ) -> Exported: ...

    def export_cohort(
        self,
        ref: str,
        folder: Path | str,
        format: Format | Form = "dicom",
        *,
        skip_missing: bool = False,
        progress: Progress | None = None,
        workers: int | None = None,
        **options: Any,
    ) -> Written | Exported:
        """Write a snapshot (``NAME@NUMBER``; ``NAME``: the newest) into a folder.

        ``dicom`` copies the files of its objects, ``manifest`` only says where they lie; either writes manifest.json
        and manifest.csv. The other forms are what a training job reads. What was stopped goes on when called again, and
        a folder that is complete is checked file by file.

        Parameters
        ----------
        workers
            Processes that make samples, each holding one in memory; by default one per core.
        options
            Of the other forms: ``sample``, ``segments``, ``columns``, ``split`` … (docs/reference/command-line.md).

        Raises
        ------
        ObjectsMissing
            where objects can't be had any more; ``skip_missing`` leaves them out, named in the manifest.
        """
        if format not in ("dicom", "manifest"):
            return self._samples(ref, Path(folder), format, skip_missing, progress, workers, options)
        from ...export.origin import Here
        from ...export.run import export
        from ...export.source import snapshot

        if options:
            raise UsageError(f"an export as {format} has no option {min(options)!r}")
        form: Format = "dicom" if format == "dicom" else "manifest"
        with snapshot(self._cohorts, ref) as source, Here(self._store) as origin:
            return export(origin, source, Path(folder), form, skip_missing=skip_missing, progress=progress)

    def _samples(
        self,
        ref: str,
        folder: Path,
        form: str,
        skip_missing: bool,
        progress: Progress | None,
        workers: int | None,
        options: dict[str, Any],
    ) -> Exported:
        from ...export.complete import check
        from ...export.drive import drive
        from ...export.lay import lay
        from ...export.place import Place
        from .jobs import wanted

        place = Place(folder)
        if not lay(self._store, self._cohorts, ref, wanted(form, skip_missing, options), place, progress):
            return check(folder)
        return drive(place, workers=workers, skip_missing=skip_missing, progress=progress)
