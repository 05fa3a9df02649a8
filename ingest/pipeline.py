"""Ingest: walk, read in worker processes, decide, commit in path order, then measure.

The graph commits batch by batch, in the order of the paths; the registry after it. So a run that was stopped anywhere
leaves the objects of the first files, whole, and the next run over the same paths goes on behind them and decides as
an undisturbed one would have (semantics 1.6).
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from ..dicom.location import parse, place
from ..errors import StoreError, UsageError
from ..graph.lock import Lock
from ..graph.store import Store
from ..graph.writer import Writer
from ..registry import Registry
from .counting import FileCount
from .measure import measure_pending
from .outcome import Event, Progress, Report
from .reading import reread
from .run import Run
from .sources import walk, walk_places
from .workers import default_workers

__all__ = ["Event", "Progress", "Report", "ingest", "retry"]


def ingest(
    store: Store,
    paths: Sequence[Path],
    dataset: str,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    replace: bool = False,
    measure: bool = True,
) -> Report:
    """Bring every DICOM object under ``paths`` into the store.

    Parameters
    ----------
    paths
        Folders, files, DICOMDIRs, ZIP and tar archives.
    dataset
        Name of the data set that the objects belong to.
    workers
        Reading processes, by default one a core; with 1 this process reads, without time limit per object.
    replace
        Let an object that differs from what an earlier run stored replace it.
    measure
        Measure the voxels of segmentations too; else they stay pending, for a later run to measure.

    Raises
    ------
    UsageError
        where a path does not exist, or the data set has no name.
    StoreError
        where another ingest into this store is running, or the store can't be written.
    """
    if not dataset.strip():
        raise UsageError("a data set needs a name")
    workers = workers or default_workers()
    with _owned(store) as scratch, Registry(store.registry_path) as registry:
        found = walk(paths, scratch)
        count = FileCount(paths) if progress else None
        writer = Writer(store.engine, store.headers, reread)
        run = Run(store, writer, registry, dataset, [place(path).uri for path in paths], workers, replace=replace)
        try:
            run.take(found, progress, count)
        finally:
            if count:
                count.stop()
        if measure:
            measure_pending(store.engine, writer, registry, scratch, workers, progress)
        return run.finish()


def retry(store: Store, *, workers: int | None = None, progress: Progress | None = None) -> Report:
    """Read the files in quarantine again, each for its data set; see :func:`ingest`."""
    workers = workers or default_workers()
    report = Report()
    with _owned(store) as scratch, Registry(store.registry_path) as registry:
        writer = Writer(store.engine, store.headers, reread)
        for dataset, held in groupby(registry.quarantined(), lambda each: each.dataset):
            uris = [each.uri for each in held]
            run = Run(store, writer, registry, dataset, uris, workers, again=True)
            run.take(walk_places(map(parse, uris), scratch), progress)
            report.add(run.finish())
        measure_pending(store.engine, writer, registry, scratch, workers, progress)
    return report


@contextmanager
def _owned(store: Store) -> Iterator[Path]:
    """The store's scratch folder, empty, and the right to ingest; several processes may open a store on Neo4j."""
    scratch = store.directory / "scratch"
    scratch.mkdir(exist_ok=True)
    try:
        lock = Lock(scratch)
    except StoreError as error:
        raise StoreError(f"another ingest into {store.directory} is running; wait until it ends ({error})") from None
    gc.freeze()  # the tables of codes and the modules need not be searched for garbage again and again
    try:
        for left in scratch.glob("unpacked-*"):
            left.unlink()
        yield scratch
    finally:
        lock.release()
        gc.unfreeze()
        shutil.rmtree(scratch, ignore_errors=True)
