import io
import warnings

import pydicom
import pytest
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from cohortgraph.dicom import elements
from cohortgraph.dicom.sequences import Level, items

CONTENT_SEQUENCE = 0x0040A730


def written(ds: Dataset, syntax=ExplicitVRLittleEndian) -> Dataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = meta.MediaStorageSOPInstanceUID = "1.2.3"
    buffer = io.BytesIO()
    FileDataset("", ds, file_meta=meta, preamble=b"\0" * 128).save_as(buffer)
    buffer.seek(0)
    return pydicom.dcmread(buffer)


def tree() -> Dataset:
    inner, item, ds = Dataset(), Dataset(), Dataset()
    inner.CodeValue, inner.CodeMeaning = "1", "Größe"
    item.TextValue = "Größe"
    item.ConceptNameCodeSequence = Sequence([inner])
    item.GraphicData = [1.0, 2.5]
    item.ConceptCodeSequence = Sequence([])
    item.PersonName = ""
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ContentSequence = Sequence([item, Dataset()])
    return ds


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_items_are_what_pydicom_reads(syntax):
    ds = written(tree(), syntax)
    found = items(ds, CONTENT_SEQUENCE)
    assert isinstance(ds.get_item(CONTENT_SEQUENCE), RawDataElement), "the Dataset is left as it was"
    assert found == elements.items(ds, CONTENT_SEQUENCE)
    assert found[0].TextValue == "Größe"


def test_a_character_set_of_its_own_is_honoured():
    inner = Dataset()
    inner.SpecificCharacterSet = "ISO_IR 100"
    inner.TextValue = "Größe"
    ds = tree()
    ds.ContentSequence.append(inner)
    assert items(written(ds), CONTENT_SEQUENCE)[-1].TextValue == "Größe"


def test_an_undefined_length_is_left_to_pydicom():
    ds = tree()
    ds.ContentSequence[0].is_undefined_length_sequence_item = True
    read = written(ds)
    assert items(read, CONTENT_SEQUENCE) == elements.items(read, CONTENT_SEQUENCE)


def test_truncated_bytes_are_left_to_pydicom():
    ours, theirs = written(tree()), written(tree())
    for ds in (ours, theirs):
        raw = ds.get_item(CONTENT_SEQUENCE)
        ds._dict[raw.tag] = raw._replace(value=raw.value[:-3])
    assert items(ours, CONTENT_SEQUENCE) == elements.items(theirs, CONTENT_SEQUENCE)


def test_an_absent_or_empty_sequence_has_no_items():
    ds = Dataset()
    assert items(ds, CONTENT_SEQUENCE) == []
    ds.ContentSequence = []
    assert items(written(ds), CONTENT_SEQUENCE) == []


def test_every_sequence_of_real_files_reads_equal(shared_data):
    paths = [
        *shared_data.glob("**/*sr*.dcm"),
        *shared_data.glob("cardio-ai/**/*.dcm"),
        *shared_data.glob("**/seg*.dcm"),
    ]
    assert len(paths) > 100
    for path in paths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours, theirs = (pydicom.dcmread(path, stop_before_pixels=True) for _ in range(2))
        for tag in list(theirs.keys()):
            if theirs[tag].VR == "SQ":
                assert items(ours, tag) == list(theirs[tag].value), f"{path} {tag}"


def test_an_items_tag_among_attributes_is_none():
    """As bit flips make it; a kept header, whose items are written anew, could not say it again."""
    ds = Dataset()
    ds.PatientID = "P"
    ds[0xFFFEE000] = DataElement(0xFFFEE000, "UN", b"ab")
    level = Level.of(ds)
    assert level.to_json(level.entries.keys()) == elements.to_json(ds) == '{"00100020":{"vr":"LO","Value":["P"]}}'
