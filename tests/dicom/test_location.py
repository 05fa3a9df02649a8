"""Locations: URIs of files and archive members, and how they open."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohortgraph.dicom.location import Place, open_location, parse, place
from cohortgraph.errors import ReadError, UsageError

from ..ingest.archives import tarred, zipped

NAMES = st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name)


def test_a_uri_encodes_every_byte_that_is_not_plain() -> None:
    assert place(Path("/d/a b!é%.dcm")).uri == "file:///d/a%20b%21%C3%A9%25.dcm"


def test_a_member_names_its_archives_from_the_outermost_inwards() -> None:
    inner = place(Path("/d/a.zip")).member("zip", b"in.tar.gz").member("tar", b"x/1!.dcm", 2)
    assert inner.uri == "tar:zip:file:///d/a.zip!/in.tar.gz!/x/1%21.dcm?2"


@given(NAMES, st.lists(st.tuples(st.sampled_from(["zip", "tar"]), NAMES, st.integers(1, 9)), max_size=3))
def test_any_place_comes_back_from_its_uri(name: bytes, members: list[tuple[str, bytes, int]]) -> None:
    where = Place(Path("/") / os.fsdecode(name.replace(b"/", b"_")))
    for member in members:
        where = where.member(*member)
    assert parse(where.uri) == where
    assert where.uri.isascii()


@pytest.mark.parametrize("uri", ["/a.dcm", "http://x/a", "zip:file:///a.zip", "file:///a!/b", "zip:file:///a!/b?x"])
def test_what_is_no_location_is_refused(uri: str) -> None:
    with pytest.raises(UsageError, match="is no location"):
        parse(uri)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_member_of_a_tar_opens(tmp_path: Path, mode: str) -> None:
    (tmp_path / "a.tar").write_bytes(tarred({"1": b"one", "2": b"two"}, mode))
    with open_location(place(tmp_path / "a.tar").member("tar", b"2").uri) as stream:
        assert stream.read() == b"two"
        assert stream.seek(-2, io.SEEK_END) == 1
        assert stream.read() == b"wo"


def test_a_member_of_nested_archives_opens(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"b.tgz": tarred({"c.zip": zipped({"d": b"deep"})})}))
    where = place(tmp_path / "a.zip").member("zip", b"b.tgz").member("tar", b"c.zip").member("zip", b"d")
    with open_location(where.uri) as stream:
        assert stream.read() == b"deep"


def test_the_second_entry_of_one_name_opens(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tarred({"1": b"old"}, "w")[:1024] + tarred({"1": b"new"}, "w"))
    first = place(tmp_path / "a.tar").member("tar", b"1")
    second = place(tmp_path / "a.tar").member("tar", b"1", 2)
    assert [open_location(where.uri).read() for where in (first, second)] == [b"old", b"new"]


def test_a_member_that_is_gone_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"1": b"one"}))
    with pytest.raises(ReadError, match="no longer has such a member"):
        open_location(place(tmp_path / "a.zip").member("zip", b"2").uri)
