"""Ways in: uploads and folders become jobs of one writer, told while they run, stopped, resumed."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from cohortgraph.client import Client
from cohortgraph.graph.store.directory import Store

from .conftest import Running, ended, served, until


def upload(running: Running, files: dict[str, bytes], **options: Any) -> httpx.Response:
    parts = [("files", (name, content)) for name, content in files.items()]
    return running.http.post("/api/ingest", params={"dataset": "up", **options}, files=parts)


def test_uploaded_files_are_those_that_the_client_ingests(writing: Running, files: list[Path], tmp_path: Path) -> None:
    answer = upload(writing, {f"a/{path.name}": path.read_bytes() for path in files})
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/jobs/{answer.json()['id']}"
    job = ended(writing.http, answer.json())
    assert (job["state"], job["result"]["files"], job["result"]["kept"]) == ("done", len(files), len(files))
    assert "paths" not in json.dumps(job)
    with Store.init(tmp_path / "own") as own:
        Client(own).ingest(files, "up", workers=1)
        assert writing.client.digest() == Client(own).digest()


def test_a_zip_is_taken_apart(writing: Running, files: list[Path]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in files:
            archive.write(path, path.name)
    job = ended(writing.http, upload(writing, {"all.zip": packed.getvalue(), "note.txt": b"hello"}).json())
    assert (job["result"]["kept"], job["result"]["ignored"]) == (len(files), 1)


def test_a_large_file_is_streamed_to_the_disk(writing: Running) -> None:
    size = 40 << 20
    boundary = b"--b\r\n"
    head = b'Content-Disposition: form-data; name="files"; filename="large.bin"\r\n\r\n'

    def body():
        yield boundary + head
        for _ in range(size >> 20):
            yield bytes(1 << 20)
        yield b"\r\n--b--\r\n"

    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = writing.http.post("/api/ingest?dataset=up", content=body(), headers=kind)
    job = answer.json()["id"]
    assert (writing.client.directory / "jobs" / job / "files" / "large.bin").stat().st_size == size
    assert ended(writing.http, answer.json())["result"]["ignored"] == 1


@pytest.mark.parametrize("name", ["../x.dcm", "/etc/x", "a/../../x", "..", "a\\..\\..\\x", "x" * 300])
def test_no_name_leads_out_of_the_folder(writing: Running, name: str) -> None:
    answer = upload(writing, {name: b"x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage_invalid")
    assert list((writing.client.directory / "jobs").iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"--b--\r\n", b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nhalf', b"nonsense"],
)
def test_a_torn_body_leaves_nothing(writing: Running, body: bytes) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = writing.http.post("/api/ingest?dataset=up", content=body, headers=kind)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage_invalid")
    assert list((writing.client.directory / "jobs").iterdir()) == []


def test_folders_of_the_server_only_where_a_setting_allows(writing: Running, files: list[Path], tmp_path: Path) -> None:
    allowed = tmp_path / "in"
    (allowed / "deep").mkdir(parents=True)
    (allowed / "deep" / "a.dcm").write_bytes(files[0].read_bytes())
    (allowed / "out").symlink_to(tmp_path)
    for path in (tmp_path, allowed / "..", "/etc", "in", allowed / "out", f"{allowed}x"):
        answer = writing.http.post("/api/ingest/paths", json={"dataset": "d", "paths": [str(path)]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "folder_refused"), path
    answer = writing.http.post("/api/ingest/paths", json={"dataset": "d", "paths": [str(allowed / "deep")]})
    assert ended(writing.http, answer.json())["result"]["kept"] == 1


def test_events_tell_how_far_it_is(writing: Running, files: list[Path]) -> None:
    job = upload(writing, {path.name: path.read_bytes() for path in files}).json()
    with writing.http.stream("GET", f"/api/jobs/{job['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    names = [line.removeprefix("event: ") for line in lines[::2]]
    last = json.loads(lines[-1].removeprefix("data: "))
    assert names[-1] == last["state"] == "done"
    assert last["progress"]["phase"] in ("read", "measure")
    assert last["progress"]["done"] == last["progress"]["total"]
    assert last["result"]["kept"] == len(files)


class Held:
    """An ingest that waits in its progress until it is let go."""

    def __init__(self, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        ingest = running.client.ingest

        def held(*arguments: Any, progress: Any, **options: Any) -> Any:
            def wait(event: Any) -> None:
                self.begun.set()
                self.go.wait(30)
                progress(event)

            return ingest(*arguments, progress=wait, **options | {"workers": 1})

        monkeypatch.setattr(running.client, "ingest", held)


def test_questions_are_answered_while_an_ingest_runs(
    writing: Running, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(writing, monkeypatch)
    job = upload(writing, {path.name: path.read_bytes() for path in files}).json()
    assert held.begun.wait(30)
    assert writing.http.post("/api/count", json={"document": {"patients": {}}}).status_code == 200
    assert writing.http.get(f"/api/jobs/{job['id']}").json()["state"] == "running"
    refused = writing.http.post("/api/patients/link", json={"records": ["a", "b"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "store_owned")
    held.go.set()
    assert ended(writing.http, job)["state"] == "done"


def test_a_job_can_be_cancelled_waiting_or_running(
    writing: Running, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(writing, monkeypatch)
    jobs = [upload(writing, {"a.dcm": files[0].read_bytes()}).json() for _ in range(2)]
    assert held.begun.wait(30)
    for job in reversed(jobs):
        writing.http.post(f"/api/jobs/{job['id']}/cancel")
    held.go.set()
    assert [ended(writing.http, job)["state"] for job in jobs] == ["cancelled", "cancelled"]
    again = upload(writing, {"a.dcm": files[0].read_bytes()}).json()
    assert ended(writing.http, again)["result"]["kept"] + ended(writing.http, again)["result"]["duplicates"] == 1


def test_more_jobs_than_may_wait_are_told_to_come_again(
    store: Store, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(store, jobs_waiting=1) as running:
        held = Held(running, monkeypatch)
        upload(running, {"a.dcm": files[0].read_bytes()})
        assert held.begun.wait(30)
        upload(running, {"a.dcm": files[0].read_bytes()})
        answer = upload(running, {"a.dcm": files[0].read_bytes()})
        held.go.set()
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
        assert answer.headers["retry-after"]


def test_a_stopped_server_leaves_its_jobs_to_the_next(
    store: Store, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, served(store, stop_seconds=20.0) as running:
        held = Held(running, patched)
        job = upload(running, {path.name: path.read_bytes() for path in files}).json()
        assert held.begun.wait(30)
        running.app.state.server.jobs.stopping.set()
        held.go.set()
    with served(store) as running:
        assert ended(running.http, job)["state"] == "done"
        assert running.client.count({"instances": {}}) == len(files)


def test_a_data_set_is_deleted_and_the_store_checked_by_jobs(writing: Running, files: list[Path]) -> None:
    ended(writing.http, upload(writing, {path.name: path.read_bytes() for path in files}).json())
    assert ended(writing.http, writing.http.post("/api/check").json())["result"] == []
    assert ended(writing.http, writing.http.delete("/api/datasets/up").json())["result"]["removed"] == len(files)
    failed = ended(writing.http, writing.http.delete("/api/datasets/up").json())
    assert (failed["state"], failed["error"]["code"]) == ("failed", "not_found")
    assert until(lambda: writing.http.get("/api/jobs").json())[0]["id"] == failed["id"]
