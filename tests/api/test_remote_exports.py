"""Exports that a server makes: left to its workers, followed, fetched, their files downloaded."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cohortgraph.client import Client
from cohortgraph.client.remote import RemoteClient
from cohortgraph.errors import CohortGraphError, NotFound, UsageError
from cohortgraph.export.jobs.board import ExportJob
from cohortgraph.export.written import ObjectsMissing
from cohortgraph.graph.store.directory import Store

from ..export.planned import cohort, contents
from .conftest import served


def tree(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture(scope="module")
def makers(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, RemoteClient]]:
    """A store with a frozen cohort, and its server, whose worker makes the exports of both."""
    with Store.init(tmp_path_factory.mktemp("exports") / "store") as store:
        Client(store).ingest(files, "real", workers=1)
        Client(store).create_cohort("all", {"patients": {}})
        Client(store).freeze_cohort("all")
        with served(store) as running, RemoteClient(running.url) as there:
            yield running.client, there


def done(there: RemoteClient) -> ExportJob:
    """An export that is done, whichever tests ran before."""
    found = next((each for each in there.exports() if each.state == "done"), None)
    return found or list(there.follow_export(there.start_export("all", "nifti").id))[-1]


def test_exports_are_left_to_workers_followed_and_fetched(makers: tuple[Client, RemoteClient], tmp_path: Path) -> None:
    here, there = makers
    begun = there.start_export("all", "nifti")
    assert there.export_job(begun.id).id == begun.id
    last = list(there.follow_export(begun.id))[-1]
    assert (last.state, last.error) == ("done", None)
    assert last.progress.samples == last.progress.of_samples > 0
    last = here.export_job(begun.id)
    assert here.exports() == there.exports() == [last]
    assert list(here.follow_export(begun.id)) == [last] == [here.export_job(begun.id)]
    told = [client.fetch_export(begun.id, tmp_path / type(client).__name__) for client in makers]
    assert told[0] == told[1]
    assert told[0].to_dict() == last.result
    assert tree(tmp_path / "Client") == tree(tmp_path / "RemoteClient")
    here.export_cohort("all", tmp_path / "local", "nifti", workers=1)
    assert contents(tmp_path / "local") == contents(tmp_path / "Client")
    for client in makers:
        with pytest.raises(UsageError, match="only one that failed or was cancelled goes on"):
            client.retry_export(begun.id)
        with pytest.raises(NotFound):
            client.export_job("none")
    assert there.cancel_export(begun.id) == here.cancel_export(begun.id) == last


def test_a_remote_export_is_made_by_the_server_once_and_downloaded(
    makers: tuple[Client, RemoteClient], tmp_path: Path
) -> None:
    _, there = makers
    events: list[Any] = []
    first = there.export_cohort("all", tmp_path / "one", "nifti", progress=events.append)
    jobs = len(there.exports())
    assert events[-1].phase == "fetch"
    assert there.export_cohort("all@1", tmp_path / "two", "nifti") == first
    assert len(there.exports()) == jobs
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.mark.parametrize("form", ["dicom", "manifest"])
def test_objects_are_exported_as_by_the_store_itself(
    makers: tuple[Client, RemoteClient], tmp_path: Path, form: Any
) -> None:
    told = [client.export_cohort("all@1", tmp_path / type(client).__name__, form) for client in makers]
    assert told[0] == told[1]
    assert contents(tmp_path / "RemoteClient") == contents(tmp_path / "Client")
    changed = next((tmp_path / "RemoteClient").rglob("*.dcm"), None) or tmp_path / "RemoteClient" / "manifest.csv"
    changed.write_bytes(b"altered")
    assert makers[1].export_cohort("all", tmp_path / "RemoteClient", form) == told[0]
    assert contents(tmp_path / "RemoteClient") == contents(tmp_path / "Client")


def test_an_export_into_a_folder_of_its_own_is_not_taken_for_one_to_download(
    makers: tuple[Client, RemoteClient], tmp_path: Path
) -> None:
    here, there = makers
    again: dict[str, Any] = {"split": "train=0.5,test=0.5", "seed": 5}
    own = here.start_export("all", "parquet", folder=tmp_path / "own", **again)
    told = there.export_cohort("all", tmp_path / "downloaded", "parquet", **again)
    assert list(here.follow_export(own.id))[-1].result == told.to_dict()
    assert contents(tmp_path / "downloaded") == contents(tmp_path / "own")
    jobs = len(there.exports())
    there.export_cohort("all", tmp_path / "again", "parquet", **again)
    assert len(there.exports()) == jobs


def test_a_download_goes_on_where_it_stopped_and_is_refused_where_it_differs(
    makers: tuple[Client, RemoteClient], tmp_path: Path
) -> None:
    _, there = makers
    job = done(there)
    largest = max(there._http.get(f"/api/exports/{job.id}/files"), key=lambda each: each["size"])
    whole = (Path(job.out) / largest["path"]).read_bytes()
    target = tmp_path / "out.partial" / largest["path"]
    target.parent.mkdir(parents=True)
    begun = target.with_name(f"{target.name}.{largest['digest'][:12]}.download")
    begun.write_bytes(whole[: len(whole) // 2])
    there.fetch_export(job.id, tmp_path / "out")
    assert (tmp_path / "out" / largest["path"]).read_bytes() == whole
    begun = tmp_path / "bad.partial" / largest["path"]
    begun.parent.mkdir(parents=True)
    begun.with_name(f"{begun.name}.{largest['digest'][:12]}.download").write_bytes(b"?" * (len(whole) // 2))
    with pytest.raises(CohortGraphError, match="did not arrive as it was made"):
        there.fetch_export(job.id, tmp_path / "bad")


def test_an_export_is_deleted_with_its_files(makers: tuple[Client, RemoteClient]) -> None:
    for client in makers:
        job = list(makers[1].follow_export(makers[1].start_export("all", "parquet").id))[-1]
        assert Path(job.out).is_dir()
        client.delete_export(job.id)
        assert not Path(job.out).exists()
        with pytest.raises(NotFound):
            client.export_job(job.id)


def test_an_export_whose_files_somebody_removed_is_made_again(makers: tuple[Client, RemoteClient]) -> None:
    _, there = makers
    first = list(there.follow_export(there.start_export("all", "parquet", level="series").id))[-1]
    shutil.rmtree(first.out)
    again = list(there.follow_export(there.start_export("all", "parquet", level="series").id))[-1]
    assert again.id != first.id
    assert again.result == first.result
    assert there.start_export("all", "parquet", level="series").id == again.id


def test_files_are_served_by_ranges_with_their_digests(makers: tuple[Client, RemoteClient]) -> None:
    _, there = makers
    job = done(there)
    one = there._http.get(f"/api/exports/{job.id}/files")[0]
    whole = (Path(job.out) / one["path"]).read_bytes()
    assert hashlib.sha256(whole).hexdigest() == one["digest"]
    tag = f'"{one["digest"]}"'
    url = f"{there.url}/api/exports/{job.id}/files/{one['path']}"
    full = httpx.get(url)
    assert (full.status_code, full.content, full.headers["etag"]) == (200, whole, tag)
    head = httpx.head(url)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert head.headers["content-length"] == str(len(whole))
    part = httpx.get(url, headers={"Range": "bytes=10-19", "If-Range": tag})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    other = httpx.get(url, headers={"Range": "bytes=10-19", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, whole)
    assert httpx.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert httpx.get(f"{there.url}/api/exports/{job.id}/files/../../store.toml").status_code == 404
    assert httpx.get(f"{there.url}/api/exports/{job.id}/files/none").json()["error"]["code"] == "not_found"


def test_a_server_reads_no_label_table_of_its_own_and_asks_no_other_service(
    makers: tuple[Client, RemoteClient],
) -> None:
    _, there = makers
    for options in ({"segments": "/etc/labels.yaml"}, {"sources": ["http://10.0.0.1"]}):
        told = {"cohort": "all", "format": "nifti", "options": options}
        answer = httpx.post(f"{there.url}/api/exports", json=told, timeout=60)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage_invalid")
    answer = httpx.post(f"{there.url}/api/exports", json={"cohort": "all", "format": "nifti", "options": {"x": 1}})
    message = answer.json()["error"]["message"]
    assert "'x' is no option of an export by a server; expected one of columns, " in message
    assert "sources" not in message


def test_a_label_table_is_sent_as_json(makers: tuple[Client, RemoteClient]) -> None:
    _, there = makers
    rows = [{"name": "tumour", "is": "SCT:108369006"}]
    for segments in (rows, json.dumps(rows)):
        told = {"cohort": "all", "format": "nifti", "options": {"segments": segments}}
        answer = httpx.post(f"{there.url}/api/exports", json=told, timeout=60)
        assert answer.status_code in (200, 202), answer.text
        assert json.loads(answer.json()["options"]["segments"]) == rows


def test_objects_that_the_server_lacks_are_named_as_by_the_store_itself(tmp_path: Path) -> None:
    with Store.init(tmp_path / "store") as store:
        cohort(Client(store), tmp_path / "data", 3)
        for name in ("0-1.dcm", "2-0.dcm"):
            (tmp_path / "data" / name).unlink()
        missing = []
        with served(store) as running, RemoteClient(running.url) as there:
            for client in (running.client, there):
                with pytest.raises(ObjectsMissing, match="2 objects are missing") as told:
                    client.export_cohort("all", tmp_path / "out" / type(client).__name__)
                missing.append(told.value.missing)
                assert [each.sop_instance_uid for each in told.value.missing] == ["1.2.0.1", "1.2.2.0"]
            assert missing[0] == missing[1]


def test_the_same_export_is_taken_up_until_records_are_linked(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"sample": "series", "split": "train=0.5,test=0.5"}
    with Store.init(tmp_path / "store") as store:
        cohort(Client(store), tmp_path / "data", 8)
        with served(store) as running, RemoteClient(running.url) as there:
            there.export_cohort("all", tmp_path / "before", "parquet", **asked)
            first = there.exports()
            assert there.start_export("all@1", "parquet", **asked) == first[0]
            records = [each.id for each in running.client.patients()]
            assert len(records) == 2
            there.link_patients(records)
            there.export_cohort("all", tmp_path / "after", "parquet", **asked)
            assert [each.id for each in there.exports()][1:] == [first[0].id]
    told = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("before", "after")]
    assert [sum(each["split"].values()) for each in told] == [2, 1]


def test_only_who_set_an_export_going_stops_it(tmp_path: Path) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with Store.init(tmp_path / "store") as store:
        cohort(Client(store), tmp_path / "data", 3)
        with served(store, export_samples=0) as running, RemoteClient(running.url) as there:
            told = {"cohort": "all", "format": "dicom"}
            answers = [httpx.post(f"{there.url}/api/exports", json=told, timeout=60) for _ in range(2)]
            assert [each.status_code for each in answers] == [202, 200]
            assert answers[0].headers["location"] == answers[1].headers["location"]
            (job,) = there.exports()
            with pytest.raises(KeyboardInterrupt):
                there.export_cohort("all", tmp_path / "out", progress=stop)
            assert there.exports() == [job]
            there.cancel_export(job.id)
            with pytest.raises(KeyboardInterrupt):
                there.export_cohort("all", tmp_path / "out", progress=stop)
            (again,) = there.exports()
            assert (again.id, again.state, again.attempt) == (job.id, "cancelled", 2)
            assert len(list((tmp_path / "store" / "exports").iterdir())) == 1


def test_a_server_looks_for_objects_where_its_setting_says(tmp_path: Path) -> None:
    with Store.init(tmp_path / "store") as store:
        cohort(Client(store), tmp_path / "data", 3)
        (tmp_path / "moved").mkdir()
        for number in range(3):
            for each in range(2):
                held = tmp_path / "data" / f"{number}-{each}.dcm"
                held.rename(tmp_path / "moved" / f"1.2.{number}.{each}.dcm")
        sources = (f"{tmp_path}/moved/{{sopInstanceUID}}.dcm",)
        with served(store, export_sources=sources) as running, RemoteClient(running.url) as there:
            first = there.export_cohort("all", tmp_path / "one")
            assert (first.objects, first.missing) == (6, ())
            assert there.export_cohort("all", tmp_path / "two") == first
            assert len(there.exports()) == 1
