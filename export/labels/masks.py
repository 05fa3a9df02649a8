"""The masks of what labels an image, whatever kind of object holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ...dicom.volumes import Stack
from ..plan.model import Carrier, LabelSource, Part
from .mask import Mask
from .segmentations import segment_masks

_READERS: dict[Carrier, Callable[[Path, Sequence[Part], Stack], Iterator[Mask]]] = {
    "segmentation": segment_masks,
}


def masks(source: LabelSource, path: Path, stack: Stack) -> Iterator[Mask]:
    """The masks of a source's parts on the grid of an image, one at a time, in the order of its parts.

    Raises
    ------
    ReadError
        where the object can't be read, lacks a part, or nothing tells where it lies; names the file.
    """
    return _READERS[source.carrier](path, source.parts, stack)
