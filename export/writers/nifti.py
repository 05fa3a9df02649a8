"""NIfTI: a folder a sample, in it each volume and, beside it, the labels of each object that lies on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ...dicom.volumes import Values
from ..labels.mask import Mask
from ..labels.merge import LabelMap, Overlap, merge
from ..plan.model import Head, Sample
from .images import Read, decoded, geometry, grid_of, labels_on, volumes
from .label_table import write_label_table
from .niftis import SUFFIX, write_nifti
from .protocol import Fetch, Made, MadeFile, Writer


class Nifti:
    """``SAMPLE/ROLE.nii.gz``, and ``SAMPLE/ROLE_labels-N.nii.gz`` for the N-th object with labels on it.

    Objects stay apart: several readers' segmentations of one structure are several label maps. Where parts of one
    object overlap, and no priority says which stays, each is a map of its own: ``SAMPLE/ROLE_labels-N-KEY.nii.gz``.
    """

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """Any volume can be held."""

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Write a sample's volumes and label maps."""
        read = Read()
        files: list[MadeFile] = []
        told: list[dict[str, Any]] = []
        for volume in volumes(sample, fetch, read):
            grid = grid_of(head, volume)
            voxels = decoded(volume, grid, read)
            if voxels is None:
                continue
            path = f"{sample.name}/{volume.name}{SUFFIX}"
            files.append(MadeFile(path, *write_nifti(voxels, grid, folder / path)))
            labels: list[dict[str, Any]] = []
            told.append({"file": path, **geometry(volume, grid), "labels": labels})
            for number, source in enumerate((s for s in sample.labels if s.image == volume.series.series), start=1):
                stem = f"{sample.name}/{volume.name}_labels-{number}"
                for path, found in _maps(head, stem, list(labels_on(volume, [source], fetch, read))):
                    read.warnings += found.warnings
                    found = found.onto(volume.stack.grid, grid)
                    files.append(MadeFile(path, *write_nifti(Values(found.array), grid, folder / path)))
                    uid = source.object.sop_instance_uid
                    labels.append({"file": path, "sopInstanceUID": uid, "voxels": found.voxels})
        skipped = "" if files else _why(read)
        return Made(sample.name, tuple(files), read.missing, skipped, tuple(read.warnings), {"volumes": told})

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> list[MadeFile]:
        """Write the label table."""
        return write_label_table(head, folder)


def _maps(head: Head, stem: str, found: list[tuple[str, Mask]]) -> Iterator[tuple[str, LabelMap]]:
    """The label map of one object; where its parts overlap, one of each part."""
    if not found:
        return
    shape = found[0][1].array.shape
    try:
        yield f"{stem}{SUFFIX}", merge(found, head.labels, shape)
    except Overlap:
        for uid, mask in found:
            yield f"{stem}-{mask.part.key}{SUFFIX}", merge([(uid, mask)], head.labels, shape)


def _why(read: Read) -> str:
    return "objects are missing" if read.missing else "; ".join(read.warnings) or "it holds no volume"


WRITER: Writer = Nifti()
