"""Every real file is read or refused with a reason."""

from collections import Counter

import pydicom
import pytest

from cohortgraph.dicom.content import content
from cohortgraph.errors import ReadError
from cohortgraph.ingest.readers import ReadContext, read


@pytest.mark.filterwarnings("ignore")
def test_every_real_file_is_read_or_refused_with_a_reason(shared_data):
    kinds: Counter[str] = Counter()
    for file in sorted(path for path in shared_data.rglob("*") if path.is_file()):
        with file.open("rb") as stream:
            if content(stream) != "dicom":
                continue
            stream.seek(0)
            try:
                ds = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
            except Exception:  # what pydicom cannot read is not for the readers to refuse
                continue
        try:
            kinds[str(read(ds, ReadContext("real")).instance["kind"])] += 1
        except ReadError as refused:
            assert "lacks" in str(refused) or "too deeply" in str(refused)
    assert kinds >= Counter(image=320, segmentation=93, report=66, parametricMap=2, waveform=1, annotation=1)


def test_sequences_nested_deeper_than_can_be_read_are_refused():
    ds = pydicom.Dataset()
    for _ in range(2000):
        outer = pydicom.Dataset()
        outer.ReferencedImageSequence = [ds]
        ds = outer
    ds.SOPClassUID, ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2", "1.3", "1.4", "1.5"
    with pytest.raises(ReadError, match="too deeply"):
        read(ds, ReadContext("set"))
