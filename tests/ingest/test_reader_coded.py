"""A code sequence item becomes an edge from which it can be rebuilt (semantics 1.2, 1.3)."""

import pydicom
import pytest
from pydicom.dataset import Dataset

from cohortgraph.dicom.codes import VALUES
from cohortgraph.dicom.sequences import Level
from cohortgraph.graph.facts import InstanceFacts, Location
from cohortgraph.ingest.readers.coded import add_code, add_codes, code_item

from .reading import code, ct, edges, facts_of, group


@pytest.fixture
def facts() -> InstanceFacts:
    return InstanceFacts("set", Location(""), {}, {}, {}, {})


def test_a_code_is_an_edge_with_its_meaning(facts):
    coded = add_code(facts, facts.codes, "TYPE", Level.of(code("80891009", meaning="Heart")), path="P")
    assert facts.codes == [coded]
    assert (coded.type, coded.concept) == ("TYPE", "SCT:80891009")
    assert coded.properties == {"codeMeaning": "Heart", "path": "P"}
    assert facts.concepts["SCT:80891009"].meanings == {"Heart"}


def test_semantics_1_3_the_original_code_stays_on_the_edge(facts):
    coded = add_code(facts, facts.codes, "TYPE", Level.of(code("T-32602", "SRT")))
    assert coded.concept.startswith("SCT:")
    assert coded.properties["originalCode"] == "SRT:T-32602"
    assert facts.concepts[coded.concept].aliases == {"SRT:T-32602"}


def test_semantics_1_3_the_version_is_of_the_edge_not_of_the_concept(facts):
    item = code("80891009")
    item.CodingSchemeVersion = "2020"
    coded = add_code(facts, facts.codes, "TYPE", Level.of(item))
    assert coded.concept == "SCT:80891009"
    assert coded.properties["codingSchemeVersion"] == "2020"


def test_semantics_1_3_an_invalid_value_is_kept_and_flagged(facts):
    coded = add_code(facts, facts.codes, "TYPE", Level.of(code("C0018787", "SCT")))
    assert coded.concept == "SCT:C0018787"
    assert facts.concepts[coded.concept].flagged


def test_an_item_without_a_value_is_no_edge(facts):
    assert add_code(facts, facts.codes, "TYPE", Level.of(group(CodeMeaning="nothing"))) is None
    assert facts.codes == []


@pytest.mark.parametrize(
    ("items", "enough"), [([], False), ([code("1")], True), ([code("1"), code("2")], False), ([code("")], False)]
)
def test_one_item_with_a_value_can_be_rebuilt_from_its_edge_alone(facts, items, enough):
    ds = group(ProcedureCodeSequence=items)
    assert add_codes(facts, facts.codes, "PROCEDURE", Level.of(ds), 0x00081032) is enough
    assert len(facts.codes) == sum(bool(item.CodeValue) for item in items)


def odd_items():
    both = code("12345")
    both.LongCodeValue = "also"
    yield "both values", both
    yield "short long code", group(LongCodeValue="1", CodingSchemeDesignator="SCT")
    yield "code too long", group(CodeValue="12345678901234567", CodingSchemeDesignator="SCT", CodeMeaning="x")
    yield "urn", group(URNCodeValue="urn:lex:us:federal", CodeMeaning="x")
    yield "url", group(URNCodeValue="https://example.org/Code", CodeMeaning="x")
    yield "urn with designator", group(URNCodeValue="urn:a", CodingSchemeDesignator="X")
    yield "empty designator", code("1", "")
    yield "no designator", group(CodeValue="2501", CodeMeaning="x")
    yield "colon in designator", code("c", "A:B")
    yield "colon in value", code("2:15872", "MDC")
    yield "leading space", code(" 1", "SCT ", " x")
    yield "private scheme", code("1", "99PMP")
    yield "scheme UID", group(CodeValue="1", CodingSchemeDesignator="X", CodingSchemeUID="1.2", CodeMeaning="")
    yield "context group", group(CodeValue="1", CodingSchemeDesignator="DCM", MappingResource="DCMR", CodeMeaning="x")
    yield "modifier", code("1", "SRT", AnatomicRegionModifierSequence=[code("2", "SRT"), group()])
    yield "decomposed characters", code("1", "SCT", "Scha\u0308del")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "item"), odd_items())
def test_an_item_is_rebuilt_exactly(facts, name, item):
    coded = add_code(facts, facts.codes, "TYPE", Level.of(item))
    assert code_item(coded.concept, coded.properties) == item


def test_every_code_of_real_files_is_rebuilt_exactly(facts, shared_data):
    folders = ("dcmqi/data/sr-example", "highdicom/data/test_files", "dcmjs/test", "dcmqi/data/segmentations")
    items = [
        item
        for folder in folders
        for file in sorted((shared_data / folder).glob("*.dcm"))
        for item in code_items(pydicom.dcmread(file, stop_before_pixels=True, force=True))
    ]
    assert len(items) > 1000
    for item in items:
        if coded := add_code(facts, facts.codes, "CODED", Level.of(item)):
            assert code_item(coded.concept, coded.properties) == item


def code_items(ds: Dataset):
    for element in ds:
        for item in element.value if element.VR == "SQ" else ():
            if any(tag in item for tag in VALUES):
                yield item
            yield from code_items(item)


def test_semantics_1_2_a_private_scheme_is_scoped_by_the_uid_that_the_object_gives_it_once():
    schemes = [group(CodingSchemeDesignator="99X", CodingSchemeUID="1.2.9"), group(CodingSchemeDesignator="99Y")]
    schemes.append(group(CodingSchemeDesignator="DCM", CodingSchemeUID="1.2.8"))
    named = [code("1", "99X"), code("2", "99Y"), code("121322", "DCM")]
    own = code("1", "99X")
    own.CodingSchemeUID = "1.2.7"
    image = facts_of(ct(CodingSchemeIdentificationSequence=schemes, ProcedureCodeSequence=[*named, own]))
    assert {concept for concept, _ in edges(image, "PROCEDURE")} == {
        "99X@1.2.9:1", "99Y@set:2", "DCM:121322", "99X@1.2.7:1",
    }  # fmt: skip
    assert image.concepts["99X@1.2.9:1"].coding_scheme_uid == "1.2.9"
    name = [code("1", "99X")]
    report = ct(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", ValueType="CONTAINER", ConceptNameCodeSequence=name,
        CodingSchemeIdentificationSequence=schemes,
    )  # fmt: skip
    assert [coded.concept for coded in facts_of(report).children[0].codes] == ["99X@1.2.9:1"]
    without = facts_of(ct(ProcedureCodeSequence=name))
    assert edges(without, "PROCEDURE")[0][0] == "99X@set:1"
