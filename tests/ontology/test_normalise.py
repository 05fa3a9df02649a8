"""One identity for each concept (semantics 1.2, 1.3)."""

import csv
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code as PydicomCode

from cohortgraph.ontology.aliases import spellings, srt_to_sct
from cohortgraph.ontology.concept import Code, concept_id, split_id
from cohortgraph.ontology.dicom_terms import terms
from cohortgraph.ontology.normalise import normalise
from cohortgraph.ontology.units import UnknownUnit, canonical
from cohortgraph.ontology.validity import is_loinc, is_sctid, is_valid


def test_semantics_1_2_an_id_splits_at_its_first_colon():
    assert normalise(Code("2:15872", "MDC")).id == "MDC:2:15872"
    assert split_id("MDC:2:15872") == ("MDC", "2:15872")


def test_semantics_1_2_a_urn_is_its_own_id():
    found = normalise(Code("URN:oid:1.2.840.10008.2.16.4", ""))
    assert (found.id, found.original) == ("urn:oid:1.2.840.10008.2.16.4", None)


def test_semantics_1_2_an_empty_designator_stays_empty():
    assert normalise(Code("2501", "")).id == ":2501"


def test_semantics_1_2_a_private_scheme_is_scoped_by_its_scheme_uid():
    found = normalise(Code("250137", "99PMP", scheme_uid="1.2.3"), dataset="trial")
    assert (found.id, found.original) == ("99PMP@1.2.3:250137", "99PMP:250137")


def test_semantics_1_2_a_private_scheme_without_uid_is_scoped_by_its_data_set():
    first, second = (normalise(Code("1", "99X"), dataset).id for dataset in ("heart: study 1", "other"))
    assert first == "99X@heart%3A%20study%201:1"
    assert first != second
    assert split_id(first)[1] == "1"


def test_semantics_1_2_a_colon_in_a_designator_never_moves_the_split():
    assert split_id(normalise(Code("1:2", "A:B")).id) == ("A%3AB", "1:2")


@pytest.mark.parametrize("designator", ["SRT", "SNM3", "99SDM", "SNOMEDCT", "SNOMED-CT", "SCT"])
def test_semantics_1_3_old_snomed_identifiers_become_sct_under_every_designator(designator):
    found = normalise(Code("T-32600", designator), dataset="any")
    assert found.id == "SCT:87878005"
    assert found.original == f"{designator}:T-32600"


@pytest.mark.parametrize("designator", ["SNOMEDCT", "SNOMED-CT", "sct"])
def test_semantics_1_3_other_spellings_of_sct(designator):
    assert normalise(Code("91723000", designator)).id == "SCT:91723000"


def test_semantics_1_3_an_old_value_without_a_mapping_is_kept_as_it_is():
    found = normalise(Code("G-ZZZZ", "SNM3"))
    assert (found.id, found.original, found.flagged) == ("SNM3:G-ZZZZ", None, False)


def test_semantics_1_3_loinc_is_ln():
    assert normalise(Code("8625-6", "LOINC")).id == "LN:8625-6"


def test_semantics_1_3_a_scheme_is_known_by_its_uid_where_the_designator_is_not():
    assert normalise(Code("87878005", "99LOCAL", scheme_uid="2.16.840.1.113883.6.96")).id == "SCT:87878005"
    assert normalise(Code("121071", "", scheme_uid="1.2.840.10008.2.16.4")).id == "DCM:121071"


def test_semantics_1_3_scp_ecg_leads_become_the_leads_of_cid_3001():
    names = {"5.6.3-9-1": "Lead I", "5.6.3-9-8": "Lead V6", "5.6.3-9-64": "aVF, augmented voltage, foot"}
    for value, name in names.items():
        assert terms()[normalise(Code(value, "SCPECG")).id].meaning == name
    assert normalise(Code("5.4.5-33-1", "SCPECG")).id == "SCPECG:5.4.5-33-1"


def test_semantics_1_3_real_scp_ecg_channels_keep_their_lead(shared_data):
    """The channels of a real ECG name the lead in words; the MDC code that we find must say the same."""
    import pydicom

    ecg = pydicom.dcmread(shared_data / "cardio-ai" / "example_ecg.dcm")
    for channel in ecg.WaveformSequence[0].ChannelDefinitionSequence:
        source = channel.ChannelSourceSequence[0]
        meaning = terms()[normalise(Code(source.CodeValue, source.CodingSchemeDesignator)).id].meaning
        assert source.CodeMeaning.removesuffix(" (Einthoven)").removeprefix("Lead ") in meaning


def test_semantics_1_3_retired_dcm_codes_become_their_replacement():
    assert normalise(Code("121070", "DCM")).id == "LN:59776-5"
    assert normalise(Code("121053", "DCM")).id == "SCT:52101004"
    assert normalise(Code("121071", "DCM")).id == "DCM:121071"


@pytest.mark.parametrize(("old", "new"), [("Gym2", "Gy.m2"), ("mGycm", "mGy.cm"), ("uAs", "uA.s")])
def test_semantics_1_3_units_that_dose_reports_wrote_without_a_dot_are_ucum(old, new):
    """As real dose reports of four makers have them."""
    with pytest.raises(UnknownUnit):
        canonical("1", old)
    found = normalise(Code(old, "UCUM"))
    assert (found.id, found.original) == (f"UCUM:{new}", f"UCUM:{old}")
    assert canonical("1", new)


def test_semantics_1_3_a_umls_identifier_under_sct_is_kept_and_flagged():
    found = normalise(Code("C0018799", "SCT"))
    assert (found.id, found.flagged) == ("SCT:C0018799", True)


def test_semantics_1_3_a_mistyped_sct_code_is_flagged():
    assert normalise(Code("64715002", "SCT")).flagged
    assert not normalise(Code("64715009", "SCT")).flagged


def test_semantics_1_3_scheme_version_and_meaning_are_no_identity():
    plain = Code("87878005", "SCT")
    assert normalise(Code("87878005", "SCT", meaning="LV", scheme_version="2019")) == normalise(plain)


def test_semantics_1_7_codes_are_nfc_without_padding():
    decomposed = unicodedata.normalize("NFD", "Größe")
    assert normalise(Code(f" {decomposed} ", "99X ", scheme_uid="1.2")).id == "99X@1.2:Größe"


def test_every_srt_code_of_pydicom_maps_as_pydicom_compares_it():
    left_ventricle = codes.SCT.LeftVentricle
    for value in ("T-32600", "T-32500"):
        same = PydicomCode(value, "SRT", "") == PydicomCode(left_ventricle.value, "SCT", "")
        assert (normalise(Code(value, "SRT")).id == f"SCT:{left_ventricle.value}") is same


def test_srt_codes_of_annex_o_are_all_mapped(shared_data):
    """pydicom's table lacks some of PS3.16 Annex O; where both have one, pydicom's is taken."""
    listed: dict[str, set[str]] = {}
    with (shared_data / "dicom-cid" / "sct_srt_umls.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            for srt in row["srt"].split():
                listed.setdefault(srt, set()).add(row["sct"])
    differing = {srt for srt, scts in listed.items() if "-" in srt and srt_to_sct().get(srt) not in scts}
    assert differing == {"F-B022C"}


def test_spellings_are_the_codes_that_normalise_to_an_id():
    assert spellings("SCT:87878005") == {"SCT:87878005", "SRT:T-32600"}
    for spelling in spellings("MDC:2:1") | spellings("LN:59776-5"):
        scheme, value = split_id(spelling)
        assert normalise(Code(value, scheme)).id in {"MDC:2:1", "LN:59776-5"}


def test_codes_of_the_standard_are_valid():
    """Verhoeff's digit and LOINC's hold for what PS3.16 lists; pydicom's few misprints aside."""
    wrong = {identifier for identifier in terms() if not is_valid(*split_id(identifier))}
    assert {identifier for identifier in wrong if identifier.startswith("SCT:")} == {"SCT:115347700"}
    assert all(not is_valid("LN", split_id(identifier)[1]) for identifier in wrong if identifier.startswith("LN:"))
    assert len(wrong) < 15


@given(st.from_regex(r"[1-9][0-9]{5,15}", fullmatch=True))
def test_changing_a_digit_of_a_valid_sctid_is_noticed(body):
    valid = next((f"{body}0{check}" for check in "0123456789" if is_sctid(f"{body}0{check}")), None)
    if valid is not None:
        changed = str((int(valid[0]) % 9) + 1) + valid[1:]
        assert not is_sctid(changed)


def test_loinc_check_digit():
    assert is_loinc("8625-6")
    assert is_loinc("LP7753-9")
    assert not is_loinc("8625-5")
    assert not is_loinc("C74569")


@given(st.text(max_size=20), st.text(max_size=40), st.sampled_from(["", "1.2.3", "2.16.840.1.113883.6.96"]), st.text())
def test_normalising_is_stable_for_any_text(designator, value, uid, dataset):
    once = normalise(Code(value, designator, scheme_uid=uid), dataset)
    assert once.id == concept_id(once.scheme, once.value)
    assert unicodedata.is_normalized("NFC", once.value)
    if not once.scheme.startswith("99") and "%" not in once.scheme:
        assert normalise(Code(once.value, once.scheme), dataset).id == once.id
