"""The label map of a case: what labels the volume of any of its channels, on the grid that they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from ...dicom.volumes import Grid
from ..labels.mask import Mask
from ..labels.merge import LabelMap, joined, merge
from ..plan.model import Head, LabelSource
from ..protocol import Fetch
from .images import Read, Volume, labels_on


def label_map(
    head: Head, sources: Iterable[LabelSource], channels: Sequence[Volume], onto: Grid, fetch: Fetch, read: Read
) -> LabelMap | None:
    """The labels of all channels; None where none lies on any.

    Parameters
    ----------
    channels
        All in one Frame of Reference. A part of an object that refers to several of them is taken on the first one.
    onto
        The grid of the case: that of the first channel, or another one.

    Raises
    ------
    Overlap
        where labels overlap, and no priority says which stays.
    """
    seen: set[tuple[str, str]] = set()
    maps: list[LabelMap] = []
    for group in _by_grid(channels):
        grid = group[0].stack.grid
        masks = chain.from_iterable(_unseen(volume, sources, seen, fetch, read) for volume in group)
        if some := list(islice(masks, 1)):
            maps.append(merge(chain(some, masks), head.labels, grid.shape).onto(grid, onto))
    return joined(maps, head.labels) if maps else None


def _by_grid(channels: Iterable[Volume]) -> list[list[Volume]]:
    """Channels of one grid together: what is drawn on them is joined before it is resampled."""
    groups: list[list[Volume]] = []
    for volume in channels:
        group = next((each for each in groups if each[0].stack.grid.is_near(volume.stack.grid)), None)
        if group:
            group.append(volume)
        else:
            groups.append([volume])
    return groups


def _unseen(
    volume: Volume, sources: Iterable[LabelSource], seen: set[tuple[str, str]], fetch: Fetch, read: Read
) -> Iterator[tuple[str, Mask]]:
    """The masks on a volume, of parts that lie on none before."""
    for source in sources:
        parts = tuple(each for each in source.parts if (source.object.sop_instance_uid, each.key) not in seen)
        if parts:
            for uid, mask in labels_on(volume, [replace(source, parts=parts)], fetch, read):
                seen.add((uid, mask.part.key))
                yield uid, mask
