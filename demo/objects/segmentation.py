"""Segmentations of the drawn heart's chambers."""

from __future__ import annotations

from typing import Any

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import Segmentation, SegmentDescription
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sr.codedict import codes

from .. import codes as demo_codes
from ..patients import DemoPatient
from ..phantom import Heart
from .common import MANUFACTURER, uid

CHAMBERS = ("left ventricle", "right ventricle", "left atrium", "right atrium", "myocardium")


def segmentations(patient: DemoPatient, heart: Heart, images: list[Dataset]) -> list[Segmentation]:
    """The patient's segmentation objects: one with all structures, one for each ventricle, one, or none."""
    objects: dict[str, tuple[tuple[str, ...], ...]] = {
        "together": (CHAMBERS,),
        "apart": (("left ventricle", "myocardium"), ("right ventricle",)),
        "left only": (("left ventricle",),),
        "none": (),
    }
    return [
        _segmentation(patient, heart, images, structures, number)
        for number, structures in enumerate(objects[patient.ventricles], start=1)
    ]


def _segmentation(
    patient: DemoPatient, heart: Heart, images: list[Dataset], structures: tuple[str, ...], number: int
) -> Segmentation:
    return Segmentation(
        source_images=images,
        pixel_array=_pixels(patient, heart, structures),
        segmentation_type=patient.segmentation_type,
        segment_descriptions=[
            _description(patient, name, position, number) for position, name in enumerate(structures, start=1)
        ],
        series_instance_uid=uid(patient.patient_id, "segmentation", number),
        series_number=100 + number,
        sop_instance_uid=uid(patient.patient_id, "segmentation", number, "object"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name="phantom",
        software_versions="1",
        device_serial_number="1",
        content_label="CHAMBERS",
        series_description=f"segmentation {number}",
    )


def _pixels(patient: DemoPatient, heart: Heart, structures: tuple[str, ...]) -> NDArray[Any]:
    """Label maps take one label a voxel, the other types one plane a segment."""
    masks = [heart.masks[name] for name in structures]
    if patient.segmentation_type == "LABELMAP":
        labels: NDArray[Any] = np.max([mask * np.uint8(label) for label, mask in enumerate(masks, start=1)], axis=0)
        return labels
    planes = np.stack(masks, axis=-1)
    return planes.astype(np.float32 if patient.segmentation_type == "FRACTIONAL" else np.uint8)


def _description(patient: DemoPatient, name: str, position: int, number: int) -> SegmentDescription:
    structures = demo_codes.RETIRED_STRUCTURES if patient.retired_codes else demo_codes.STRUCTURES
    category = demo_codes.RETIRED_ANATOMICAL_STRUCTURE if patient.retired_codes else demo_codes.ANATOMICAL_STRUCTURE
    return SegmentDescription(
        segment_number=position,
        segment_label=name,
        segmented_property_category=category,
        segmented_property_type=structures[name],
        algorithm_type="AUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name="phantom", version="1", family=codes.DCM.ArtificialIntelligence
        ),
        tracking_uid=uid(patient.patient_id, "tracking", number, name),
        tracking_id=f"{patient.patient_id} {name}",
    )
