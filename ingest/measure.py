"""The second phase of an ingest: what only pixels tell of a segmentation (semantics 4.5), apart from the headers.

It goes by the graph alone (Instance.measurement is ``pending``), so what a stopped run left is taken up by the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import Dataset

from ..dicom.archive import Extent
from ..dicom.location import Locations, parse
from ..dicom.reading import PIXELS, read
from ..dicom.segmentation import measure
from ..errors import ReadError
from ..graph.engine import Engine, rows
from ..graph.facts import Properties
from ..graph.writing.writer import Writer
from ..registry import Registry
from .outcome import Event, Progress
from .reading import quiet
from .workers import Lost, in_order

LIMIT_S = 600.0
"""Seconds after which an object is given up."""
_PAGE = 200
_PENDING = "MATCH (i:Instance) WHERE i.kind = 'segmentation' AND i.measurement = 'pending'"


@dataclass(frozen=True, slots=True)
class Job:
    """A segmentation to measure, and where copies of it may be."""

    uid: str
    extents: tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Segment position → measures, or why there are none; ``found`` is False where there is no copy."""

    measures: dict[int, Properties] = field(default_factory=dict)
    reason: str = ""
    found: bool = True


def measure_pending(
    engine: Engine,
    writer: Writer,
    registry: Registry,
    scratch: Path,
    workers: int,
    progress: Progress | None = None,
) -> None:
    """Measure every segmentation that is pending; one whose copies are all out of reach stays so."""
    began = time.monotonic()
    total = int(rows(engine.read(f"{_PENDING} RETURN count(i) AS n"))[0]["n"])
    if not total:
        return
    readings = in_order(measure_object, _pending(engine, scratch), min(workers, total), chunk=1, limit_s=LIMIT_S)
    done = 0
    with closing(readings):
        for item, result in readings:
            if isinstance(item, Locations):
                item.close()
                continue
            match result:
                case Measured(measures, "", True):
                    writer.set_measures(item, measures, "done")
                case Lost(reason) | Measured(reason=reason, found=True):
                    writer.set_measures(item, {}, "failed")
                    registry.explain(item, f"its voxels can't be measured: {reason}")
            done += 1
            if progress:
                progress(Event("measure", done, total, time.monotonic() - began))


def measure_object(job: Job) -> Measured:
    """Measure the first copy that is this object still."""
    for extent in job.extents:
        try:
            with quiet(), extent.open() as stream:
                ds = _object(stream)
                if ds.SOPInstanceUID == job.uid:
                    return Measured(measure(ds))
        except FileNotFoundError:
            continue
        except ReadError as error:
            return Measured(reason=str(error))
        except Exception as error:  # damaged pixels raise anything, in any library below
            return Measured(reason=f"they can't be decoded ({type(error).__name__})")
    return Measured(found=False)


def _object(stream: BinaryIO) -> Dataset:
    """The header as it was kept, which ends where pixels begin, and the pixels."""
    ds = read(stream, stop_before_pixels=True)
    stream.seek(0)
    whole = read(stream, stop_before_pixels=False)
    for tag in PIXELS & whole.keys():
        ds[tag] = whole.get_item(tag, keep_deferred=True)
    return ds


def _pending(engine: Engine, scratch: Path) -> Iterator[tuple[str | Locations, Job | None]]:
    """The pending segmentations in the order of their UIDs; the Locations after a page can be closed there."""
    query = f"{_PENDING} AND i.id > $after RETURN i.id AS uid, i.locations AS locations ORDER BY uid LIMIT {_PAGE}"
    after = ""
    while page := rows(engine.read(query, {"after": after})):
        locations = Locations(scratch)
        for row in page:
            yield row["uid"], Job(row["uid"], tuple(_extents(locations, row["locations"])))
        yield locations, None
        after = page[-1]["uid"]


def _extents(locations: Locations, uris: list[str]) -> Iterator[Extent]:
    for uri in uris:
        try:
            yield locations.extent(parse(uri))
        except (ReadError, OSError):
            continue  # gone, or changed: another copy may be there
