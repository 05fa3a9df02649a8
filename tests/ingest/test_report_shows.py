"""Yes, no and unknown (semantics 3), and what a report shows (semantics 5)."""

from __future__ import annotations

import pydicom
import pytest

from .documents import (
    CATEGORY,
    CONTAINS,
    FINDING,
    HAS_ACQ_CONTEXT,
    HAS_CONCEPT_MOD,
    HAS_OBS_CONTEXT,
    HAS_PROPERTIES,
    HEART,
    INFERRED_FROM,
    LUNG,
    NO,
    NODULE,
    SITE,
    YES,
    Read,
    coded,
    container,
    document,
    item,
    text,
)

PACEMAKER = ("14106009", "SCT", "Cardiac pacemaker")
PNEUMOTHORAX = ("36118008", "SCT", "Pneumothorax")
DIABETES = ("73211009", "SCT", "Diabetes mellitus")
HISTORY = ("11329-0", "LN", "History")
FAMILY_HISTORY = ("10157-6", "LN", "History of family member diseases")
PREVIOUS_FINDINGS = ("18834-2", "LN", "Previous Findings")
SUBJECT_CLASS = ("121024", "DCM", "Subject Class")


@pytest.mark.parametrize(
    ("value", "assertion"),
    [
        (NO, "denied"),
        (("272519000", "SCT", "Absent"), "denied"),
        (("121054", "DCM", "Absent"), "denied"),
        (("R-00339", "SRT", "No"), "denied"),
        (("260385009", "SCT", "Negative"), "denied"),
        (YES, "affirmed"),
        (("R-0038D", "SRT", "Yes"), "affirmed"),
        (("52101004", "SCT", "Present"), "affirmed"),
        (("121053", "DCM", "Present"), "affirmed"),
        (("373068000", "SCT", "Undetermined"), "undetermined"),
        (NODULE, "valued"),
    ],
)
def test_semantics_3_1_a_code_item_asserts_its_name_or_its_value(value, assertion):
    read = Read(document(coded(CONTAINS, PACEMAKER, value)))
    assert read.get("1.1", "assertion") == assertion


def test_semantics_3_1_only_code_items_with_a_value_assert():
    read = Read(document(text(CONTAINS, PACEMAKER, "No"), item(CONTAINS, "CODE", PACEMAKER, ConceptCodeSequence=[])))
    assert [read.get(path, "assertion") for path in ("1", "1.1", "1.2")] == [None, None, None]


def test_semantics_3_2_no_is_neither_shown_as_its_name_nor_as_an_answer():
    read = Read(document(coded(CONTAINS, PACEMAKER, NO)))
    assert read.shows == set()
    assert read.get("1.1", "assertion") == "denied"


def test_semantics_5_values_are_shown():
    read = Read(document(coded(CONTAINS, FINDING, NODULE, coded(HAS_PROPERTIES, ("246112005", "SCT", "Cause"), HEART))))
    assert read.shows == {"SCT:27925004", "SCT:80891009"}


def test_semantics_5_an_affirmed_name_is_shown_and_its_answer_is_not():
    assert Read(document(coded(CONTAINS, PACEMAKER, YES))).shows == {"SCT:14106009"}


def test_semantics_5_pacemaker_no_is_not_shown():
    assert Read(document(coded(CONTAINS, PACEMAKER, NO))).shows == set()


def test_semantics_5_no_pneumothorax_is_not_shown():
    read = Read(
        document(
            coded(CONTAINS, PNEUMOTHORAX, ("272519000", "SCT", "Absent")), text(CONTAINS, FINDING, "no pneumothorax")
        )
    )
    assert read.shows == set()


def test_semantics_5_family_history_is_not_shown():
    read = Read(
        document(container(CONTAINS, HISTORY, container(CONTAINS, FAMILY_HISTORY, coded(CONTAINS, FINDING, DIABETES))))
    )
    assert read.shows == set()


def test_semantics_5_a_relative_is_not_the_patient():
    relative = ("408732007", "SCT", "Subject relationship context")
    father = coded(HAS_OBS_CONTEXT, relative, ("9947008", "SCT", "Natural father"))
    assert Read(document(container(CONTAINS, HISTORY, father, coded(CONTAINS, FINDING, DIABETES)))).shows == set()


@pytest.mark.parametrize(("subject", "shown"), [("121025", True), ("121026", False), ("121027", False)])
def test_semantics_5_only_the_patient_counts(subject, shown):
    context = coded(HAS_OBS_CONTEXT, SUBJECT_CLASS, (subject, "DCM", "Patient, fetus or specimen"))
    read = Read(document(container(CONTAINS, HISTORY, context, coded(CONTAINS, FINDING, DIABETES))))
    assert read.shows == ({"SCT:73211009"} if shown else set())


def test_semantics_5_prior_studies_are_not_shown():
    read = Read(document(container(CONTAINS, PREVIOUS_FINDINGS, coded(CONTAINS, FINDING, NODULE))))
    assert read.shows == set()


@pytest.mark.parametrize("relationship", [HAS_CONCEPT_MOD, HAS_OBS_CONTEXT, HAS_ACQ_CONTEXT, INFERRED_FROM])
def test_semantics_5_modifiers_and_context_are_not_shown(relationship):
    assert Read(document(coded(relationship, ("387713003", "SCT", "Surgical procedure"), PACEMAKER))).shows == set()


def test_semantics_5_what_belongs_to_a_modifier_is_not_shown():
    modifier = coded(HAS_CONCEPT_MOD, ("387713003", "SCT", "Surgical procedure"), PACEMAKER)
    modifier.ContentSequence = [coded(HAS_PROPERTIES, FINDING, HEART)]
    assert Read(document(modifier)).shows == set()


@pytest.mark.parametrize("name", [SITE, CATEGORY, ("121402", "DCM", "Normality"), ("121403", "DCM", "Significance")])
def test_semantics_5_what_modifies_a_finding_is_not_shown(name):
    assert Read(document(coded(CONTAINS, FINDING, NODULE, coded(HAS_PROPERTIES, name, LUNG)))).shows == {"SCT:27925004"}


def test_semantics_5_names_are_not_shown():
    read = Read(document(coded(CONTAINS, PACEMAKER, ("373068000", "SCT", "Undetermined")), container(CONTAINS, HEART)))
    assert read.shows == set()


def test_semantics_5_each_concept_is_shown_once():
    facts = Read(document(coded(CONTAINS, FINDING, NODULE), coded(CONTAINS, FINDING, NODULE))).facts
    assert [(one.type, one.concept, one.properties) for one in facts.codes] == [("SHOWS", "SCT:27925004", {})]


def test_cardio_ais_diagnoses_are_shown(shared_data):
    for path in shared_data.glob("cardio-ai/mm2_reports/*/diagnosis.dcm"):
        ds = pydicom.dcmread(path)
        values = {
            f"{one.ConceptCodeSequence[0].CodingSchemeDesignator}:{one.ConceptCodeSequence[0].CodeValue}"
            for one in ds.ContentSequence
        }
        assert Read(ds).shows == values


def test_the_ecg_report_shows_no_operation_that_only_modifies(shared_data):
    shows = Read(pydicom.dcmread(shared_data / "cardio-ai/example_ecg_sr.dcm")).shows
    assert "SCT:307280005" not in shows  # Surgical procedure = implantation of a pacemaker, by HAS CONCEPT MOD
    assert "SCT:400047006" in shows  # Peripheral vascular disease, by CONTAINS
