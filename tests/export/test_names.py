"""Names of folders and files: safe everywhere, told apart, the same each time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohortgraph.export.names import patient_folders, uid_name

SAFE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,72}")


def test_a_plain_patient_id_is_its_folder() -> None:
    assert patient_folders({"set|DEMO-001": "DEMO-001"}) == {"set|DEMO-001": "DEMO-001"}


@pytest.mark.parametrize(
    "patient_id",
    [
        "../../etc",
        "",
        "..",
        "a/b",
        "Müller",
        "CON",
        "nul.txt",
        "x" * 200,
        ".hidden",
        "DICOM",
        "dicomdir",
        "manifest.csv",
        "a.partial",
    ],
)
def test_an_odd_patient_id_becomes_a_safe_name(patient_id: str) -> None:
    (name,) = patient_folders({"set|1": patient_id}).values()
    assert SAFE.fullmatch(name)
    assert name != patient_id


def test_equal_patient_ids_of_two_authorities_and_those_that_differ_in_case_get_folders_of_their_own() -> None:
    folders = patient_folders({"a|P": "P", "b|P": "P", "a|p": "p"})
    assert len({name.casefold() for name in folders.values()}) == 3


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=8))
def test_folders_are_safe_and_never_shared(patient_ids: dict[str, str]) -> None:
    folders = patient_folders(patient_ids)
    assert all(SAFE.fullmatch(name) for name in folders.values())
    assert len({name.casefold() for name in folders.values()}) == len(patient_ids)


def test_a_uid_is_its_own_name_unless_it_is_none() -> None:
    assert uid_name("1.2.840.10008") == "1.2.840.10008"
    assert SAFE.fullmatch(uid_name("../1"))
    assert uid_name("1/2") != uid_name("1_2")
