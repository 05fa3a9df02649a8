import pytest

from cohortgraph.dicom.keywords import keyword_of, property_name, tag_of


@pytest.mark.parametrize(
    ("keyword", "name"),
    [
        ("SOPInstanceUID", "sopInstanceUID"),
        ("PatientID", "patientID"),
        ("ROIName", "roiName"),
        ("StudyDate", "studyDate"),
        ("SegmentAlgorithmType", "segmentAlgorithmType"),
        ("KVP", "kvp"),
        ("XRayTubeCurrent", "xRayTubeCurrent"),
    ],
)
def test_semantics_1_1_properties_are_keywords_with_their_leading_acronym_lowercased(keyword, name):
    assert property_name(keyword) == name
    assert keyword_of(tag_of(name)) == keyword


def test_a_name_that_no_keyword_gives_has_no_tag():
    assert tag_of("locations") is None


def test_a_private_tag_is_named_by_its_digits():
    assert keyword_of(0x00291010) == "00291010"
