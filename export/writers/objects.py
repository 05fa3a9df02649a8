"""DICOM objects as they are: ``PatientID/Study/Series/SOP Instance UID.dcm``, and manifest.csv, a line for each."""

from __future__ import annotations

import csv
import io
import logging
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..dicomdir import NAME as DICOMDIR
from ..dicomdir import write_dicomdir
from ..names import uid_name
from ..pixels import digest_of
from ..plan.model import Head, Sample
from ..protocol import Fetch, Made, MadeFile, Writer
from ..written_files import whole

_LOG = logging.getLogger("cohortgraph.export")
_COLUMNS = (
    "patientID", "studyInstanceUID", "seriesInstanceUID", "sopInstanceUID", "headerDigest", "datasets", "path",
    "digest", "size", "missing",
)  # fmt: skip


class Objects:
    """Copies the objects of a sample, a series; its value ``folder`` names that of its patient."""

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """Any objects can be copied."""

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Copy each object that can be had."""
        patient = str(sample.values["folder"])
        files: list[MadeFile] = []
        missing: dict[str, str] = {}
        for series in sample.series:
            for each in series.objects:
                found, gone = fetch([each])
                missing |= gone
                if each.sop_instance_uid in found:
                    names = (each.study, each.series, each.sop_instance_uid)
                    path = f"{'/'.join((patient, *map(uid_name, names)))}.dcm"
                    with found[each.sop_instance_uid].open("rb") as source, whole(folder / path) as target:
                        shutil.copyfileobj(source, target, 1 << 20)
                    files.append(MadeFile(path, target.digest(), target.size))
        return Made(sample.name, tuple(files), missing)

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> list[MadeFile]:
        """Write manifest.csv and DICOMDIR."""
        with whole(folder / "manifest.csv") as target:
            lines = io.StringIO(newline="")
            table = csv.writer(lines)
            table.writerow(_COLUMNS)
            for sample, one in made:
                table.writerows(_rows(sample, one))
                target.write(lines.getvalue().encode())
                lines.seek(0)
                lines.truncate()
            target.write(lines.getvalue().encode())
        for warning in write_dicomdir(folder, paths(folder / "manifest.csv"), head.identity):
            _LOG.warning("%s", warning)
        listed = [MadeFile("manifest.csv", target.digest(), target.size)]
        directory = folder / DICOMDIR
        if directory.is_file():
            listed.append(MadeFile(DICOMDIR, digest_of(directory), directory.stat().st_size))
        return listed


def paths(table: Path) -> Iterator[str]:
    """Of the objects that a manifest.csv names, those that are there."""
    with table.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["path"]:
                yield row["path"]


def _rows(sample: Sample, made: Made) -> Iterable[tuple[object, ...]]:
    files = {Path(each.path).stem: each for each in made.files}
    for series in sample.series:
        for each in series.objects:
            uid = each.sop_instance_uid
            file = files.get(uid_name(uid)) or MadeFile("", "", 0)
            told = (sample.patient_id, each.study, each.series, uid, each.header_digest, "; ".join(each.datasets))
            yield *told, file.path, file.digest, file.size, made.missing.get(uid, "")


WRITER: Writer = Objects()
