"""NIfTI: a folder a sample, in it each volume and, beside it, the labels of each object that lies on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...dicom.volumes import Grid, Values
from ..labels.mask import Mask
from ..labels.merge import LabelMap, Overlap, merge
from ..labels.points import PointSet, heat_map, write_points
from ..plan.model import Head, Sample
from ..protocol import Closing, Fetch, Made, MadeFile, Writer
from ..resample import resampled_grid
from .images import (
    Read,
    decoded,
    geometry,
    grid_alone,
    grid_of,
    labels_alone,
    labels_on,
    left_out,
    points_on,
    volumes,
    waveforms,
)
from .label_table import Colours, add_colours, write_label_table
from .niftis import SUFFIX, write_nifti

SIGMA = 5.0
"""Standard deviation of heat maps in mm."""


class Nifti:
    """``SAMPLE/ROLE.nii.gz``, and ``SAMPLE/ROLE_labels-N.nii.gz`` for the N-th object with labels on it.

    Objects stay apart: several readers' segmentations of one structure are several label maps. Where parts of one
    object overlap, and no priority says which stays, each is a map of its own: ``SAMPLE/ROLE_labels-N-KEY.nii.gz``.
    Points are ``SAMPLE/ROLE_points-N.npy`` and ``.csv``, and a heat map for each label: ``…-VALUE_heat.nii.gz``.
    A segmentation whose image is not there lies on the grid of its own frames: ``SAMPLE/labels-N.nii.gz``.
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
                masks = partial(labels_on, volume, [source], fetch, read)
                labels += _write_maps(head, stem, masks, (volume.stack.grid, grid), read, folder, files)
                stem = f"{sample.name}/{volume.name}_points-{number}"
                labels += _write_points(stem, list(points_on(volume, source, fetch, read)), grid, folder, files)
        alone: list[dict[str, Any]] = []
        for number, source in enumerate((s for s in sample.labels if not s.image), start=1):
            masks = partial(labels_alone, source, fetch, read)
            if own := grid_alone(source, fetch, read):
                onto = resampled_grid(own, head.spacing) if head.spacing else own
                alone += _write_maps(head, f"{sample.name}/labels-{number}", masks, (own, onto), read, folder, files)
        lost = (each.object.sop_instance_uid for each in sample.labels if each.object.sop_instance_uid in read.missing)
        read.warnings += (f"{uid}: its labels are missing: {read.missing[uid]}" for uid in dict.fromkeys(lost))
        skipped = "" if files else _why(read)
        return Made(
            sample.name, tuple(files), read.missing, skipped, tuple(read.warnings), {"volumes": told, "labels": alone}
        )

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> Closing:
        """Write the label table."""
        colours: Colours = {}
        waves: set[str] = set()
        for sample, one in made:
            add_colours(one, colours)
            waves |= waveforms(sample)
        return Closing(write_label_table(head, folder, colours), left_out(waves, head))


def _write_maps(
    head: Head,
    stem: str,
    masks: Callable[[], Iterator[tuple[str, Mask]]],
    grids: tuple[Grid, Grid],
    read: Read,
    folder: Path,
    files: list[MadeFile],
) -> Iterator[dict[str, Any]]:
    """Write the label maps of one object, from the first grid onto the second; tells of each."""
    own, onto = grids
    for path, uid, merged in _maps(head, stem, masks, own.shape):
        held = merged.onto(own, onto)
        read.warnings += held.warnings
        files.append(MadeFile(path, *write_nifti(Values(held.array), onto, folder / path)))
        yield {"file": path, "sopInstanceUID": uid, "voxels": held.voxels, "colours": dict(held.colours)}


def _write_points(
    stem: str, found: list[PointSet], grid: Grid, folder: Path, files: list[MadeFile]
) -> Iterator[dict[str, Any]]:
    """Write the points of one object, and a heat map of each label; tells of each."""
    files += write_points(found, folder, stem)
    by_value: dict[int, list[PointSet]] = {}
    for each in found:
        by_value.setdefault(each.part.value, []).append(each)
    for value, sets in sorted(by_value.items()):
        path = f"{stem}-{value}_heat{SUFFIX}"
        points = np.concatenate([each.points for each in sets])
        files.append(MadeFile(path, *write_nifti(Values(heat_map(points, grid, SIGMA)), grid, folder / path)))
        yield {"file": path, "sopInstanceUID": sets[0].sop_instance_uid, "points": len(points), "sigma": SIGMA}


def _maps(
    head: Head, stem: str, masks: Callable[[], Iterator[tuple[str, Mask]]], shape: tuple[int, int, int]
) -> Iterator[tuple[str, str, LabelMap]]:
    """The label map of one object or, where its parts overlap, one of each; they are read again then, one at a time."""
    uid = ""

    def noted() -> Iterator[tuple[str, Mask]]:
        nonlocal uid
        for each in masks():
            uid = each[0]
            yield each

    try:
        merged = merge(noted(), head.labels, shape)
        if uid:
            yield f"{stem}{SUFFIX}", uid, merged
    except Overlap:
        for uid, mask in masks():
            yield f"{stem}-{mask.part.key}{SUFFIX}", uid, merge([(uid, mask)], head.labels, shape)


def _why(read: Read) -> str:
    return "objects are missing" if read.missing else "; ".join(read.warnings) or "it holds no volume"


WRITER: Writer = Nifti()
