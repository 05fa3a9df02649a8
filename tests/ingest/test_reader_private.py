"""A private SOP Class or template loses nothing: header, codes and items are kept as of any other (semantics 4.7)."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from cohortgraph.dicom import header
from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.ingest.readers import ReadContext, read
from cohortgraph.ontology.concept import Code
from cohortgraph.ontology.normalise import normalise

from .walker import codes

PRIVATE = "1.3.12.2.1107.5.9.1"
"""Siemens CSA Non-Image Storage, which PS3.6 does not have."""
SOURCES = (
    "highdicom/data/test_files/sr_document_with_multiple_groups.dcm",
    "highdicom/data/test_files/seg_image_ct_binary.dcm",
    "highdicom/data/test_files/sm_annotations.dcm",
    "dcmqi/data/sr-example/rwvm.dcm",
    "cardio-ai/example_ecg.dcm",
    "pydicom:rtstruct.dcm",
)


@pytest.fixture(params=SOURCES)
def private(request: pytest.FixtureRequest, shared_data: Path, tmp_path: Path) -> Path:
    """A real object as a private SOP Class, with a private block and a private template."""
    name = request.param
    found = get_testdata_file(name.removeprefix("pydicom:")) if name.startswith("pydicom:") else shared_data / name
    ds = pydicom.dcmread(str(found), force=True)
    ds.SOPClassUID = PRIVATE
    ds.file_meta.MediaStorageSOPClassUID = PRIVATE
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "99OWN", "OWN 7"
    ds.ContentTemplateSequence = [template]
    block = ds.private_block(0x0019, "OWN 1.0", create=True)
    block.add_new(0x01, "LO", "kept")
    inner = Dataset()
    inner.ConceptNameCodeSequence = [Dataset()]
    coded = inner.ConceptNameCodeSequence[0]
    coded.CodeValue, coded.CodingSchemeDesignator, coded.CodeMeaning = "39607008", "SCT", "Lung"
    block.add_new(0x02, "SQ", [inner])
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian  # in implicit VR, what is private has no VR
    ds.save_as(tmp_path / "private.dcm", implicit_vr=False, little_endian=True)
    return tmp_path / "private.dcm"


def facts_of(path: Path) -> InstanceFacts:
    return read(pydicom.dcmread(path, stop_before_pixels=True, force=True), ReadContext("set"))


def test_every_code_of_a_private_class_is_an_edge(private: Path) -> None:
    facts = facts_of(private)
    assert facts.instance["kind"] == "other"
    holders = (facts.codes, *(child.codes for child in facts.children))
    ours = {coded.concept for each in holders for coded in each}
    wanted = {normalise(Code(code.value, code.designator, scheme_uid=code.uid), "set").id for code in codes(private)}
    assert "SCT:39607008" in wanted
    assert wanted <= ours


def test_the_whole_header_of_a_private_class_is_kept(private: Path) -> None:
    ds = pydicom.dcmread(private, force=True)
    kept = header.restore(header.keep(pydicom.dcmread(private, force=True)))
    for element in ds:
        if element.tag.group == 0x7FE0 or element.VR in ("OB", "OW", "OF", "OD", "OL", "UN"):
            continue
        if element.VR != "SQ":
            assert kept[element.tag].value == element.value
    assert kept.get_private_item(0x0019, 0x01, "OWN 1.0").value == "kept"
    assert kept.ContentTemplateSequence == ds.ContentTemplateSequence


def test_every_content_item_of_a_private_class_is_a_node(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / SOURCES[0]
    ds = pydicom.dcmread(path)
    ds.SOPClassUID, ds.ContentTemplateSequence[0].TemplateIdentifier = PRIVATE, "OWN 7"
    ds.save_as(tmp_path / "private.dcm")
    known, private = (
        read(pydicom.dcmread(each), ReadContext("set")) for each in (path, tmp_path / "private.dcm")
    )  # fmt: skip
    assert len(known.children) == 40
    for document in (known, private):
        assert document.children[0].properties.pop("templateIdentifier") in ("1500", "OWN 7")
    assert private.children == known.children
    assert [each for each in private.codes if each.type == "SHOWS"] == [
        each for each in known.codes if each.type == "SHOWS"
    ]
