"""Every value type of PS3.3 C.17.3 as properties and edges; what is odd is kept with a warning."""

from __future__ import annotations

from datetime import date

import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from cohortgraph.ingest.readers.content.tree import walk

from .documents import (
    CONTAINS,
    DIAMETER,
    FINDING,
    GROUP,
    HAS_CONCEPT_MOD,
    HEART,
    INFERRED_FROM,
    NODULE,
    SOP_INSTANCE_UID,
    Read,
    by_reference,
    code,
    coded,
    container,
    document,
    item,
    measured,
    num,
    referenced,
    text,
    written,
)

NAME = ("1", "99TEST", "Something")


@pytest.mark.parametrize(
    ("value_type", "attributes", "expected"),
    [
        ("TEXT", {"TextValue": "two\\lines\nof text"}, {"textValue": "two\\lines\nof text"}),
        ("DATE", {"Date": "20190102"}, {"date": date(2019, 1, 2), "dateDays": 17898}),
        ("TIME", {"Time": "113000.5"}, {"time": "11:30:00.5"}),
        ("DATETIME", {"DateTime": "20190102113000+0100"}, {"dateTime": "2019-01-02T11:30:00+01:00"}),
        ("UIDREF", {"UID": "1.2.3"}, {"uid": "1.2.3"}),
        ("PNAME", {"PersonName": "Doe^Jane=山田"}, {"personName": "Doe^Jane=山田"}),
        ("CONTAINER", {"ContinuityOfContent": "SEPARATE"}, {"continuityOfContent": "SEPARATE"}),
        (
            "SCOORD",
            {"GraphicType": "POLYLINE", "GraphicData": [1.5, 2.0, 3.0, 4.0], "PixelOriginInterpretation": "FRAME"},
            {"graphicType": "POLYLINE", "graphicData": [1.5, 2.0, 3.0, 4.0], "pixelOriginInterpretation": "FRAME"},
        ),
        (
            "SCOORD3D",
            {"GraphicType": "POINT", "GraphicData": [1.0, 2.0, 3.0], "ReferencedFrameOfReferenceUID": "1.9"},
            {"graphicData": [1.0, 2.0, 3.0], "referencedFrameOfReferenceUID": "1.9"},
        ),
        (
            "TCOORD",
            {"TemporalRangeType": "SEGMENT", "ReferencedTimeOffsets": ["1.50", "2"]},
            {"temporalRangeType": "SEGMENT", "referencedTimeOffsets": [1.5, 2.0]},
        ),
        ("TCOORD", {"ReferencedSamplePositions": [7, 9]}, {"referencedSamplePositions": [7, 9]}),
        ("TCOORD", {"ReferencedDateTime": ["2019", "2020"]}, {"referencedDateTime": ["2019", "2020"]}),
        ("TEXT", {"ObservationDateTime": "20190102"}, {"observationDateTime": "2019-01-02"}),
        ("TEXT", {"ObservationUID": "1.2.9"}, {"observationUID": "1.2.9"}),
        ("SCOORD", {"FiducialUID": "1.2.8"}, {"fiducialUID": "1.2.8"}),
    ],
)
@pytest.mark.parametrize("from_file", [True, False])
def test_a_value_is_a_property(value_type, attributes, expected, from_file):
    ds = document(item(CONTAINS, value_type, NAME, **attributes), SpecificCharacterSet="ISO_IR 192")
    read = Read(written(ds) if from_file else ds)
    properties = read.items["1.1"].properties
    assert {name: properties.get(name) for name in expected} == expected
    assert properties["valueType"] == value_type
    assert properties["relationshipType"] == CONTAINS
    assert read.warnings == []


def test_names_values_and_qualifiers_are_edges():
    qualifier = ("114000", "DCM", "Not a number")
    nothing = item(
        CONTAINS, "NUM", DIAMETER, MeasuredValueSequence=[], NumericValueQualifierCodeSequence=[code(qualifier)]
    )
    read = Read(document(coded(CONTAINS, FINDING, NODULE), nothing))
    assert read.edge("1.1", "NAME").concept == "DCM:121071"
    assert read.edge("1.1", "VALUE").concept == "SCT:27925004"
    assert read.edge("1.1", "VALUE").properties == {"codeMeaning": "Nodule"}
    assert read.edge("1.2", "QUALIFIER").concept == "DCM:114000"
    assert read.facts.concepts["SCT:27925004"].meanings == {"Nodule"}


def test_semantics_1_3_the_original_code_stays_on_the_edge():
    read = Read(document(coded(CONTAINS, FINDING, ("T-32000", "SRT", "Heart"))))
    edge = read.edge("1.1", "VALUE")
    assert (edge.concept, edge.properties["originalCode"]) == ("SCT:80891009", "SRT:T-32000")
    assert read.facts.concepts["SCT:80891009"].aliases == {"SRT:T-32000"}


def test_semantics_1_2_a_private_scheme_is_scoped_by_the_data_set():
    for dataset in ("one", "other"):  # the same bytes twice: what is remembered of a spelling is scoped too
        read = Read(written(document(coded(CONTAINS, FINDING, ("7", "99X", "Seven")))), dataset)
        assert read.concepts("1.1", "VALUE") == [f"99X@{dataset}:7"]


def test_semantics_6_7_a_number_is_kept_as_written_and_made_comparable():
    read = Read(document(num(CONTAINS, DIAMETER, "10.50", unit=("cm", "UCUM", "cm"))))
    properties = read.items["1.1"].properties
    assert (properties["numericString"], properties["numericValue"]) == ("10.50", 10.5)
    assert (properties["canonicalValue"], properties["canonicalUnit"]) == (0.105, "m")
    assert read.edge("1.1", "UNIT").properties == {
        "codeMeaning": "cm",
        "valueIndex": 0,
        "numericValue": 10.5,
        "canonicalValue": 0.105,
    }


def test_semantics_6_7_several_values_carry_an_index():
    in_two_units = item(
        CONTAINS, "NUM", DIAMETER, MeasuredValueSequence=[measured("10"), measured("1", ("cm", "UCUM", "cm"))]
    )
    several = item(CONTAINS, "NUM", DIAMETER, MeasuredValueSequence=[measured(["1", "2"])])
    read = Read(document(in_two_units, several))
    told = [
        (one.concept, one.properties["valueIndex"], one.properties["numericValue"]) for one in read.codes("1.1", "UNIT")
    ]
    assert told == [("UCUM:mm", 0, 10.0), ("UCUM:cm", 1, 1.0)]
    assert [one.properties["valueIndex"] for one in read.codes("1.2", "UNIT")] == [0, 1]
    assert (read.get("1.2", "numericString"), read.get("1.2", "numericValue")) == ("1\\2", 1.0)


def test_semantics_6_7_a_qualified_value_is_no_number():
    qualified = num(CONTAINS, DIAMETER, "10")
    qualified.NumericValueQualifierCodeSequence = [code(("114009", "DCM", "Value out of range"))]
    read = Read(document(qualified))
    assert (read.get("1.1", "numericValue"), read.get("1.1", "canonicalValue")) == (None, None)
    assert read.get("1.1", "numericString") == "10"
    assert read.concepts("1.1", "QUALIFIER") == ["DCM:114009"]


def test_semantics_6_7_an_unknown_unit_leaves_the_number_as_it_is():
    read = Read(document(num(CONTAINS, DIAMETER, "3", unit=("7456", "CID", "Age unit"))))
    assert (read.get("1.1", "numericValue"), read.get("1.1", "canonicalValue")) == (3.0, None)
    assert read.concepts("1.1", "UNIT") == ["CID:7456"]
    assert read.warnings == ["content item 1.1: CID:7456 is no unit of UCUM"]


def test_empty_values_are_kept_without_a_warning():
    empty = [
        item(CONTAINS, "NUM", DIAMETER),
        item(CONTAINS, "NUM", DIAMETER, MeasuredValueSequence=[]),
        item(CONTAINS, "CODE", FINDING, ConceptCodeSequence=[]),
        item(CONTAINS, "TEXT", NAME, TextValue=""),
        item(CONTAINS, "DATE", NAME, Date=None),
        item(CONTAINS, "CONTAINER", NAME, ContentSequence=[]),
    ]
    read = Read(written(document(*empty)))
    assert len(read.items) == 7
    assert read.warnings == []
    assert '"0040A168":{"vr":"SQ"' in read.get("1.3", "otherAttributes")


@pytest.mark.parametrize(
    ("attributes", "warning"),
    [
        ({"Date": "20191399"}, "Date is malformed"),
        ({"DateTime": "yesterday"}, "DateTime is malformed"),
        ({"Time": "25"}, "Time is malformed"),
        ({"UID": ["1.2", "1.3"]}, "UID has 2 values instead of one"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_malformed_value_is_kept_with_a_warning(attributes, warning):
    ds = item(CONTAINS, "TEXT", NAME)
    for keyword, value in attributes.items():
        tag = pydicom.datadict.tag_for_keyword(keyword)
        ds.add(DataElement(tag, pydicom.datadict.dictionary_VR(tag), value, validation_mode=pydicom.config.IGNORE))
    read = Read(written(document(ds)))
    assert read.warnings == [f"content item 1.1: {warning}"]
    first = next(iter(attributes.values()))
    assert (first if isinstance(first, str) else first[0]) in read.get("1.1", "otherAttributes")


@pytest.mark.filterwarnings("ignore")
def test_a_number_that_is_none_is_kept_with_a_warning():
    bad = measured("1")
    bad["NumericValue"] = DataElement(0x0040A30A, "DS", "about 1", already_converted=True)
    read = Read(written(document(item(CONTAINS, "NUM", DIAMETER, MeasuredValueSequence=[bad]))))
    assert read.get("1.1", "numericValue") is None
    assert read.warnings == ["content item 1.1: NumericValue is no decimal number"]
    assert "about 1" in read.get("1.1", "otherAttributes")


def test_a_wrong_vr_is_read_and_kept_with_a_warning():
    ds = item(CONTAINS, "TEXT", NAME)
    ds.add(DataElement(0x0040A160, "LO", "short"))
    read = Read(written(document(ds)))
    assert read.get("1.1", "textValue") == "short"
    assert '"vr":"LO"' in read.get("1.1", "otherAttributes")
    assert read.warnings == ["content item 1.1: TextValue has VR LO instead of UT"]


def test_unknown_types_and_attributes_are_kept():
    modality = coded(CONTAINS, FINDING, HEART)
    strange = item(
        "IS NEAR",
        "HOLOGRAM",
        NAME,
        ReasonForRequestedProcedureCodeSequence=[code(HEART)],
        SourceImageSequence=[referenced("9.9")],
    )
    strange.private_block(0x0099, "X", create=True).add_new(1, "LO", "private")
    del modality.ValueType, modality.RelationshipType
    read = Read(written(document(strange, modality)))
    assert read.get("1.1", "valueType") == "HOLOGRAM"
    assert "private" in read.get("1.1", "otherAttributes")
    assert read.edge("1.1", "CODED").properties["path"] == "ReasonForRequestedProcedureCodeSequence[0]"
    (reference,) = read.references("1.1")
    assert (reference.sop_instance_uid, reference.properties["path"]) == ("9.9", "SourceImageSequence[0]")
    assert read.warnings == [
        "content item 1.1: RelationshipType is unknown",
        "content item 1.1: ValueType is unknown",
        "content item 1.2: RelationshipType is missing",
        "content item 1.2: ValueType is missing",
    ]


def test_what_an_image_item_holds_besides_is_kept():
    icon, state = Dataset(), referenced("9.5", "1.2.840.10008.5.1.4.1.1.11.1")
    icon.Rows, icon.PixelData = 2, b"\0\1\2\3"
    image = referenced(
        "9.1",
        IconImageSequence=[icon],
        ReferencedSOPSequence=[state],
        PurposeOfReferenceCodeSequence=[code(("121322", "DCM", "Source image"))],
    )
    read = Read(document(item(CONTAINS, "IMAGE", None, ReferencedSOPSequence=[image])))
    to_image, to_state = read.references("1.1")
    assert to_image.properties["purpose"] == "DCM:121322"
    assert "00880200" in to_image.properties["otherAttributes"]
    assert (to_state.sop_instance_uid, to_state.properties["path"]) == (
        "9.5",
        "ReferencedSOPSequence[0].ReferencedSOPSequence[0]",
    )


def test_paths_count_by_reference_entries():
    group = container(CONTAINS, GROUP, by_reference(CONTAINS, 1, 2), num(CONTAINS, DIAMETER, "1"))
    read = Read(document(text(CONTAINS, NAME, "x"), coded(CONTAINS, FINDING, HEART), group))
    assert list(read.items) == ["1", "1.1", "1.2", "1.3", "1.3.2"]
    assert [child.position for child in read.facts.children] == [0, 1, 2, 3, 4]
    assert [child.parent for child in read.facts.children] == [None, 0, 0, 0, 3]
    (reference,) = read.references("1.3")
    assert (reference.sop_instance_uid, reference.item) == (SOP_INSTANCE_UID, "1.2")


def test_a_cycle_by_reference_is_kept_with_a_warning():
    inner = num(CONTAINS, DIAMETER, "1", by_reference(INFERRED_FROM, 1, 1))
    read = Read(document(container(CONTAINS, GROUP, inner)))
    assert [one.item for one in read.references("1.1.1")] == ["1.1"]
    (warning,) = read.warnings
    assert warning.startswith("content items refer to one another in a cycle: ")


def test_a_malformed_reference_is_kept_as_an_item():
    read = Read(document(by_reference(INFERRED_FROM)))
    assert "0040DB73" in read.get("1.1", "otherAttributes")
    assert read.facts.references == []


def test_ten_thousand_levels_do_not_exhaust_the_stack():
    ds = innermost = document()
    for _ in range(10_000):
        below = item(CONTAINS, "CONTAINER", GROUP)
        innermost.ContentSequence = Sequence([below])
        innermost = below
    innermost.ContentSequence = Sequence([coded(HAS_CONCEPT_MOD, FINDING, HEART)])
    found, _ = walk(ds)
    assert len(found) == 10_002
    assert max(len(each.path) for each in found) < 400
    assert len({each.path for each in found}) == len(found)
    read = Read(ds)
    assert len(read.facts.children) == 10_002
    assert read.facts.children[-2].codes[-1].type == "FINDING"


def test_a_key_object_selection_is_read_like_a_report():
    selected = item(CONTAINS, "IMAGE", None, ReferencedSOPSequence=[referenced("9.1")])
    ds = document(selected, title=("113000", "DCM", "Of Interest"))
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.59"
    read = Read(ds)
    assert read.concepts("1", "NAME") == ["DCM:113000"]
    assert [one.sop_instance_uid for one in read.references("1.1")] == ["9.1"]


def test_the_root_holds_its_template():
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "1500"
    read = Read(document(ContentTemplateSequence=[template]))
    assert (read.get("1", "mappingResource"), read.get("1", "templateIdentifier")) == ("DCMR", "1500")
    assert read.get("1", "otherAttributes") is None
