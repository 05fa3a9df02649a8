"""Point sets: in mm of the patient, as .npy and CSV, and as heat maps."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ...dicom.reading import read
from ...dicom.volumes import Grid, Stack
from ...errors import ReadError
from ..plan.model import LabelSource, Part
from ..protocol import MadeFile
from ..written_files import whole
from .items import Points, drawn
from .referring import labels_stack
from .reports import POINTS
from .structure_sets import rois

COLUMNS = ("value", "name", "sopInstanceUID", "key", "x", "y", "z")
_REACH = 4
"""Standard deviations beyond which a heat map is 0."""


@dataclass(frozen=True, slots=True, eq=False)
class PointSet:
    """The points of one part: n × 3, in mm of the patient (x to the left, y to the back, z to the head)."""

    part: Part
    sop_instance_uid: str
    points: Points


def point_sets(source: LabelSource, path: Path, stack: Stack) -> Iterator[PointSet]:
    """The point sets among the parts of a report or structure set, as far as they lie on an image.

    Points of SCOORD lie in the middle of the slice that they were selected from.

    Raises
    ------
    ReadError
        where the object can't be read or a part is not there or lies elsewhere; names the file.
    """
    if source.carrier == "segmentation":
        return
    try:
        with path.open("rb") as stream:
            ds = read(stream, stop_before_pixels=True)
        if labels_stack(ds, source.image, stack):
            found = _of_rois if source.carrier == "structureSet" else _of_items
            for part, points in found(ds, source.parts, stack):
                yield PointSet(part, source.object.sop_instance_uid, points)
    except ReadError as error:
        raise type(error)(f"{path}: {error}") from error


def _of_rois(ds: Dataset, parts: Sequence[Part], stack: Stack) -> Iterator[tuple[Part, Points]]:
    for part, contours in rois(ds, parts, stack):
        if points := [contour.points for contour in contours if contour.type == "POINT"]:
            yield part, np.concatenate(points)


def _of_items(ds: Dataset, parts: Sequence[Part], stack: Stack) -> Iterator[tuple[Part, Points]]:
    for found in drawn(ds, parts, stack):
        if found.type not in POINTS:
            continue
        if found.slices is None:
            yield found.part, found.points
            continue
        indices = [np.column_stack([found.points, np.full(len(found.points), each)]) for each in found.slices]
        yield found.part, np.concatenate(indices) @ stack.grid.affine[:3, :3].T + stack.grid.affine[:3, 3]


def write_points(sets: Iterable[PointSet], folder: Path, name: str) -> list[MadeFile]:
    """Write ``name.npy`` (float64, n × 3) and ``name.csv``, a row for each of its rows; nothing of no points."""
    found = sorted(sets, key=lambda each: (each.part.value, each.sop_instance_uid, each.part.key))
    if not found:
        return []
    text, packed = io.StringIO(), io.BytesIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for each in found:
        for point in each.points:
            told = [f"{value:.6f}" for value in point]
            rows.writerow([each.part.value, each.part.name, each.sop_instance_uid, each.part.key, *told])
    np.save(packed, np.concatenate([each.points for each in found]).astype("<f8"))
    made = []
    for file, content in ((f"{name}.npy", packed.getvalue()), (f"{name}.csv", text.getvalue().encode())):
        with whole(folder / file) as target:
            target.write(content)
        made.append(MadeFile(file, target.digest(), target.size))
    return made


def heat_map(points: Points, grid: Grid, sigma: float) -> NDArray[np.float32]:
    """A Gaussian around each point, 1 at its place, the greatest where several meet: slices × rows × columns.

    Parameters
    ----------
    points
        n × 3, in mm.
    sigma
        Standard deviation in mm; beyond four of them it is 0.
    """
    found = np.zeros(grid.shape, np.float32)
    inverse = np.linalg.inv(grid.affine[:3, :3])
    reach = _REACH * sigma * np.linalg.norm(inverse, axis=1)
    for point, middle in zip(points, grid.to_index(points), strict=True):
        first = np.maximum(np.ceil(middle - reach), 0).astype(int)
        last = np.minimum(np.floor(middle + reach), np.array(grid.shape[::-1]) - 1).astype(int)
        if (first > last).any():
            continue
        column, row, number = np.meshgrid(*(np.arange(first[n], last[n] + 1) for n in range(3)), indexing="ij")
        places = np.stack([column, row, number], axis=-1) @ grid.affine[:3, :3].T + grid.affine[:3, 3]
        squared = ((places - point) ** 2).sum(axis=-1).transpose(2, 1, 0)
        around = np.where(squared <= (_REACH * sigma) ** 2, np.exp(-squared / (2 * sigma**2)), 0)
        box = found[first[2] : last[2] + 1, first[1] : last[1] + 1, first[0] : last[0] + 1]
        np.maximum(box, around, out=box, casting="same_kind")
    return found
