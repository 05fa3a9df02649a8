"""Planned objects from web servers, object stores and DICOMweb services, and what becomes of failures on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from cohortgraph.dicom import header
from cohortgraph.errors import StoreError, UsageError
from cohortgraph.export.fetching import tries
from cohortgraph.export.fetching.places import places
from cohortgraph.export.plan.model import PlannedObject
from cohortgraph.export.plan.source import source

from .web_server import Server, serving


class NoHeaders:
    def get(self, digest: str) -> bytes:
        raise StoreError(digest)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before further tries, which nobody waits for."""
    found: list[float] = []
    monkeypatch.setattr(tries, "_sleep", found.append)
    return found


@pytest.fixture(autouse=True)
def stores(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names the server as the endpoint of each kind of object store."""
    from cohortgraph.export.fetching import buckets

    buckets._store.cache_clear()
    account = {"gcs_base_url": server.url, "disable_oauth": True, "client_email": "", "private_key": ""}
    for name, value in {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_REGION": "us-east-1",
        "GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps({**account, "private_key_id": ""}),
        "AZURE_STORAGE_ENDPOINT": server.url,
        "AZURE_STORAGE_ACCOUNT_NAME": "me",
        "AZURE_STORAGE_ACCOUNT_KEY": "aHVzaA==",
        "AZURE_ALLOW_HTTP": "true",
        "GOOGLE_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def file(shared_data: Path) -> Path:
    return min((shared_data / "dcmqi/data/segmentations/ct-3slice").glob("*.dcm"))


def planned(file: Path, *uris: str) -> PlannedObject:
    with file.open("rb") as stream:
        ds = pydicom.dcmread(stream, stop_before_pixels=True)
        kept = header.keep(ds, file.read_bytes()[: stream.tell()])
    identity = (str(ds.SOPInstanceUID), str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID))
    return PlannedObject(*identity, header.digest(kept), uris, (), "image")


def fetched(wanted: PlannedObject, *sources: str) -> bytes | str:
    """The bytes of an object, or why there are none."""
    with places(NoHeaders(), sources, "P 1") as fetch:
        found, missing = fetch([wanted])
        (uid,) = found | missing
        return found[uid].path.read_bytes() if found else missing[uid]


@pytest.fixture(params=["web", "s3", "gs", "az"])
def uri(request: pytest.FixtureRequest, server: Server, file: Path) -> str:
    """The object on the server, over HTTP and as S3."""
    server.files["/bucket/a%20b.dcm"] = file.read_bytes()
    return f"{server.url}/bucket/a%20b.dcm" if request.param == "web" else f"{request.param}://bucket/a%20b.dcm"


def test_an_object_comes_from_a_server(uri: str, file: Path) -> None:
    assert fetched(planned(file, uri)) == file.read_bytes()


def test_a_busy_server_is_asked_again_after_pauses_that_grow(
    uri: str, file: Path, server: Server, pauses: list[float]
) -> None:
    server.failures += [503, 500, 503]
    assert fetched(planned(file, uri)) == file.read_bytes()
    assert len(pauses) == 3
    assert pauses[0] <= 1.5 < pauses[2] <= 3


def test_a_server_that_stays_busy_is_left(uri: str, file: Path, server: Server, pauses: list[float]) -> None:
    server.failures += [503] * 99
    assert "503" in str(fetched(planned(file, uri))) or "can't be asked" in str(fetched(planned(file, uri)))
    assert len(server.requests) % tries.TRIES == 0


def test_the_pause_that_a_server_asks_for_is_kept(file: Path, server: Server, pauses: list[float]) -> None:
    server.files["/a.dcm"] = file.read_bytes()
    server.failures += [(429, "7"), (503, "100000"), (503, "Thu, 01 Jan 1970 00:00:00 GMT")]
    assert fetched(planned(file, f"{server.url}/a.dcm")) == file.read_bytes()
    assert pauses == [7, 120, 0]


def test_a_cut_download_goes_on_where_it_stopped(uri: str, file: Path, server: Server, pauses: list[float]) -> None:
    server.files["/bucket/a%20b.dcm"] += bytes(8 << 20)
    server.failures += ["3000000", "3000000"]
    assert fetched(planned(file, uri)) == server.files["/bucket/a%20b.dcm"]
    asked = [{name.lower(): value for name, value in headers.items()} for _, headers in server.requests]
    assert len(asked) == 3
    starts = [int(each.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0]) for each in asked]
    assert 0 == starts[0] < starts[1] < starts[2]


def test_a_download_begins_again_where_the_object_changed(
    file: Path, server: Server, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["/a.dcm"] = b"x" * 5000
    server.failures += ["1000"]
    monkeypatch.setattr(tries, "_sleep", lambda _: server.files.update({"/a.dcm": file.read_bytes()}))
    assert fetched(planned(file, f"{server.url}/a.dcm")) == file.read_bytes()


def test_a_download_begins_again_where_the_server_has_less_of_it(
    file: Path, server: Server, pauses: list[float]
) -> None:
    server.files["/a.dcm"] = file.read_bytes()
    server.failures += ["1000", (416, "")]
    assert fetched(planned(file, f"{server.url}/a.dcm")) == file.read_bytes()
    assert [headers.get("Range", "") for _, headers in server.requests] == ["", "bytes=1000-", ""]


def test_an_answer_of_unknown_length_is_refused(file: Path, server: Server) -> None:
    server.files["/a.dcm"] = file.read_bytes()
    server.lengths = False
    assert "does not tell where its answer ends" in str(fetched(planned(file, f"{server.url}/a.dcm")))


def test_an_object_that_is_not_there_is_named_once_with_the_reason(
    file: Path, server: Server, pauses: list[float]
) -> None:
    reason = fetched(planned(file, f"{server.url}/gone.dcm?key=hush", "s3://bucket/gone.dcm", "file:///gone.dcm"))
    assert reason == (
        "file:///gone.dcm (it can't be opened: No such file or directory); "
        f"{server.url}/gone.dcm (the server answers 404 Not Found); "
        "s3://bucket/gone.dcm (the store has no such object)"
    )
    assert pauses == []


def test_another_object_is_not_taken(uri: str, file: Path, server: Server) -> None:
    server.files["/bucket/a%20b.dcm"] = file.read_bytes().replace(b"ORIGINAL", b"ORIGINAK")
    assert "holds another object than was frozen" in str(fetched(planned(file, uri)))


def test_what_came_is_gone_after_the_sample(uri: str, file: Path) -> None:
    with places(NoHeaders()) as fetch:
        found, _ = fetch([planned(file, uri)])
        ((path, _),) = found.values()
        assert path.exists()
    assert not path.exists()


def test_credentials_go_to_the_server_they_are_for_and_to_no_other(
    file: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHORTGRAPH_FROM_TOKEN", "hush")
    with serving() as other:
        monkeypatch.setenv("COHORTGRAPH_FROM_URL", server.url)
        server.moved["/a.dcm"] = f"{other.url}/a.dcm"
        other.files["/a.dcm"] = file.read_bytes()
        assert fetched(planned(file, f"{server.url}/a.dcm")) == file.read_bytes()
        assert fetched(planned(file, f"{other.url}/a.dcm")) == file.read_bytes()
    assert server.requests[0][1]["Authorization"] == "Bearer hush"
    assert not any("Authorization" in headers for _, headers in other.requests)


def test_a_refused_object_says_how_credentials_are_given(file: Path, server: Server) -> None:
    server.failures += [401]
    assert "set COHORTGRAPH_FROM_URL" in str(fetched(planned(file, f"{server.url}/a.dcm")))


BOUNDARY = b"a-b"


def multipart(*parts: bytes) -> bytes:
    head = b"--" + BOUNDARY + b"\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(head + part + b"\r\n" for part in parts) + b"--" + BOUNDARY + b"--"


@pytest.fixture
def instance(file: Path, server: Server) -> str:
    """The path of the object in a DICOMweb service."""
    one = planned(file)
    path = f"/dicom-web/studies/{one.study}/series/{one.series}/instances/{one.sop_instance_uid}"
    server.types[path] = 'multipart/related; type="application/dicom"; boundary="a-b"'
    server.files[path] = multipart(file.read_bytes())
    return path


def test_an_instance_comes_from_a_service_that_is_named_besides(instance: str, file: Path, server: Server) -> None:
    assert fetched(planned(file, "file:///gone.dcm"), f"{server.url}/dicom-web") == file.read_bytes()
    path, headers = server.requests[0]
    assert (path, headers["Accept"]) == (
        instance, 'multipart/related; type="application/dicom"; transfer-syntax=*'
    )  # fmt: skip


def test_an_instance_that_is_cut_is_asked_for_again(
    instance: str, file: Path, server: Server, pauses: list[float]
) -> None:
    server.failures += ["2000"]
    assert fetched(planned(file), f"{server.url}/dicom-web") == file.read_bytes()
    assert len(pauses) == 1


def test_an_answer_that_is_no_instance_is_refused(instance: str, file: Path, server: Server) -> None:
    server.types[instance] = "text/html"
    assert "answers text/html and no DICOM object" in str(fetched(planned(file), f"{server.url}/dicom-web"))


def test_a_template_names_where_objects_lie(file: Path, server: Server) -> None:
    one = planned(file)
    server.files[f"/P%201/{one.series}/{one.sop_instance_uid}.dcm"] = file.read_bytes()
    template = f"{server.url}/{{patientID}}/{{seriesInstanceUID}}/{{sopInstanceUID}}.dcm"
    assert fetched(one, "s3://bucket/{sopInstanceUID}", template) == file.read_bytes()


def test_a_template_may_be_a_folder_of_this_machine(file: Path, tmp_path: Path) -> None:
    one = planned(file)
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / f"{one.sop_instance_uid}.dcm").write_bytes(file.read_bytes())
    assert fetched(one, f"{tmp_path}/a b/{{sopInstanceUID}}.dcm") == file.read_bytes()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ftp://a/{sopInstanceUID}", "expected an address such as"),
        ("https://a/{name}/{sopInstanceUID}", "names 'name'; expected of patientID"),
        ("https://a/{sopInstanceUID", "is no template"),
        ("s3://bucket/{studyInstanceUID}", "does not name the object"),
        ("https://me:hush@a/dicom-web", "COHORTGRAPH_FROM_USER"),
    ],
)
def test_an_address_that_names_no_objects_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as error:
        source(text)
    assert "hush" not in str(error.value)


def test_memory_does_not_grow_with_the_object(server: Server, file: Path) -> None:
    import tracemalloc

    server.files["/a.dcm"] = file.read_bytes() + bytes(64 << 20)
    wanted = planned(file, f"{server.url}/a.dcm")
    with places(NoHeaders()) as fetch:
        tracemalloc.start()
        found, _ = fetch([wanted])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        ((path, _),) = found.values()
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(server.files["/a.dcm"]).digest()
    assert peak < 16 << 20
