"""Yes, no, unknown (semantics 3.1)."""

import pytest

from cohortgraph.ontology.assertions import assertion
from cohortgraph.ontology.concept import Code
from cohortgraph.ontology.normalise import normalise
from cohortgraph.ontology.value_sets import value_set


@pytest.mark.parametrize("value", ["SCT:373067005", "SCT:272519000", "SCT:260385009", "DCM:121054"])
def test_semantics_3_1_denied(value):
    assert assertion(value) == "denied"


@pytest.mark.parametrize("value", ["SCT:373066001", "SCT:52101004", "DCM:121053"])
def test_semantics_3_1_affirmed(value):
    assert assertion(value) == "affirmed"


def test_semantics_3_1_undetermined():
    assert assertion("SCT:373068000") == "undetermined"


def test_semantics_3_1_every_answer_of_cid_230_and_240_is_known():
    answers = value_set("CID 230").members | value_set("CID 240").members
    assert {assertion(answer) for answer in answers} == {"affirmed", "denied", "undetermined"}


@pytest.mark.parametrize(
    ("read", "means"),
    [(Code("R-0038D", "SRT"), "affirmed"), (Code("R-00339", "SRT"), "denied"), (Code("121059", "DCM"), "undetermined")],
)
def test_semantics_3_1_holds_for_answers_in_old_codes(read, means):
    assert assertion(normalise(read).id) == means


def test_semantics_3_1_anything_else_is_valued():
    assert assertion("SCT:14106009") == "valued"
