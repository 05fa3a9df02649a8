"""DICOMDIR of a tree, as pydicom and dcmtk read it."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.fileset import FileSet

from cohortgraph.client import Client
from cohortgraph.export.dicomdir import write_dicomdir
from cohortgraph.export.folder import Folder
from cohortgraph.export.verify import verify
from cohortgraph.graph.store.directory import Store

SOURCES = ("dcmqi/data/segmentations", "dcmjs/examples", "cardio-ai", "highdicom")


@pytest.fixture(scope="module")
def tree(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Images, segmentations, reports and ECGs of several patients."""
    out = tmp_path_factory.mktemp("dicomdir") / "out"
    with Store.init(out.parent / "store") as store:
        client = Client(store)
        sources = [shared_data / name for name in SOURCES if (shared_data / name).exists()]
        client.ingest(sources, "real", workers=1, measure=False)
        client.create_cohort("all", {"patients": {}})
        client.freeze_cohort("all")
        client.export_cohort("all", out)
    yield out


def objects(tree: Path) -> dict[str, Path]:
    """SOP Instance UID → file of the tree."""
    return {path.stem: path for path in tree.rglob("*.dcm")}


def test_pydicom_finds_every_object_under_its_patient_study_and_series(tree: Path) -> None:
    held = FileSet(tree / "DICOMDIR")
    known = objects(tree)
    found = {str(each.SOPInstanceUID): each for each in held}
    assert found.keys() == known.keys()
    assert len(known) > 20
    for uid, each in found.items():
        ds = pydicom.dcmread(known[uid], stop_before_pixels=True)
        assert Path(each.path).read_bytes() == known[uid].read_bytes()
        assert (each.StudyInstanceUID, each.SeriesInstanceUID) == (ds.StudyInstanceUID, ds.SeriesInstanceUID)
        assert each.PatientID == ds.PatientID or not ds.PatientID
        assert each.ReferencedTransferSyntaxUIDInFile == ds.file_meta.TransferSyntaxUID
        assert re.fullmatch(r"DICOM(/[A-Z0-9]{8}){4}", Path(each.path).relative_to(tree).as_posix())


def test_a_file_takes_no_space_twice(tree: Path) -> None:
    for file in objects(tree).values():
        assert file.stat().st_nlink == 2


@pytest.mark.skipif(not shutil.which("dcmdump"), reason="dcmtk is not installed")
def test_dcmtk_reads_every_record_without_a_complaint(tree: Path) -> None:
    told = subprocess.run(["dcmdump", "+L", tree / "DICOMDIR"], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    files = re.findall(r"\(0004,1500\) CS (\S+)", told.stdout)
    assert len(files) == len(objects(tree))
    assert all((tree / name.strip("[]").replace("\\", "/")).is_file() for name in files)
    uids = re.findall(r"\(0004,1511\) UI \[([0-9.]+)\]", told.stdout)
    assert set(uids) == objects(tree).keys()


@pytest.mark.skipif(not shutil.which("dcmmkdir"), reason="dcmtk is not installed")
def test_dcmtk_appends_to_it(tree: Path, tmp_path: Path) -> None:
    """It takes the whole directory apart and writes it again, which it refuses where records or names are not valid."""
    shutil.copytree(tree / "DICOM", tmp_path / "DICOM")
    shutil.copy(tree / "DICOMDIR", tmp_path / "DICOMDIR")
    first = next(path for path in sorted((tmp_path / "DICOM").rglob("I*")) if path.is_file())
    command = ["dcmmkdir", "+A", "+I", "-Nxc", "-Nec", first.relative_to(tmp_path)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert len(list(FileSet(tmp_path / "DICOMDIR"))) == len(objects(tree))


@pytest.mark.skipif(not shutil.which("dcmmkdir"), reason="dcmtk is not installed")
def test_records_of_reports_tell_what_dcmtk_tells_of_them(tree: Path) -> None:
    """What modifies a report's title, and nothing of its content."""
    command = ["dcmmkdir", "+r", "+I", "-Nxc", "-Nec", "+D", "DCMTK", "DICOM"]
    try:
        subprocess.run(command, cwd=tree, capture_output=True, check=True)
        theirs = _reports(tree / "DCMTK")
    finally:
        (tree / "DCMTK").unlink(missing_ok=True)
    ours = _reports(tree / "DICOMDIR")
    assert ours == theirs
    assert any(modified for _, modified in ours.values())


def _reports(directory: Path) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """File ID → code of the title, and names of the content items, of each record of a report."""
    return {
        "/".join(each.ReferencedFileID): (
            each.ConceptNameCodeSequence[0].CodeValue,
            [
                (item.RelationshipType, item.ConceptNameCodeSequence[0].CodeValue)
                for item in each.get("ContentSequence") or []
            ],
        )
        for each in pydicom.dcmread(directory).DirectoryRecordSequence
        if each.DirectoryRecordType == "SR DOCUMENT"
    }


def test_again_the_same_bytes(tree: Path) -> None:
    before = (tree / "DICOMDIR").read_bytes()
    digest = json.loads((tree / "manifest.json").read_text())["identity"]
    with (tree / "manifest.csv").open(newline="") as stream:
        paths = [row["path"] for row in csv.DictReader(stream)]
    assert write_dicomdir(tree, paths, digest) == []
    assert (tree / "DICOMDIR").read_bytes() == before
    assert verify(Folder(tree)).extra == ()


def test_an_object_that_can_t_be_told_is_left_out_and_named(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "P/T/S").mkdir(parents=True)
    (tmp_path / "P/T/S/1.dcm").write_bytes(b"no DICOM")
    shutil.copy(next(iter(objects(tree).values())), tmp_path / "P/T/S/2.dcm")
    (warning,) = write_dicomdir(tmp_path, ["P/T/S/1.dcm", "P/T/S/2.dcm"], "0" * 64)
    assert warning.startswith("P/T/S/1.dcm: DICOMDIR leaves it out")
    assert len(list(FileSet(tmp_path / "DICOMDIR"))) == 1


def test_without_hard_links_there_is_none_and_that_is_said(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "P/T/S").mkdir(parents=True)
    shutil.copy(next(iter(objects(tree).values())), tmp_path / "P/T/S/2.dcm")
    (warning,) = write_dicomdir(tmp_path, ["P/T/S/2.dcm"], "0" * 64)
    assert "no hard links (Operation not supported)" in warning
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P"]
