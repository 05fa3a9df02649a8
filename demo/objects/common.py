"""What every object of the demo shares: identities that a seed decides, and the patient and study modules."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from ..patients import DemoPatient

MANUFACTURER = "cohortgraph demo"


def uid(*parts: object) -> str:
    """A UID that depends on ``parts`` only."""
    return str(generate_uid(entropy_srcs=["cohortgraph demo", *(str(part) for part in parts)]))


def ecg_date(patient: DemoPatient) -> date:
    """The day on which the patient's ECG was taken."""
    return patient.ct_date - timedelta(days=patient.ecg_days_before_ct)


def begin(
    patient: DemoPatient, sop_class: str, study: str, day: date, series: str, modality: str, number: int
) -> Dataset:
    """A data set with file meta, patient, study and series modules.

    ``study`` and ``series`` are names within the patient, from which the UIDs are made.
    """
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = uid(patient.patient_id, study, series, number)
    dataset.PatientName = f"Demo^{patient.number:03d}"
    dataset.PatientID = patient.patient_id
    dataset.PatientBirthDate = patient.birth_date.strftime("%Y%m%d")
    dataset.PatientSex = patient.sex
    dataset.StudyInstanceUID = uid(patient.patient_id, study)
    dataset.StudyDate = day.strftime("%Y%m%d")
    dataset.StudyTime = "101500"
    dataset.StudyID = study.upper()[:16]
    dataset.AccessionNumber = f"{patient.number:03d}{study.upper()}"[:16]
    dataset.StudyDescription = study
    dataset.ReferringPhysicianName = ""
    dataset.SeriesInstanceUID = uid(patient.patient_id, study, series)
    dataset.SeriesNumber = 1
    dataset.SeriesDescription = series
    dataset.Modality = modality
    dataset.Manufacturer = MANUFACTURER
    dataset.ManufacturerModelName = "phantom"
    dataset.DeviceSerialNumber = "1"
    dataset.SoftwareVersions = "1"
    dataset.InstanceNumber = number
    dataset.ContentDate = dataset.StudyDate
    dataset.ContentTime = dataset.StudyTime
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def save(dataset: Dataset, path: Path) -> None:
    """Write a DICOM file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
