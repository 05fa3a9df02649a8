"""Headers to queryable: our ingest beside bare pydicom reading the same headers, one process each, median of 5.

Ours finds every file, reads and keeps its header, makes nodes and edges and commits them; the voxels of segmentations
are measured apart and not counted. The floor opens files that are known and leaves their elements undecoded. Both read
from a warm page cache. Seconds are CPU seconds of all threads, since the budget is per core. What an empty store
takes to open, whatever the number of files, is told apart.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pydicom

from cohortgraph.graph.store import Store
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
    files = {kind: paths for kind, paths in by_kind(folder).items() if paths}
    for paths in files.values():  # tables of codes and compiled patterns are made once in a process
        ours(paths[:1])
    fixed, _ = paired(partial(ours, []), partial(bare, []), clock=cpu_seconds)
    print(f"an empty store, made, opened and closed: {fixed:.3f} s")
    print(f"{'headers to queryable':<22}{'files':>7}{'ours, µs a file':>17}{'pydicom':>9}{'ratio':>7}{'aim':>7}")
    for kind, paths in files.items():
        mine, floor = paired(partial(ours, paths), partial(bare, paths), clock=cpu_seconds)
        each, least = (1e6 * taken / len(paths) for taken in (mine - fixed, floor))
        print(f"{kind:<22}{len(paths):>7}{each:>17.0f}{least:>9.0f}{each / least:>7.2f}{AIMS[kind]:>6.1f}×")
