"""What the forms made of volumes share: the volumes of a sample, and the labels on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...dicom.volumes import File, Grid, Stack, Values, stacks, values
from ...errors import ReadError
from ..labels.mask import Mask, NoPlace
from ..labels.masks import lies_on, masks
from ..labels.points import PointSet, point_sets
from ..labels.segmentations import own_stack
from ..plan.model import Head, LabelSource, PlannedSeries, Sample
from ..protocol import Fetch
from ..resample import resampled_grid, resampled_values

_SLIDES = "SM"


@dataclass(slots=True)
class Read:
    """What could be read of a sample, and what could not."""

    missing: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    unplaced: int = 0
    """Objects with labels of which nothing tells where they lie."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of a series of a sample.

    Attributes
    ----------
    name
        Alone in its sample: the role of its series, and numbers where the role has several volumes.
    """

    name: str
    series: PlannedSeries
    stack: Stack


def images(sample: Sample) -> list[PlannedSeries]:
    """The series of a sample that volumes are made of."""
    return [each for each in sample.series if not is_waveform(each)]


def is_waveform(series: PlannedSeries) -> bool:
    """Whether a series is of waveforms."""
    return series.objects[0].kind == "waveform"


def waveforms(sample: Sample) -> set[str]:
    """The roles of a sample's waveforms."""
    return {each.role for each in sample.series if is_waveform(each)}


def left_out(roles: Iterable[str], head: Head) -> list[str]:
    """That a form of volumes has no place for waveforms."""
    named = ", ".join(sorted(roles))
    return [f"{named}: {head.form} holds no waveforms; monai and arrays do"] if named else []


def volumes(sample: Sample, fetch: Fetch, read: Read) -> list[Volume]:
    """The volumes of a sample, by series."""
    found: list[tuple[PlannedSeries, Stack]] = []
    for series in images(sample):
        if series.modality == _SLIDES:
            read.warnings.append(f"{series.series}: images of slides are no volumes and are left out")
            continue
        files, missing = fetch(series.objects)
        read.missing |= missing
        if missing:
            continue  # a volume without some of its slices is another volume
        try:
            held = stacks(File(uid, each.path) for uid, each in files.items())
        except ReadError as error:
            uid = next((uid for uid, each in files.items() if str(error).startswith(f"{each.path}: ")), series.series)
            read.warnings.append(f"{uid}: {without_path(error)}")
            continue
        found += ((series, stack) for stack in held)
        read.warnings += (f"{series.series}: {each}" for stack in held for each in stack.warnings)
    return list(_named(found))


def grid_of(head: Head, volume: Volume) -> Grid:
    """The grid that a volume is written on: its own, or one of the spacing asked for."""
    grid = volume.stack.grid
    return resampled_grid(grid, head.spacing) if head.spacing else grid


def decoded(volume: Volume, onto: Grid, read: Read) -> Values | None:
    """The voxels of a volume on a grid; None where they can't be decoded: then an object is named as missing."""
    try:
        found = values(volume.stack)
    except ReadError as error:
        _missing(error, volume.stack, read)
        return None
    read.warnings += (f"{volume.series.series}: {each}" for each in found.warnings)
    return found if onto is volume.stack.grid else resampled_values(found, volume.stack.grid, onto)


def _missing(error: ReadError, stack: Stack, read: Read) -> None:
    """Name the object that an error is about, or the first one."""
    uids = {str(frame.path): frame.sop_instance_uid for frame in stack.frames}
    uid = next((uid for path, uid in uids.items() if str(error).startswith(path)), stack.frames[0].sop_instance_uid)
    read.missing[uid] = without_path(error)


def labels_on(volume: Volume, sources: Iterable[LabelSource], fetch: Fetch, read: Read) -> Iterator[tuple[str, Mask]]:
    """The masks that lie on a volume, each with the SOP Instance UID of its object."""
    for source in sources:
        if source.image == volume.series.series:
            for _, uid, mask in _masks(source, volume.stack, fetch, read):
                yield uid, mask


def is_labelled(volume: Volume, sources: Iterable[LabelSource], fetch: Fetch, read: Read) -> bool:
    """Whether an object labels this volume."""
    for source in sources:
        if source.image == volume.series.series:
            files, missing = fetch([source.object])
            read.missing |= missing
            if any(lies_on(source, file.path, volume.stack) for file in files.values()):
                return True
    return False


def points_on(volume: Volume, source: LabelSource, fetch: Fetch, read: Read) -> Iterator[PointSet]:
    """The points of an object that lie on a volume."""
    if source.carrier == "segmentation":
        return
    files, missing = fetch([source.object])
    read.missing |= missing
    for uid, file in files.items():
        try:
            yield from point_sets(source, file.path, volume.stack)
        except NoPlace as error:
            read.warnings.append(f"{uid}: {without_path(error)}")
        except ReadError as error:
            read.missing[uid] = without_path(error)


def grid_alone(source: LabelSource, fetch: Fetch, read: Read) -> Grid | None:
    """The grid that the frames of an object make without its image; None where they make none."""
    return next((grid for grid, _, _ in _masks(source, None, fetch, read)), None)


def labels_alone(source: LabelSource, fetch: Fetch, read: Read) -> Iterator[tuple[str, Mask]]:
    """The masks of an object without its image, on the grid of their own, each with the UID of the object."""
    return ((uid, mask) for _, uid, mask in _masks(source, None, fetch, read))


def _masks(source: LabelSource, stack: Stack | None, fetch: Fetch, read: Read) -> Iterator[tuple[Grid, str, Mask]]:
    files, missing = fetch([source.object])
    read.missing |= missing
    for uid, file in files.items():
        try:
            on = stack or own_stack(file.path)
            for mask in masks(source, file.path, on):
                yield on.grid, uid, mask
        except NoPlace as error:
            read.unplaced += 1
            read.warnings.append(f"{uid}: {without_path(error)}")
        except ReadError as error:
            read.missing[uid] = without_path(error)


def geometry(volume: Volume, grid: Grid) -> dict[str, object]:
    """What is told of a volume besides its file."""
    stack = volume.stack
    return {
        "seriesInstanceUID": volume.series.series,
        "modality": volume.series.modality,
        "role": volume.series.role,
        "shape": list(reversed(grid.shape)),
        "spacing": [round(each, 6) for each in grid.spacing],
        "dimensions": dict(stack.dimensions),
        "sopInstanceUIDs": list(dict.fromkeys(frame.sop_instance_uid for frame in stack.frames)),
    }


def _named(found: Sequence[tuple[PlannedSeries, Stack]]) -> Iterator[Volume]:
    roles = [series.role for series, _ in found]
    for index, (series, stack) in enumerate(found):
        number = roles[:index].count(series.role) + 1
        name = series.role or "image"
        yield Volume(f"{name}-{number}" if roles.count(series.role) > 1 else name, series, stack)


def without_path(error: ReadError) -> str:
    """A reason without the place of a scratch file."""
    text = str(error)
    head, _, rest = text.partition(": ")
    return rest if Path(head).is_absolute() else text
