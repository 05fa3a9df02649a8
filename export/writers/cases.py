"""What nnU-Net and MONAI share: of a sample, one volume a role and one label map, all on one grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...dicom.volumes import Grid, Values
from ...errors import UsageError
from ..labels.colours import Colour
from ..plan.model import Head, Sample
from ..protocol import Fetch, Made, MadeFile
from .case_labels import label_map
from .images import Read, Volume, decoded, geometry, grid_of, images, is_labelled, volumes
from .niftis import write_nifti

_NAMED = 3


def roles(sample: Sample) -> tuple[str, ...]:
    """The roles of a sample's image series, by name: the same in every sample, whichever image was drawn on."""
    return tuple(sorted({each.role for each in images(sample)}))


def channels(samples: Iterable[Sample], form: str) -> tuple[str, ...]:
    """The roles that every sample has.

    Raises
    ------
    UsageError
        where samples differ, so that there would be no such thing as a channel.
    """
    found: dict[tuple[str, ...], str] = {}
    for sample in samples:
        found.setdefault(roles(sample), sample.name)
        if len(found) > 1:
            (one, first), (other, second) = found.items()
            raise UsageError(
                f"{form} takes the same channels of every sample, but {first} has {', '.join(one)} and {second} "
                f"{', '.join(other)}; ask for one modality, or name the series of a sample, such as with "
                f"--sample study --pick {next(iter(one), 'CT') + ': largest'!r}"
            )
    return next(iter(found), ())


def write_case(
    head: Head,
    sample: Sample,
    fetch: Fetch,
    folder: Path,
    *,
    image: Callable[[int, str], str],
    label: str,
) -> Made:
    """Write the largest volume of each role, and one map of the labels on them, all on the grid of the first labelled.

    Parameters
    ----------
    image
        Number and name of a channel → path of its file: a role, of colours three, such as ``XC red``.
    label
        Path of the label map.
    """
    read = Read()
    files: list[MadeFile] = []

    def skipped(why: str) -> Made:
        for each in files:
            (folder / each.path).unlink(missing_ok=True)
        return Made(sample.name, (), read.missing, why, tuple(read.warnings))

    chosen, lacks = _largest(sample, volumes(sample, fetch, read), fetch, read)
    if lacks or not chosen:
        return skipped("objects are missing" if read.missing else f"no volume of {lacks or 'an image'}")
    series = {volume.series.series: volume.series.role for volume in chosen}
    labelled = {each.image for each in sample.labels}
    first = next((each for each in chosen if each.series.series in labelled), chosen[0])
    grid = first.stack.grid
    target = grid_of(head, first)
    told: list[dict[str, Any]] = []
    for volume in chosen:
        if not _fits(volume, grid, head):
            where = "on another grid, or in another Frame of Reference, than"
            return skipped(f"{volume.series.role} lies {where} {first.series.role}{_hint(head)}")
        voxels = decoded(volume, volume.stack.grid if target is grid else target, read)
        if voxels is None:
            return skipped("its pixels can't be decoded")
        for channel, held in _by_colour(volume.series.role, voxels):
            path = image(len(files), channel)
            files.append(MadeFile(path, *write_nifti(held, target, folder / path)))
            told.append({"file": path, **geometry(volume, target), "channel": channel})
    counts: dict[int, int] = {}
    colours: dict[int, Colour] = {}
    if sample.labels:
        merged = label_map(head, sample.labels, sorted(chosen, key=lambda each: each is not first), target, fetch, read)
        # a label map without some of its labels would teach that they are not there
        if read.missing:
            return skipped("objects with labels are missing")
        if read.unplaced:
            return skipped("nothing tells where some of its labels lie")
        if merged is None:
            return skipped(f"no label lies on {', '.join(series.values())}")
        drawn = {part.value for each in sample.labels if each.image in series for part in each.parts}
        counts = dict.fromkeys(sorted(drawn), 0) | merged.voxels
        read.warnings += (*merged.warnings, *_absent(head, counts, series.values()))
        files.append(MadeFile(label, *write_nifti(Values(merged.array), target, folder / label)))
        colours = dict(merged.colours)
    about = {"volumes": told, "label": label if sample.labels else "", "voxels": counts, "colours": colours}
    return Made(sample.name, tuple(files), read.missing, "", tuple(read.warnings), about)


def check_channels(sample: Sample, made: Made, found: dict[tuple[str, ...], str], form: str) -> None:
    """Whether a sample has the channels of those before: whether an image is in colour shows when it is read.

    Parameters
    ----------
    found
        Channels → the first sample that has them.

    Raises
    ------
    UsageError
        where not.
    """
    found.setdefault(tuple(each["channel"] for each in made.details["volumes"]), sample.name)
    if len(found) > 1:
        told = " and ".join(f"{name} has {', '.join(names)}" for names, name in found.items())
        raise UsageError(f"{form} takes the same channels of every sample, but {told}; leave either out of the cohort")


def _by_colour(role: str, values: Values) -> Iterator[tuple[str, Values]]:
    """A volume as a channel, of colours as three."""
    if values.array.ndim < 4:
        yield role, values
        return
    for number, colour in enumerate(("red", "green", "blue")):
        yield f"{role} {colour}", replace(values, array=values.array[..., number])


def _largest(sample: Sample, found: Sequence[Volume], fetch: Fetch, read: Read) -> tuple[list[Volume], str]:
    """The largest volume of each role, the largest with labels where any has them; and a role that has none."""
    chosen: list[Volume] = []
    for role in roles(sample):
        of_role = sorted((each for each in found if each.series.role == role), key=_voxels, reverse=True)
        if not of_role:
            return [], role
        if len(of_role) > 1:
            labelled = [each for each in of_role if is_labelled(each, sample.labels, fetch, read)]
            which = "the largest with labels" if labelled else "the largest"
            others = f"; {len(labelled)} have labels, all of which form nifti holds" if len(labelled) > 1 else ""
            read.warnings.append(f"{role}: {len(of_role)} volumes, of which {which} is taken{others}")
            of_role = labelled or of_role
        chosen.append(of_role[0])
    return chosen, ""


def _absent(head: Head, voxels: Mapping[int, int], roles: Iterable[str]) -> Iterator[str]:
    """Which labels no object of a sample holds: whoever drew some need not have looked for others; or none of their
    voxels.
    """
    if undrawn := [label.name for label in head.labels if label.value not in voxels]:
        yield f"nobody drew {_names(undrawn)} on {', '.join(roles)}: where it is, it counts as background"
    if empty := [label.name for label in head.labels if voxels.get(label.value) == 0]:
        yield f"no voxel is {_names(empty)}, though it was drawn: where it is, it counts as background"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _voxels(volume: Volume) -> int:
    return math.prod(volume.stack.grid.shape)


def _fits(volume: Volume, grid: Grid, head: Head) -> bool:
    """Whether a volume can be written on the grid of the first: it is its own, or all are resampled in one space."""
    own = volume.stack.grid
    if own is grid:
        return True
    in_one_space = own.frame_of_reference == grid.frame_of_reference and volume.stack.has_position
    return in_one_space and (own.is_near(grid) or (head.spacing is not None and bool(own.frame_of_reference)))


def _hint(head: Head) -> str:
    return "" if head.spacing else "; --resample brings those of one Frame of Reference onto one grid"
