"""Body Part Examined as an ANATOMY edge (semantics 4.7)."""

from __future__ import annotations

import csv
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from cohortgraph.graph.facts import Coded
from cohortgraph.ingest.readers import ReadContext, read
from cohortgraph.ontology.body_parts import body_part
from cohortgraph.ontology.tables import rows


def anatomy(**attributes: object) -> list[Coded]:
    ds = Dataset()
    ds.set_original_encoding(False, True)
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2", "1.3"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return [code for code in read(ds, ReadContext("one")).codes if code.type == "ANATOMY"]


def region(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return item


def test_the_code_of_annex_l() -> None:
    assert anatomy(BodyPartExamined="CHEST") == [
        Coded("ANATOMY", "SCT:816094009", {"codeMeaning": "Chest", "path": "BodyPartExamined"})
    ]


def test_laterality_is_of_the_edge() -> None:
    (edge,) = anatomy(BodyPartExamined="KNEE", Laterality="L")
    assert (edge.concept, edge.properties["laterality"]) == ("SCT:72696002", "SCT:7771000")
    (edge,) = anatomy(BodyPartExamined="KNEE", Laterality="L", ImageLaterality="R")
    assert edge.properties["laterality"] == "SCT:24028007"


def test_one_code_is_one_edge() -> None:
    (edge,) = anatomy(BodyPartExamined="CHEST", AnatomicRegionSequence=[region("816094009", "Chest")])
    assert "path" not in edge.properties


def test_another_code_is_another_edge() -> None:
    edges = anatomy(BodyPartExamined="HEAD", AnatomicRegionSequence=[region("12738006", "Brain")])
    assert [edge.concept for edge in edges] == ["SCT:12738006", "SCT:69536005"]


@pytest.mark.parametrize("written", ["WHOLE BODY", "Whole_Body", "wholebody"])
def test_case_and_blanks_make_no_difference(written: str) -> None:
    assert body_part(written) == ("SCT:38266002", "Entire body")


def test_what_annex_l_lacks_stays_a_text() -> None:
    assert anatomy(BodyPartExamined="LEFT PART OF SOMETHING") == []


def test_the_table_agrees_with_the_context_groups(shared_data: Path) -> None:
    """An independent table of PS3.16's codes has every concept but six, under a meaning of its own."""
    with (shared_data / "dicom-cid" / "sct_srt_umls.tsv").open(encoding="utf-8") as file:
        codes = {f"SCT:{row['sct']}" for row in csv.DictReader(file, delimiter="\t")}
    table = rows("body_parts")
    assert len(table) == 317
    assert sum(row["concept"] not in codes for row in table) == 6


def test_real_files(shared_data: Path) -> None:
    pydicom_data = shared_data / "pydicom-data"
    path = next(pydicom_data.rglob("MR-SIEMENS-DICOM-WithOverlays.dcm"))
    ds = pydicom.dcmread(path, stop_before_pixels=True)
    assert ds.BodyPartExamined == "ABDOMEN"
    (edge,) = (code for code in read(ds, ReadContext("one")).codes if code.type == "ANATOMY")
    assert edge.concept == "SCT:818981001"
