"""Objects as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..documents import Document
from .opened import Opened

if TYPE_CHECKING:
    from ...export.pixels import Taken
    from ...export.run import Format
    from ...export.written import Written
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

    def export_cohort(
        self,
        ref: str,
        folder: Path | str,
        format: Format = "dicom",
        *,
        skip_missing: bool = False,
        progress: Progress | None = None,
    ) -> Written:
        """Write the objects of a snapshot (``NAME@NUMBER``; ``NAME``: the newest) into a folder.

        ``dicom`` copies their files, ``manifest`` only says where they lie; either writes manifest.json and
        manifest.csv. What was stopped goes on when called again, and a folder that is complete is checked file by file.

        Raises
        ------
        ObjectsMissing
            where objects can't be had any more; ``skip_missing`` leaves them out, named in the manifest.
        """
        from ...export.origin import Here
        from ...export.run import export
        from ...export.source import snapshot

        with snapshot(self._cohorts, ref) as source, Here(self._store) as origin:
            return export(origin, source, Path(folder), format, skip_missing=skip_missing, progress=progress)
