"""Documents to read: a small notation for content items, and what was read of them by path."""

from __future__ import annotations

import io

import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from cohortgraph.graph.facts import Child, Coded, InstanceFacts, Reference
from cohortgraph.ingest.readers.common import ReadContext, begin
from cohortgraph.ingest.readers.report import read_report

CONTAINS, HAS_PROPERTIES, HAS_CONCEPT_MOD = "CONTAINS", "HAS PROPERTIES", "HAS CONCEPT MOD"
HAS_OBS_CONTEXT, HAS_ACQ_CONTEXT, INFERRED_FROM = "HAS OBS CONTEXT", "HAS ACQ CONTEXT", "INFERRED FROM"
SELECTED_FROM = "SELECTED FROM"

FINDING, SITE, METHOD = (
    ("121071", "DCM", "Finding"),
    ("363698007", "SCT", "Finding Site"),
    ("370129005", "SCT", "Method"),
)
LATERALITY, MODIFIER = ("272741003", "SCT", "Laterality"), ("106233006", "SCT", "Topographical modifier")
CATEGORY, GROUP = ("276214006", "SCT", "Finding category"), ("125007", "DCM", "Measurement Group")
TRACKING_ID, TRACKING_UID = ("112039", "DCM", "Tracking Identifier"), ("112040", "DCM", "Tracking Unique Identifier")
REPORT = ("126000", "DCM", "Imaging Measurement Report")
DIAMETER, VOLUME = ("81827009", "SCT", "Diameter"), ("118565006", "SCT", "Volume")
NODULE, LUNG, HEART = ("27925004", "SCT", "Nodule"), ("39607008", "SCT", "Lung"), ("80891009", "SCT", "Heart")
LEFT, RIGHT = ("7771000", "SCT", "Left"), ("24028007", "SCT", "Right")
YES, NO = ("373066001", "SCT", "Yes"), ("373067005", "SCT", "No")
MILLIMETRE = ("mm", "UCUM", "mm")
SOP_INSTANCE_UID = "1.2.3.4"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"

Triple = tuple[str, str, str]


def code(triple: Triple) -> Dataset:
    """A code sequence item."""
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = triple
    return ds


def item(relationship: str, value_type: str, name: Triple | None = None, *children: Dataset, **attributes) -> Dataset:
    """A content item; ``attributes`` by keyword."""
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = relationship, value_type
    if name:
        ds.ConceptNameCodeSequence = Sequence([code(name)])
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    if children:
        ds.ContentSequence = Sequence(children)
    return ds


def container(relationship: str, name: Triple, *children: Dataset) -> Dataset:
    return item(relationship, "CONTAINER", name, *children, ContinuityOfContent="SEPARATE")


def coded(relationship: str, name: Triple, value: Triple, *children: Dataset) -> Dataset:
    return item(relationship, "CODE", name, *children, ConceptCodeSequence=Sequence([code(value)]))


def text(relationship: str, name: Triple, value: str, *children: Dataset) -> Dataset:
    return item(relationship, "TEXT", name, *children, TextValue=value)


def measured(value: str | list[str], unit: Triple = MILLIMETRE) -> Dataset:
    """An item of a Measured Value Sequence."""
    ds = Dataset()
    ds.NumericValue = value
    ds.MeasurementUnitsCodeSequence = Sequence([code(unit)])
    return ds


def num(relationship: str, name: Triple, value: str, *children: Dataset, unit: Triple = MILLIMETRE) -> Dataset:
    return item(relationship, "NUM", name, *children, MeasuredValueSequence=Sequence([measured(value, unit)]))


def referenced(uid: str, sop_class: str = CT_IMAGE, **attributes) -> Dataset:
    """An item of a Referenced SOP Sequence."""
    ds = Dataset()
    ds.ReferencedSOPClassUID, ds.ReferencedSOPInstanceUID = sop_class, uid
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def by_reference(relationship: str, *numbers: int) -> Dataset:
    ds = Dataset()
    ds.RelationshipType, ds.ReferencedContentItemIdentifier = relationship, list(numbers)
    return ds


def document(*children: Dataset, title: Triple = REPORT, **attributes) -> Dataset:
    """A Comprehensive 3D SR with these content items below its root."""
    ds = container("", title, *children)
    del ds.RelationshipType
    ds.SOPClassUID, ds.SOPInstanceUID = UID("1.2.840.10008.5.1.4.1.1.88.34"), UID(SOP_INSTANCE_UID)
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.PatientID, ds.Modality = "1.2", "1.2.3", "P", "SR"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def written(ds: Dataset) -> Dataset:
    """The same as a file gives it: not yet decoded."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    buffer = io.BytesIO()
    FileDataset("", ds, file_meta=meta, preamble=b"\0" * 128).save_as(buffer)
    buffer.seek(0)
    return pydicom.dcmread(buffer)


class Read:
    """What was read of a document."""

    def __init__(self, ds: Dataset, dataset: str = "real") -> None:
        self.facts: InstanceFacts = begin(ds, ReadContext(dataset))
        read_report(ds, self.facts)
        self.items: dict[str, Child] = {str(child.properties["path"]): child for child in self.facts.children}

    def codes(self, path: str, type_: str) -> list[Coded]:
        return [one for one in self.items[path].codes if one.type == type_]

    def concepts(self, path: str, type_: str) -> list[str]:
        return [one.concept for one in self.codes(path, type_)]

    def edge(self, path: str, type_: str) -> Coded:
        (one,) = self.codes(path, type_)
        return one

    def get(self, path: str, name: str):
        return self.items[path].properties.get(name)

    def references(self, path: str | None) -> list[Reference]:
        position = None if path is None else self.items[path].position
        return [one for one in self.facts.references if one.holder == position]

    def named(self, concept: str) -> list[str]:
        """The paths of the items with this name, in document order."""
        return [path for path in self.items if concept in self.concepts(path, "NAME")]

    @property
    def shows(self) -> set[str]:
        return {one.concept for one in self.facts.codes if one.type == "SHOWS"}

    @property
    def warnings(self) -> list[str]:
        return list(self.facts.instance.get("warnings") or [])
