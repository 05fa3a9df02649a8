"""Codes as people write them (semantics 1.4)."""

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.ontology.concept import Code
from cohortgraph.ontology.literals import parse
from cohortgraph.ontology.normalise import normalise

IN_STORE = {"SCT", "DCM", "GEIIS", "99PMP@trial%20A", "99TWICE@1.2.3", "99TWICE@other"}


@pytest.mark.parametrize(
    ("literal", "identifier"),
    [
        ("SCT:87878005", "SCT:87878005"),
        ("SRT:T-32600", "SCT:87878005"),
        ("MDC:2:15872", "MDC:2:15872"),
        ("LOINC:8625-6", "LN:8625-6"),
        ("DCM:121070", "LN:59776-5"),
        (":2501", ":2501"),
        ("urn:oid:1.2.3", "urn:oid:1.2.3"),
    ],
)
def test_semantics_1_4_literals_are_normalised_like_data(literal, identifier):
    assert parse(literal, IN_STORE) == identifier


def test_semantics_1_4_an_unknown_designator_is_an_error_that_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'SCT'"):
        parse("SNOMDCT:87878005", IN_STORE)


def test_semantics_1_4_an_unknown_designator_that_is_in_the_store_is_known():
    assert parse("GEIIS:M2195", IN_STORE) == "GEIIS:M2195"


def test_semantics_1_4_a_known_scheme_with_an_absent_code_is_no_error():
    assert parse("SCT:999999999", IN_STORE) == "SCT:999999999"


def test_semantics_1_4_a_private_scheme_is_never_unknown():
    assert parse("99NEVERSEEN:1", IN_STORE) == "99NEVERSEEN:1"


def test_semantics_1_2_a_private_literal_reaches_the_one_source_that_uses_the_scheme():
    stored = normalise(Code("250137", "99PMP"), dataset="trial A").id
    assert parse("99PMP:250137", IN_STORE) == stored
    assert parse(stored, IN_STORE) == stored


def test_semantics_1_2_a_private_literal_of_several_sources_must_name_one():
    with pytest.raises(UsageError, match=r"99TWICE@1\.2\.3:7, 99TWICE@other:7"):
        parse("99TWICE:7", IN_STORE)
    assert parse("99TWICE@other:7", IN_STORE) == "99TWICE@other:7"


@pytest.mark.parametrize("text", ["", "87878005", "SCT:", "left ventricle"])
def test_what_is_no_code_is_an_error(text):
    with pytest.raises(UsageError, match="expected SCHEME:value"):
        parse(text, IN_STORE)
