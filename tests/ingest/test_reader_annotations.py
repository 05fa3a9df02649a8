"""Groups of microscopy bulk annotations and a specimen's preparation, beside highdicom and pydicom."""

from __future__ import annotations

import pydicom
import pytest

from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.ingest.readers import ReadContext, read

from .reading import code, ct, edges, facts_of, group

ANNOTATIONS = "highdicom/data/test_files/sm_annotations.dcm"


def read_file(path) -> InstanceFacts:
    return read(pydicom.dcmread(path), ReadContext("set"))


def test_real_groups_are_as_highdicom_describes_them(shared_data):
    hd = pytest.importorskip("highdicom")
    described = hd.ann.annread(shared_data / ANNOTATIONS).get_annotation_groups()
    facts = read_file(shared_data / ANNOTATIONS)
    groups = [child for child in facts.children if child.label == "AnnotationGroup"]
    assert len(groups) == len(described) == 1
    for child, expected in zip(groups, described, strict=True):
        said = child.properties
        assert said["annotationGroupNumber"] == expected.number
        assert said["annotationGroupUID"] == expected.uid
        assert said["annotationGroupLabel"] == expected.label
        assert said["graphicType"] == expected.graphic_type.value
        assert said["numberOfAnnotations"] == expected.number_of_annotations
        assert said["annotationGroupGenerationType"] == expected.algorithm_type.value
        assert said["annotationCoordinateType"] == "2D"
        codes = {coded.type: coded.concept for coded in child.codes}
        assert codes["ANNOTATION_CATEGORY"] == f"SCT:{expected.annotated_property_category.value}"
        assert codes["ANNOTATION_TYPE"] == f"SCT:{expected.annotated_property_type.value}"
    image = pydicom.dcmread(shared_data / ANNOTATIONS).ReferencedImageSequence[0].ReferencedSOPInstanceUID
    assert (image, "referencedImage") in {(r.sop_instance_uid, r.properties["basis"]) for r in facts.references}


def test_semantics_5_an_annotation_shows_the_types_of_its_groups(shared_data):
    assert edges(read_file(shared_data / ANNOTATIONS), "SHOWS") == [("SCT:84640000", {})]


def test_a_group_has_its_algorithms_modifiers_and_further_codes():
    nucleus = code("84640000", AnnotationPropertyTypeModifierCodeSequence=[code("7771000")])
    algorithm = group(AlgorithmName="net", AlgorithmVersion="2", AlgorithmFamilyCodeSequence=[code("123110", "DCM")])
    described = group(
        AnnotationGroupNumber=1,
        AnnotationPropertyTypeCodeSequence=[nucleus],
        AnnotationGroupAlgorithmIdentificationSequence=[algorithm],
    )
    (child,) = facts_of(ct(AnnotationGroupSequence=[described])).children
    assert (child.properties["algorithmName"], child.properties["algorithmVersion"]) == (["net"], ["2"])
    codes = {coded.type: (coded.concept, coded.properties) for coded in child.codes}
    assert codes["ANNOTATION_TYPE"][1]["modifiers"] == ["SCT:7771000"]
    assert codes["CODED"][0] == "DCM:123110"


def test_every_step_of_a_real_preparation_keeps_its_items_together(shared_data):
    path = shared_data / "highdicom/data/test_files/sm_image.dcm"
    found = {str(child.properties["path"]): child for child in read_file(path).children}
    expected = {}
    for s, specimen in enumerate(pydicom.dcmread(path).SpecimenDescriptionSequence, 1):
        for p, step in enumerate(specimen.SpecimenPreparationSequence, 1):
            for i, item in enumerate(step.SpecimenPreparationStepContentItemSequence, 1):
                expected[f"specimen/{s}.{p}.{i}"] = item
    assert expected
    for place, item in expected.items():
        child = found[place]
        assert found[place.rpartition(".")[0]].position == child.parent
        names = [c.concept.partition(":")[2] for c in child.codes if c.type == "NAME"]
        assert names == [item.ConceptNameCodeSequence[0].CodeValue]
        values = [c.concept.partition(":")[2] for c in child.codes if c.type == "VALUE"]
        assert values == [value.CodeValue for value in item.get("ConceptCodeSequence", [])]
        assert child.properties.get("textValue") == item.get("TextValue")


def test_a_code_in_the_place_of_a_content_item_is_kept():
    step = group(SpecimenPreparationStepContentItemSequence=[code("C122989", "NCIt")])
    facts = facts_of(ct(SpecimenDescriptionSequence=[group(SpecimenPreparationSequence=[step])]))
    assert [c.concept for c in facts.children[-1].codes] == ["NCIt:C122989"]
