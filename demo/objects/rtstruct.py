"""An RT Structure Set with the left ventricle's outline on each slice."""

from __future__ import annotations

from math import cos, pi, sin, sqrt

from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import RTStructureSetStorage

from .. import codes as demo_codes
from ..patients import DemoPatient
from ..phantom import left_ventricle_radii
from .common import begin
from .ct import STUDY
from .ecg import code_item

POINTS = 48


def structure_set(patient: DemoPatient, images: list[Dataset]) -> Dataset:
    """The structure set; its contours are the ellipses in which the slices cut the drawn cavity."""
    dataset = begin(patient, RTStructureSetStorage, STUDY, patient.ct_date, "contours", "RTSTRUCT", 1)
    dataset.OperatorsName = ""
    dataset.FrameOfReferenceUID = images[0].FrameOfReferenceUID
    dataset.PositionReferenceIndicator = ""
    dataset.StructureSetLabel = "HEART"
    dataset.StructureSetDate, dataset.StructureSetTime = dataset.StudyDate, dataset.StudyTime
    dataset.ReferencedFrameOfReferenceSequence = Sequence([_frame_of_reference(images)])
    roi = Dataset()
    roi.ROINumber, roi.ROIName, roi.ROIGenerationAlgorithm = 1, "left ventricle", "AUTOMATIC"
    roi.ReferencedFrameOfReferenceUID = images[0].FrameOfReferenceUID
    dataset.StructureSetROISequence = Sequence([roi])
    contours = Dataset()
    contours.ReferencedROINumber = 1
    contours.ContourSequence = Sequence(
        [contour for image in images if (contour := _contour(patient, image)) is not None]
    )
    dataset.ROIContourSequence = Sequence([contours])
    observation = Dataset()
    observation.ObservationNumber, observation.ReferencedROINumber = 1, 1
    observation.RTROIInterpretedType, observation.ROIInterpreter = "ORGAN", ""
    observation.RTROIIdentificationCodeSequence = Sequence([code_item(demo_codes.STRUCTURES["left ventricle"])])
    dataset.RTROIObservationsSequence = Sequence([observation])
    return dataset


def _reference(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item


def _frame_of_reference(images: list[Dataset]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = images[0].SeriesInstanceUID
    series.ContourImageSequence = Sequence([_reference(image) for image in images])
    study = Dataset()
    study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    study.ReferencedSOPInstanceUID = images[0].StudyInstanceUID
    study.RTReferencedSeriesSequence = Sequence([series])
    frame = Dataset()
    frame.FrameOfReferenceUID = images[0].FrameOfReferenceUID
    frame.RTReferencedStudySequence = Sequence([study])
    return frame


def _contour(patient: DemoPatient, image: Dataset) -> Dataset | None:
    """The outline on a slice; None where the slice misses the cavity."""
    short_x, short_y, long = left_ventricle_radii(patient.lv_volume)
    z = float(image.ImagePositionPatient[2])
    inside = 1 - ((z + 6) / long) ** 2
    if inside <= 0:
        return None
    contour = Dataset()
    contour.ContourImageSequence = Sequence([_reference(image)])
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", POINTS
    angles = [2 * pi * step / POINTS for step in range(POINTS)]
    contour.ContourData = [
        f"{value:.3f}"
        for angle in angles
        for value in (12 + short_x * sqrt(inside) * cos(angle), short_y * sqrt(inside) * sin(angle), z)
    ]
    return contour
