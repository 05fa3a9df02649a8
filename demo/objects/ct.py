"""A CT series of the drawn heart."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from ..patients import DemoPatient
from ..phantom import COLUMNS, PIXEL_SPACING, ROWS, SLICE_SPACING, SLICES, Heart
from .common import begin, uid

STUDY = "cardiac CT"


def ct_series(patient: DemoPatient, heart: Heart) -> list[Dataset]:
    """One data set a slice, from feet to head."""
    stored = (heart.hounsfield.astype(np.int32) + 1024).astype(np.uint16)
    return [_slice(patient, stored[index], index) for index in range(SLICES)]


def _slice(patient: DemoPatient, pixels: np.ndarray, index: int) -> Dataset:
    image = begin(patient, CTImageStorage, STUDY, patient.ct_date, "heart, contrast", "CT", index + 1)
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.BodyPartExamined = "HEART"
    image.PatientPosition = "HFS"
    image.FrameOfReferenceUID = uid(patient.patient_id, STUDY, "frame of reference")
    image.PositionReferenceIndicator = ""
    image.AcquisitionNumber = 1
    image.AcquisitionDate = image.StudyDate
    image.KVP = "100"
    image.ContrastBolusAgent = "iodine"
    image.SliceThickness = str(SLICE_SPACING)
    image.ConvolutionKernel = "smooth"
    corner_x = -(COLUMNS - 1) / 2 * PIXEL_SPACING
    corner_y = -(ROWS - 1) / 2 * PIXEL_SPACING
    z = (index - (SLICES - 1) / 2) * SLICE_SPACING
    image.ImagePositionPatient = [corner_x, corner_y, z]
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.PixelSpacing = [PIXEL_SPACING, PIXEL_SPACING]
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows, image.Columns = ROWS, COLUMNS
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation = 0
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = "-1024", "1", "HU"
    image.PixelData = pixels.tobytes()
    return image
