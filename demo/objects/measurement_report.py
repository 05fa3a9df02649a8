"""TID 1500 measurement reports: a measurement group for each ventricle, its segment, its site and its measurements."""

from __future__ import annotations

import numpy as np
from highdicom.seg import Segmentation
from highdicom.sr import (
    Comprehensive3DSR,
    FindingSite,
    Measurement,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    ReferencedSegment,
    SourceSeriesForSegmentation,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom import Dataset
from pydicom.sr.codedict import codes

from .. import codes as demo_codes
from ..patients import DemoPatient
from ..phantom import PIXEL_SPACING, SLICE_SPACING, Heart
from .common import MANUFACTURER, uid

MEASURED = ("left ventricle", "right ventricle")
VOXEL = PIXEL_SPACING * PIXEL_SPACING * SLICE_SPACING / 1000
"""Volume of a voxel in mL."""


def measurement_report(
    patient: DemoPatient, heart: Heart, images: list[Dataset], objects: list[Segmentation]
) -> Comprehensive3DSR | None:
    """The report on the patient's segmented ventricles; None where none is segmented."""
    groups = [
        _group(heart, images, segmentation, segment)
        for segmentation in objects
        for segment in segmentation.SegmentSequence
        if segment.SegmentLabel in MEASURED
    ]
    if not groups:
        return None
    observer = PersonObserverIdentifyingAttributes(name="Reader^Demo")
    report = MeasurementReport(
        observation_context=ObservationContext(
            observer_person_context=ObserverContext(codes.DCM.Person, observer),
        ),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=groups,
    )
    document = Comprehensive3DSR(
        evidence=[*objects, *images],
        content=report,
        series_instance_uid=uid(patient.patient_id, "measurements"),
        series_number=200,
        sop_instance_uid=uid(patient.patient_id, "measurements", "object"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        series_description="ventricular measurements",
    )
    document.ContentDate = images[0].StudyDate
    document.ContentTime = images[0].StudyTime
    return document


def _group(
    heart: Heart, images: list[Dataset], segmentation: Segmentation, segment: Dataset
) -> VolumetricROIMeasurementsAndQualitativeEvaluations:
    name = str(segment.SegmentLabel)
    number = int(segment.SegmentNumber)
    mask = heart.masks[name]
    width = float(np.ptp(np.nonzero(mask)[2]) + 1) * PIXEL_SPACING
    in_centimetres = number % 2 == 0
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=segment.TrackingUID, identifier=segment.TrackingID),
        referenced_segment=ReferencedSegment(
            segmentation.SOPClassUID,
            segmentation.SOPInstanceUID,
            number,
            source_series=SourceSeriesForSegmentation(images[0].SeriesInstanceUID),
        ),
        finding_type=demo_codes.ANATOMICAL_STRUCTURE,
        finding_sites=[FindingSite(demo_codes.STRUCTURES[name])],
        measurements=[
            Measurement(demo_codes.VOLUME, round(float(mask.sum()) * VOXEL, 2), demo_codes.MILLILITRE),
            Measurement(
                demo_codes.DIAMETER,
                round(width / 10 if in_centimetres else width, 2),
                demo_codes.CENTIMETRE if in_centimetres else demo_codes.MILLIMETRE,
            ),
        ],
    )
