"""Objects as files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..documents import Document
from .opened import Opened

if TYPE_CHECKING:
    from ...export.plan.options import Form, Options
    from ...export.protocol import MadeFile
    from ...export.written import Exported
    from ...ingest.pipeline import Progress


class Exports(Opened):
    """What a store gives out."""

    def manifest(self, document: Document, folder: Path | str, *, level: str | None = None) -> Exported:
        """Write manifest.json and manifest.csv of every object under the question's hits at ``level``.

        An object whose files are all gone is named too, as missing.
        """
        from ...dicom.scratch import Scratch
        from ...export.drive import drive
        from ...export.folder import Folder
        from ...export.lay import laid
        from ...export.plan.options import Options
        from ...export.planning.objects import plan_objects
        from ...export.source import selected
        from ...export.unwritable import unwritable

        engine, options = self._store.engine, Options("manifest", skip_missing=True)
        with Scratch() as scratch:
            place = Folder(scratch / "manifest")
            with selected(self._cohorts, document, level, engine.version()) as source:
                laid(place, lambda file: plan_objects(engine, source, options, file, headers=self._store.headers))
            made = drive(place, skip_missing=True)
            try:
                Path(folder).mkdir(parents=True, exist_ok=True)
                for file in place.out.iterdir():
                    partial = Path(folder) / f"{file.name}.partial"
                    shutil.copyfile(file, partial)
                    partial.replace(Path(folder) / file.name)
            except OSError as error:
                raise unwritable(Path(folder), error.strerror or str(error)) from error
        return made

    def snapshot_file(self, ref: str, uid: str, file: Path | str) -> MadeFile:
        """Write one object of a snapshot, by its SOP Instance UID, into a file that appears whole.

        Raises
        ------
        NotFound
            where the snapshot does not hold it; ObjectsMissing where no file has it any more.
        """
        from ...export.fetching.places import places
        from ...export.planning.objects import located
        from ...export.protocol import MadeFile
        from ...export.written import Missing, ObjectsMissing
        from ...export.written_files import whole

        ((_, planned),) = located(self._store.engine, [self._cohorts.frozen(ref, uid)])
        with places(self._store.headers) as fetch:
            found, missing = fetch([planned])
            if reason := missing.get(uid):
                raise ObjectsMissing([Missing(uid, reason)], reason)
            with found[uid].path.open("rb") as source, whole(Path(file)) as target:
                shutil.copyfileobj(source, target, 1 << 20)
        return MadeFile(str(file), target.digest(), target.size)

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
        """Write a snapshot (``NAME@NUMBER``; ``NAME``: the newest) into a folder, or an object store: ``s3://…``.

        ``dicom`` copies the files of its objects, ``manifest`` only says where they lie; either writes manifest.csv, a
        line for each object. The other forms are what a training job reads. What was stopped goes on when called again,
        and a folder that is complete is checked file by file, and mended.

        Parameters
        ----------
        workers
            Processes that make samples, each holding one in memory; by default one per core.
        options
            ``purpose``, ``sources``; of samples ``sample``, ``segments``, ``columns``, ``split`` …
            (docs/reference/command-line.md).

        Raises
        ------
        ObjectsMissing
            where objects can't be had any more; ``skip_missing`` leaves them out, named in the manifest.
        """
        make = planned(self, ref, folder, wanted(format, skip_missing, options), progress, workers)
        return make()


def planned(
    client: Exports,
    ref: str,
    folder: Path | str,
    options: Options,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Callable[[], Exported]:
    """Plan an export; what is answered makes it, for which the store need not be open."""
    from ...export.address import place_of
    from ...export.complete import exported_by
    from ...export.drive import drive
    from ...export.lay import lay

    place = place_of(folder)
    to_do = lay(client._store, client._cohorts, ref, options, place, progress)

    def make() -> Exported:
        complete = None if to_do else exported_by(place.manifest())
        return complete or drive(place, workers=workers, skip_missing=options.skip_missing, progress=progress)

    return make


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
        rows = told["segments"]
        told["segments"] = inline(rows if isinstance(rows, str) else json.dumps(rows))
    return Options.of(told)


def given(options: Options) -> dict[str, Any]:
    """The options that differ from their defaults, as JSON, but the form and ``skip_missing``."""
    defaults = type(options)(options.form).to_dict() | {"skip_missing": options.skip_missing}
    return {name: value for name, value in options.to_dict().items() if value != defaults[name]}
