"""Linking records of people, and what files contradict each other about, on files."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from cohortgraph.errors import UsageError
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.store.directory import Store
from cohortgraph.graph.writing.persons import persons
from cohortgraph.ingest.delete import delete_dataset
from cohortgraph.ingest.identity import conflicts, link, unlink
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check

from .archives import image, write
from .test_delete import either as either


def put(store: Store, tmp_path: Path, name: str = "one", **objects: dict[str, str]) -> None:
    for uid, attributes in objects.items():
        write(tmp_path / name / f"{uid}.dcm", image(f"1.2.{uid[1:]}", **attributes))
    ingest(store, [tmp_path / name], name, workers=1)


def test_semantics_1_5_linked_records_are_one_person_and_unlinked_two_again(either: Store, tmp_path: Path) -> None:
    put(either, tmp_path, "one", u1={"PatientID": "A", "StudyInstanceUID": "1.1"})
    put(either, tmp_path, "two", u2={"PatientID": "B", "StudyInstanceUID": "1.4", "SeriesInstanceUID": "1.4.1"})
    apart = digest(either.engine)
    assert link(either, ["A", "two|B"]) == ("one|A", "two|B")
    assert [(each.id, each.studies, each.records) for each in persons(either.engine)] == [
        ("one|A", 2, ("one|A", "two|B"))
    ]
    assert check(either) == []
    put(either, tmp_path, "two", u3={"PatientID": "B", "StudyInstanceUID": "1.6", "SeriesInstanceUID": "1.6.1"})
    assert [each.studies for each in persons(either.engine)] == [3]
    assert check(either) == []
    unlink(either, "B")
    assert [(each.id, each.studies) for each in persons(either.engine)] == [("one|A", 1), ("two|B", 2)]
    either_deleted = tmp_path / "two" / "u3.dcm"
    assert either_deleted.exists()
    assert digest(either.engine) != apart
    assert check(either) == []
    with pytest.raises(UsageError, match="not linked"):
        unlink(either, "B")
    with pytest.raises(UsageError, match="no patient is called 'C'"):
        link(either, ["A", "C"])


def test_a_link_outlives_the_objects_of_a_data_set(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "one", u1={"PatientID": "A", "StudyInstanceUID": "1.1"})
    put(store, tmp_path, "two", u2={"PatientID": "B", "StudyInstanceUID": "1.4", "SeriesInstanceUID": "1.4.1"})
    link(store, ["A", "B"])
    linked = digest(store.engine)
    delete_dataset(store, "one")
    delete_dataset(store, "two")
    assert persons(store.engine) == []
    ingest(store, [tmp_path / "two"], "two", workers=1)
    assert [each.id for each in persons(store.engine)] == ["one|A"]
    ingest(store, [tmp_path / "one"], "one", workers=1)
    assert digest(store.engine) == linked
    assert check(store) == []


def test_semantics_1_5_one_study_under_two_patient_ids_is_a_conflict_until_they_are_linked(
    either: Store, tmp_path: Path
) -> None:
    study = {"StudyInstanceUID": "1.1", "SeriesInstanceUID": "1.1.1"}
    put(either, tmp_path, u1={"PatientID": "A", **study}, u2={"PatientID": "B", **study})
    (found,) = conflicts(either)
    assert (found.kind, found.subject, found.values) == ("patients of a study", "1.1", {"one|A": 1, "one|B": 1})
    before = digest(either.engine)
    link(either, ["A", "B"])
    assert conflicts(either) == []
    assert check(either) == []
    unlink(either, "A")
    assert digest(either.engine) == before
    assert check(either) == []


def test_semantics_1_5_several_birth_dates_or_sexes_of_one_id_are_a_conflict(either: Store, tmp_path: Path) -> None:
    put(
        either,
        tmp_path,
        u1={"PatientID": "A", "PatientSex": "F", "PatientBirthDate": "19600101"},
        u2={"PatientID": "A", "PatientSex": "M", "PatientBirthDate": "19600101"},
        u3={"PatientID": "A", "PatientSex": "M", "PatientBirthDate": "19610101"},
    )
    assert {(each.kind, each.subject): each.values for each in conflicts(either)} == {
        ("Patient.patientSex", "one|A"): {"F": 1, "M": 2},
        ("Patient.patientBirthDate", "one|A"): {"1960-01-01": 2, "1961-01-01": 1},
    }


def test_semantics_1_5_an_empty_patient_id_never_joins_people(either: Store, tmp_path: Path) -> None:
    put(
        either,
        tmp_path,
        u1={"PatientID": "", "StudyInstanceUID": "1.1", "SeriesInstanceUID": "1.1.1"},
        u2={"PatientID": "", "StudyInstanceUID": "1.4", "SeriesInstanceUID": "1.4.1"},
    )
    assert [(each.id, each.missing) for each in persons(either.engine)] == [
        ("one|study:1.1", True),
        ("one|study:1.4", True),
    ]


def test_real_studies_of_several_patients_are_those_that_the_files_show(store: Store, shared_data: Path) -> None:
    folder = shared_data / "pydicom-data"
    ingest(store, [folder], "one", workers=1)
    stored = set(store.engine.read("MATCH (i:Instance) RETURN i.id AS id")["id"].to_pylist())
    numbers: dict[str, set[str]] = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        try:
            ds = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[0x00080018, 0x0020000D, 0x00100020])
        except (pydicom.errors.InvalidDicomError, OSError):
            continue
        if ds.get("SOPInstanceUID") in stored and ds.get("PatientID"):
            numbers.setdefault(ds.StudyInstanceUID, set()).add(ds.PatientID)
    expected = {study for study, found in numbers.items() if len(found) > 1}
    assert {each.subject for each in conflicts(store) if each.kind == "patients of a study"} <= expected
    assert check(store) == []
