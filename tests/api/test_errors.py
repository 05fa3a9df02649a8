"""Whatever fails is told in one shape, with the id by which the log names the request."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import httpx
import pytest

from cohortgraph.errors import StoreError
from cohortgraph.graph.store.directory import Store

from .conftest import Running, served, until


def told(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The error of an answer of the one shape."""
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    error: dict[str, Any] = answer.json()["error"]
    assert list(error) == ["code", "message", "path", "suggestion", "requestId"]
    assert error["code"] == code
    assert error["message"]
    assert error["requestId"] == answer.headers["x-request-id"]
    return error


def test_a_bad_question_names_the_path_and_the_nearest_name(reading: Running) -> None:
    document = {"patients": {"segmens": {"some": {}}}}
    error = told(reading.http.post("/api/query", json={"document": document}), 400, "question_invalid")
    assert (error["path"], error["suggestion"]) == ("/patients/segmens", "segments")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "/document"),
        ({"document": {}, "limit": 0}, "/limit"),
        ({"document": {}, "limt": 3}, "/limt"),
        ({"document": 3}, "/document/dict[str,any]"),
    ],
)
def test_a_bad_request_names_the_path(reading: Running, body: dict[str, Any], path: str) -> None:
    assert told(reading.http.post("/api/query", json=body), 400, "request_invalid")["path"] == path


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/show/nobody", 404, "not_found"),
        ("GET", "/api/datasets/none", 404, "not_found"),
        ("GET", "/api/jobs/none", 404, "not_found"),
        ("GET", "/api/jobs/..%2Fx", 404, "not_found"),
        ("GET", "/api/cohorts/none", 404, "not_found"),
        ("DELETE", "/api/stats", 405, "method_not_allowed"),
        ("POST", "/api/ingest?dataset=x", 415, "unsupported_media_type"),
    ],
)
def test_what_is_not_there(reading: Running, method: str, path: str, status: int, code: str) -> None:
    told(reading.http.request(method, path), status, code)


def test_no_json_is_a_bad_request(reading: Running) -> None:
    json_type = {"Content-Type": "application/json"}
    told(reading.http.post("/api/query", content=b"{", headers=json_type), 400, "request_invalid")
    told(reading.http.post("/api/query", content=b'{"document": "patients: {}"}'), 400, "request_invalid")


def test_what_nobody_foresaw_is_told_without_its_message(
    reading: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise LookupError("Doe^Jane")

    monkeypatch.setattr(reading.client, "stats", fail)
    with caplog.at_level(logging.INFO, "cohortgraph"):
        error = told(reading.http.get("/api/stats"), 500, "internal")
    assert "Doe" not in json.dumps(error) + caplog.text
    record = next(each for each in caplog.records if each.name == "cohortgraph.requests")
    assert record.told["requestId"] == error["requestId"]
    assert record.told["error"] == "LookupError"
    assert "test_errors.py" in record.told["places"]


def test_a_store_that_fails_is_no_fault_of_the_request(reading: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(reading.client, "stats", fail)
    told(reading.http.get("/api/stats"), 500, "store_failed")


def test_the_clients_request_id_comes_back_where_it_is_a_plain_word(reading: Running) -> None:
    for given, kept in (("run-7_a", True), ("1.2.840.113619", False), ("a b", False), ("x" * 65, False)):
        found = reading.http.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
        assert (found == given) is kept


def test_too_many_are_told_to_come_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(store, readers=1, waiting=1) as running:
        free = threading.Event()
        monkeypatch.setattr(running.client, "quarantine", lambda: free.wait(30) and [])
        asking = [threading.Thread(target=running.http.get, args=("/api/quarantine",)) for _ in range(2)]
        for each in asking:
            each.start()
        until(lambda: running.app.state.server.readers.under_way == 2)
        answer = running.http.get("/api/version")
        free.set()
        for each in asking:
            each.join()
        told(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) >= 1
        assert running.http.get("/api/version").status_code == 200
