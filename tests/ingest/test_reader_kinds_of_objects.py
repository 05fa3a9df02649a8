"""What each further kind of object refers to and is coded with, in real files and in drawn ones."""

from __future__ import annotations

import pydicom
import pytest
from pydicom.data import get_testdata_file

from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.ingest.readers import ReadContext, read

from .reading import code, ct, edges, facts_of, group

CT = "1.2.840.10008.5.1.4.1.1.2"


def image(uid: str, sop_class: str = CT, **further):
    return group(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=uid, **further)


def series(uid: str, *images, sequence: str = "ReferencedInstanceSequence"):
    return group(SeriesInstanceUID=uid, **{sequence: list(images)})


def bases(facts: InstanceFacts) -> set[tuple[str, str]]:
    return {(r.sop_instance_uid or r.series_instance_uid, r.properties["basis"]) for r in facts.references}


def pydicoms(name: str) -> tuple[InstanceFacts, pydicom.Dataset]:
    path = str(get_testdata_file(name))
    return read(pydicom.dcmread(path, force=True), ReadContext("set")), pydicom.dcmread(path, force=True)


def test_a_real_plan_refers_to_its_structure_set():
    facts, ds = pydicoms("rtplan.dcm")
    assert facts.instance["kind"] == "rtPlan"
    assert facts.instance["rtPlanLabel"] == ds.RTPlanLabel
    target = ds.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID
    assert (target, "referencedStructureSet") in bases(facts)


def test_a_real_dose_refers_to_its_plan():
    facts, ds = pydicoms("rtdose.dcm")
    said = facts.instance
    assert (said["kind"], said["doseUnits"], said["doseType"]) == ("rtDose", ds.DoseUnits, ds.DoseType)
    assert (ds.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID, "referencedRTPlan") in bases(facts)


def test_the_codes_of_beams_are_told_with_their_place():
    beam = group(BeamNumber="1")
    beam.ReferencedReferenceImageSequence = [image("9.1")]
    beam.TreatmentMachineSpecialModeCodeSequence = [code("130331", "DCM")]
    facts = facts_of(ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.5", BeamSequence=[beam]))
    path = "BeamSequence[0].TreatmentMachineSpecialModeCodeSequence[0]"
    assert [(c, p["path"]) for c, p in edges(facts, "CODED")] == [("DCM:130331", path)]
    assert bases(facts) == {("9.1", "referencedReferenceImage")}


@pytest.mark.parametrize("name", ["parametric_map_float", "parametric_map_double_float"])
def test_a_real_parametric_map_has_unit_and_mapping(shared_data, name):
    path = shared_data / f"pydicom-data/data_store/data/{name}.dcm"
    facts = read(pydicom.dcmread(path), ReadContext("set"))
    mapping = pydicom.dcmread(path).SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    assert [c for c, _ in edges(facts, "REAL_WORLD_UNIT")] == [
        f"UCUM:{mapping.MeasurementUnitsCodeSequence[0].CodeValue}"
    ]
    assert facts.instance["realWorldValueSlope"] == [mapping.RealWorldValueSlope]
    assert facts.instance["realWorldValueIntercept"] == [mapping.RealWorldValueIntercept]
    assert facts.instance["lutLabel"] == [mapping.LUTLabel]


def test_a_real_value_mapping_has_quantity_unit_and_images(shared_data):
    path = shared_data / "dcmqi/data/sr-example/rwvm.dcm"
    facts, ds = read(pydicom.dcmread(path), ReadContext("set")), pydicom.dcmread(path)
    holder = ds.ReferencedImageRealWorldValueMappingSequence[0]
    mapping = holder.RealWorldValueMappingSequence[0]
    quantity, method = (item.ConceptCodeSequence[0].CodeValue for item in mapping.QuantityDefinitionSequence)
    assert [c for c, _ in edges(facts, "QUANTITY")] == [f"DCM:{quantity}"]
    assert f"DCM:{method}" in {c for c, _ in edges(facts, "CODED")}
    unit = mapping.MeasurementUnitsCodeSequence[0].CodeValue
    assert [c for c, _ in edges(facts, "REAL_WORLD_UNIT")] == [f"UCUM:{unit}"]
    assert facts.instance["realWorldValueSlope"] == [mapping.RealWorldValueSlope]
    images = {item.ReferencedSOPInstanceUID for item in holder.ReferencedImageSequence}
    assert images <= {r.sop_instance_uid for r in facts.references}


def test_semantics_4_4_what_varies_from_frame_to_frame_is_a_list_with_its_ends(shared_data):
    path = shared_data / "dicom2nifti/tests/data/philips_enhanced/dti/001/IM-0001-3835-0001.dcm"
    facts, ds = read(pydicom.dcmread(path), ReadContext("set")), pydicom.dcmread(path)
    frames = ds.PerFrameFunctionalGroupsSequence
    values = sorted(
        {frame.MRDiffusionSequence[0].DiffusionBValue for frame in frames if "MRDiffusionSequence" in frame}
    )
    assert len(values) > 1
    said = facts.instance
    assert said["diffusionBValue"] == values
    assert (said["diffusionBValueMin"], said["diffusionBValueMax"]) == (values[0], values[-1])
    spacings = {tuple(frame.PixelMeasuresSequence[0].PixelSpacing) for frame in frames}
    assert [tuple(said["pixelSpacing"])] == list(spacings)  # the same in all frames: the object's


def test_semantics_4_4_a_plain_property_that_varies_is_not_the_objects():
    def frame(thickness):
        return group(PixelMeasuresSequence=[group(SliceThickness=thickness, PixelSpacing=["1", "1"])])

    facts = facts_of(ct(PerFrameFunctionalGroupsSequence=[frame("2"), frame("3")]))
    assert "sliceThickness" not in facts.instance
    assert facts.instance["pixelSpacing"] == [1.0, 1.0]


def test_a_presentation_state_refers_to_the_frames_it_shows():
    shown = series("9", image("9.1", ReferencedFrameNumber=["1", "3"]), sequence="ReferencedImageSequence")
    facts = facts_of(ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.11.1", ReferencedSeriesSequence=[shown]))
    (reference,) = facts.references
    assert facts.instance["kind"] == "presentation"
    assert (reference.properties["basis"], reference.properties["frames"]) == ("referencedSeries", [1, 3])


def test_a_key_object_refers_by_its_tree_and_its_evidence():
    item = group(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=[image("9.1")])
    evidence = group(
        StudyInstanceUID="8", ReferencedSeriesSequence=[series("9", image("9.1"), sequence="ReferencedSOPSequence")]
    )
    facts = facts_of(
        ct(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.88.59",
            Modality="KO",
            ValueType="CONTAINER",
            ConceptNameCodeSequence=[code("113000", "DCM", "Of Interest")],
            ContentSequence=[item],
            CurrentRequestedProcedureEvidenceSequence=[evidence],
        )
    )
    assert facts.instance["kind"] == "keyObject"
    assert bases(facts) == {("9.1", "contentItem"), ("9.1", "evidence")}


def test_a_registration_refers_to_what_it_brings_together():
    moved = group(FrameOfReferenceUID="7", ReferencedImageSequence=[image("9.1")])
    matrix = group(RegistrationTypeCodeSequence=[code("125021", "DCM")])
    moved.MatrixRegistrationSequence = [matrix]
    facts = facts_of(ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.66.1", RegistrationSequence=[moved]))
    assert facts.instance["kind"] == "registration"
    assert bases(facts) == {("9.1", "referencedImage")}
    assert [c for c, _ in edges(facts, "CODED")] == ["DCM:125021"]


@pytest.mark.parametrize(
    ("sop_class", "mime"),
    [("104.1", "application/pdf"), ("104.2", "text/XML"), ("104.3", "model/stl")],
)
def test_an_encapsulated_document_has_title_codes_source_and_type(sop_class, mime):
    facts = facts_of(
        ct(
            SOPClassUID=f"1.2.840.10008.5.1.4.1.1.{sop_class}",
            DocumentTitle="Arztbrief",
            ConceptNameCodeSequence=[code("18842-5", "LN", "Discharge summary")],
            MIMETypeOfEncapsulatedDocument=mime,
            SourceInstanceSequence=[image("9.1")],
        )
    )
    said = facts.instance
    assert (said["kind"], said["documentTitle"]) == ("encapsulated", "Arztbrief")
    assert said["mimeTypeOfEncapsulatedDocument"] == mime
    assert [(c, p["path"]) for c, p in edges(facts, "CODED")] == [("LN:18842-5", "ConceptNameCodeSequence[0]")]
    assert bases(facts) == {("9.1", "sourceImage")}


def test_the_surfaces_of_a_surface_segmentation_are_segments():
    surface = group(
        SegmentNumber=2,
        SegmentLabel="liver",
        SegmentedPropertyTypeCodeSequence=[code("10200004")],
        SegmentSurfaceSequence=[group(ReferencedSurfaceNumber=1)],
    )
    facts = facts_of(ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.66.5", SegmentSequence=[surface]))
    (child,) = facts.children
    assert (facts.instance["kind"], child.properties["segmentNumber"]) == ("segmentation", 2)
    assert edges(facts, "SHOWS") == [("SCT:10200004", {})]
    assert "measurement" not in facts.instance  # it has no voxels


def test_semantics_4_4_a_part_says_of_which_concatenation_it_is():
    facts = facts_of(ct(ConcatenationUID="6.1", InConcatenationNumber=2, InConcatenationTotalNumber=3))
    said = facts.instance
    assert (said["concatenationUID"], said["inConcatenationNumber"], said["inConcatenationTotalNumber"]) == (
        "6.1",
        2,
        3,
    )
