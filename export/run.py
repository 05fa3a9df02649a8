"""Exports: frozen objects → their files in a folder, or the manifest of where they lie.

A DICOM tree is made in ``DIR.partial`` and becomes ``DIR`` when it is complete: a run that was stopped goes on there. A
run over a complete ``DIR`` checks every file by its digest and mends what is missing or altered.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Literal

from ..cohorts.contents import Frozen
from ..errors import UsageError
from ..ingest.outcome import Event, Progress
from .dicomdir import write_dicomdir
from .ledger import Entry, Ledger
from .manifest import CSV_NAME, read_head, write_manifest
from .names import patient_folders, uid_name
from .origin import Origin
from .pixels import digest_of
from .source import Source
from .unwritable import unwritable
from .written import Missing, ObjectsMissing, Written

Format = Literal["dicom", "manifest"]
FORMATS: tuple[Format, ...] = ("dicom", "manifest")

_LEDGER = ".cohortgraph-export.sqlite"
TERMS = ("title", "license", "doi", "useTerms", "accessConditions", "contact")
_EVENT_S = 0.2


def export(
    origin: Origin,
    source: Source,
    folder: Path,
    form: Format,
    *,
    skip_missing: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write ``source`` into ``folder``.

    Parameters
    ----------
    origin
        Where its files come from.
    form
        ``dicom``: the files as they are, ``PatientID/Study/Series/SOP Instance UID.dcm``, and a manifest; ``manifest``:
        only manifest.json and manifest.csv, with each object's location.
    skip_missing
        Let the manifest name objects that can't be had as missing; else that is an error.

    Raises
    ------
    UsageError
        where the folder holds something else.
    ObjectsMissing
        where objects can't be had; what could be is there, and the same call goes on from it.
    WorkFailed
        where the folder can't be written, or belongs to another export.
    """
    try:
        if form == "manifest":
            folder.mkdir(parents=True, exist_ok=True)
            with Ledger(None, source.identity) as ledger:
                return _Export(origin, source, folder, ledger, progress, files=False).run(skip_missing, folder)
        return _tree(origin, source, folder, skip_missing, progress)
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error
    except sqlite3.OperationalError as error:  # the ledger, where the disk is full
        raise unwritable(folder, str(error)) from error


def _tree(origin: Origin, source: Source, folder: Path, skip_missing: bool, progress: Progress | None) -> Written:
    complete = (folder / CSV_NAME).is_file()
    if not complete and folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty and no export; name a new folder")
    if complete and (held := read_head(folder).get("snapshotDigest")) != source.identity:
        raise UsageError(f"{folder} holds an export of another snapshot ({held}); name a new folder")
    place = folder if complete else folder.with_name(f"{folder.name}.partial")
    place.mkdir(parents=True, exist_ok=True)
    with Ledger(place / _LEDGER, source.identity) as ledger:
        if complete:
            ledger.load(folder)
        written = _Export(origin, source, place, ledger, progress, files=True).run(skip_missing, place)
    (place / _LEDGER).unlink()
    if not complete:
        if folder.exists():
            folder.rmdir()  # empty, as was seen
        place.rename(folder)
    return written


class _Export:
    """One run over all objects of a source."""

    def __init__(
        self, origin: Origin, source: Source, place: Path, ledger: Ledger, progress: Progress | None, *, files: bool
    ) -> None:
        self._origin = origin
        self._source = source
        self._place = place
        self._ledger = ledger
        self._progress = progress
        self._files = files
        self._folders = patient_folders(source.patient_ids)
        self._copied = self._unchanged = self._missing = 0

    def run(self, skip_missing: bool, place: Path) -> Written:
        self._each()
        missing = [Missing(e.sopInstanceUID, e.missing) for e in self._ledger.entries() if e.missing]
        if missing and not skip_missing:
            kept = (
                f"what could be had is in {place}, and the same command goes on" if self._files else "none is written"
            )
            raise ObjectsMissing(missing, f"{kept}; --skip-missing leaves them out, named in the manifest")
        return self._manifest(missing)

    def _each(self) -> None:
        began = told = time.monotonic()
        for page in self._source.pages:
            located = self._origin.located(page)
            for frozen in page:
                uris, sets = located.get(frozen.sop_instance_uid, ([], ""))
                self._ledger.put(self._entry(frozen, uris, sets))
                if self._progress and time.monotonic() - told > _EVENT_S:
                    told = time.monotonic()
                    self._progress(self._event(told - began))
        self._ledger.commit()
        if self._progress:
            self._progress(self._event(time.monotonic() - began))

    def _event(self, seconds: float) -> Event:
        done = self._copied + self._unchanged + self._missing
        return Event("export", done, self._source.objects, seconds, self._copied, self._unchanged)

    def _entry(self, frozen: Frozen, uris: list[str], sets: str) -> Entry:
        path, target = "", None
        if self._files:
            path = self._path(frozen)
            target = self._place / path
            known = self._ledger.known(frozen.sop_instance_uid)
            if known and known.digest and known.path == path and digest_of(target) == known.digest:
                self._unchanged += 1
                return known._replace(datasets=sets or known.datasets)
        taken = self._origin.take(frozen, uris, target)
        if isinstance(taken, str):
            self._missing += 1
            return Entry.of(frozen, sets, missing=taken)
        self._copied += 1
        location = "" if self._files else taken.location
        return Entry.of(frozen, sets, location=location, path=path, digest=taken.digest, size=taken.size)

    def _path(self, frozen: Frozen) -> str:
        names = (self._folders[frozen.patient], uid_name(frozen.study), uid_name(frozen.series))
        return "/".join((*names, f"{uid_name(frozen.sop_instance_uid)}.dcm"))

    def _manifest(self, missing: list[Missing]) -> Written:
        terms = {each.name: each.properties for each in self._origin.datasets()}
        sources = [
            {
                "name": name,
                **{term: terms[name][term] for term in TERMS if terms.get(name, {}).get(term)},
                "objects": n,
            }
            for name, n in self._ledger.datasets().items()
        ]
        columns = [name for name in Entry._fields if name != ("location" if self._files else "path")]
        about = {**self._source.about, "datasets": sources, "missing": len(missing)}
        left_out: list[str] = []
        if self._files:
            paths = (each.path for each in self._ledger.entries() if each.path)
            left_out = write_dicomdir(self._place, paths, self._source.identity)
        write_manifest(self._place, about, columns, (each._asdict() for each in self._ledger.entries()))
        return Written(
            self._copied + self._unchanged + len(missing),
            len(self._source.patient_ids),
            [*map(str, missing), *left_out],
            tuple(missing),
            self._copied,
            self._unchanged,
            sum(each.size for each in self._ledger.entries()),
        )
