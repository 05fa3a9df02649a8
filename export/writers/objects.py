"""DICOM objects as they are: ``PatientID/Study/Series/SOP Instance UID.dcm``, and DICOMDIR."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from ...ingest.reading import ends_early
from ..dicomdir import NAME as DICOMDIR
from ..dicomdir import write_dicomdir
from ..names import uid_name
from ..plan.model import Head, Sample
from ..protocol import Closing, Fetch, Made, MadeFile, Writer
from ..written_files import digest_of, whole
from .listed import Row, paths, write_list


class Objects:
    """Copies the objects of a sample, a series; its value ``folder`` names that of its patient."""

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """Any objects can be copied."""

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Copy each object that can be had."""
        patient = str(sample.values["folder"])
        files: list[MadeFile] = []
        missing: dict[str, str] = {}
        warnings: list[str] = []
        for series in sample.series:
            for each in series.objects:
                found, gone = fetch([each])
                missing |= gone
                if each.sop_instance_uid in found:
                    names = (each.study, each.series, each.sop_instance_uid)
                    path = f"{'/'.join((patient, *map(uid_name, names)))}.dcm"
                    with found[each.sop_instance_uid].path.open("rb") as source, whole(folder / path) as target:
                        if ends_early(source, source.seek(0, 2)):
                            warnings.append(f"{each.sop_instance_uid}: its file ends before its pixels do")
                        source.seek(0)
                        shutil.copyfileobj(source, target, 1 << 20)
                    files.append(MadeFile(path, target.digest(), target.size))
        return Made(sample.name, tuple(files), missing, warnings=tuple(warnings))

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> Closing:
        """Write manifest.csv and DICOMDIR."""
        table = write_list(made, "path", _rows, folder)
        first = next(paths(folder / table.path), None)
        if first and not (folder / first).is_file():
            return Closing([table], [f"no {DICOMDIR} is written: an object store has no second names of a file"])
        warnings = write_dicomdir(folder, paths(folder / table.path), head.identity)
        directory = folder / DICOMDIR
        if not directory.is_file():
            return Closing([table], warnings)
        return Closing([table, MadeFile(DICOMDIR, digest_of(directory), directory.stat().st_size)], warnings)


def _rows(made: Made) -> dict[str, Row]:
    return {Path(each.path).stem: Row(each.path, each.digest, each.size) for each in made.files}


WRITER: Writer = Objects()
