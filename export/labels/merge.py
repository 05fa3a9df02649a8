"""Masks of several parts in one label map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dicom.volumes import Grid
from ...errors import UsageError
from ..plan.model import Label, Part
from ..resample import resampled_labels
from .colours import Colour
from .mask import Mask


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Which label each voxel has.

    Attributes
    ----------
    array
        Slices × rows × columns; 0 is no label. 8 bits, 16 where a label's value is above 255.
    voxels
        Value → how many voxels, of labels that have a mask; 0 where nothing of it is here.
    names
        Value → the label's name.
    whose
        Value → the SOP Instance UID of the first object with a mask of it.
    colours
        Value → the first colour that an object recommends.
    """

    array: NDArray[Any]
    voxels: dict[int, int]
    names: Mapping[int, str]
    whose: Mapping[int, str]
    warnings: tuple[str, ...] = ()
    colours: Mapping[int, Colour] = field(default_factory=dict)

    def onto(self, grid: Grid, target: Grid) -> LabelMap:
        """The same on another grid; tells of labels that are lost so."""
        if grid is target:
            return self
        array = resampled_labels(self.array, grid, target)
        voxels = _counted(array, self.voxels)
        lost = [value for value, count in self.voxels.items() if count and not voxels[value]]
        told = (f"{self.names[each]}: resampling leaves none of its {self.voxels[each]} voxels" for each in lost)
        return replace(self, array=array, voxels=voxels, warnings=(*self.warnings, *told))

    def masks(self) -> Iterator[tuple[str, Mask]]:
        """A mask of each label again."""
        for value, uid in self.whose.items():
            part = Part("", value, self.names[value])
            yield uid, Mask(part, self.array == value, (), self.colours.get(value))


class Overlap(UsageError):
    """Two labels claim one voxel, and neither stays before the other."""


def merge(masks: Iterable[tuple[str, Mask]], labels: Sequence[Label], shape: tuple[int, ...]) -> LabelMap:
    """One label map of masks on one grid; parts of the same label are joined.

    Parameters
    ----------
    masks
        Each with the SOP Instance UID of the object that it is of.
    labels
        The label table; where two labels overlap, the one of the smaller priority stays.

    Raises
    ------
    Overlap
        where labels overlap that have no priority, or the same; names both, and their objects.
    """
    by_value = {label.value: label for label in labels}
    array = np.zeros(shape, np.uint8 if max(by_value, default=0) < 256 else np.uint16)
    whose: dict[int, str] = {}
    warnings: list[str] = []
    colours: dict[int, Colour] = {}
    for uid, mask in masks:
        value = mask.part.value
        warnings += mask.warnings
        if mask.colour:
            colours.setdefault(value, mask.colour)
        inside = mask.array
        held = array[inside]
        for other in np.unique(held[(held != 0) & (held != value)]):
            mine, theirs = _rank(by_value, value), _rank(by_value, int(other))
            if mine is None or theirs is None or mine == theirs:
                count = int(np.count_nonzero(held == other))
                raise Overlap(_overlap(by_value[value], uid, by_value[int(other)], whose[int(other)], count))
            if theirs < mine:
                inside = inside & (array != other)
        array[inside] = value
        whose.setdefault(value, uid)
    names = {value: by_value[value].name for value in sorted(whose)}
    return LabelMap(array, _counted(array, names), names, whose, tuple(warnings), colours)


def joined(maps: Sequence[LabelMap], labels: Sequence[Label]) -> LabelMap:
    """Label maps on one grid as one; labels overlap as in `merge`."""
    if len(maps) == 1:
        return maps[0]
    found = merge(chain.from_iterable(each.masks() for each in maps), labels, maps[0].array.shape)
    return replace(found, warnings=tuple(chain.from_iterable(each.warnings for each in maps)))


def _counted(array: NDArray[Any], values: Iterable[int]) -> dict[int, int]:
    found, counts = np.unique(array, return_counts=True)
    return dict.fromkeys(values, 0) | {int(v): int(n) for v, n in zip(found, counts, strict=True) if v}


def _rank(labels: dict[int, Label], value: int) -> int | None:
    return labels[value].priority


def _overlap(one: Label, uid: str, other: Label, other_uid: str, count: int) -> str:
    return (
        f"{one.name!r} (of {uid}) and {other.name!r} (of {other_uid}) overlap in {count} voxels, and a label map holds "
        f"one label a voxel; say which stays, such as --priority '{one.name} > {other.name}', or choose fewer with "
        "--segments"
    )
