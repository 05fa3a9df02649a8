"""Kept headers, over real files and the same object in several encodings."""

import hashlib
import subprocess
from copy import deepcopy
from io import BytesIO
from shutil import which

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from cohortgraph.dicom.bulk import BULK, bulk
from cohortgraph.dicom.header import SMALL, digest, keep, restore, same_content
from cohortgraph.errors import StoreError


def encoded(ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    """The object as it is read from a file of that transfer syntax."""
    ds = deepcopy(ds)
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    stream = BytesIO()
    ds.save_as(stream, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=syntax != ExplicitVRBigEndian)
    return pydicom.dcmread(stream, force=True)


@pytest.fixture
def ds() -> Dataset:
    """A small object with every sort of value, private ones too."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    ds.PatientName = "Doe^Jane"
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.Rows, ds.ExposureTime, ds.PixelSpacing = 1, "10", ["0.50", "0.5"]
    ds.FrameIncrementPointer = 0x00181063
    ds.RealWorldValueMappingSequence = [Dataset()]
    ds.RealWorldValueMappingSequence[0].RealWorldValueSlope = 0.1
    ds.ReferencedImageSequence = []
    ds.private_block(0x0029, "MAKER", create=True).add_new(0x01, "LO", "private")
    return ds


def test_semantics_4_7_the_whole_header_comes_back(shared_data):
    for file in sorted(shared_data.glob("highdicom/data/test_files/*.dcm")):
        ds = pydicom.dcmread(file, stop_before_pixels=True)
        kept = restore(keep(pydicom.dcmread(file)))
        assert kept.file_meta == ds.file_meta
        for element in ds:
            same = kept[element.tag] == element
            assert same or bulk(kept[element.tag].value) or element.VR == "SQ", f"{file.name} {element.tag}"


@pytest.mark.skipif(which("dcmdump") is None, reason="dcmdump is not installed")
def test_a_kept_header_reads_in_dcmdump_as_its_file_does(shared_data, tmp_path):
    file = shared_data / "dcmqi/data/paramaps/pm-example-dcm/701-ADCb500/000001.dcm"
    kept = restore(keep(pydicom.dcmread(file, stop_before_pixels=True)))
    kept.save_as(tmp_path / "kept.dcm", enforce_file_format=True)

    def dump(path):
        shown = subprocess.run(["dcmdump", "-q", "+L", path], capture_output=True, check=True).stdout.splitlines()
        shown = [line.partition(b"#")[0].replace(b"undefined length", b"explicit length").strip() for line in shown]
        return [line for line in shown if line.startswith(b"(") and line[1:5] not in (b"0002", b"7fe0", b"fffe")]

    assert dump(tmp_path / "kept.dcm") == dump(file)


def test_a_short_header_is_kept_as_it_is_in_its_file(shared_data):
    file = shared_data / "highdicom/data/test_files/ct_image.dcm"
    with file.open("rb") as stream:
        ds = pydicom.dcmread(stream, stop_before_pixels=True)
        source = file.read_bytes()[: stream.tell()]
    kept = keep(ds, source)
    assert restore(kept) == ds
    assert same_content(kept, keep(ds))


@pytest.mark.parametrize(("vr", "as_it_is"), [("UT", True), ("OB", False)])
def test_a_long_header_is_kept_as_it_is_where_it_holds_no_bulk_data(ds, vr, as_it_is):
    ds.private_block(0x0029, "MAKER").add_new(0x02, vr, "x" * SMALL if vr == "UT" else b"x" * SMALL)
    stream = BytesIO()
    encoded(ds).save_as(stream)
    kept = keep(pydicom.dcmread(stream, force=True), stream.getvalue())
    assert (bulk(restore(kept)[0x00291002].value) is None) is as_it_is
    assert same_content(kept, keep(encoded(ds)))


def test_pixels_read_or_not_make_no_difference(shared_data):
    file = shared_data / "highdicom/data/test_files/ct_image.dcm"
    assert keep(pydicom.dcmread(file)) == keep(pydicom.dcmread(file, stop_before_pixels=True))


def test_bulk_data_at_any_depth_is_replaced_by_its_hash_and_length(ds):
    samples = bytes(range(256)) * 8
    item = Dataset()
    item.WaveformBitsAllocated = 8
    item.add_new(0x54001010, "OB", samples)
    ds.WaveformSequence = [item]
    kept = restore(keep(encoded(ds)))
    assert bulk(kept.WaveformSequence[0].WaveformData) == (hashlib.sha256(samples).hexdigest(), len(samples))
    assert len(samples) > BULK


@pytest.mark.parametrize("value", [b"", b"short", "text", None])
def test_other_values_stand_for_no_bulk_data(value):
    assert bulk(value) is None


def test_digest_is_of_the_header_not_of_its_compression(ds):
    assert digest(keep(encoded(ds))) == digest(keep(encoded(ds)))
    assert digest(keep(encoded(ds))) != digest(keep(encoded(ds, ImplicitVRLittleEndian)))


def test_a_damaged_header_says_so(ds):
    with pytest.raises(StoreError, match="damaged"):
        restore(keep(ds)[:-9])


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_semantics_1_6_one_object_in_two_encodings_is_equal(ds, syntax):
    assert same_content(keep(encoded(ds)), keep(encoded(ds, syntax)))


def test_semantics_1_6_undefined_and_defined_lengths_are_equal(ds):
    other = deepcopy(ds)
    other["RealWorldValueMappingSequence"].is_undefined_length = True
    other.RealWorldValueMappingSequence[0].is_undefined_length_sequence_item = True
    assert same_content(keep(encoded(ds)), keep(encoded(other)))


def _pixel_encoding(ds):
    ds.PhotometricInterpretation = "YBR_ICT"
    ds.LossyImageCompression, ds.LossyImageCompressionRatio = "01", "10"


def _padding(ds):
    ds.add_new(0xFFFCFFFC, "OB", b"\0" * 10)


@pytest.mark.parametrize("change", [_pixel_encoding, _padding])
def test_semantics_1_6_pixel_encoding_and_padding_are_no_content(ds, change):
    other = deepcopy(ds)
    change(other)
    assert same_content(keep(encoded(ds)), keep(encoded(other)))


def _text(ds):
    ds.PatientName = "Doe^John"


def _written_differently(ds):
    ds.PixelSpacing = ["0.5", "0.5"]


def _nested(ds):
    ds.RealWorldValueMappingSequence[0].RealWorldValueSlope = 0.2


def _one_more_item(ds):
    ds.RealWorldValueMappingSequence.append(Dataset())


def _private(ds):
    ds[0x00291001].value = "other"


def _absent_sequence(ds):
    del ds.ReferencedImageSequence


def _bulk(ds):
    ds.add_new(0x00281201, "OW", b"\1" * 2048)


@pytest.mark.parametrize(
    "change", [_text, _written_differently, _nested, _one_more_item, _private, _absent_sequence, _bulk]
)
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_semantics_1_6_any_other_change_is_one(ds, change, syntax):
    ds.add_new(0x00281201, "OW", b"\0" * 2048)
    other = deepcopy(ds)
    change(other)
    assert not same_content(keep(encoded(ds)), keep(encoded(other, syntax)))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("dcmqi/data/segmentations/liver.dcm", "liver_expb.dcm", True),
        ("emri_small.dcm", "emri_small_big_endian.dcm", True),
        ("emri_small.dcm", "emri_small_jpeg_2k_lossless.dcm", True),
        ("OBXXXX1A.dcm", "OBXXXX1A_expb.dcm", True),  # its palette is two-byte words
        ("gdcm-US-ALOKA-16.dcm", "gdcm-US-ALOKA-16_big.dcm", True),  # and here bulk
        ("SC_rgb_dcmtk_ebcyn2_dcmd.dcm", "SC_ybr_full_uncompressed.dcm", True),
        ("MR2_J2KI.dcm", "MR2_UNCI.dcm", True),  # one says by which method it was compressed
        ("SC_rgb.dcm", "SC_rgb_16bit.dcm", False),
        ("OBXXXX1A.dcm", "OBXXXX1A_2frame.dcm", False),
        ("color-pl.dcm", "color-px.dcm", False),  # Planar Configuration
    ],
)
def test_semantics_1_6_real_files_of_one_uid(shared_data, one, other, equal):
    folder = shared_data / "pydicom-data/data_store/data"
    files = (shared_data / one if "/" in one else folder / one, folder / other)
    a, b = (pydicom.dcmread(file, stop_before_pixels=True) for file in files)
    assert a.SOPInstanceUID == b.SOPInstanceUID
    assert same_content(keep(a), keep(b)) is equal


def test_private_sequences_are_kept(ds):
    ds.private_block(0x0029, "MAKER").add_new(0x02, "SQ", Sequence([Dataset()]))
    kept = restore(keep(encoded(ds)))
    assert len(kept[0x00291002].value) == 1


def test_an_empty_element_of_a_value_representation_that_there_is_not_is_kept():
    ds = Dataset({0x00080018: RawDataElement(Tag(0x00080018), "UI", 4, b"1.2\0", 0, False, True)})
    ds[0x00090010] = RawDataElement(Tag(0x00090010), "FU", 0, None, 0, False, True)
    ds.set_original_encoding(False, True, "iso8859")
    once = keep(ds)
    assert keep(restore(once)) == once
    assert same_content(once, keep(restore(once)))


def test_a_sequence_that_can_not_be_read_is_compared_by_its_bytes(ds):
    def with_character_set(named: bytes) -> bytes:
        element = b"\x08\x00\x05\x00CS" + len(named).to_bytes(2, "little") + named
        item = b"\xfe\xff\x00\xe0" + len(element).to_bytes(4, "little") + element
        read = encoded(ds)
        read[0x00082112] = RawDataElement(Tag(0x00082112), "SQ", len(item), item, 0, False, True)
        return keep(read)

    assert not same_content(with_character_set(b"ISO_IR 100"), with_character_set(b"no\0one"))
    assert not same_content(with_character_set(b"no\0one"), with_character_set(b"no\0two"))
    assert same_content(with_character_set(b"no\0one"), with_character_set(b"no\0one"))
