"""Headers read plainly are what pydicom reads, element by element, in every real file."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from cohortgraph.dicom.plain import read_header

_DECODED = (0x00020000, 0x00020010, 0x00080005)
"""Group length, Transfer Syntax UID, Specific Character Set."""


def test_every_real_header_is_what_pydicom_reads(shared_data: Path) -> None:
    plain = 0
    for path in sorted(shared_data.rglob("*.dcm")):
        with path.open("rb") as stream:
            header = read_header(stream)
            if header is None:
                continue
            plain += 1
            stream.seek(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
            assert header.end == stream.tell(), path
        assert header.source == path.read_bytes()[: header.end]
        assert _told(header.ds) == _told(expected), path
        assert _told(header.ds.file_meta) == _told(expected.file_meta), path
        assert header.ds.original_encoding == expected.original_encoding
        assert header.ds.original_character_set == expected.original_character_set
    assert plain > 250


def _told(ds: Dataset) -> list[object]:
    """The elements in their order, undecoded but for the few that pydicom decodes while it reads."""
    return [ds[tag] if tag in _DECODED else ds.get_item(tag) for tag in ds.keys()]  # noqa: SIM118


def _file(implicit: bool = False, deflated: bool = False, **attributes: object) -> bytes:
    ds = Dataset()
    ds.update(attributes)
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = (
        DeflatedExplicitVRLittleEndian if deflated else ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    )
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("length", [10, (1 << 14) - 600, 1 << 15, 1 << 21])
def test_a_header_of_any_length_is_read_to_its_end(length: int, implicit: bool) -> None:
    data = _file(implicit, TextValue="x" * length)
    header = read_header(io.BytesIO(data))
    assert header and header.source == data
    assert _told(header.ds) == _told(pydicom.dcmread(io.BytesIO(data)))


@pytest.mark.parametrize("implicit", [False, True])
def test_reading_stops_before_the_pixels(implicit: bool) -> None:
    pixels = {"Rows": 2, "Columns": 2, "BitsAllocated": 8, "PixelData": b"1234", "PixelRepresentation": 0}
    data = _file(implicit, **pixels)
    header = read_header(io.BytesIO(data))
    assert header and len(data) - header.end == (12 if implicit is False else 8) + 4
    assert "PixelData" not in header.ds and header.ds.Rows == 2


def test_what_is_not_plain_is_left_to_pydicom() -> None:
    data = _file(PatientID="1")
    at = data.index(b"\x10\x00\x20\x00LO")
    unplain = {
        "no preamble": data[128:],
        "deflated": _file(deflated=True),
        "an unknown VR": data[: at + 4] + b"ZZ" + data[at + 6 :],
        "an element twice": data + data[at:],
        "a length beyond the end": data[:-1],
        "an undefined length": data[:at] + b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\xdd\xe0\0\0\0\0",
        "a wrong length of the File Meta Information": data[:140] + b"\0\0\0\0" + data[144:],
        "nothing": b"",
    }
    assert {name: read_header(io.BytesIO(found)) for name, found in unplain.items()} == dict.fromkeys(unplain)
