"""Named sets of concepts (semantics 3.3, 6.6)."""

import pytest
from pydicom.sr.codedict import codes

from cohortgraph.errors import UsageError
from cohortgraph.ontology.dicom_terms import groups
from cohortgraph.ontology.tables import rows
from cohortgraph.ontology.value_sets import memberships, names, value_set


def test_semantics_3_3_pacemaker():
    assert value_set("pacemaker").members == {
        "SCT:14106009",
        "SCT:118378005",
        "SCT:360129009",
        "SCT:441509002",
        "SCT:307280005",
    }


def test_semantics_3_3_pr_interval():
    assert value_set("PR interval").members == {"MDC:2:15872", "LN:8625-6", "SCPECG:5.13.5-7"}


def test_ventricles():
    assert value_set("ventricles").members == {"SCT:87878005", "SCT:53085002"}


def test_chambers_are_those_of_dicom_and_no_ventricle_of_the_brain():
    chambers = value_set("chambers").members
    assert value_set("CID 3462").members | value_set("ventricles").members <= chambers <= value_set("CID 4").members
    assert "SCT:66720007" not in chambers  # lateral ventricle


def test_prostheses_hold_those_of_heart_valves():
    assert value_set("heart valve prostheses").members < value_set("prostheses").members
    assert value_set("prostheses").members.isdisjoint(value_set("pacemaker").members)


def test_rhythm_findings_are_those_of_cid_3415_and_their_snomed_spellings():
    rhythms = value_set("rhythm findings").members
    assert value_set("CID 3415").members - rhythms == {"MDC:10:10368", "MDC:10:10416", "MDC:10:10448"}
    assert value_set("CID 3826").members | value_set("atrial fibrillation").members <= rhythms


def test_tumor_sites_are_those_of_head_and_neck_cancer_and_organs():
    sites = value_set("tumor sites").members
    assert value_set("CID 7601").members - sites == {"UMLS:C0221297"}  # an unknown site is none
    assert {"SCT:39607008", "SCT:76752008", "SCT:41216001"} <= sites
    assert sites.isdisjoint(value_set("tumors").members)


def test_own_value_sets_hold_each_concept_once():
    listed = [(row["name"], row["concept"]) for row in rows("value_sets")]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("name", [name for name in names() if not name.startswith("CID ")] + ["CID 3001"])
def test_every_value_set_names_its_source(name):
    assert value_set(name).title and value_set(name).source


def test_semantics_6_6_context_groups_are_value_sets_under_their_number():
    leads = value_set("CID 3001")
    assert leads == value_set("3001") == value_set("cid 3001")
    assert (leads.name, leads.title, len(leads.members)) == ("CID 3001", "ECG Lead", 105)


def test_semantics_6_6_members_are_those_that_pydicom_lists():
    for number in (4, 230, 3010, 7151):
        ours = value_set(f"CID {number}").members
        listed = {f"{code.scheme_designator}:{code.value}" for code in getattr(codes, f"cid{number}").concepts.values()}
        assert listed <= ours


def test_semantics_6_6_nested_context_groups_are_included():
    """CID 7151 Segmentation Property Types includes CID 7192 Anatomical Structure, which includes CID 4 and 3010."""
    for nested in (7192, 4, 3010):
        assert value_set(f"CID {nested}").members <= value_set("CID 7151").members


def test_semantics_6_6_memberships_are_the_inverse_of_members():
    left_ventricle = memberships("SCT:87878005")
    assert {"ventricles", "CID 7151", "CID 3010"} <= left_ventricle
    assert left_ventricle == {name for name in names() if "SCT:87878005" in value_set(name).members}
    assert memberships("99X@1:2") == frozenset()


def test_every_context_group_of_pydicom_is_there():
    assert len(groups()) > 1300


def test_an_unknown_value_set_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'pacemaker'"):
        value_set("pacemakers")
    with pytest.raises(UsageError, match="no context group 99999"):
        value_set("CID 99999")
    with pytest.raises(UsageError, match="'PR interval'"):
        value_set("zzz")
