"""Codes and references outside the SR tree (semantics 2.8, 4.1, 4.7)."""

import io

import pydicom
import pytest

from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.ingest.readers import ReadContext, read

from .reading import code, ct, edges, facts_of, group

CT = "1.2.840.10008.5.1.4.1.1.2"


def image(uid: str, **further) -> pydicom.Dataset:
    return group(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=uid, **further)


def references(facts: InstanceFacts) -> dict[str, tuple[str, str]]:
    return {
        r.sop_instance_uid or r.series_instance_uid: (r.properties["basis"], r.properties["path"])
        for r in facts.references
    }


def test_anatomy_view_and_procedure_have_edges_of_their_own():
    facts = facts_of(
        ct(
            AnatomicRegionSequence=[code("80891009")],
            ViewCodeSequence=[code("399067008")],
            ProcedureCodeSequence=[code("77477000"), code("241547009")],
        )
    )
    assert [concept for concept, _ in edges(facts, "ANATOMY")] == ["SCT:80891009"]
    assert [concept for concept, _ in edges(facts, "VIEW")] == ["SCT:399067008"]
    assert [concept for concept, _ in edges(facts, "PROCEDURE")] == ["SCT:77477000", "SCT:241547009"]
    assert edges(facts, "CODED") == []


def test_semantics_2_8_modifiers_and_laterality_are_properties_of_the_edge():
    modified = code("64033007", AnatomicRegionModifierSequence=[code("7771000"), code("46053002")])
    facts = facts_of(ct(AnatomicRegionSequence=[modified]))
    ((_, properties),) = edges(facts, "ANATOMY")
    assert properties["modifiers"] == ["SCT:7771000", "SCT:46053002"]
    assert properties["laterality"] == "SCT:7771000"
    assert {coded.type for coded in facts.codes} == {"ANATOMY"}


@pytest.mark.parametrize(("letter", "concept"), [("R", "SCT:24028007"), ("B", "SCT:51440002"), ("", None)])
def test_the_laterality_of_an_image_is_that_of_its_anatomy(letter, concept):
    ((_, properties),) = edges(
        facts_of(ct(AnatomicRegionSequence=[code("64033007")], ImageLaterality=letter)), "ANATOMY"
    )
    assert properties.get("laterality") == concept


def test_semantics_4_7_any_other_code_is_coded_with_its_path():
    deep = group(RequestedProcedureCodeSequence=[code("1"), code("2")])
    facts = facts_of(ct(RequestAttributesSequence=[group(), deep]))
    path = "RequestAttributesSequence[1].RequestedProcedureCodeSequence"
    assert [(c, p["path"]) for c, p in edges(facts, "CODED")] == [("SCT:1", f"{path}[0]"), ("SCT:2", f"{path}[1]")]


def test_semantics_4_7_codes_in_private_sequences_are_coded_too():
    ds = ct()
    ds.private_block(0x0029, "MAKER", create=True).add_new(0x10, "SQ", [code("1")])
    assert edges(facts_of(ds), "CODED")[0][1]["path"] == "00291010[0]"


def test_what_frames_repeat_is_one_edge_without_the_frame():
    frames = [group(FrameAnatomySequence=[group(FrameLaterality="L", AnatomicRegionSequence=[code("1")])])] * 3
    other = group(DerivationImageSequence=[group(DerivationCodeSequence=[code("113076", "DCM")])])
    facts = facts_of(ct(PerFrameFunctionalGroupsSequence=[*frames, other, other]))
    assert [(c, p["laterality"]) for c, p in edges(facts, "ANATOMY")] == [("SCT:1", "SCT:7771000")]
    assert [p["path"] for _, p in edges(facts, "CODED")] == [
        "PerFrameFunctionalGroupsSequence.DerivationImageSequence[0].DerivationCodeSequence[0]"
    ]


def test_semantics_4_1_every_reference_keeps_its_basis_and_path():
    facts = facts_of(
        ct(
            ReferencedSeriesSequence=[group(SeriesInstanceUID="2.1", ReferencedInstanceSequence=[image("2.2")])],
            SourceImageSequence=[image("2.3")],
            ReferencedImageSequence=[image("2.4")],
            CurrentRequestedProcedureEvidenceSequence=[
                group(
                    StudyInstanceUID="2",
                    ReferencedSeriesSequence=[group(SeriesInstanceUID="2.1", ReferencedSOPSequence=[image("2.5")])],
                )
            ],
            PredecessorDocumentsSequence=[
                group(
                    StudyInstanceUID="2",
                    ReferencedSeriesSequence=[group(SeriesInstanceUID="2.1", ReferencedSOPSequence=[image("2.6")])],
                )
            ],
        )
    )
    assert references(facts) == {
        "2.2": ("referencedSeries", "ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]"),
        "2.3": ("sourceImage", "SourceImageSequence[0]"),
        "2.4": ("referencedImage", "ReferencedImageSequence[0]"),
        "2.5": (
            "evidence",
            "CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]",
        ),
        "2.6": ("predecessor", "PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]"),
    }


def test_a_series_is_referenced_where_none_of_its_instances_is_named():
    facts = facts_of(ct(ReferencedSeriesSequence=[group(SeriesInstanceUID="2.1")]))
    (reference,) = facts.references
    assert (reference.series_instance_uid, reference.sop_instance_uid) == ("2.1", "")


def test_frames_segments_and_purpose_are_properties_of_a_reference():
    purpose = [code("121322", "DCM")]
    source = image("2.3", ReferencedFrameNumber=["4", "2"], PurposeOfReferenceCodeSequence=purpose)
    facts = facts_of(
        ct(SourceImageSequence=[source], ReferencedImageSequence=[image("2.4", ReferencedSegmentNumber=[1, 2])])
    )
    properties = {(r.sop_instance_uid, r.segment): r.properties for r in facts.references}
    assert properties["2.3", None]["frames"] == [2, 4]
    assert properties["2.3", None]["purpose"] == "DCM:121322"
    assert {key for key in properties if key[0] == "2.4"} == {("2.4", None), ("2.4", 1), ("2.4", 2)}


def test_the_frames_of_references_that_frames_repeat_are_united():
    def frame(number):
        source = group(SourceImageSequence=[image("2.3", ReferencedFrameNumber=number)])
        return group(DerivationImageSequence=[source])

    (reference,) = facts_of(ct(PerFrameFunctionalGroupsSequence=[frame("2"), frame("1"), frame("2")])).references
    assert reference.properties["frames"] == [1, 2]
    assert reference.properties["basis"] == "sourceImage"


def test_procedure_steps_are_no_targets():
    step = group(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.3", ReferencedSOPInstanceUID="2.7")
    assert facts_of(ct(ReferencedPerformedProcedureStepSequence=[step])).references == []


def test_every_code_and_reference_of_real_objects_is_told(shared_data):
    """Beside a naive walk through pydicom's Datasets."""
    for file in sorted(shared_data.glob("highdicom/data/test_files/s[em]*.dcm")):
        ds = pydicom.dcmread(file, stop_before_pixels=True)
        facts = read(ds, ReadContext("set"))
        naive = list(items(pydicom.dcmread(file, stop_before_pixels=True)))
        values = {item.CodeValue for item in naive if item.get("CodeValue")}
        background = {"125040", "309825002"} if facts.instance.get("segmentationType") == "LABELMAP" else set()
        told = {concept.split(":", 1)[1] for concept in facts.concepts}
        told |= {alias.split(":", 1)[1] for seen in facts.concepts.values() for alias in seen.aliases}
        assert values - background <= told, file.name
        targets = {item.ReferencedSOPInstanceUID for item in naive if "ReferencedSOPInstanceUID" in item}
        assert {r.sop_instance_uid for r in facts.references} - {""} == targets, file.name


def items(ds):
    for element in ds:
        for item in element.value if element.VR == "SQ" else ():
            yield item
            yield from items(item)


@pytest.mark.parametrize("syntax", [pydicom.uid.ExplicitVRLittleEndian, pydicom.uid.ImplicitVRLittleEndian])
def test_what_items_name_is_told_apart_also_where_they_are_alike(syntax):
    alike = [f"1.2.{n}" for n in range(10, 30)]
    others = ["1.2.3", "1.2.345", "1.2.9a"]  # of other lengths, and no UID at all
    listed = [image(uid) for uid in (*alike, *others)]
    listed += [image("1.2.50", ReferencedFrameNumber=2), image("1.2.51", ReferencedFrameNumber=3)]
    listed += [image("1.2.60", PurposeOfReferenceCodeSequence=[code("1")])]
    listed += [image("1.2.61", PurposeOfReferenceCodeSequence=[code("2")])]
    listed += [image("1.2.70", AnatomicRegionSequence=[code("3")]), image("1.2.71", AnatomicRegionSequence=[code("3")])]
    buffer = io.BytesIO()
    ds = ct(SourceImageSequence=listed)
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(buffer, ds, enforce_file_format=True)
    buffer.seek(0)
    facts = read(pydicom.dcmread(buffer), ReadContext("set"))
    uids = [item.ReferencedSOPInstanceUID for item in listed]
    assert [r.properties["path"] for r in facts.references] == [f"SourceImageSequence[{n}]" for n in range(len(uids))]
    assert [r.sop_instance_uid for r in facts.references] == uids
    assert {
        r.sop_instance_uid: r.properties[k] for r in facts.references for k in ("frames",) if k in r.properties
    } == {
        "1.2.50": [2],
        "1.2.51": [3],
    }
    purposes = {r.sop_instance_uid: r.properties["purpose"] for r in facts.references if "purpose" in r.properties}
    assert purposes == {"1.2.60": "SCT:1", "1.2.61": "SCT:2"}
    paths = [p["path"] for c, p in edges(facts, "CODED") if c == "SCT:3"]
    assert paths == [f"SourceImageSequence[{n}].AnatomicRegionSequence[0]" for n in (len(uids) - 2, len(uids) - 1)]
