"""Kinds of objects that no real file is at hand of, as highdicom and dcmtk write them.

What they hold is told by plain pydicom: each code of the file must be a code of the object, each reference a reference.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from highdicom.content import ContentCreatorIdentificationCodeSequence as Creator
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from highdicom.pr import (
    ColorSoftcopyPresentationState,
    GrayscaleSoftcopyPresentationState,
    SoftcopyVOILUTTransformation,
)
from highdicom.pr.content import GraphicAnnotation, GraphicLayer, GraphicObject, TextObject
from highdicom.sr.coding import CodedConcept
from pydicom.uid import generate_uid

from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.ingest.readers import ReadContext, read
from cohortgraph.ontology.concept import Code
from cohortgraph.ontology.normalise import normalise

from .dcmtk import dumped, tool
from .walker import codes, references

IMAGE = "highdicom/data/test_files/ct_image.dcm"
TITLE = CodedConcept("18842-5", "LN", "Discharge summary")


def checked(path: Path) -> InstanceFacts:
    """What is read of a file, which holds every code and every reference that a plain walk finds."""
    facts = read(pydicom.dcmread(path, stop_before_pixels=True), ReadContext("set"))
    holders = (facts.codes, *(child.codes for child in facts.children))
    ours = {coded.concept for each in holders for coded in each}
    assert {normalise(Code(code.value, code.designator), "set").id for code in codes(path)} <= ours
    assert references(path) <= {each.sop_instance_uid for each in facts.references}
    return facts


def bases(facts: InstanceFacts) -> set[tuple[str | None, str]]:
    return {(each.sop_instance_uid, str(each.properties["basis"])) for each in facts.references}


def made_with(images: list[pydicom.Dataset], **further):
    return {
        "referenced_images": images,
        "series_instance_uid": generate_uid(),
        "series_number": 1,
        "sop_instance_uid": generate_uid(),
        "instance_number": 1,
        "manufacturer": "m",
        "manufacturer_model_name": "m",
        "software_versions": "1",
        "device_serial_number": "1",
        "content_label": "MARKED",
        **further,
    }


@pytest.fixture
def images(shared_data: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(shared_data / IMAGE)]


def test_a_presentation_state_of_highdicom_has_its_label_codes_and_images(images, tmp_path):
    layer = GraphicLayer("MARKS", order=1)
    arrow = GraphicObject("POLYLINE", np.array([[1.0, 1.0], [5.0, 5.0]]), units="PIXEL")
    note = TextObject("here", units="PIXEL", anchor_point=(1.0, 1.0))
    state = GrayscaleSoftcopyPresentationState(
        **made_with(images),
        graphic_layers=[layer],
        graphic_annotations=[GraphicAnnotation(images, layer, graphic_objects=[arrow], text_objects=[note])],
        concept_name=TITLE,
        content_creator_identification=Creator([CodedConcept("1", "99STAFF", "x")], institution_name="i"),
        voi_lut_transformations=[SoftcopyVOILUTTransformation(window_center=40.0, window_width=400.0)],
    )
    state.save_as(tmp_path / "state.dcm")
    facts = checked(tmp_path / "state.dcm")
    assert (facts.instance["kind"], facts.instance["contentLabel"]) == ("presentation", "MARKED")
    assert bases(facts) == {
        (images[0].SOPInstanceUID, "referencedSeries"), (images[0].SOPInstanceUID, "referencedImage")
    }  # fmt: skip
    paths = {coded.properties["path"]: coded.concept for coded in facts.codes if coded.type == "CODED"}
    assert paths["ConceptNameCodeSequence[0]"] == "LN:18842-5"


def test_a_colour_presentation_state_of_highdicom_refers_to_its_images(shared_data, tmp_path):
    image = pydicom.dcmread(shared_data / "highdicom/data/test_files/sm_image.dcm")
    state = ColorSoftcopyPresentationState(**made_with([image]))
    state.save_as(tmp_path / "state.dcm")
    facts = checked(tmp_path / "state.dcm")
    assert facts.instance["kind"] == "presentation"
    assert (image.SOPInstanceUID, "referencedSeries") in bases(facts)


def test_a_key_object_of_highdicom_selects_its_images(images, tmp_path):
    note = KeyObjectSelectionDocument(
        evidence=images,
        content=KeyObjectSelection(
            CodedConcept("113000", "DCM", "Of Interest"), images, description="look at the left lung"
        ),
        **{
            name: value
            for name, value in made_with([]).items()
            if name in ("series_instance_uid", "series_number", "sop_instance_uid", "instance_number", "manufacturer")
        },
    )
    note.save_as(tmp_path / "note.dcm")
    facts = checked(tmp_path / "note.dcm")
    assert facts.instance["kind"] == "keyObject"
    assert bases(facts) == {(images[0].SOPInstanceUID, "contentItem"), (images[0].SOPInstanceUID, "evidence")}
    texts = {child.properties.get("textValue") for child in facts.children}
    assert "look at the left lung" in texts


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
CDA = b"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<id root="1.2.3.4" extension="5"/>
<code code="18842-5" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="Discharge summary"/>
<title>Discharge</title></ClinicalDocument>
"""
STL = bytes(80) + (1).to_bytes(4, "little") + bytes(50)


@pytest.mark.parametrize(
    ("program", "content", "mime"),
    [("pdf2dcm", PDF, "application/pdf"), ("cda2dcm", CDA, "text/XML"), ("stl2dcm", STL, "model/stl")],
)
def test_an_encapsulated_document_of_dcmtk_has_its_title_code_and_type(tmp_path, program, content, mime):
    (tmp_path / "in").write_bytes(content)
    concept = ("LN", "18842-5", "Discharge summary")
    command = [tool(program), "+t", "Discharge", "+cn", *concept, tmp_path / "in", tmp_path / "out.dcm"]
    subprocess.run(command, check=True, capture_output=True)
    facts = checked(tmp_path / "out.dcm")
    said = facts.instance
    assert (said["kind"], said["documentTitle"]) == ("encapsulated", "Discharge")
    assert said["mimeTypeOfEncapsulatedDocument"] == mime
    assert [coded.concept for coded in facts.codes if coded.properties.get("path") == "ConceptNameCodeSequence[0]"] == [
        "LN:18842-5"
    ]
    assert content not in facts.header


COMMON = """
(0008,0018) UI [1.2.3.4]
(0008,0060) CS [{modality}]
(0010,0020) LO [P]
(0020,000d) UI [1.2.1]
(0020,000e) UI [1.2.2]
(0020,0052) UI [1.2.9]
"""
CODE = """(fffe,e000) na
(0008,0100) SH [{0}]
(0008,0102) SH [{1}]
(0008,0104) LO [{2}]
(fffe,e00d) na
"""


def sequence(tag: str, *items: str) -> str:
    """A sequence of a dump."""
    inside = "".join(
        item if item.startswith("(fffe,e000)") else f"(fffe,e000) na\n{item}(fffe,e00d) na\n" for item in items
    )
    return f"({tag}) SQ\n{inside}(fffe,e0dd) na\n"


def referenced(uid: str) -> str:
    return f"(0008,1150) UI [1.2.840.10008.5.1.4.1.1.2]\n(0008,1155) UI [{uid}]\n"


MATRIX = sequence(
    "0070,0309",
    sequence("0070,030a", "(3006,00c6) DS [1\\0\\0\\0\\0\\1\\0\\0\\0\\0\\1\\0\\0\\0\\0\\1]\n(0070,030c) CS [RIGID]\n")
    + sequence("0070,030d", CODE.format("125025", "DCM", "Visual Alignment")),
)
"""Matrix Registration Sequence (PS3.3 C.20.2)."""


def test_a_spatial_registration_of_dcmtk_refers_to_what_it_brings_together(tmp_path):
    """Drawn after PS3.3 C.20.2; written by dump2dcm."""
    moved = (
        sequence("0008,1140", referenced("9.1")) + "(0020,0052) UI [1.2.9]\n" + MATRIX,
        sequence("0008,1140", referenced("9.2"), referenced("9.3")) + "(0020,0052) UI [1.2.8]\n" + MATRIX,
    )
    dumped(
        "(0008,0016) UI [1.2.840.10008.5.1.4.1.1.66.1]\n"
        + COMMON.format(modality="REG")
        + sequence("0070,0308", *moved),
        tmp_path,
    )
    facts = checked(tmp_path / "written.dcm")
    assert facts.instance["kind"] == "registration"
    assert bases(facts) == {(f"9.{n}", "referencedImage") for n in (1, 2, 3)}
    assert {coded.concept for coded in facts.codes if coded.type == "CODED"} == {"DCM:125025"}


def test_a_deformable_registration_of_dcmtk_refers_to_its_source_images(tmp_path):
    """Drawn after PS3.3 C.20.3; written by dump2dcm."""
    registration = (
        "(0064,0003) UI [1.2.8]\n"
        + sequence("0008,1140", referenced("9.1"))
        + sequence("0070,030d", CODE.format("125025", "DCM", "Visual Alignment"))
    )
    dumped(
        "(0008,0016) UI [1.2.840.10008.5.1.4.1.1.66.3]\n"
        + COMMON.format(modality="REG")
        + sequence("0064,0002", registration),
        tmp_path,
    )
    facts = checked(tmp_path / "written.dcm")
    assert (facts.instance["kind"], bases(facts)) == ("registration", {("9.1", "referencedImage")})


def test_the_surfaces_of_a_surface_segmentation_of_dcmtk_are_segments(tmp_path):
    """Drawn after PS3.3 C.8.23.1 and C.27.1; written by dump2dcm."""
    points = "(0066,0015) UL 3\n(0066,0016) OF 0\\0\\0\\1\\0\\0\\0\\1\\0\n"
    surface = "(0066,0003) UL 1\n" + sequence("0066,0011", points)
    algorithm = CODE.format("123110", "DCM", "Artificial Intelligence")
    source = sequence(
        "0066,002b", "(0066,002c) UL 1\n" + sequence("0066,002d", algorithm) + sequence("0066,002e", referenced("9.1"))
    )
    segment = (
        sequence("0062,0003", CODE.format("123037004", "SCT", "Anatomical Structure"))
        + "(0062,0004) US 7\n(0062,0005) LO [liver]\n"
        + sequence("0062,000f", CODE.format("10200004", "SCT", "Liver"))
        + "(0066,002a) UL 1\n"
        + source
    )
    dumped(
        "(0008,0016) UI [1.2.840.10008.5.1.4.1.1.66.5]\n"
        + COMMON.format(modality="SEG")
        + sequence("0062,0002", segment)
        + "(0066,0001) UL 1\n"
        + sequence("0066,0002", surface),
        tmp_path,
    )
    facts = checked(tmp_path / "written.dcm")
    (child,) = facts.children
    assert (facts.instance["kind"], child.label) == ("segmentation", "Segment")
    assert (child.properties["segmentNumber"], child.properties["segmentLabel"]) == (7, "liver")
    assert {(coded.type, coded.concept) for coded in child.codes} >= {
        ("TYPE", "SCT:10200004"), ("CATEGORY", "SCT:123037004")
    }  # fmt: skip
    assert "9.1" in {each.sop_instance_uid for each in facts.references}
