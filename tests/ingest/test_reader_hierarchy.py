"""Patient, Study, Series and Instance of an object (semantics 1.1, 1.5, 1.7)."""

import unicodedata
from datetime import date, datetime
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_charset_files

from cohortgraph.dicom.sequences import items
from cohortgraph.dicom.values import texts
from cohortgraph.errors import ReadError
from cohortgraph.graph.facts import Location
from cohortgraph.graph.schema import node
from cohortgraph.ingest.readers import ReadContext, read

from .reading import ct, facts_of, group


def test_semantics_1_1_every_property_named_by_a_keyword_is_read():
    facts = facts_of(
        ct(
            PatientSex="F",
            StudyDescription="Heart",
            SeriesNumber="7",
            SoftwareVersions=["1", "2"],
            Rows=512,
            KVP="120",
            PixelSpacing=["0.5", "0.25"],
        )
    )
    assert facts.patient["patientSex"] == "F"
    assert facts.study["studyDescription"] == "Heart"
    assert facts.series["seriesNumber"] == 7
    assert facts.series["softwareVersions"] == ["1", "2"]
    assert facts.instance["rows"] == 512
    assert facts.instance["kvp"] == 120.0
    assert facts.instance["pixelSpacing"] == [0.5, 0.25]


def test_facts_name_only_what_the_schema_declares(shared_data):
    for file in sorted(shared_data.glob("highdicom/data/test_files/*.dcm")):
        facts = read(pydicom.dcmread(file, stop_before_pixels=True), ReadContext("set"))
        for label in ("Patient", "Study", "Series", "Instance"):
            declared = {p.name for p in node(label).columns}
            assert set(getattr(facts, label.lower())) <= declared, file.name
        for child in facts.children:
            assert set(child.properties) <= {p.name for p in node(child.label).columns}, file.name


def test_dates_have_their_epoch_days_and_times_are_iso():
    facts = facts_of(ct(StudyDate="20200229", StudyTime="1203", AcquisitionDateTime="20200229120304.5+0100"))
    assert facts.study["studyDate"] == facts.series["studyDate"] == date(2020, 2, 29)
    assert facts.study["studyDateDays"] == (date(2020, 2, 29) - date(1970, 1, 1)).days
    assert facts.study["studyTime"] == "12:03"
    assert facts.instance["acquisitionDateTime"] == "2020-02-29T12:03:04.5+01:00"


def test_date_and_time_of_a_series_are_one_number_where_both_are_there():
    began = facts_of(ct(SeriesDate="20200229", SeriesTime="120304.9")).series
    assert began["seriesDateTimeSeconds"] == (datetime(2020, 2, 29, 12, 3, 4) - datetime(1970, 1, 1)).total_seconds()
    assert facts_of(ct(SeriesDate="20200229", SeriesTime="12")).series["seriesDateTimeSeconds"] % 86400 == 12 * 3600
    assert "seriesDateTimeSeconds" not in facts_of(ct(SeriesDate="20200229", SeriesTime="")).series
    assert "seriesDateTimeSeconds" not in facts_of(ct(SeriesDate="", SeriesTime="1203")).series


@pytest.mark.filterwarnings("ignore")
def test_a_malformed_value_is_absent_and_listed_without_the_value():
    facts = facts_of(ct(StudyDate="20200231", PatientBirthDate="195", SliceThickness=None))
    assert "studyDate" not in facts.study
    assert facts.instance["warnings"] == ["PatientBirthDate: not a valid DA", "StudyDate: not a valid DA"]


def test_values_of_the_shared_functional_groups_stand_in():
    measures = group(PixelSpacing=["2", "3"], SliceThickness="4")
    facts = facts_of(ct(SharedFunctionalGroupsSequence=[group(PixelMeasuresSequence=[measures])], SliceThickness="5"))
    assert facts.instance["pixelSpacing"] == [2.0, 3.0]
    assert facts.instance["sliceThickness"] == 5.0


@pytest.mark.parametrize(
    ("issuer", "authority", "expected"),
    [("ISS", "AUTH", "ISS"), ("", "AUTH", "AUTH"), ("", "", "my set")],
)
def test_semantics_1_5_a_person_is_authority_and_patient_id(issuer, authority, expected):
    facts = facts_of(ct(IssuerOfPatientID=issuer), dataset="my set", authority=authority)
    assert facts.patient["authority"] == expected
    assert facts.patient["id"] == f"{expected.replace(' ', '%20')}|P%201"


def test_semantics_1_5_separators_in_an_id_are_percent_encoded():
    facts = facts_of(ct(PatientID="a|b%/ü", SpecificCharacterSet="ISO_IR 192"), dataset="s|t")
    assert facts.patient["id"] == "s%7Ct|a%7Cb%25%2F%C3%BC"


@pytest.mark.parametrize("empty", ["", " ", None])
def test_semantics_1_5_an_empty_patient_id_joins_nobody(empty):
    one = facts_of(ct(PatientID=empty)).patient
    other = facts_of(ct(PatientID=empty, StudyInstanceUID="1.9")).patient
    assert one["id"] == "set|study:1.2.1"
    assert other["id"] == "set|study:1.9"
    assert one["patientIDMissing"] is True


def test_semantics_1_5_no_patient_id_can_be_the_key_of_a_missing_one():
    assert facts_of(ct(PatientID="study:1.2.1")).patient["id"] == "set|study%3A1.2.1"


@pytest.mark.parametrize("keyword", ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
def test_an_object_without_its_uids_is_refused(keyword):
    with pytest.raises(ReadError, match="lacks S"):
        facts_of(ct(**{keyword: None}))


def test_semantics_1_7_undecodable_characters_are_replaced_with_a_warning():
    ds = ct(SpecificCharacterSet="ISO_IR 192")
    ds.add_new(0x00081030, "LO", b"")
    ds["StudyDescription"]._value = "x"
    facts = facts_of(ds)
    assert facts.study["studyDescription"] == "x"
    raw = pydicom.dataelem.RawDataElement(pydicom.tag.Tag(0x00081030), "LO", 4, b"a\xff\xfeb", 0, False, True)
    ds[0x00081030] = raw
    facts = facts_of(ds)
    assert facts.study["studyDescription"] == "a\ufffd\ufffdb"
    assert facts.instance["warnings"] == ["StudyDescription: undecodable characters"]


def raw(tag: int, vr: str, value: bytes) -> pydicom.dataelem.RawDataElement:
    """An element as a file holds it."""
    return pydicom.dataelem.RawDataElement(pydicom.tag.Tag(tag), vr, len(value), value, 0, False, True)


def test_semantics_1_7_without_a_character_set_only_ascii_is_text():
    ds = ct()
    ds[0x00081030] = raw(0x00081030, "LO", b"Sch\xe4del")
    facts = facts_of(ds)
    assert facts.study["studyDescription"] == "Sch\ufffddel"
    assert facts.instance["warnings"] == ["StudyDescription: undecodable characters"]
    ds.SpecificCharacterSet = "ISO_IR 100"
    assert facts_of(ds).study["studyDescription"] == "Sch\u00e4del"


def test_semantics_1_7_content_items_and_meanings_too():
    item, named = pydicom.Dataset(), pydicom.Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item[0x0040A160] = raw(0x0040A160, "UT", b"gro\xdf ")
    named.CodeValue, named.CodingSchemeDesignator = "121071", "DCM"
    named[0x00080104] = raw(0x00080104, "LO", b"Befund\xa0 ")
    item.ConceptNameCodeSequence = [named]
    facts = facts_of(ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", ValueType="CONTAINER", ContentSequence=[item]))
    assert facts.children[1].properties["textValue"] == "gro\ufffd"
    assert {"CodeMeaning: undecodable characters", "content item 1.1: TextValue: undecodable characters"} <= set(
        facts.instance["warnings"]
    )


@pytest.mark.parametrize("path", get_charset_files("*.dcm"), ids=lambda path: Path(path).name)
def test_semantics_1_7_names_are_as_pydicom_reads_them(path):
    """In some of the files the character set changes within a sequence."""
    expected, fresh = pydicom.dcmread(path), pydicom.dcmread(path)
    pairs = [(expected, fresh)]
    if sequence := expected.get("RequestedProcedureCodeSequence"):
        pairs.append((sequence[0], items(fresh, 0x00321064)[0]))
    for theirs, ours in pairs:
        for element in theirs:
            if element.VR in ("PN", "LO", "SH"):
                values = element.value if element.VM > 1 else [element.value][: element.VM]
                assert texts(ours, element.tag) == [unicodedata.normalize("NFC", str(each).strip()) for each in values]


def test_semantics_1_7_text_is_read_in_its_own_character_set(shared_data):
    ds = ct(SpecificCharacterSet="ISO_IR 144", StudyDescription="Сердце")
    assert facts_of(ds).study["studyDescription"] == "Сердце"


def test_semantics_1_7_a_character_set_holds_per_nesting_level():
    from .reading import code, edges

    item = code("1", meaning="Сердце")
    item.SpecificCharacterSet = "ISO_IR 144"
    facts = facts_of(ct(SpecificCharacterSet="ISO_IR 100", ProcedureCodeSequence=[item]))
    assert edges(facts, "PROCEDURE")[0][1]["codeMeaning"] == "Сердце"


def test_semantics_1_7_a_file_without_preamble_is_read(shared_data):
    file = shared_data / "pydicom-data/data_store/data/OT-PAL-8-face.dcm"
    assert file.read_bytes()[128:132] != b"DICM"
    facts = read(pydicom.dcmread(file, force=True, stop_before_pixels=True), ReadContext("set"))
    assert facts.instance["kind"] == "image"


def test_the_location_is_kept_as_given():
    location = Location("file:///a.dcm", "1.2.840.10008.1.2.1", 100)
    assert facts_of(ct(), location=location).location is location
