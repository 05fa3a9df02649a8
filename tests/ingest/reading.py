"""A small object and its facts, for the tests of readers."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.ingest.readers import ReadContext, read


def ct(**attributes: Any) -> Dataset:
    """The least that is a CT image, with further attributes; None leaves one out."""
    ds = Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    basis = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "SOPInstanceUID": "1.2.3",
        "StudyInstanceUID": "1.2.1",
        "SeriesInstanceUID": "1.2.2",
        "Modality": "CT",
        "PatientID": "P 1",
    }
    for keyword, value in {**basis, **attributes}.items():
        if value is not None:
            setattr(ds, keyword, value)
    return ds


def code(value: str, scheme: str = "SCT", meaning: str = "meaning", **sequences: list[Dataset]) -> Dataset:
    """A code sequence item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    for keyword, items in sequences.items():
        setattr(item, keyword, items)
    return item


def group(**attributes: Any) -> Dataset:
    """A sequence item."""
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def facts_of(ds: Dataset, **context: Any) -> InstanceFacts:
    """What the readers say of an object, as it comes from a file."""
    stream = BytesIO()
    ds.save_as(stream, implicit_vr=False, little_endian=True)
    return read(pydicom.dcmread(stream, force=True), ReadContext(**{"dataset": "set", **context}))


def edges(facts: InstanceFacts, type_: str) -> list[tuple[str, dict[str, Any]]]:
    """Concept and properties of the Instance's edges of a type."""
    return [(coded.concept, coded.properties) for coded in facts.codes if coded.type == type_]
