"""Two reports built item by item: the ECG report (TID 3700) and a cardiovascular history."""

from __future__ import annotations

from datetime import date

from highdicom.sr import (
    CodeContentItem,
    ContainerContentItem,
    ContentSequence,
    NumContentItem,
    RelationshipTypeValues,
    TextContentItem,
    WaveformContentItem,
)
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.coding import Code
from pydicom.uid import ComprehensiveSRStorage

from .. import codes as demo_codes
from ..patients import DemoPatient
from .common import begin, ecg_date
from .ecg import HEART_RATE, code_item
from .ecg import STUDY as ECG_STUDY

CONTAINS = RelationshipTypeValues.CONTAINS
HAS_PROPERTIES = RelationshipTypeValues.HAS_PROPERTIES


def ecg_report(patient: DemoPatient, waveform: Dataset) -> Dataset:
    """An ECG report with the global measurements of TID 3713."""
    measurements = ContainerContentItem(
        demo_codes.ECG_GLOBAL_MEASUREMENTS, template_id="3713", relationship_type=CONTAINS
    )
    milliseconds = {
        demo_codes.PR_INTERVAL: patient.pr_interval,
        demo_codes.QT_INTERVAL: 392.0,
        demo_codes.QRS_DURATION: 96.0,
    }
    measurements.ContentSequence = ContentSequence(
        [
            NumContentItem(demo_codes.HEART_RATE, HEART_RATE, demo_codes.PER_MINUTE, relationship_type=CONTAINS),
            *(
                NumContentItem(name, value, demo_codes.MILLISECOND, relationship_type=CONTAINS)
                for name, value in milliseconds.items()
            ),
        ]
    )
    traced = WaveformContentItem(
        Code("121112", "DCM", "Source of Measurement"),
        waveform.SOPClassUID,
        waveform.SOPInstanceUID,
        relationship_type=CONTAINS,
    )
    report = _document(patient, ECG_STUDY, ecg_date(patient), "ECG report", demo_codes.ECG_REPORT, "3700")
    report.ContentSequence = Sequence([measurements, traced])
    report.CurrentRequestedProcedureEvidenceSequence = Sequence([_evidence(waveform)])
    return report


def history(patient: DemoPatient) -> Dataset:
    """A cardiovascular history: the prosthesis, and the pacemaker in one of four shapes."""
    items: list[Dataset] = [
        TextContentItem(demo_codes.HISTORY, "Shortness of breath on exertion.", relationship_type=CONTAINS)
    ]
    if patient.prosthesis:
        items.append(CodeContentItem(demo_codes.PROCEDURE, demo_codes.VALVE_IMPLANTATION, relationship_type=CONTAINS))
        device = CodeContentItem(demo_codes.FINDING, demo_codes.AORTIC_VALVE_PROSTHESIS, relationship_type=CONTAINS)
        site = CodeContentItem(
            demo_codes.FINDING_SITE,
            demo_codes.AORTIC_VALVE,
            relationship_type=RelationshipTypeValues.HAS_CONCEPT_MOD,
        )
        device.ContentSequence = ContentSequence([site])
        items.append(device)
    match patient.pacemaker:
        case "procedure":
            name, value = demo_codes.PROCEDURE, demo_codes.PACEMAKER_IMPLANTATION
            items.append(CodeContentItem(name, value, relationship_type=CONTAINS))
        case "yes" | "no":
            answer = demo_codes.YES if patient.pacemaker == "yes" else demo_codes.NO
            items.append(CodeContentItem(demo_codes.PACEMAKER_IN_SITU, answer, relationship_type=CONTAINS))
        case "not mentioned":
            pass
    report = _document(patient, "history", patient.ct_date, "cardiovascular history", demo_codes.HISTORY, "3802")
    report.ContentSequence = Sequence(items)
    return report


def _document(patient: DemoPatient, study: str, day: date, series: str, title: Code, template: str) -> Dataset:
    report = begin(patient, ComprehensiveSRStorage, study, day, series, "SR", 1)
    report.ReferencedPerformedProcedureStepSequence = Sequence()
    report.PerformedProcedureCodeSequence = Sequence()
    report.CompletionFlag, report.VerificationFlag = "COMPLETE", "UNVERIFIED"
    report.ValueType, report.ContinuityOfContent = "CONTAINER", "SEPARATE"
    report.ConceptNameCodeSequence = Sequence([code_item(title)])
    template_item = Dataset()
    template_item.MappingResource, template_item.TemplateIdentifier = "DCMR", template
    report.ContentTemplateSequence = Sequence([template_item])
    return report


def _evidence(source: Dataset) -> Dataset:
    """An item of the SOP Instance Reference Macro (PS3.3 Table C.17-3) naming one object."""
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = source.SOPClassUID, source.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID = source.SeriesInstanceUID
    series.ReferencedSOPSequence = Sequence([reference])
    study = Dataset()
    study.StudyInstanceUID = source.StudyInstanceUID
    study.ReferencedSeriesSequence = Sequence([series])
    return study
