from pydicom.dataset import Dataset

from cohortgraph.dicom.codes import read_code
from cohortgraph.ontology.concept import Code


def item(**attributes: str) -> Dataset:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def test_a_code_is_read_with_all_that_its_item_says():
    assert read_code(
        item(
            CodeValue="T-A0100",
            CodingSchemeDesignator="SRT",
            CodingSchemeVersion="2",
            CodeMeaning="Brain",
            CodingSchemeUID="1.2.3",
        )
    ) == Code("T-A0100", "SRT", "Brain", "2", "1.2.3")


def test_long_and_urn_codes_are_codes():
    assert read_code(item(LongCodeValue="12345678901234567", CodingSchemeDesignator="SCT")) == Code(
        "12345678901234567", "SCT"
    )
    assert read_code(item(URNCodeValue="urn:lex:us:2")) == Code("urn:lex:us:2")


def test_an_empty_code_value_gives_way_to_a_long_one():
    assert read_code(item(CodeValue="", LongCodeValue="1234567", CodingSchemeDesignator="LN")) == Code("1234567", "LN")


def test_an_item_without_a_value_is_no_code():
    assert read_code(item(CodeValue="", CodeMeaning="nothing")) is None
    assert read_code(Dataset()) is None
