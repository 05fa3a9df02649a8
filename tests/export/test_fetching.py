"""Planned objects from where the plan says they lie: files, and members of archives."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from cohortgraph.dicom import header, location
from cohortgraph.errors import StoreError
from cohortgraph.export.fetching import opened
from cohortgraph.export.fetching.places import places
from cohortgraph.export.plan.file import Plan, write_plan
from cohortgraph.export.plan.model import Head, PlannedObject, PlannedSeries, Sample


class Headers(dict[str, bytes]):
    def get(self, digest: str) -> bytes:  # type: ignore[override]
        if digest not in self:
            raise StoreError(digest)
        return self[digest]


@pytest.fixture(scope="module")
def files(shared_data: Path) -> list[Path]:
    """Slices of a real series."""
    found = sorted((shared_data / "dcmqi/data/segmentations/ct-3slice").glob("*.dcm"))
    assert len(found) >= 3
    return found


def planned(file: Path, *uris: str) -> PlannedObject:
    ds = pydicom.dcmread(file)
    uid = str(ds.SOPInstanceUID)
    return PlannedObject(uid, str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), digest(file), uris, (), "image")


def digest(file: Path) -> str:
    return header.digest(kept(file))


def kept(file: Path) -> bytes:
    with file.open("rb") as stream:
        ds = pydicom.dcmread(stream, stop_before_pixels=True)
        source = file.read_bytes()[: stream.tell()]
    return header.keep(ds, source)


def uri(file: Path) -> str:
    return location.place(file).uri


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_file_is_read_where_it_lies(files: list[Path]) -> None:
    objects = [planned(file, uri(file)) for file in files]
    with places(Headers()) as fetch:
        found, missing = fetch(objects)
    expected = {each.sop_instance_uid: (file, uri(file)) for each, file in zip(objects, files, strict=True)}
    assert (found, missing) == (expected, {})


def test_the_next_place_is_tried_where_one_is_gone_or_holds_another_object(files: list[Path], tmp_path: Path) -> None:
    other = planned(files[0], uri(tmp_path / "gone.dcm"), uri(files[1]), uri(files[0]))
    lost = planned(files[1], uri(tmp_path / "gone.dcm"), uri(files[2]))
    with places(Headers()) as fetch:
        found, missing = fetch([other, lost])
    assert found == {other.sop_instance_uid: (files[0], uri(files[0]))}
    assert list(missing) == [lost.sop_instance_uid]
    reason = missing[lost.sop_instance_uid]
    assert "gone.dcm (it can't be opened: No such file or directory)" in reason
    assert f"{files[2].name} (holds another object than was frozen)" in reason


def test_members_of_archives_become_files_that_go_with_the_sample(files: list[Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(files[0], "one.dcm")
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        archive.add(files[1], "two.dcm")
    objects = [
        planned(files[0], f"zip:{uri(tmp_path / 'a.zip')}!/one.dcm"),
        planned(files[1], f"tar:{uri(tmp_path / 'b.tar.gz')}!/two.dcm"),
    ]
    with places(Headers()) as fetch:
        found, missing = fetch(objects)
        assert missing == {}
        assert [sha256(found[each.sop_instance_uid].path) for each in objects] == list(map(sha256, files[:2]))
    assert [found[each.sop_instance_uid].uri for each in objects] == [each.uris[0] for each in objects]
    assert not any(file.path.exists() for file in found.values())


def test_an_archive_is_listed_once_for_all_samples_and_again_when_it_changes(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = []
    open_archive = location.open_archive
    monkeypatch.setattr(location, "open_archive", lambda *given: listed.append(given) or open_archive(*given))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(files[0], "0.dcm")
    for number in (0, 0, 1):
        if number:
            with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
                archive.write(files[1], "1.dcm")
        with places(Headers()) as fetch:
            found, _ = fetch([planned(files[number], f"zip:{uri(tmp_path / 'a.zip')}!/{number}.dcm")])
            assert len(found) == 1
    assert len(listed) == 2


def test_few_archives_stay_open(files: list[Path], tmp_path: Path) -> None:
    held = opened.Opened()
    for number in range(6):
        with tarfile.open(tmp_path / f"{number}.tar.gz", "w:gz") as archive:
            archive.add(files[0], "a.dcm")
        stream, _ = held.open(f"tar:{uri(tmp_path / f'{number}.tar.gz')}!/a.dcm")
        stream.close()
    assert len(held._archives) == opened._MOST
    held.close()


@pytest.fixture
def plan(files: list[Path], tmp_path: Path) -> Iterator[Plan]:
    """Of one slice, whose header lies in the plan."""
    one = planned(files[0], uri(tmp_path / "other.dcm"))
    series = PlannedSeries(one.series, "CT", "CT", "", (one,))
    sample = Sample("a", one.series, "p", "p", "", (series,))
    headers = Headers({one.header_digest: kept(files[0])})
    write_plan(tmp_path / "plan.sqlite", [sample], lambda: Head("", "nifti", {}, {}, ()), headers)
    with Plan(tmp_path / "plan.sqlite") as made:
        yield made


def test_a_copy_in_another_encoding_is_known_by_the_header_in_the_plan(
    plan: Plan, files: list[Path], tmp_path: Path
) -> None:
    ds = pydicom.dcmread(files[0])
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    ds.save_as(tmp_path / "other.dcm", implicit_vr=True, little_endian=True)
    (wanted,) = plan.sample(0).series[0].objects
    assert digest(tmp_path / "other.dcm") != wanted.header_digest
    with places(plan) as fetch:
        found, _ = fetch([wanted])
        assert found[wanted.sop_instance_uid].path == tmp_path / "other.dcm"
    with places(Headers()) as fetch:
        assert fetch([wanted])[0] == {}


def test_a_copy_with_another_value_is_another_object(plan: Plan, files: list[Path], tmp_path: Path) -> None:
    ds = pydicom.dcmread(files[0])
    ds.RescaleSlope = 2
    ds.save_as(tmp_path / "other.dcm")
    (wanted,) = plan.sample(0).series[0].objects
    with places(plan) as fetch:
        found, missing = fetch([wanted])
    assert found == {}
    assert "holds another object" in missing[wanted.sop_instance_uid]
