"""Reading within bounds: what pydicom reads, and no more than a file of its size should hold."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from cohortgraph.dicom import reading
from cohortgraph.errors import ReadError

DEFLATED = "image_dfl.dcm"


def meta(transfer_syntax: str) -> bytes:
    """Preamble, prefix and File Meta Information."""
    uid = transfer_syntax.encode().ljust(len(transfer_syntax) + len(transfer_syntax) % 2, b"\0")
    named = struct.pack("<HH2sH", 2, 0x10, b"UI", len(uid)) + uid
    return b"\0" * 128 + b"DICM" + struct.pack("<HH2sHL", 2, 0, b"UL", 4, len(named)) + named


def packed(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush()


def element(number: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH2sH", 0x0009, number, b"LO", len(value)) + value


@pytest.mark.parametrize("whole", [False, True])
def test_a_deflated_file_reads_as_pydicom_reads_it(shared_data: Path, whole: bool) -> None:
    files = [Path(str(get_testdata_file(DEFLATED))), *shared_data.rglob("*deflate.dcm")]
    assert len(files) > 2
    for path in files:
        with path.open("rb") as stream:
            found = reading.read(stream, stop_before_pixels=not whole)
        expected = pydicom.dcmread(path, stop_before_pixels=not whole)
        assert found == expected
        assert found.file_meta == expected.file_meta


def test_a_deflated_file_is_inflated_no_further_than_its_header() -> None:
    data = Path(str(get_testdata_file(DEFLATED))).read_bytes()
    cut = BytesIO(data[: len(data) // 2])
    assert reading.read(cut, stop_before_pixels=True).Rows == 512
    with pytest.raises(ReadError, match="ends too early"):
        reading.read(BytesIO(data[: len(data) // 2]), stop_before_pixels=False)


def test_what_expands_without_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "HEADER_MAY_EXPAND_TO", 1 << 20)
    bomb = struct.pack("<HH2sHL", 9, 0x1010, b"UN", 0, 0xFFFFFF00) + b"\0" * (4 << 20)
    with pytest.raises(ReadError, match="expands to more than 1048576 bytes"):
        reading.read(BytesIO(meta("1.2.840.10008.1.2.1.99") + packed(bomb)), stop_before_pixels=True)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"])
def test_a_data_set_of_endlessly_many_elements_is_refused(syntax: str) -> None:
    data = element(0x10) * (reading.MOST_ELEMENTS + 1)
    data = packed(data) if syntax.endswith("99") else data
    with pytest.raises(ReadError, match="more than 65536 elements"):
        reading.read(BytesIO(meta(syntax) + data), stop_before_pixels=True)
