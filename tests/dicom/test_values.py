from datetime import date

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from cohortgraph.dicom.values import (
    MalformedValue,
    iso_date,
    iso_date_time,
    iso_time,
    number,
    numbers,
    texts,
)


def raw(tag: int, vr: str | None, value: bytes, little: bool = True) -> Dataset:
    ds = Dataset()
    ds[tag] = RawDataElement(Tag(tag), vr, len(value), value, 0, vr is None, little)
    return ds


@pytest.mark.parametrize(("written", "read"), [("20240229", date(2024, 2, 29)), ("1999.12.31", date(1999, 12, 31))])
def test_a_date_is_read_in_its_new_and_its_old_form(written, read):
    assert iso_date(written) == read


@pytest.mark.parametrize("written", ["20230229", "2023", "00000000", "yesterday"])
def test_what_is_no_date_is_malformed(written):
    with pytest.raises(MalformedValue):
        iso_date(written)


@pytest.mark.parametrize(
    ("written", "read"), [("12", "12"), ("1203", "12:03"), ("120304.5", "12:03:04.5"), ("12:03:04", "12:03:04")]
)
def test_a_time_keeps_the_parts_that_were_given(written, read):
    assert iso_time(written) == read


@pytest.mark.parametrize("written", ["24", "1260", "1", "12030", "noon"])
def test_what_is_no_time_is_malformed(written):
    with pytest.raises(MalformedValue):
        iso_time(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2020", "2020"),
        ("202001", "2020-01"),
        ("20200102030405.60+0100", "2020-01-02T03:04:05.60+01:00"),
        ("2020010203-0530", "2020-01-02T03-05:30"),
    ],
)
def test_a_date_and_time_keeps_the_parts_that_were_given(written, read):
    assert iso_date_time(written) == read


@pytest.mark.parametrize("written", ["", "nan", "inf", "1_0", "1,5", "1e400", "0x10", "1 2"])
def test_what_is_no_finite_number_is_malformed(written):
    with pytest.raises(MalformedValue):
        number(written)


def test_numbers_of_binary_vrs_are_read_in_their_byte_order():
    assert numbers(raw(0x00280010, "US", b"\x02\x01"), 0x00280010) == [258]
    assert numbers(raw(0x00280010, "US", b"\x02\x01", little=False), 0x00280010) == [513]


def test_numbers_of_implicit_vr_take_their_vr_from_the_dictionary():
    assert numbers(raw(0x00280030, None, b"0.5\\.25 "), 0x00280030) == [0.5, 0.25]


def test_half_a_number_is_malformed():
    with pytest.raises(MalformedValue):
        numbers(raw(0x00280010, "US", b"\x02\x01\x03"), 0x00280010)


def test_text_is_stripped_of_padding_and_split_at_backslashes():
    assert texts(raw(0x00080008, "CS", b"DERIVED\\ PRIMARY "), 0x00080008) == ["DERIVED", "PRIMARY"]
    assert texts(raw(0x00104000, "LT", b"a\\b "), 0x00104000) == ["a\\b"]
    assert texts(raw(0x0020000D, "UI", b"1.2.3\0"), 0x0020000D) == ["1.2.3"]


def test_semantics_1_7_text_is_nfc():
    ds = raw(0x00081030, "LO", "Scha\u0308del".encode())
    ds.set_original_encoding(False, True, "utf8")
    assert texts(ds, 0x00081030) == ["Sch\u00e4del"]


def test_text_in_iso_2022_is_decoded_even_though_its_bytes_are_ascii():
    ds = raw(0x00081030, "LO", b"\x1b$B;3ED\x1b(B")
    ds.set_original_encoding(False, True, ["shift_jis", "iso2022_jp"])
    assert texts(ds, 0x00081030) == ["山田"]
