"""Which context belongs to which content item: semantics 2, rule by rule."""

from __future__ import annotations

import pydicom
import pytest

from .documents import (
    CATEGORY,
    CONTAINS,
    DIAMETER,
    FINDING,
    GROUP,
    HAS_ACQ_CONTEXT,
    HAS_CONCEPT_MOD,
    HAS_OBS_CONTEXT,
    HAS_PROPERTIES,
    HEART,
    INFERRED_FROM,
    LATERALITY,
    LEFT,
    LUNG,
    METHOD,
    MODIFIER,
    NODULE,
    RIGHT,
    SELECTED_FROM,
    SITE,
    SOP_INSTANCE_UID,
    TRACKING_ID,
    TRACKING_UID,
    VOLUME,
    Read,
    by_reference,
    coded,
    container,
    document,
    item,
    num,
    referenced,
    text,
)

NODULE_ID, LUNG_ID, HEART_ID = "SCT:27925004", "SCT:39607008", "SCT:80891009"
SECTION = ("121070", "DCM", "Findings")


def test_semantics_2_1_names_are_compared_after_normalisation():
    old = ("G-C0E3", "SRT", "Finding Site")
    read = Read(document(num(CONTAINS, DIAMETER, "1", coded(HAS_CONCEPT_MOD, old, ("T-32000", "SRT", "Heart")))))
    assert read.concepts("1.1", "SITE") == [HEART_ID]


@pytest.mark.parametrize("relationship", [INFERRED_FROM, SELECTED_FROM])
def test_semantics_2_1_inference_carries_no_context(relationship):
    read = Read(
        document(
            num(
                CONTAINS,
                DIAMETER,
                "1",
                coded(HAS_CONCEPT_MOD, SITE, HEART),
                num(relationship, DIAMETER, "2"),
                coded(relationship, SITE, LUNG),
            )
        )
    )
    assert read.concepts("1.1", "SITE") == [HEART_ID]
    assert read.concepts("1.1.2", "SITE") == []


def test_semantics_2_1_by_reference_carries_no_context():
    read = Read(
        document(
            container(CONTAINS, SECTION, coded(HAS_CONCEPT_MOD, SITE, HEART), by_reference(CONTAINS, 1, 2)),
            num(CONTAINS, DIAMETER, "1", by_reference(HAS_CONCEPT_MOD, 1, 1, 1)),
        )
    )
    assert read.concepts("1.2", "SITE") == []


@pytest.mark.parametrize("relationship", [HAS_CONCEPT_MOD, HAS_OBS_CONTEXT, HAS_ACQ_CONTEXT, HAS_PROPERTIES])
def test_semantics_2_2_own_context_are_children(relationship):
    read = Read(document(num(CONTAINS, DIAMETER, "1", coded(relationship, SITE, HEART))))
    edge = read.edge("1.1", "SITE")
    assert (edge.concept, edge.properties["own"], edge.properties["fromItem"]) == (HEART_ID, True, "1.1.1")
    assert edge.properties["codeMeaning"] == "Heart"


def test_semantics_2_2_properties_of_a_container_are_not_its_context():
    read = Read(
        document(container(CONTAINS, SECTION, coded(HAS_PROPERTIES, SITE, HEART), num(CONTAINS, DIAMETER, "1")))
    )
    assert read.concepts("1.1", "SITE") == []
    assert read.concepts("1.1.2", "SITE") == []


def test_semantics_2_3_nearest_ancestor_wins():
    read = Read(
        document(
            coded(HAS_CONCEPT_MOD, SITE, LUNG),
            container(
                CONTAINS,
                SECTION,
                coded(HAS_CONCEPT_MOD, SITE, HEART),
                container(CONTAINS, SECTION, num(CONTAINS, DIAMETER, "1")),
            ),
            num(CONTAINS, DIAMETER, "2"),
        )
    )
    assert read.concepts("1.2.2.1", "SITE") == [HEART_ID]
    assert read.concepts("1.3", "SITE") == [LUNG_ID]


def test_semantics_2_3_all_values_of_a_level_apply_and_never_merge_with_another():
    aorta = ("15825003", "SCT", "Aorta")
    read = Read(
        document(
            coded(HAS_CONCEPT_MOD, METHOD, ("126410", "DCM", "SUV")),
            num(CONTAINS, DIAMETER, "1", coded(HAS_CONCEPT_MOD, SITE, HEART), coded(HAS_CONCEPT_MOD, SITE, aorta)),
            num(CONTAINS, DIAMETER, "1", coded(HAS_CONCEPT_MOD, METHOD, ("126030", "DCM", "Sum"))),
        )
    )
    assert read.concepts("1.2", "SITE") == [HEART_ID, "SCT:15825003"]
    assert read.concepts("1.2", "METHOD") == ["DCM:126410"]
    assert read.concepts("1.3", "METHOD") == ["DCM:126030"]


def test_semantics_2_3_a_modifier_does_not_inherit():
    read = Read(document(coded(HAS_CONCEPT_MOD, SITE, LUNG), coded(HAS_OBS_CONTEXT, METHOD, ("1", "DCM", "x"))))
    assert read.concepts("1.2", "SITE") == []


def test_semantics_2_4_siblings_are_context_in_a_measurement_group():
    read = Read(
        document(
            container(
                CONTAINS,
                GROUP,
                coded(CONTAINS, FINDING, NODULE),
                coded(CONTAINS, SITE, LUNG),
                text(CONTAINS, TRACKING_ID, "Nodule 1"),
                num(CONTAINS, DIAMETER, "10"),
            )
        )
    )
    assert read.concepts("1.1.4", "FINDING") == [NODULE_ID]
    assert read.edge("1.1.4", "FINDING").properties["fromItem"] == "1.1.1"
    assert read.concepts("1.1.4", "SITE") == [LUNG_ID]
    assert read.get("1.1.4", "trackingID") == "Nodule 1"


def test_semantics_2_4_in_no_other_container():
    read = Read(document(container(CONTAINS, SECTION, coded(CONTAINS, FINDING, NODULE), num(CONTAINS, DIAMETER, "1"))))
    assert read.concepts("1.1.2", "FINDING") == []


def test_semantics_2_4_no_other_sibling():
    read = Read(
        document(
            container(
                CONTAINS,
                GROUP,
                coded(CONTAINS, METHOD, ("126030", "DCM", "Sum")),
                coded(CONTAINS, LATERALITY, LEFT),
                coded(CONTAINS, SITE, LUNG),
                num(CONTAINS, DIAMETER, "10"),
            )
        )
    )
    assert read.concepts("1.1.4", "METHOD") == []
    assert "laterality" not in read.edge("1.1.4", "SITE").properties


def test_semantics_2_4_context_attaches_to_containers_and_an_item_never_takes_its_own_key():
    read = Read(
        document(
            container(
                CONTAINS,
                GROUP,
                coded(CONTAINS, FINDING, NODULE),
                coded(HAS_CONCEPT_MOD, SITE, LUNG),
                container(CONTAINS, SECTION, num(CONTAINS, DIAMETER, "1")),
            )
        )
    )
    assert read.edge("1.1", "FINDING").properties["own"] is True
    assert read.edge("1.1.3", "FINDING").properties["own"] is False
    assert read.concepts("1.1.3.1", "FINDING") == [NODULE_ID]
    assert read.concepts("1.1.1", "FINDING") == []
    assert read.concepts("1.1.1", "SITE") == [LUNG_ID]


def test_semantics_2_4_siblings_and_own_context_of_the_group_are_one_level():
    read = Read(
        document(
            container(
                CONTAINS,
                GROUP,
                coded(CONTAINS, SITE, LUNG),
                coded(HAS_CONCEPT_MOD, SITE, HEART),
                num(CONTAINS, DIAMETER, "1"),
            )
        )
    )
    assert read.concepts("1.1.3", "SITE") == [LUNG_ID, HEART_ID]


def test_semantics_2_4_a_referenced_segment_is_context():
    segment = item(
        CONTAINS, "IMAGE", ("121191", "DCM", "Referenced Segment"),
        ReferencedSOPSequence=[referenced("9.9", "1.2.840.10008.5.1.4.1.1.66.4", ReferencedSegmentNumber=2)],
    )  # fmt: skip
    read = Read(document(container(CONTAINS, GROUP, segment, num(CONTAINS, VOLUME, "10"))))
    found = {(one.sop_instance_uid, one.segment) for one in read.references("1.1.2")}
    assert found == {("9.9", None), ("9.9", 2)}
    assert all(
        one.properties["own"] is False and one.properties["fromItem"] == "1.1.1" for one in read.references("1.1.2")
    )
    assert all(one.properties["own"] is True for one in read.references("1.1"))
    assert all("own" not in one.properties for one in read.references("1.1.1"))


def test_semantics_2_4_an_image_region_is_context():
    region = item(CONTAINS, "SCOORD", ("111030", "DCM", "Image Region"), GraphicType="POINT", GraphicData=[1.0, 2.0])
    read = Read(document(container(CONTAINS, GROUP, region, num(CONTAINS, VOLUME, "10"))))
    (reference,) = read.references("1.1.2")
    assert (reference.sop_instance_uid, reference.item) == (SOP_INSTANCE_UID, "1.1.1")


def test_semantics_2_5_a_finding_is_told_of_its_properties():
    single = ("111059", "DCM", "Single Image Finding")
    read = Read(
        document(
            coded(
                CONTAINS,
                single,
                NODULE,
                num(HAS_PROPERTIES, DIAMETER, "1", coded(HAS_PROPERTIES, ("111400", "DCM", "x"), HEART)),
                coded(HAS_PROPERTIES, FINDING, HEART, num(HAS_PROPERTIES, DIAMETER, "2")),
            )
        )
    )
    assert read.concepts("1.1.1", "FINDING") == [NODULE_ID]
    assert read.edge("1.1.1", "FINDING").properties == {"codeMeaning": "Nodule", "own": False, "fromItem": "1.1"}
    assert read.concepts("1.1.1.1", "FINDING") == [NODULE_ID]
    assert read.concepts("1.1.2.1", "FINDING") == [HEART_ID]


def test_semantics_2_6_derivation_is_own_only():
    derivation = ("121401", "DCM", "Derivation")
    mean = ("373098007", "SCT", "Mean")
    read = Read(
        document(
            coded(HAS_CONCEPT_MOD, ("121049", "DCM", "Language"), ("en", "RFC5646", "English")),
            container(
                CONTAINS,
                GROUP,
                coded(HAS_CONCEPT_MOD, derivation, mean),
                num(CONTAINS, DIAMETER, "1", coded(HAS_CONCEPT_MOD, derivation, ("56851009", "SCT", "Maximum"))),
                num(CONTAINS, DIAMETER, "2"),
            ),
        )
    )
    assert read.concepts("1.2.2", "DERIVATION") == ["SCT:56851009"]
    assert read.concepts("1.2.3", "DERIVATION") == []


def test_semantics_2_7_two_findings_attach_none():
    read = Read(
        document(
            container(
                CONTAINS,
                GROUP,
                coded(CONTAINS, FINDING, NODULE),
                coded(CONTAINS, FINDING, HEART),
                coded(CONTAINS, SITE, LUNG),
                coded(CONTAINS, SITE, HEART),
                num(CONTAINS, DIAMETER, "1"),
                num(CONTAINS, DIAMETER, "2", coded(HAS_CONCEPT_MOD, FINDING, NODULE)),
            )
        )
    )
    assert read.concepts("1.1.5", "FINDING") == []
    assert read.get("1.1.5", "contextAmbiguous") is True
    assert read.concepts("1.1.5", "SITE") == [LUNG_ID, HEART_ID]
    assert read.concepts("1.1.6", "FINDING") == [NODULE_ID]
    assert read.get("1.1.6", "contextAmbiguous") is None


def test_semantics_2_8_laterality_and_modifiers_are_the_sites():
    apex = ("86598002", "SCT", "Apex")
    site = coded(
        HAS_CONCEPT_MOD, SITE, LUNG, coded(HAS_CONCEPT_MOD, LATERALITY, LEFT), coded(HAS_CONCEPT_MOD, MODIFIER, apex)
    )
    read = Read(document(container(CONTAINS, GROUP, site, num(CONTAINS, DIAMETER, "1"))))
    properties = read.edge("1.1.2", "SITE").properties
    assert properties["laterality"] == "SCT:7771000"
    assert properties["modifiers"] == ["SCT:86598002"]


def test_semantics_2_8_a_sibling_laterality_binds_to_a_single_site():
    one = num(CONTAINS, DIAMETER, "1", coded(HAS_CONCEPT_MOD, SITE, LUNG), coded(HAS_CONCEPT_MOD, LATERALITY, RIGHT))
    two = num(
        CONTAINS,
        DIAMETER,
        "1",
        coded(HAS_CONCEPT_MOD, SITE, LUNG),
        coded(HAS_CONCEPT_MOD, SITE, HEART),
        coded(HAS_CONCEPT_MOD, LATERALITY, RIGHT),
    )
    read = Read(document(one, two))
    assert read.edge("1.1", "SITE").properties["laterality"] == "SCT:24028007"
    assert all("laterality" not in edge.properties for edge in read.codes("1.2", "SITE"))


def test_semantics_2_8_a_farther_laterality_does_not_bind_to_a_nearer_site():
    read = Read(
        document(
            coded(HAS_CONCEPT_MOD, LATERALITY, LEFT), num(CONTAINS, DIAMETER, "1", coded(HAS_CONCEPT_MOD, SITE, HEART))
        )
    )
    assert "laterality" not in read.edge("1.2", "SITE").properties


def test_semantics_2_9_each_edge_says_whether_it_is_own_and_where_it_came_from():
    read = Read(
        document(
            coded(HAS_CONCEPT_MOD, SITE, LUNG),
            num(CONTAINS, DIAMETER, "1"),
            num(CONTAINS, DIAMETER, "1", coded(HAS_CONCEPT_MOD, SITE, HEART)),
        )
    )
    told = {path: read.edge(path, "SITE").properties for path in ("1.2", "1.3")}
    assert (told["1.2"]["own"], told["1.2"]["fromItem"]) == (False, "1.1")
    assert (told["1.3"]["own"], told["1.3"]["fromItem"]) == (True, "1.3.1")


def test_semantics_2_10_items_reference_images_segments_and_items():
    image = item(
        CONTAINS, "IMAGE", None,
        ReferencedSOPSequence=[referenced("9.1", ReferencedFrameNumber=[1, 3])],
    )  # fmt: skip
    waveform = item(
        CONTAINS, "WAVEFORM", None, ReferencedSOPSequence=[referenced("9.2", ReferencedWaveformChannels=[1, 2, 1, 3])]
    )
    read = Read(document(image, waveform, num(CONTAINS, DIAMETER, "1", by_reference(INFERRED_FROM, 1, 1))))
    (to_image,), (to_waveform, *to_channels), (to_item,) = (read.references(path) for path in ("1.1", "1.2", "1.3"))
    assert (to_image.sop_instance_uid, to_image.properties["frames"]) == ("9.1", [1, 3])
    assert to_image.properties["sopClassUID"] == "1.2.840.10008.5.1.4.1.1.2"
    assert to_waveform.properties["channels"] == [1, 2, 1, 3]
    assert [(one.sop_instance_uid, one.channel) for one in to_channels] == [("9.2", "1.2"), ("9.2", "1.3")]
    assert (to_item.sop_instance_uid, to_item.item) == (SOP_INSTANCE_UID, "1.1")
    assert to_item.properties == {"basis": "contentItem", "path": "1.3.1", "relationshipType": INFERRED_FROM}


def test_semantics_4_1_references_of_items_keep_their_basis(shared_data):
    read = Read(pydicom.dcmread(shared_data / "dcmqi/data/sr-example/sr.dcm"))
    assert {one.properties["basis"] for one in read.facts.references} == {"contentItem"}
    (series,) = (one for one in read.references(None) if one.series_instance_uid)
    assert series.series_instance_uid == read.get("1.6.1.7", "uid")  # Source series for image segmentation


def test_time_points_and_subjects_are_inherited():
    read = Read(
        document(
            text(HAS_OBS_CONTEXT, ("C2348792", "UMLS", "Time Point"), "week 6"),
            coded(HAS_OBS_CONTEXT, ("126072", "DCM", "Time Point Type"), ("255399007", "SCT", "Congenital")),
            coded(HAS_OBS_CONTEXT, ("121024", "DCM", "Subject Class"), ("121026", "DCM", "Fetus")),
            num(CONTAINS, DIAMETER, "1"),
        )
    )
    assert read.get("1.4", "timePoint") == "week 6"
    assert read.concepts("1.4", "TIMEPOINT") == ["SCT:255399007"]
    assert read.concepts("1.4", "SUBJECT") == ["DCM:121026"]


def test_an_item_without_a_value_gives_no_context():
    empty = item(HAS_CONCEPT_MOD, "CODE", SITE, ConceptCodeSequence=[])
    read = Read(document(coded(HAS_CONCEPT_MOD, SITE, LUNG), num(CONTAINS, DIAMETER, "1", empty)))
    assert read.concepts("1.2", "SITE") == [LUNG_ID]


# Expected on real files (semantics 2, last paragraph)


def test_dcmqis_report_has_each_method_and_derivation_where_it_belongs(shared_data):
    read = Read(pydicom.dcmread(shared_data / "dcmqi/data/sr-example/sr.dcm"))
    (volume,) = read.named("SCT:118565006")
    assert read.concepts(volume, "METHOD") == ["DCM:126030"]
    derivations = [read.concepts(path, "DERIVATION") for path in read.items if read.get(path, "numericString") and
                   path.startswith("1.6.1.") and read.concepts(path, "UNIT") == ["UCUM:{SUVbw}g/ml"]]  # fmt: skip
    own = ["SCT:373098007", "SCT:255605001", "SCT:56851009", "DCM:126031", "SCT:386136009", "99PMP@real:250137"]
    own += ["SCT:373099004", "99PMP@real:250138", "99PMP@real:250139", "UMLS:C2347976"]
    assert derivations == [*([one] for one in own), []]
    assert read.concepts("1.6.1.11", "METHOD") == ["DCM:126410"]
    assert read.concepts("1.6.1.11", "SITE") == read.concepts("1.6.1.10", "VALUE")
    assert {(one.segment, one.properties["fromItem"]) for one in read.references(volume)} == {
        (None, "1.6.1.6"),
        (1, "1.6.1.6"),
    }


def test_highdicoms_groups_keep_their_findings_apart(shared_data):
    path = shared_data / "highdicom/data/test_files/sr_document_with_multiple_groups.dcm"
    read = Read(pydicom.dcmread(path))
    first, second = read.named("SCT:81827009")
    assert read.get(first, "numericValue") == 10
    assert (read.concepts(first, "FINDING"), read.concepts(first, "SITE")) == ([NODULE_ID], [LUNG_ID])
    assert read.get(second, "numericValue") == 20
    assert (read.concepts(second, "FINDING"), read.concepts(second, "SITE")) == (["SCT:15825003"], [])


def test_highdicoms_area_has_its_site_with_modifier_and_its_own_tracking_uid(shared_data):
    read = Read(pydicom.dcmread(shared_data / "highdicom/data/test_files/sr_document.dcm"))
    (area,) = (path for path in read.items if read.get(path, "valueType") == "NUM")
    site = read.edge(area, "SITE")
    assert (site.concept, site.properties["modifiers"]) == ("SCT:297171002", ["SCT:280734009"])
    assert read.get(area, "trackingUID") == "1.2.826.0.1.3680043.8.498.80512978961795763786957351072754445307"
    assert read.get(area, "trackingID") == "Planar ROI Measurements"


def test_the_ecg_reports_numbers_have_no_site_and_no_finding(shared_data):
    read = Read(pydicom.dcmread(shared_data / "cardio-ai/example_ecg_sr.dcm"))
    (interval,) = read.named("MDC:2:15872")
    assert (read.get(interval, "numericValue"), read.concepts(interval, "UNIT")) == (140, ["UCUM:ms"])
    numbers = [path for path in read.items if read.get(path, "valueType") == "NUM"]
    assert len(numbers) == 10
    assert not any(read.codes(path, "SITE") or read.codes(path, "FINDING") for path in numbers)


def test_a_category_beside_a_finding_is_no_finding():
    read = Read(document(container(CONTAINS, GROUP, coded(CONTAINS, CATEGORY, HEART), num(CONTAINS, DIAMETER, "1"))))
    assert read.concepts("1.1.2", "FINDING") == []


def test_tracking_is_own_before_inherited():
    own = item(HAS_OBS_CONTEXT, "UIDREF", TRACKING_UID, UID="1.5")
    group = item(HAS_OBS_CONTEXT, "UIDREF", TRACKING_UID, UID="1.4")
    read = Read(
        document(container(CONTAINS, GROUP, group, num(CONTAINS, DIAMETER, "1", own), num(CONTAINS, DIAMETER, "2")))
    )
    assert [read.get(path, "trackingUID") for path in ("1.1", "1.1.2", "1.1.3")] == ["1.4", "1.5", "1.4"]
