"""The files of a snapshot: real ones, in archives, missing, altered, on a full disk, after a kill."""

from __future__ import annotations

import csv
import hashlib
import json
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from cohortgraph.client import Client
from cohortgraph.errors import UsageError, WorkFailed
from cohortgraph.export.plan.options import Form
from cohortgraph.export.planning import identity
from cohortgraph.export.written import ObjectsMissing
from cohortgraph.graph.store.directory import Store

from ..ingest.archives import image, tarred, write, zipped
from .planned import contents

EVERYTHING = {"patients": {}}


def files(folder: Path) -> dict[str, str]:
    """Relative path → SHA-256 of everything in an export but the further names that a DICOMDIR has for its files."""
    return {path: digest for path, digest in contents(folder).items() if not path.startswith("DICOM/")}


def rows(folder: Path) -> list[dict[str, str]]:
    """manifest.csv of an export."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(Store.init(tmp_path / "store")) as opened:
        yield opened


@pytest.fixture
def ten(client: Client, tmp_path: Path) -> Client:
    """A frozen cohort of ten small objects, of which some lie in archives."""
    data = tmp_path / "data"
    for n in range(6):
        write(data / f"{n}.dcm", image(f"1.2.{n}", SeriesInstanceUID=f"1.2.3{n % 2}", PatientID="P 1"))
    write(data / "more.zip", zipped({f"in/{n}.dcm": image(f"1.2.{n}") for n in (6, 7)}))
    write(data / "more.tgz", tarred({f"{n}.dcm": image(f"1.2.{n}") for n in (8, 9)}))
    client.ingest([data], "small", workers=1)
    client.create_cohort("ten", EVERYTHING)
    client.freeze_cohort("ten")
    return client


def test_real_files_are_copied_byte_by_byte_to_the_path_of_their_uids(
    client: Client, shared_data: Path, tmp_path: Path
) -> None:
    sources = [shared_data / "dcmqi", shared_data / "dcmjs", shared_data / "highdicom"]
    client.ingest(sources, "real", workers=1, measure=False)
    client.create_cohort("all", EVERYTHING)
    frozen = client.freeze_cohort("all")
    written = client.export_cohort("all", tmp_path / "out")
    assert written.objects == frozen.counts["instances"] > 20
    assert (written.samples, written.patients) == (frozen.counts["series"], frozen.counts["patients"])
    known = {hashlib.sha256(p.read_bytes()).hexdigest(): p for s in sources for p in s.rglob("*") if p.is_file()}
    exported = {path: digest for path, digest in files(tmp_path / "out").items() if path.endswith(".dcm")}
    assert len(exported) == written.objects
    for path, digest in exported.items():
        ds = pydicom.dcmread(known[digest], force=True, stop_before_pixels=True)
        assert Path(path).parts[1:] == (ds.StudyInstanceUID, ds.SeriesInstanceUID, f"{ds.SOPInstanceUID}.dcm")


def test_the_same_snapshot_twice_is_the_same_byte_by_byte(ten: Client, tmp_path: Path) -> None:
    ten.export_cohort("ten", tmp_path / "one")
    ten.export_cohort("ten@1", tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len(files(tmp_path / "one")) == 13
    assert not (tmp_path / "one.partial").exists()


def test_the_manifest_names_every_file_with_its_digest_and_every_source_with_its_terms(
    ten: Client, tmp_path: Path
) -> None:
    ten.set_dataset("small", title="Small", license="CC-BY-4.0", useTerms="DUO:0000007")
    ten.export_cohort("ten", tmp_path / "out")
    told = json.loads((tmp_path / "out" / "manifest.json").read_text())
    held = files(tmp_path / "out")
    named = {row["path"]: row["digest"] for row in told["files"]}
    assert named == {path: digest for path, digest in held.items() if path != "manifest.json"}
    assert {row["path"]: row["digest"] for row in rows(tmp_path / "out")} == {
        path: digest for path, digest in named.items() if path.endswith(".dcm")
    }
    assert told["datasets"] == [
        {"name": "small", "title": "Small", "license": "CC-BY-4.0", "useTerms": "DUO:0000007", "objects": 10}
    ]
    snapshot = ten.snapshot("ten@1")
    assert (told["snapshot"]["name"], told["snapshot"]["digest"]) == ("ten@1", snapshot.digest)
    assert told["snapshot"]["question"] == EVERYTHING


@pytest.mark.parametrize("form", ["dicom", "manifest"])
def test_terms_that_forbid_the_purpose_stop_it(ten: Client, tmp_path: Path, form: Form) -> None:
    ten.set_dataset("small", license="CC-BY-NC-4.0")
    with pytest.raises(UsageError, match=r"small.*CC-BY-NC-4\.0"):
        ten.export_cohort("ten", tmp_path / "out", form, purpose="commercial")
    assert list(tmp_path.glob("out*")) == []
    ten.export_cohort("ten", tmp_path / "out", form, purpose="commercial", override="a licence of our own")
    told = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert told["terms"]["override"] == "a licence of our own"


def test_options_of_samples_are_none_of_the_objects(ten: Client, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="an export as dicom has no option 'split'"):
        ten.export_cohort("ten", tmp_path / "out", split="train=0.5,test=0.5")


def test_a_manifest_alone_says_where_the_objects_lie(ten: Client, tmp_path: Path) -> None:
    ten.export_cohort("ten", tmp_path / "out", "manifest")
    objects = rows(tmp_path / "out")
    assert sorted(files(tmp_path / "out")) == ["manifest.csv", "manifest.json"]
    assert sum(row["location"].startswith("zip:file:///") for row in objects) == 2
    for row in objects:
        if row["location"].startswith("file://"):
            held = Path(row["location"].removeprefix("file://")).read_bytes()
            assert (row["digest"], int(row["size"])) == (hashlib.sha256(held).hexdigest(), len(held))


def test_a_second_run_mends_what_is_altered_or_missing_and_touches_nothing_else(ten: Client, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ten.export_cohort("ten", out)
    before = files(out)
    first, second, third = sorted(out.rglob("*.dcm"))[:3]
    first.write_bytes(first.read_bytes()[:-1])
    second.unlink()
    untouched = third.stat().st_mtime_ns
    ten.export_cohort("ten", out)
    assert files(out) == before
    assert third.stat().st_mtime_ns == untouched


def test_missing_objects_are_named_and_the_rest_waits_for_them(ten: Client, tmp_path: Path) -> None:
    out, gone = tmp_path / "out", tmp_path / "data" / "3.dcm"
    kept = gone.read_bytes()
    gone.unlink()
    with pytest.raises(ObjectsMissing, match=r"1\.2\.3.*--skip-missing") as error:
        ten.export_cohort("ten", out)
    assert [each.sop_instance_uid for each in error.value.missing] == ["1.2.3"]
    assert not out.exists()
    gone.write_bytes(kept)
    untouched = next((tmp_path / "out.partial").rglob("1.2.0.dcm")).stat().st_mtime_ns
    assert ten.export_cohort("ten", out).objects == 10
    assert next(out.rglob("1.2.0.dcm")).stat().st_mtime_ns == untouched
    assert not (tmp_path / "out.partial").exists()


def test_missing_objects_can_be_skipped_and_come_when_they_are_back(ten: Client, tmp_path: Path) -> None:
    out, archive = tmp_path / "out", tmp_path / "data" / "more.zip"
    kept = archive.read_bytes()
    archive.unlink()
    written = ten.export_cohort("ten", out, skip_missing=True)
    assert [each.sop_instance_uid for each in written.missing] == ["1.2.6", "1.2.7"]
    assert [row["sopInstanceUID"] for row in rows(out) if row["missing"]] == ["1.2.6", "1.2.7"]
    archive.write_bytes(kept)
    assert ten.export_cohort("ten", out).missing == ()
    ten.export_cohort("ten", tmp_path / "whole")
    assert files(out) == files(tmp_path / "whole")


def test_objects_that_were_deleted_from_the_store_are_missing(ten: Client, tmp_path: Path) -> None:
    ten.delete_dataset("small")
    with pytest.raises(ObjectsMissing, match="10 objects are missing") as error:
        ten.export_cohort("ten", tmp_path / "out")
    assert "no location" in str(error.value.missing[0])


def test_a_file_that_now_holds_another_object_is_not_taken(ten: Client, tmp_path: Path) -> None:
    write(tmp_path / "data" / "0.dcm", image("1.2.0", SeriesInstanceUID="1.2.30", PatientID="P 1", InstanceNumber=7))
    with pytest.raises(ObjectsMissing) as error:
        ten.export_cohort("ten", tmp_path / "out")
    assert "another object than was frozen" in str(error.value.missing[0])


def test_a_copy_in_another_transfer_syntax_is_the_same_object(client: Client, tmp_path: Path) -> None:
    from pydicom.data import get_testdata_file

    first = Path(str(get_testdata_file("MR_small.dcm")))
    other = Path(str(get_testdata_file("MR_small_RLE.dcm")))
    for name, source in (("a.dcm", first), ("b.dcm", other)):
        write(tmp_path / "data" / name, source.read_bytes())
    report = client.ingest([tmp_path / "data"], "mr", workers=1)
    assert (report.kept, report.duplicates) == (1, 1)
    client.create_cohort("mr", EVERYTHING)
    client.freeze_cohort("mr")
    (tmp_path / "data" / "a.dcm").unlink()
    client.export_cohort("mr", tmp_path / "out")
    (exported,) = (tmp_path / "out").rglob("*.dcm")
    assert exported.read_bytes() == other.read_bytes()


def test_a_folder_with_something_else_is_left_alone(ten: Client, tmp_path: Path) -> None:
    write(tmp_path / "mine" / "thesis.txt", b"precious")
    with pytest.raises(UsageError, match="not empty and no export"):
        ten.export_cohort("ten", tmp_path / "mine")
    assert files(tmp_path / "mine").keys() == {"thesis.txt"}


def test_a_folder_of_another_snapshot_is_left_alone(ten: Client, tmp_path: Path) -> None:
    ten.export_cohort("ten", tmp_path / "out")
    before = files(tmp_path / "out")
    ten.exclude_from_cohort("ten", "1.2.3", "blurred")
    ten.freeze_cohort("ten")
    with pytest.raises(UsageError, match="another export"):
        ten.export_cohort("ten", tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_a_folder_of_a_version_that_wrote_otherwise_is_left_alone(
    ten: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(identity, "REVISION", identity.REVISION - 1)
        ten.export_cohort("ten", tmp_path / "out")
    with pytest.raises(UsageError, match=r"another export, .* by another version; name a new folder"):
        ten.export_cohort("ten", tmp_path / "out")


def test_on_a_full_disk_nothing_half_is_left_and_the_export_goes_on(client: Client, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for n, size in enumerate((100, 200_000, 100)):
        write(tmp_path / "data" / f"{n}.dcm", image(f"1.2.{n}", ImageComments="x" * size))
    client.ingest([tmp_path / "data"], "large", workers=1)
    client.create_cohort("large", EVERYTHING)
    client.freeze_cohort("large")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(WorkFailed, match="can't be written"):
            client.export_cohort("large", out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not out.exists()
    assert not list((tmp_path / "out.partial").rglob("*.dcm.partial"))
    client.export_cohort("large", out)
    assert len(list(out.rglob("*.dcm"))) == 3


SCRIPT = """
import signal, sys
from cohortgraph.client import connect

def tell(event):
    print(event.done, flush=True)
    if event.done == int(sys.argv[3]):
        signal.pause()

with connect(sys.argv[1]) as client:
    client.export_cohort("many", sys.argv[2], workers=1, progress=tell)
"""


def test_killed_at_any_moment_an_export_goes_on_to_the_same_end(tmp_path: Path) -> None:
    store, out = tmp_path / "store", tmp_path / "out"
    with Client(Store.init(store)) as client:
        for n in range(30):
            write(tmp_path / "data" / f"{n}.dcm", image(f"1.2.{n}", SeriesInstanceUID=f"1.3.{n}"))
        client.ingest([tmp_path / "data"], "many", workers=1)
        client.create_cohort("many", EVERYTHING)
        client.freeze_cohort("many")
        client.export_cohort("many", tmp_path / "undisturbed")
    for lines in (1, 20):
        command = [sys.executable, "-c", SCRIPT, str(store), str(out), str(lines)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert sum(1 for _ in zip(range(lines), process.stdout, strict=False)) == lines
            process.send_signal(signal.SIGKILL)
        assert not out.exists()
    with Client(Store.open(store)) as client:
        written = client.export_cohort("many", out)
    assert written.objects == 30
    assert files(out) == files(tmp_path / "undisturbed")


def test_what_another_keeps_beside_the_folder_is_left_alone(ten: Client, tmp_path: Path) -> None:
    mine = tmp_path / "out.partial" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    with pytest.raises(UsageError, match=r"out\.partial, in which .*out would be made, is not empty and no export"):
        ten.export_cohort("ten", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out.partial").iterdir()] == ["thesis.txt"]
    assert mine.read_text() == "precious"


def test_a_damaged_archive_is_a_reason_not_a_crash(ten: Client, tmp_path: Path) -> None:
    archive = tmp_path / "data" / "more.tgz"
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(ObjectsMissing, match=r"1\.2\.8, 1\.2\.9|1\.2\.9"):
        ten.export_cohort("ten", tmp_path / "out")
    shutil.rmtree(tmp_path / "out.partial")
