"""manifest.csv: a line for each object of an export, with its file or the address where it lies."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..names import uid_name
from ..plan.model import Sample
from ..protocol import Made, MadeFile
from ..written_files import whole

NAME = "manifest.csv"
_IDENTITY = ("patientID", "studyInstanceUID", "seriesInstanceUID", "sopInstanceUID", "headerDigest", "datasets")


class Row(NamedTuple):
    """Where an object's file is, its SHA-256 and its bytes."""

    place: str
    digest: str
    size: int


def write_list(
    made: Iterable[tuple[Sample, Made]], place: str, rows: Callable[[Made], Mapping[str, Row]], folder: Path
) -> MadeFile:
    """Write the table of the objects of all samples, in their order.

    Parameters
    ----------
    place
        The column that says where an object's file is.
    rows
        What became of the objects of a sample, by their UIDs as names.
    """
    with whole(folder / NAME) as target:
        lines = io.StringIO(newline="")
        table = csv.writer(lines)
        table.writerow((*_IDENTITY, place, "digest", "size", "missing"))
        for sample, one in made:
            table.writerows(_lines(sample, one, rows(one)))
            target.write(lines.getvalue().encode())
            lines.seek(0)
            lines.truncate()
        target.write(lines.getvalue().encode())
    return MadeFile(NAME, target.digest(), target.size)


def paths(table: Path) -> Iterator[str]:
    """Of the objects that a table names, the paths of those that are there."""
    with table.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["path"]:
                yield row["path"]


def _lines(sample: Sample, made: Made, rows: Mapping[str, Row]) -> Iterator[tuple[object, ...]]:
    for series in sample.series:
        for each in series.objects:
            uid = each.sop_instance_uid
            told = (sample.patient_id, each.study, each.series, uid, each.header_digest, "; ".join(each.datasets))
            yield *told, *rows.get(uid_name(uid), Row("", "", 0)), made.missing.get(uid, "")
