"""The files of a complete export, brought into another folder: it appears when all are there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..dicom.scratch import Scratch
from ..errors import UsageError, WorkFailed
from ..ingest.outcome import Event, Progress
from .complete import exported_by
from .dicomdir import write_dicomdir
from .folder import Folder
from .place import MANIFEST, Place, check_inside
from .unwritable import unwritable
from .writers.listed import NAME as TABLE
from .writers.listed import paths
from .written import Exported
from .written_files import digest_of

if TYPE_CHECKING:
    from .jobs.board import ExportJob


class Files(Protocol):
    """Where the files lie."""

    def listed(self) -> list[dict[str, Any]]:
        """``path``, ``digest`` and ``size`` of each; manifest.json comes last."""

    def take(self, path: str, digest: str, target: Path) -> None:
        """Bring one, whole or not at all."""


class Held:
    """What a complete export of this machine, or in an object store, holds."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def listed(self) -> list[dict[str, Any]]:
        """As its manifest.json says."""
        return listed(self._place)

    def take(self, path: str, digest: str, target: Path) -> None:
        """Copy one."""
        self._place.bring(path, target)


def listed(place: Place) -> list[dict[str, Any]]:
    """The files of a complete export, manifest.json last."""
    files = [{name: each[name] for name in ("path", "digest", "size")} for each in place.manifest()["files"]]
    with Scratch() as scratch:
        manifest = scratch / MANIFEST
        place.bring(MANIFEST, manifest)
        return [*files, {"path": MANIFEST, "digest": digest_of(manifest), "size": manifest.stat().st_size}]


def copied(files: Files, job: ExportJob, folder: Path, progress: Progress | None = None) -> Exported:
    """Bring all files of an export that is done into ``folder``.

    Raises
    ------
    UsageError
        where it is not done, names a file outside of it, or the folder holds something else.
    WorkFailed
        where a file does not arrive as it was made, or can't be written.
    """
    if job.state != "done":
        raise UsageError(f"the export {job.id} is {job.state}; its files are there when it is done")
    place = Folder(folder)
    if not place.manifest():
        place.check_free()
        if place.planned():
            raise UsageError(f"{place.partial} belongs to an export that was stopped; remove it or name another folder")
    target = folder if place.manifest() else place.partial
    began = time.monotonic()
    try:
        wanted = files.listed()
        for done, each in enumerate(wanted, start=1):
            check_inside(each["path"], f"manifest.json of the export {job.id}")
            file = target / each["path"]
            if digest_of(file) != each["digest"]:
                file.parent.mkdir(parents=True, exist_ok=True)
                files.take(each["path"], each["digest"], file)
                if digest_of(file) != each["digest"]:
                    raise WorkFailed(f"{file} did not arrive as it was made; the same command tries again")
            if progress:
                progress(Event("fetch", done, len(wanted), time.monotonic() - began))
        if job.form == "dicom":  # the names by which DICOMDIR knows the objects are links, which don't travel
            write_dicomdir(target, paths(target / TABLE), Folder(target).manifest()["identity"])
        if target != folder:
            if folder.exists():
                folder.rmdir()  # empty, as was seen
            target.rename(folder)
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error
    exported = exported_by(place.manifest())
    if exported is None:
        raise WorkFailed(f"{folder / MANIFEST} is no manifest; remove {folder} and fetch the export again")
    return exported
