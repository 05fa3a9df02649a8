"""The colour that an object recommends for a part."""

from __future__ import annotations

from pydicom.dataset import Dataset

from ...dicom.values import MalformedValue, numbers

_CIELAB, _ROI_COLOUR = 0x0062000D, 0x3006002A

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


def recommended(item: Dataset) -> Colour | None:
    """Recommended Display CIELab Value of a segment (PS3.3 C.10.7.1.1), ROI Display Color; None without one."""
    try:
        lab = [int(value) for value in numbers(item, _CIELAB)]
        rgb = [int(value) for value in numbers(item, _ROI_COLOUR)]
    except MalformedValue:
        return None
    if len(lab) == 3 and all(0 <= value <= 0xFFFF for value in lab):
        from highdicom.color import CIELabColor

        rgb = [int(value) for value in CIELabColor.from_dicom_value(lab).to_rgb()]
    if len(rgb) != 3 or not all(0 <= value <= 255 for value in rgb):
        return None
    red, green, blue = rgb
    return red, green, blue
