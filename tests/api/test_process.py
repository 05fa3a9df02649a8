"""The process that owns a store: who else opens it learns where to ask; it stops in order, and is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydicom
import pytest

from cohortgraph.client import Client, connect
from cohortgraph.client.remote import RemoteClient
from cohortgraph.errors import StoreOwned
from cohortgraph.graph.store.directory import Store

from .conftest import FILES, Process, ended, until


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty store that nobody has open."""
    Store.init(tmp_path / "store").close()
    return tmp_path / "store"


def upload(server: Process, files: list[Path], dataset: str = "up") -> dict[str, Any]:
    parts = [("files", (f"{number}.dcm", path.read_bytes())) for number, path in enumerate(files)]
    answer = server.http.post("/api/ingest", params={"dataset": dataset}, files=parts)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def test_who_else_opens_the_store_learns_where_to_ask_until_it_stops(place: Path) -> None:
    with Process(place) as server:
        with pytest.raises(StoreOwned, match=re.escape(server.url)) as refusal:
            Store.open(place)
        assert refusal.value.url == server.url
        assert server.end(signal.SIGTERM) == 0
    connect(place).close()


def test_who_else_connects_to_the_store_asks_the_server_that_owns_it(place: Path) -> None:
    with Process(place, COHORTGRAPH_TOKEN="of a test") as server:
        with connect(place, token="of a test") as found:
            assert isinstance(found, RemoteClient)
            assert (found.url, found.directory) == (server.url, place)
        command = [sys.executable, "-m", "cohortgraph", "stats", "--digest", "--store", str(place)]
        refused = subprocess.run(command, capture_output=True, text=True)
        assert (refused.returncode, "Bearer" in refused.stderr) == (1, True)
        told = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | {"COHORTGRAPH_TOKEN": "of a test"}
        )
        assert (told.returncode, len(told.stdout.strip())) == (0, 64), told.stderr


def test_killed_amid_an_ingest_it_goes_on_at_the_next_start(place: Path, files: list[Path], tmp_path: Path) -> None:
    many = files * 30
    with Process(place) as server:
        job = upload(server, many)
        until(lambda: server.http.get(f"/api/jobs/{job['id']}").json()["state"] != "waiting")
        server.end(signal.SIGKILL)
    with Process(place) as server:
        assert server.http.post("/api/count", json={"document": {"patients": {}}}).status_code == 200
        ending = ended(server.http, job)
        assert ending["state"] == "done", ending["error"]
        digest = server.http.get("/api/digest").json()["digest"]
        assert server.end() == 0
    with Store.init(tmp_path / "own") as own:
        Client(own).ingest(files, "up", workers=1)
        assert digest == Client(own).digest()


def test_no_patient_data_are_logged(place: Path, files: list[Path]) -> None:
    names = set()
    for path in files:
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        for element in ds.iterall():
            if element.VR in ("UI", "PN", "LO", "SH") and element.value and element.keyword != "SpecificCharacterSet":
                values = element.value if element.VM > 1 else [element.value]
                names |= {str(value).strip() for value in values if len(str(value).strip()) >= 4}
    names |= {Path(each).name for each in FILES} | {"PatientSecret", "patients", "Doe^Jane"}
    with Process(place) as server:
        http = server.http
        ended(http, upload(server, files, "PatientSecret"))
        damaged = http.post("/api/ingest?dataset=x", files=[("files", ("Doe^Jane.dcm", files[0].read_bytes()[:900]))])
        ended(http, damaged.json())
        http.post("/api/query", json={"document": {"patients": {"patientID": {"eq": "Doe^Jane"}}}})
        http.post("/api/query", json={"document": {"patients": {"patientId": {"eq": "Doe^Jane"}}}})
        http.post("/api/cypher", json={"statement": "MATCH (p:Patient {patientID: 'Doe^Jane'}) DELETE p"})
        for hit in http.post("/api/query", json={"document": {"instances": {}}}).json()["hits"]:
            for identifier in (hit["id"], hit.get("patientID", ""), f"{hit['id']}x"):
                http.get(f"/api/show/{identifier}", headers={"X-Request-ID": hit["id"]})
        http.get("/Doe^Jane", params={"who": "Doe^Jane"})
        http.request("Doe^Jane", "/")
        http.delete("/api/datasets/Doe^Jane")
        assert server.end() == 0
        log = server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert sum(line["event"] == "request" for line in lines) > 15
    told = " ".join(str(value) for line in lines for name, value in line.items() if name not in ("at", "route"))
    # As words of their own: four digits of a name stand by chance in times, and in identifiers of requests and jobs.
    assert [name for name in names if re.search(rf"(?<![0-9A-Za-z.]){re.escape(name)}(?![0-9A-Za-z])", told)] == []
    routes = {line["route"] for line in lines if "route" in line}
    assert all(route.startswith(("/api/", "/readyz", "(none)")) for route in routes), routes
    assert not [name for name in names - {"patients"} if any(name in route for route in routes)]


def test_without_a_token_it_listens_to_this_machine_only(place: Path) -> None:
    command = [sys.executable, "-m", "cohortgraph", "serve", "--host", "0.0.0.0", "--store", str(place)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 1
    assert "COHORTGRAPH_TOKEN" in told.stderr


def test_two_processes_serve_one_store_on_neo4j(tmp_path: Path, neo4j_url: str, wipe_neo4j, files: list[Path]) -> None:
    wipe_neo4j()
    Store.init(neo4j_url, directory=tmp_path / "store").close()
    with Process(tmp_path / "store") as first, Process(tmp_path / "store") as second:
        jobs = [upload(first, files[:2], "a"), upload(second, files[2:4], "b")]
        assert [ended(server.http, job)["state"] for server, job in zip((first, second), jobs, strict=True)] == [
            "done",
            "done",
        ]
        counts = [s.http.post("/api/count", json={"document": {"instances": {}}}).json() for s in (first, second)]
        assert counts == [{"count": 4}, {"count": 4}]
        assert first.http.get(f"/api/jobs/{jobs[1]['id']}").json()["state"] == "done"
        assert (first.end(), second.end()) == (0, 0)
