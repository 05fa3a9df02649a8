"""Values longer than any index takes: kept where they can be told apart, refused where they can't name anything."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from cohortgraph.errors import ReadError
from cohortgraph.ingest.readers.common import ReadContext, begin

ENDLESS = "9" * 70_000


def _image(**attributes: str) -> Dataset:
    image = Dataset()
    image.SOPClassUID = CTImageStorage
    image.SOPInstanceUID, image.StudyInstanceUID, image.SeriesInstanceUID = "1.2.3", "1.2.4", "1.2.5"
    image.PatientID = "A"
    for keyword, value in attributes.items():
        setattr(image, keyword, value)
    return image


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_endless_patient_id_still_keeps_people_apart() -> None:
    first, second = (begin(_image(PatientID=ENDLESS + end), ReadContext("x")) for end in "ab")
    assert first.patient["id"] != second.patient["id"]
    assert len(str(first.patient["id"])) < 100
    assert "patientID" not in first.patient
    assert first.instance["warnings"] == ["PatientID: over 1024 bytes, left to the kept header"]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_endless_uid_names_nothing() -> None:
    with pytest.raises(ReadError, match="Study Instance UID: over 1024 bytes"):
        begin(_image(StudyInstanceUID=ENDLESS), ReadContext("x"))
