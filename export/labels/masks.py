"""The masks of what labels an image, whatever kind of object holds them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from ...dicom.elements import UNDECODABLE
from ...dicom.reading import read
from ...dicom.volumes import Stack
from ...errors import ReadError
from ..plan.model import Carrier, LabelSource, Part
from .mask import Mask
from .referring import labels_stack
from .reports import region_masks
from .segmentations import segment_masks
from .structure_sets import roi_masks

_READERS: dict[Carrier, Callable[[Dataset, Sequence[Part], Stack], Iterator[Mask]]] = {
    "segmentation": segment_masks,
    "structureSet": roi_masks,
    "report": region_masks,
}


def lies_on(source: LabelSource, path: Path, stack: Stack) -> bool:
    """Whether an object labels this volume of its image's series; False where it can't be read."""
    try:
        with path.open("rb") as stream:
            return labels_stack(read(stream, stop_before_pixels=True), source.image, stack)
    except (ReadError, *UNDECODABLE):
        return False


def masks(source: LabelSource, path: Path, stack: Stack) -> Iterator[Mask]:
    """The masks of a source's parts on the grid of an image, one at a time, in the order of its parts.

    Of several volumes of the image's series only those are labelled that the object refers to, if to any.

    Raises
    ------
    NoPlace
        where it does not lie on the image, or nothing tells where it lies.
    ReadError
        where the object can't be read or lacks a part; both name the file.
    """
    try:
        with path.open("rb") as stream:
            ds = read(stream, stop_before_pixels=source.carrier != "segmentation")
        if labels_stack(ds, source.image, stack):
            yield from _READERS[source.carrier](ds, source.parts, stack)
    except ReadError as error:
        raise type(error)(f"{path}: {error}") from error
    except (*UNDECODABLE, RuntimeError, IndexError, zlib.error) as error:
        raise ReadError(f"{path}: it can't be decoded ({type(error).__name__}: {error})") from error
