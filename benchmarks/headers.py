"""Headers to queryable: our ingest beside bare pydicom reading the same headers, one process each, median of 5.

Ours reads every header, keeps it, makes nodes and edges and commits them; the voxels of segmentations are measured
apart and not counted. Both read from a warm page cache.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pydicom

from cohortgraph.graph.store import Store
from cohortgraph.ingest.pipeline import ingest

from .timing import paired

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
    print(f"{'headers to queryable':<24}{'files':>7}{'ours, s':>10}{'pydicom, s':>12}{'ratio':>8}{'aim':>8}")
    for kind, paths in by_kind(folder).items():
        if paths:
            mine, floor = paired(partial(ours, paths), partial(bare, paths))
            print(f"{kind:<24}{len(paths):>7}{mine:>10.3f}{floor:>12.3f}{mine / floor:>8.2f}{AIMS[kind]:>7.1f}×")
