"""Rejection notes and amended reports as files, made by highdicom and pydicom."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from highdicom.sr.coding import CodedConcept
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check
from cohortgraph.queries import ask

from .documents import document, referenced, written
from .reading import facts_of
from .test_delete import either as either


def note(images: list[pydicom.Dataset], code: str) -> pydicom.Dataset:
    """A Key Object Selection of that title."""
    content = KeyObjectSelection(document_title=CodedConcept(code, "DCM", "title"), referenced_objects=images)
    made = KeyObjectSelectionDocument(
        evidence=images,
        content=content,
        series_instance_uid=generate_uid(),
        series_number=1,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="m",
        institution_name="i",
        institutional_department_name="d",
    )
    return pydicom.Dataset(made)


@pytest.fixture
def images(shared_data: Path) -> list[pydicom.Dataset]:
    """Real CT images of one study."""
    found = [pydicom.dcmread(path) for path in sorted((shared_data / "highdicom").rglob("*CT*/*.dcm"))]
    found += [pydicom.dcmread(path) for path in sorted((shared_data / "highdicom").rglob("ct_image*.dcm"))]
    assert found
    return [each for each in found if each.StudyInstanceUID == found[0].StudyInstanceUID]


@pytest.mark.parametrize("code", ["113001", "113037", "113038", "113039"])
def test_semantics_4_3_a_rejection_note_rejects_what_its_items_name(images: list[pydicom.Dataset], code: str) -> None:
    facts = facts_of(note(images[:1], code))
    rejected = [ref.sop_instance_uid for ref in facts.references if ref.properties["basis"] == "rejection"]
    assert rejected == [images[0].SOPInstanceUID]


def test_another_key_object_rejects_nothing(images: list[pydicom.Dataset]) -> None:
    facts = facts_of(note(images[:1], "113000"))
    assert "rejection" not in {ref.properties["basis"] for ref in facts.references}


def test_real_images_are_rejected_whatever_arrives_first(
    either: Store, tmp_path: Path, images: list[pydicom.Dataset]
) -> None:
    for name, ds in (("note", note(images[:1], "113037")), ("image", images[0])):
        (tmp_path / name).mkdir()
        written(ds).save_as(tmp_path / name / "a.dcm", enforce_file_format=False)
        ingest(either, [tmp_path / name], "one", workers=1)
    uid = images[0].SOPInstanceUID
    answer = ask(either.engine, {"instances": {"kind": {"eq": "image"}}})
    assert answer.total == 0
    assert any("1 rejected objects" in each for each in answer.warnings)
    listed = ask(either.engine, {"instances": {"kind": {"eq": "image"}}, "include": ["rejected"]})
    assert [hit["id"] for hit in listed.hits] == [uid]
    assert check(either) == []


def test_an_amended_report_supersedes_its_predecessor(either: Store, tmp_path: Path) -> None:
    first, second = document(), document()
    second.SOPInstanceUID = generate_uid()
    series = pydicom.Dataset()
    series.SeriesInstanceUID = first.SeriesInstanceUID
    series.ReferencedSOPSequence = Sequence([referenced(first.SOPInstanceUID, first.SOPClassUID)])
    study = pydicom.Dataset()
    study.StudyInstanceUID = first.StudyInstanceUID
    study.ReferencedSeriesSequence = Sequence([series])
    second.PredecessorDocumentsSequence = Sequence([study])
    for name, ds in (("2", second), ("1", first)):
        written(ds).save_as(tmp_path / f"{name}.dcm", enforce_file_format=False)
        ingest(either, [tmp_path / f"{name}.dcm"], "one", workers=1)
    assert [hit["id"] for hit in ask(either.engine, {"instances": {}}).hits] == [second.SOPInstanceUID]
    assert check(either) == []
