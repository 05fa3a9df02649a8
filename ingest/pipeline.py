"""Ingest: walk, read in worker processes, decide, commit in path order, then measure.

The graph commits batch by batch, in the order of the paths; the registry after it. So a run that was stopped anywhere
leaves the objects of the first files, whole, and the next run over the same paths goes on behind them and decides as
an undisturbed one would have (semantics 1.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from ..dicom.location import parse, place
from ..errors import UsageError
from ..graph.datasets import describe
from ..graph.store.directory import Store
from ..graph.writing.writer import Writer
from ..registry import Registry
from .counting import FileCount
from .measure import measure_pending
from .outcome import Event, Progress, Report
from .owned import owned
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
    authority: str | None = None,
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
    authority
        The data set's assigning authority, whose Patient IDs those are that name no issuer (semantics 1.5); by default
        what the data set says, else its name.

    Raises
    ------
    UsageError
        where a path does not exist, the data set has no name, or its objects are here under another authority.
    StoreError
        where another ingest into this store is running, or the store can't be written.
    """
    if not dataset.strip():
        raise UsageError("a data set needs a name")
    workers = workers or default_workers()
    with owned(store) as scratch, Registry(store.registry_path) as registry:
        if authority is not None:
            describe(store.engine, dataset, {"assigningAuthority": authority})
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
    with owned(store) as scratch, Registry(store.registry_path) as registry:
        writer = Writer(store.engine, store.headers, reread)
        for dataset, held in groupby(registry.quarantined(), lambda each: each.dataset):
            uris = [each.uri for each in held]
            run = Run(store, writer, registry, dataset, uris, workers, again=True)
            run.take(walk_places(map(parse, uris), scratch), progress)
            report.add(run.finish())
        measure_pending(store.engine, writer, registry, scratch, workers, progress)
    return report
