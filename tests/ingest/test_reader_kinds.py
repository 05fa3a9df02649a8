import pytest
from pydicom.uid import UID_dictionary

from cohortgraph.ingest.readers.kinds import is_foreign, kind_of

KINDS = {
    "CT Image Storage": "image",
    "Enhanced US Volume Storage": "image",
    "RT Image Storage": "image",
    "VL Whole Slide Microscopy Image Storage": "image",
    "Segmentation Storage": "segmentation",
    "Comprehensive 3D SR Storage": "report",
    "Procedure Log Storage": "report",
    "Waveform Annotation SR Storage": "report",
    "Performed Imaging Agent Administration SR Storage": "report",
    "Key Object Selection Document Storage": "keyObject",
    "12-lead ECG Waveform Storage": "waveform",
    "RT Structure Set Storage": "structureSet",
    "RT Ion Plan Storage": "rtPlan",
    "RT Dose Storage": "rtDose",
    "Parametric Map Storage": "parametricMap",
    "Microscopy Bulk Simple Annotations Storage": "annotation",
    "Grayscale Softcopy Presentation State Storage": "presentation",
    "Deformable Spatial Registration Storage": "registration",
    "Real World Value Mapping Storage": "realWorldValueMap",
    "Encapsulated PDF Storage": "encapsulated",
    "Raw Data Storage": "other",
    "MR Spectroscopy Storage": "other",
}
BY_NAME = {entry[0]: uid for uid, entry in UID_dictionary.items() if "Retired" not in entry}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_the_kind_follows_from_the_name_of_the_sop_class(name, kind):
    assert kind_of(BY_NAME[name]) == kind


def test_every_image_storage_is_an_image_and_every_sr_storage_a_report():
    for name, uid in BY_NAME.items():
        if name.endswith("Image Storage"):
            assert kind_of(uid) == "image", name
        if name.endswith(" SR Storage"):
            assert kind_of(uid) == "report", name


def test_classes_newer_than_the_dictionary_are_known():
    assert kind_of("1.2.840.10008.5.1.4.1.1.66.7") == "segmentation"


@pytest.mark.parametrize("uid", ["1.2.276.0.7230010.3.1.0.1", "", "no UID"])
def test_what_the_standard_does_not_know_is_other(uid):
    assert kind_of(uid) == "other"
    assert not is_foreign(uid)


def test_procedure_steps_and_studies_are_never_stored():
    assert is_foreign("1.2.840.10008.3.1.2.3.3")  # Modality Performed Procedure Step
    assert is_foreign("1.2.840.10008.3.1.2.3.1")  # Detached Study Management
    assert not is_foreign("1.2.840.10008.5.1.4.1.1.2")
