"""A small case: images of one patient and what labels them, written by a form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.sr.coding import Code

from cohortgraph.export.plan.model import Head, Label, LabelSource, Part, PlannedObject, PlannedSeries, Sample
from cohortgraph.export.protocol import Fetched, Made
from cohortgraph.export.writers import writer

FRAME = "1.2.826.0.1.3680043.8.498.1"
_MR, _PHOTO = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.77.1.4"
_ORGAN = (Code("91723000", "SCT", "Anatomy"), Code("78961009", "SCT", "Spleen"))

Images = list[pydicom.Dataset]


class SmallCase:
    """Each label is named ``label N`` by its value N."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.series: list[PlannedSeries] = []
        self.labels: list[LabelSource] = []

    def image(self, voxels: np.ndarray, spacing: float = 1.0, origin: float = 0.0, role: str = "MR") -> Images:
        """Slices × rows × columns, of equal spacings, in mm; × 3 of colours."""
        uid = f"{FRAME}.{len(self.series) + 1}"
        found = [self._slice(uid, n, plane, spacing, origin) for n, plane in enumerate(voxels, start=1)]
        objects = tuple(self._held(ds, "image") for ds in found)
        self.series.append(PlannedSeries(uid, role, str(found[0].Modality), "", objects))
        return found

    def _slice(self, series: str, number: int, plane: np.ndarray, spacing: float, origin: float) -> pydicom.Dataset:
        ds = pydicom.Dataset()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        is_colour = plane.ndim == 3
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = _PHOTO if is_colour else _MR
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{series}.{number}"
        ds.SeriesInstanceUID, ds.StudyInstanceUID, ds.FrameOfReferenceUID = series, "1.2.3", FRAME
        for keyword in ("PatientName", "PatientSex", "PatientBirthDate", "AccessionNumber", "StudyID", "StudyDate"):
            setattr(ds, keyword, "")
        ds.PatientID, ds.StudyTime, ds.ReferringPhysicianName = "P", "", ""
        ds.Modality, ds.InstanceNumber = "XC" if is_colour else "MR", number
        ds.ImagePositionPatient = [origin, origin, origin + spacing * (number - 1)]
        ds.ImageOrientationPatient, ds.PixelSpacing, ds.SliceThickness = [1, 0, 0, 0, 1, 0], [spacing] * 2, spacing
        bits = 8 * plane.dtype.itemsize
        ds.Rows, ds.Columns, ds.SamplesPerPixel = *plane.shape[:2], 3 if is_colour else 1
        ds.PhotometricInterpretation = "RGB" if is_colour else "MONOCHROME2"
        if is_colour:
            ds.PlanarConfiguration = 0
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits, bits - 1, 0
        ds.PixelData = plane.tobytes()
        return ds

    def segment(self, images: Images, mask: np.ndarray) -> None:
        """A Segmentation of what a mask holds, 0 being nothing."""
        values = [int(value) for value in np.unique(mask) if value]
        described = [hd.seg.SegmentDescription(n, "s", *_ORGAN, "MANUAL") for n in range(1, len(values) + 1)]
        numbered = np.searchsorted([0, *values], mask).astype(np.uint8)
        uids = hd.UID(), 1, hd.UID(), 1
        seg = hd.seg.Segmentation(images, numbered, "BINARY", described, *uids, "maker", "model", "1", "1")
        keys = {str(n): value for n, value in enumerate(values, start=1)}
        self._labelled(seg, "segmentation", [images], keys)

    def contour(self, about: Sequence[Images], regions: dict[int, list[np.ndarray]]) -> None:
        """A structure set that refers to some images: value → closed contours, each n × 3 in mm."""
        ds = pydicom.Dataset()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = hd.UID()
        ds.StructureSetROISequence, ds.ROIContourSequence = [], []
        for number, contours in regions.items():
            roi, drawn = pydicom.Dataset(), pydicom.Dataset()
            roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = number, "roi", FRAME
            drawn.ReferencedROINumber, drawn.ContourSequence = number, []
            for points in contours:
                contour = pydicom.Dataset()
                contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
                contour.ContourData = [f"{value:.4f}" for value in np.ravel(points)]
                drawn.ContourSequence.append(contour)
            ds.StructureSetROISequence.append(roi)
            ds.ROIContourSequence.append(drawn)
        self._labelled(ds, "structureSet", about, {str(number): number for number in regions})

    def _labelled(self, ds: pydicom.Dataset, carrier: str, about: Sequence[Images], keys: dict[str, int]) -> None:
        held = self._held(ds, carrier)
        parts = tuple(Part(key, value, f"label {value}") for key, value in keys.items())
        self.labels += (LabelSource(carrier, held, str(each[0].SeriesInstanceUID), parts) for each in about)

    def _held(self, ds: pydicom.Dataset, kind: str) -> PlannedObject:
        uid, path = str(ds.SOPInstanceUID), self.folder / f"{len(self.files)}.dcm"
        ds.save_as(path)
        self.files[uid] = path
        return PlannedObject(uid, "1.2.3", "", "", (), (), kind)

    @property
    def sample(self) -> Sample:
        """All of it."""
        return Sample("case", "1.2.3", "p", "P", "", tuple(self.series), tuple(self.labels))

    def head(self, form: str, spacing: float | None = None, count: int = 2) -> Head:
        """Of an export with labels 1 to ``count``."""
        labels = tuple(Label(value, f"label {value}", ()) for value in range(1, count + 1))
        return Head("", form, {}, {}, (), labels, spacing=(spacing,) * 3 if spacing else None)

    def made(self, form: str, spacing: float | None = None, count: int = 2) -> Made:
        """The case in a form, in the folder ``out``."""
        return writer(form).sample(self.head(form, spacing, count), self.sample, self._fetch, self.folder / "out")

    def _fetch(self, objects: Iterable[PlannedObject]) -> tuple[dict[str, Fetched], dict[str, str]]:
        return {each.sop_instance_uid: Fetched(self.files[each.sop_instance_uid], "") for each in objects}, {}

    def read(self, path: str) -> np.ndarray:
        """Slices × rows × columns of a file that was written, by SimpleITK."""
        return sitk.GetArrayFromImage(sitk.ReadImage(str(self.folder / "out" / path)))
