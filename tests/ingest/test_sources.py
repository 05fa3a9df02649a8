"""The walk: everything once, in path order, whatever lies in the way."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.fileset import FileSet

from cohortgraph.dicom import archive
from cohortgraph.dicom.location import open_location
from cohortgraph.errors import UsageError
from cohortgraph.ingest.sources import Found, Sort, walk

from .archives import image, tarred, write, zipped

CT = image("1.2.3")


def walked(*paths: Path) -> list[Found]:
    """What a walk finds, archives unpacked beside the first path."""
    return list(_closing(walk(paths, paths[0].parent / "scratch")))


def _closing(found: Iterator[Found]) -> Iterator[Found]:
    for each in found:
        if each.opened:
            each.opened.close()
        yield each


def names(found: list[Found], sort: Sort, below: Path) -> list[str]:
    """The URIs of one sort, shortened."""
    return [each.uri.replace(below.as_uri() + "/", "") for each in found if each.sort is sort]


def reasons(found: list[Found]) -> dict[str, str]:
    """Why what can't be read can't be read, by the last part of its URI."""
    return {each.uri.rpartition("/")[2]: each.reason for each in found if each.sort is Sort.UNREADABLE}


def test_semantics_1_6_path_order_is_that_of_the_relative_paths_bytes(tmp_path: Path) -> None:
    for name in ("b/1.dcm", "b-c.dcm", "b.dcm", "a.zip.dcm", "é.dcm", "B.dcm"):
        write(tmp_path / "in" / name, CT)
    write(tmp_path / "in/a.zip", zipped({"y.dcm": CT, "x/1.dcm": CT}))
    assert names(walked(tmp_path / "in"), Sort.OBJECT, tmp_path / "in") == [
        "B.dcm",
        "a.zip.dcm",
        "zip:a.zip!/x/1.dcm",
        "zip:a.zip!/y.dcm",
        "b-c.dcm",
        "b.dcm",
        "b/1.dcm",
        "%C3%A9.dcm",
    ]


def test_paths_come_as_given_and_what_lies_in_two_of_them_once(tmp_path: Path) -> None:
    for name in ("a/1.dcm", "a/2.dcm", "b/3.dcm"):
        write(tmp_path / name, CT)
    found = walked(tmp_path / "b", tmp_path / "a" / "2.dcm", tmp_path, tmp_path / "a")
    assert names(found, Sort.OBJECT, tmp_path) == ["b/3.dcm", "a/2.dcm", "a/1.dcm"]


def test_a_path_that_does_not_exist_is_wrong_use_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        walk([tmp_path / "no"], tmp_path)


def test_archives_are_what_their_bytes_say_at_any_depth_up_to_three(tmp_path: Path) -> None:
    third = tarred({"3.dcm": CT, "too-deep.zip": zipped({"4.dcm": CT})}, "w:xz")
    write(tmp_path / "in/box", zipped({"1.dcm": CT, "two": tarred({"2.dcm": CT, "three": third}, "w:bz2")}))
    found = walked(tmp_path / "in")
    uris = names(found, Sort.OBJECT, tmp_path / "in")
    assert uris == ["zip:box!/1.dcm", "tar:zip:box!/two!/2.dcm", "tar:tar:zip:box!/two!/three!/3.dcm"]
    assert reasons(found) == {"too-deep.zip": "archives are nested more than 3 deep"}
    assert not list((tmp_path / "scratch").iterdir())


def test_every_location_found_opens_again(tmp_path: Path) -> None:
    write(
        tmp_path / "in/a.zip", zipped({"ä b!/1.dcm": CT, "t.tgz": tarred({"2.dcm": CT, "p/q.tar": tarred({"3": CT})})})
    )
    uris = [each.uri for each in walked(tmp_path / "in") if each.sort is Sort.OBJECT]
    assert len(uris) == 3
    assert all(open_location(uri).read() == CT for uri in uris)


def test_hard_links_in_a_tar_are_files_and_symbolic_ones_are_not(tmp_path: Path) -> None:
    write(tmp_path / "d/1.dcm", CT)
    os.link(tmp_path / "d/1.dcm", tmp_path / "d/2.dcm")
    (tmp_path / "d/3.dcm").symlink_to("1.dcm")
    subprocess.run(["tar", "cf", tmp_path / "a.tar", "-C", tmp_path, "d"], check=True)
    assert names(walked(tmp_path / "a.tar"), Sort.OBJECT, tmp_path) == ["tar:a.tar!/d/1.dcm", "tar:a.tar!/d/2.dcm"]


def test_names_that_climb_out_of_an_archive_are_names_only(tmp_path: Path) -> None:
    write(tmp_path / "in/a.tar", tarred({"../../evil.dcm": CT, "/etc/evil.dcm": CT}))
    found = walked(tmp_path / "in")
    assert len(names(found, Sort.OBJECT, tmp_path)) == 2
    assert not list(tmp_path.rglob("evil.dcm"))


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAY_EXPAND_TO", 1 << 20)
    write(tmp_path / "in/a.zip", zipped({"zeros.dcm": CT + bytes(1 << 26), "inner.tgz": tarred({"0": bytes(1 << 26)})}))
    found = reasons(walked(tmp_path / "in"))
    assert "more than 100 times" in found["zeros.dcm"]
    assert "it expands to more than" in found["inner.tgz"]
    assert not list((tmp_path / "scratch").iterdir())


def test_an_encrypted_member_says_so(tmp_path: Path) -> None:
    data = bytearray(zipped({"1.dcm": CT}))
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    write(tmp_path / "in/a.zip", bytes(data))
    assert reasons(walked(tmp_path / "in")) == {"1.dcm": "encrypted in its ZIP archive"}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_truncated_tar_gives_what_is_whole_and_is_itself_unreadable(tmp_path: Path, mode: str) -> None:
    noise = [CT + os.urandom(size) for size in (500_000, 3_000_000)]
    whole = tarred({f"{n}.dcm": data for n, data in enumerate(noise)}, mode)
    write(tmp_path / "in/a.tar", whole[: len(whole) // 2])
    found = walked(tmp_path / "in")
    assert names(found, Sort.OBJECT, tmp_path / "in") == ["tar:a.tar!/0.dcm"]
    assert "truncated" in reasons(found)["a.tar"]
    assert "truncated" in reasons(found)["1.dcm"]


def test_a_truncated_zip_is_one_unreadable_file(tmp_path: Path) -> None:
    write(tmp_path / "in/a.zip", zipped({"1.dcm": CT, "2.dcm": CT})[:-30])
    found = walked(tmp_path / "in")
    assert [each.sort for each in found] == [Sort.UNREADABLE]
    assert "can't be opened" in found[0].reason


def test_damaged_bytes_of_any_archive_never_stop_a_walk(tmp_path: Path) -> None:
    wholes = [
        zipped({"1.dcm": CT, "2.dcm": CT}),
        *(tarred({"1.dcm": CT}, mode) for mode in ("w", "w:gz", "w:bz2", "w:xz")),
    ]
    for n, whole in enumerate(wholes):
        for at in range(0, len(whole), max(1, len(whole) // 40)):
            damaged = bytearray(whole)
            damaged[at] ^= 0x5A
            write(tmp_path / f"in/{n}-{at}", bytes(damaged))
    walked(tmp_path / "in")


def test_semantics_1_7_without_preamble(shared_data: Path) -> None:
    found = walked(shared_data / "pydicom-data/data_store/data", shared_data / "dicom-fuzzing-corpus")
    objects = {each.uri.rpartition("/")[2] for each in found if each.sort is Sort.OBJECT}
    assert {"OT-PAL-8-face.dcm", "JLSL_RGB_ILV0.dcm", "TC0377_no_preamble.dcm"} <= objects
    assert set(reasons(found)) == {
        "TC0381_preamble_127.dcm",
        "TC0383_no_dicm.dcm",
        "TC0385_dicm_offset0.dcm",
        "TC0387_dicm_offset64.dcm",
        "TC0389_dicm_offset256.dcm",
    }


def test_what_is_no_dicom_by_content_is_ignored(tmp_path: Path, shared_data: Path) -> None:
    contents = {"empty": b"", "text.dcm": b"Not DICOM", "7z": b"7z\xbc\xaf\x27\x1c" + bytes(200), "zeros": bytes(2000)}
    for name, data in contents.items():
        write(tmp_path / "in" / name, data)
    found = walked(tmp_path / "in", shared_data / "scp-tools", shared_data / "fda-aecg", shared_data / "uberon")
    assert {each.sort for each in found} == {Sort.IGNORED}
    assert len(found) > 30


def media(folder: Path) -> Path:
    """A folder with a DICOMDIR and the two files that it names."""
    file_set = FileSet()
    for n in (1, 2):
        path = write(
            folder.parent / f"{n}.dcm",
            image(
                f"1.2.3.{n}",
                PatientName="N",
                StudyDate="20200101",
                StudyTime="1",
                StudyID="1",
                SeriesNumber=1,
                InstanceNumber=n,
            ),
        )
        file_set.add(path)
        file_set.write(folder) if n == 1 else file_set.write()
        path.unlink()
    return folder


def test_a_dicomdir_gives_the_files_that_it_names(tmp_path: Path) -> None:
    folder = media(tmp_path / "cd")
    found = walked(folder / "DICOMDIR")
    assert [each.sort for each in found] == [Sort.IGNORED, Sort.OBJECT, Sort.OBJECT]
    write(folder / "other.dcm", CT)
    assert [each.sort for each in walked(folder)].count(Sort.OBJECT) == 3
    assert [each.sort for each in walked(folder / "DICOMDIR", folder)].count(Sort.OBJECT) == 3


def test_a_file_that_a_dicomdir_names_and_that_is_missing_is_reported(tmp_path: Path) -> None:
    folder = media(tmp_path / "cd")
    named = [each.uri for each in walked(folder) if each.sort is Sort.OBJECT]
    box = write(tmp_path / "in/cd.zip", zipped({"cd/DICOMDIR": (folder / "DICOMDIR").read_bytes()}))
    assert len([each for each in walked(box) if "names this file" in each.reason]) == 2
    Path(named[0].removeprefix("file://")).unlink()
    missing = [each for each in walked(folder) if each.sort is Sort.UNREADABLE]
    assert [each.uri for each in missing] == named[:1]


def test_media_in_lower_case_are_found(tmp_path: Path) -> None:
    folder = media(tmp_path / "cd")
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rename(path.with_name(path.name.lower()))
    assert [each.sort for each in walked(folder / "dicomdir")] == [Sort.IGNORED, Sort.OBJECT, Sort.OBJECT]


def test_loops_of_symbolic_links_end(tmp_path: Path) -> None:
    write(tmp_path / "in/a/1.dcm", CT)
    (tmp_path / "in/a/up").symlink_to(tmp_path / "in")
    (tmp_path / "in/self").symlink_to("self")
    (tmp_path / "in/gone").symlink_to("nowhere")
    found = walked(tmp_path / "in")
    assert names(found, Sort.OBJECT, tmp_path / "in") == ["a/1.dcm"]
    assert set(reasons(found)) == {"self", "gone"}


def test_a_link_that_leads_out_is_followed_once(tmp_path: Path) -> None:
    write(tmp_path / "out/sub/1.dcm", CT)
    (tmp_path / "out/sub/back").symlink_to(tmp_path / "out")
    (tmp_path / "in").mkdir()
    for name, target in (("x", "out"), ("y", "out"), ("z", "out/sub")):
        (tmp_path / "in" / name).symlink_to(tmp_path / target)
    assert names(walked(tmp_path / "in"), Sort.OBJECT, tmp_path / "in") == ["x/sub/1.dcm"]


def test_pipes_sockets_and_devices_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in/fifo")
    (tmp_path / "in/null").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "in/socket"))
        assert [each.sort for each in walked(tmp_path / "in")] == [Sort.IGNORED] * 3


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")
def test_what_may_not_be_read_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "in/file.dcm", CT).chmod(0)
    write(tmp_path / "in/folder/1.dcm", CT)
    (tmp_path / "in/folder").chmod(0)
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    found = _as_nobody(tmp_path / "in") if os.geteuid() == 0 else {e.uri: e.reason for e in walked(tmp_path / "in")}
    (tmp_path / "in/folder").chmod(0o755)
    assert found == {
        (tmp_path / "in/file.dcm").as_uri(): "Permission denied",
        (tmp_path / "in/folder").as_uri(): "the folder can't be read: Permission denied",
    }


def _as_nobody(path: Path) -> dict[str, str]:
    """What a walk of ``path`` says in a process without root's rights."""
    read, write_end = os.pipe()
    if (child := os.fork()) == 0:
        os.setuid(65534)
        told = "\n".join(f"{each.uri}\t{each.reason}" for each in walk([path], Path("/nowhere")))
        os.write(write_end, told.encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(child, 0)
    with os.fdopen(read) as told:
        return dict(line.rstrip("\n").split("\t") for line in told)


def test_names_that_are_no_text_survive(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("file names are text here")
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(bytes(tmp_path / "in") + b"/\xff\xfe.dcm")).write_bytes(CT)
    (found,) = walked(tmp_path / "in")
    assert open_location(found.uri).read() == CT


def test_a_folder_deeper_than_pythons_stack_is_walked(tmp_path: Path) -> None:
    depth = 1200
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("1.dcm", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    found = walked(tmp_path / "d")
    subprocess.run(["rm", "-r", tmp_path / "d"], check=True)  # shutil.rmtree can't
    assert len(found) == 1
