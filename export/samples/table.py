"""samples.parquet: what each sample is made of, its part of the split, its columns, what was dropped and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..plan.model import Head, LabelSource, Part, Sample
from ..protocol import Made, MadeFile
from ..written_files import whole

NAME = "samples.parquet"
_AT_ONCE = 500
_TEXT = pa.string()
Place = tuple[str, str, int]
"""Series, object and value of a label."""
_SERIES = pa.list_(
    pa.struct([("role", _TEXT), ("seriesInstanceUID", _TEXT), ("modality", _TEXT), ("objects", pa.int64())])
)
_LABELS = pa.list_(
    pa.struct([("sopInstanceUID", _TEXT), ("seriesInstanceUID", _TEXT), ("values", pa.list_(pa.int64()))])
)
_DROPPED = pa.list_(pa.struct([("id", _TEXT), ("role", _TEXT), ("reason", _TEXT)]))
_FIXED = [
    ("sample", _TEXT),
    ("unit", _TEXT),
    ("patient", _TEXT),
    ("patientID", _TEXT),
    ("split", _TEXT),
    ("series", _SERIES),
    ("labels", _LABELS),
    ("dropped", _DROPPED),
    ("files", pa.list_(_TEXT)),
    ("skipped", _TEXT),
]


def write_samples(head: Head, pairs: Iterable[tuple[Sample, Made]], folder: Path) -> MadeFile:
    """Write the table of an export's samples, in their order."""
    shape = pa.schema([*_FIXED, *column_types(head).items()])
    return write_table((_row(sample, made) for sample, made in pairs), shape, folder, NAME)


def column_types(head: Head) -> dict[str, pa.DataType]:
    """The type of each named attribute."""
    return {name: pa.float64() if name in head.numeric else _TEXT for name in head.columns}


def write_table(rows: Iterable[Mapping[str, Any]], shape: pa.Schema, folder: Path, name: str) -> MadeFile:
    """Write rows as Parquet, some hundreds in memory at a time; the same bytes for the same rows."""
    with whole(folder / name) as target:
        with pq.ParquetWriter(pa.PythonFile(target, mode="w"), shape, compression="zstd") as writer:
            remaining = iter(rows)
            while some := list(islice(remaining, _AT_ONCE)):
                writer.write_batch(pa.record_batch([_column(field, some) for field in shape], shape))
        return MadeFile(name, target.digest(), target.size)


def _column(field: pa.Field, rows: Sequence[Mapping[str, Any]]) -> pa.Array:
    values = [row.get(field.name) for row in rows]
    if field.type == _TEXT:
        values = [value if value is None or isinstance(value, str) else str(value) for value in values]
    if field.type == pa.date32():  # a plan holds a date as text
        return pa.array(values, _TEXT).cast(field.type)
    return pa.array(values, field.type)


def _row(sample: Sample, made: Made) -> dict[str, Any]:
    lost = _lost(made)
    return {
        **sample.values,
        "sample": sample.name,
        "unit": sample.unit,
        "patient": sample.patient,
        "patientID": sample.patient_id,
        "split": sample.split or None,
        "series": [
            {
                "role": each.role,
                "seriesInstanceUID": each.series,
                "modality": each.modality,
                "objects": len(each.objects),
            }
            for each in sample.series
        ],
        "labels": [
            {
                "sopInstanceUID": each.object.sop_instance_uid,
                "seriesInstanceUID": each.image,
                "values": [part.value for part in each.parts if not lost & _places(each, part)],
            }
            for each in sample.labels
        ],
        "dropped": [{"id": each.id, "role": each.role, "reason": each.reason} for each in sample.dropped],
        "files": [each.path for each in made.files],
        "skipped": made.skipped or None,
    }


def _places(source: LabelSource, part: Part) -> set[Place]:
    return {("", "", part.value), (source.image, source.object.sop_instance_uid, part.value)}


def _lost(made: Made) -> set[Place]:
    """The labels of which a map was made and holds no voxel, of what series and object; of a case, of all of them."""
    found: Counter[Place] = Counter()
    for value, count in made.details.get("voxels", {}).items():
        found["", "", int(value)] += count
    maps = [("", each) for each in made.details.get("labels", ())]
    for volume in made.details.get("volumes", ()):
        maps += [(volume["seriesInstanceUID"], each) for each in volume.get("labels", ())]
    for series, each in maps:
        for value, count in each.get("voxels", {}).items():
            found[series, each["sopInstanceUID"], int(value)] += count
    return {place for place, count in found.items() if not count}
