"""Segments with their codes (semantics 2.8, 4.4, 5)."""

import json

import pydicom
import pytest

from cohortgraph.ingest.readers import ReadContext, read

from .reading import code, ct, edges, facts_of, group

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def seg(*segments, **attributes):
    return ct(SOPClassUID=SEGMENTATION, Modality="SEG", SegmentSequence=list(segments), **attributes)


def segment(number=1, **attributes):
    described = {
        "SegmentNumber": number,
        "SegmentLabel": f"segment {number}",
        "SegmentedPropertyCategoryCodeSequence": [code("91723000")],
        "SegmentedPropertyTypeCodeSequence": [code("64033007")],
    }
    return group(**{**described, **attributes})


def test_a_segment_has_its_properties_category_and_type():
    facts = facts_of(seg(segment(3, SegmentAlgorithmType="MANUAL", TrackingID="t", TrackingUID="1.7")))
    (child,) = facts.children
    assert (child.label, child.position, child.parent) == ("Segment", 0, None)
    assert child.properties == {
        "position": 0,
        "segmentNumber": 3,
        "segmentLabel": "segment 3",
        "segmentAlgorithmType": "MANUAL",
        "trackingID": "t",
        "trackingUID": "1.7",
    }
    assert [(coded.type, coded.concept) for coded in child.codes] == [
        ("CATEGORY", "SCT:91723000"),
        ("TYPE", "SCT:64033007"),
    ]


def test_semantics_2_8_all_modifiers_are_properties_of_type_and_region():
    kidney = code("64033007", SegmentedPropertyTypeModifierCodeSequence=[code("24028007"), code("261183002")])
    trunk = code("22943007", AnatomicRegionModifierSequence=[code("7771000")])
    facts = facts_of(seg(segment(SegmentedPropertyTypeCodeSequence=[kidney], AnatomicRegionSequence=[trunk])))
    codes = {coded.type: coded.properties for coded in facts.children[0].codes}
    assert set(codes) == {"CATEGORY", "TYPE", "REGION"}
    assert codes["TYPE"]["modifiers"] == ["SCT:24028007", "SCT:261183002"]
    assert codes["TYPE"]["laterality"] == "SCT:24028007"
    assert codes["REGION"]["modifiers"] == ["SCT:7771000"]


def test_several_regions_are_several_edges():
    facts = facts_of(seg(segment(AnatomicRegionSequence=[code("1"), code("2")])))
    assert [c.concept for c in facts.children[0].codes if c.type == "REGION"] == ["SCT:1", "SCT:2"]


def test_further_attributes_and_codes_of_a_segment_are_kept():
    algorithm = group(AlgorithmName="net", AlgorithmFamilyCodeSequence=[code("123110", "DCM")])
    facts = facts_of(
        seg(
            segment(
                RecommendedDisplayCIELabValue=[1, 2, 3],
                SegmentationAlgorithmIdentificationSequence=[algorithm],
                AnatomicRegionSequence=[],
            )
        )
    )
    (child,) = facts.children
    kept = json.loads(child.properties["otherAttributes"])
    assert kept["0062000D"] == {"vr": "US", "Value": [1, 2, 3]}
    assert kept["00082218"] == {"vr": "SQ", "Value": []}
    assert "00620007" in kept
    assert [(c.concept, c.properties["path"]) for c in child.codes if c.type == "CODED"] == [
        ("DCM:123110", "SegmentationAlgorithmIdentificationSequence[0].AlgorithmFamilyCodeSequence[0]")
    ]


def test_codes_of_a_segment_are_no_codes_of_the_object():
    facts = facts_of(seg(segment()))
    assert {coded.type for coded in facts.codes} == {"SHOWS"}


def test_semantics_4_4_the_background_of_a_label_map_is_no_segment():
    background = segment(0, SegmentedPropertyTypeCodeSequence=[code("125040", "DCM")])
    label_map = facts_of(seg(background, segment(1), SegmentationType="LABELMAP"))
    assert [child.properties["segmentNumber"] for child in label_map.children] == [1]
    assert [concept for concept, _ in edges(label_map, "SHOWS")] == ["SCT:64033007"]
    binary = facts_of(seg(background, segment(1), SegmentationType="BINARY"))
    assert len(binary.children) == 2


def test_semantics_5_a_segmentation_shows_the_types_of_its_segments_once():
    facts = facts_of(seg(segment(1), segment(2), segment(3, SegmentedPropertyTypeCodeSequence=[code("10200004")])))
    assert edges(facts, "SHOWS") == [("SCT:64033007", {}), ("SCT:10200004", {})]


def test_voxels_are_still_to_be_measured():
    assert facts_of(seg(segment())).instance["measurement"] == "pending"
    assert "measurement" not in facts_of(ct()).instance


@pytest.mark.parametrize("name", ["liver", "partial_overlaps"])
def test_real_segments_are_as_highdicom_describes_them(shared_data, name):
    hd = pytest.importorskip("highdicom")
    file = shared_data / f"dcmqi/data/segmentations/{name}.dcm"
    facts = read(pydicom.dcmread(file, stop_before_pixels=True), ReadContext("set"))
    described = hd.seg.segread(file)
    assert [child.properties["segmentNumber"] for child in facts.children] == list(described.segment_numbers)
    for child in facts.children:
        expected = described.get_segment_description(child.properties["segmentNumber"])
        assert child.properties["segmentLabel"] == expected.segment_label
        types = [c for c in child.codes if c.type == "TYPE"]
        assert [c.properties["codeMeaning"] for c in types] == [expected.segmented_property_type.meaning]
        originals = [c.properties.get("originalCode", c.concept).split(":")[1] for c in types]
        assert originals == [expected.segmented_property_type.value]
