"""Headers to queryable: our ingest beside bare pydicom reading the same headers, one process each, median of 5.

Ours finds every file, reads and keeps its header, makes nodes and edges and commits them; the voxels of segmentations
are measured apart and not counted. The floor opens files that are known and leaves their elements undecoded. Both read
from a warm page cache. Seconds are CPU seconds of all threads, since the budget is per core. What an ingest of one file
takes, most of it to open a store and to commit, is told apart and not counted again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pydicom

from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest

from .timing import cpu_seconds, paired

AIMS = {"images": 1.5, "segmentations": 6.0, "reports": 6.0}
_KINDS = {"SEG": "segmentations", "SR": "reports"}


def by_kind(folder: Path) -> dict[str, list[Path]]:
    """The DICOM files of a folder: images, segmentations, reports; others left out."""
    found: dict[str, list[Path]] = {kind: [] for kind in AIMS}
    for path in sorted(folder.rglob("*.dcm")):
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["Modality", "Rows"])
        except (pydicom.errors.InvalidDicomError, OSError):
            continue
        kind = _KINDS.get(dataset.get("Modality", ""), "images" if "Rows" in dataset else "")
        if kind:
            found[kind].append(path)
    return found


def bare(paths: Sequence[Path]) -> None:
    """The floor: read the headers."""
    for path in paths:
        pydicom.dcmread(path, stop_before_pixels=True)


def ours(paths: Sequence[Path]) -> None:
    """Ingest into a fresh store, one reading process, without measuring voxels."""
    with tempfile.TemporaryDirectory() as folder, Store.init(folder) as store:
        ingest(store, paths, "benchmark", workers=1, measure=False)


def run(folder: Path) -> None:
    """Print a line a kind."""
    files = {kind: paths for kind, paths in by_kind(folder).items() if len(paths) > 1}
    for paths in files.values():  # tables of codes and compiled patterns are made once in a process
        ours(paths[:1])
    heading = ("headers to queryable", "files", "first, ms", "each further, µs", "pydicom, µs", "ratio", "aim")
    print("{:<22}{:>7}{:>11}{:>18}{:>13}{:>7}{:>7}".format(*heading))
    for kind, paths in files.items():
        first, _ = paired(partial(ours, paths[:1]), partial(bare, paths[:1]), clock=cpu_seconds)
        mine, floor = paired(partial(ours, paths), partial(bare, paths), clock=cpu_seconds)
        each, least = 1e6 * (mine - first) / (len(paths) - 1), 1e6 * floor / len(paths)
        print(
            f"{kind:<22}{len(paths):>7}{1e3 * first:>11.0f}{each:>18.0f}{least:>13.0f}{each / least:>7.2f}"
            f"{AIMS[kind]:>6.1f}×"
        )
