"""Each route answers what the client's method of that name does."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import asdict
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohortgraph.queries.answers.stream import stream

from ..export.planned import contents
from .conftest import Running

REPORTS = {"items": {"valueType": {"eq": "NUM"}}}
SEGMENTED = {"patients": {"segments": {"some": {}}}}


def alike(answer: httpx.Response, result: Any) -> None:
    assert answer.status_code == 200, answer.text
    assert answer.json() == json.loads(json.dumps(result, default=str))


def test_query_answers_as_the_client_does(reading: Running) -> None:
    for document in (REPORTS, SEGMENTED, json.dumps(REPORTS)):
        answer = reading.http.post("/api/query", json={"document": document, "evidence": True, "limit": 3})
        alike(answer, asdict(reading.client.query(document, evidence=True, limit=3)))
        assert answer.json()["hits"]


def test_pages_join_to_the_whole_answer(reading: Running) -> None:
    whole = [hit["id"] for hit in reading.client.query(REPORTS).hits]
    found: list[str] = []
    after = None
    while True:
        page = reading.http.post("/api/query", json={"document": REPORTS, "limit": 2, "after": after}).json()
        found += [hit["id"] for hit in page["hits"]]
        if (after := page["next"]) is None:
            break
    assert found == whole
    assert len(found) > 2


@pytest.mark.parametrize("level", ["items", "series", "segments"])
@pytest.mark.parametrize("form", ["arrow", "parquet", "csv"])
def test_a_stream_holds_the_hits_of_the_answer(reading: Running, form: str, level: str) -> None:
    document = {"instances": {"kind": {"in": ["report", "segmentation"]}}}
    hits = reading.client.query(document, level=level).hits
    body = reading.http.post(f"/api/query?format={form}", json={"document": document, "level": level}).content
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(body.decode())))
        assert [row["id"] for row in rows] == [hit["id"] for hit in hits]
        return
    table = pa.ipc.open_stream(body).read_all() if form == "arrow" else pq.read_table(io.BytesIO(body))
    told = [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in table.to_pylist()
    ]
    assert [{name: value for name, value in row.items() if value not in (None, [])} for row in told] == hits
    assert hits


def test_a_stream_is_read_page_by_page(reading: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "__kwdefaults__", {"level": None, "size": 3})
    hits = reading.client.query(REPORTS).hits
    body = reading.http.post("/api/query?format=arrow", json={"document": REPORTS}).content
    batches = list(pa.ipc.open_stream(body))
    assert [batch.num_rows for batch in batches[:-1]] == [3] * (len(batches) - 1)
    assert [row["id"] for batch in batches for row in batch.to_pylist()] == [hit["id"] for hit in hits]


def test_accept_chooses_the_format(reading: Running) -> None:
    accept = {"Accept": "application/vnd.apache.arrow.stream"}
    answer = reading.http.post("/api/query", json={"document": SEGMENTED}, headers=accept)
    assert answer.headers["content-type"] == accept["Accept"]
    assert pa.ipc.open_stream(answer.content).read_all().num_rows == 1


def test_a_bad_question_is_an_error_and_no_empty_stream(reading: Running) -> None:
    answer = reading.http.post("/api/query?format=arrow", json={"document": {"patients": {"segment": {}}}})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "question_invalid"


def test_counts_answer_as_the_client_does(reading: Running) -> None:
    http, client = reading.http, reading.client
    alike(http.post("/api/count", json={"document": REPORTS}), {"count": client.count(REPORTS)})
    alike(
        http.post("/api/facets", json={"document": SEGMENTED, "by": "series.modality"}),
        asdict(client.facets(SEGMENTED, "series.modality")),
    )
    documents = {"a": SEGMENTED, "b": {"patients": {}}}
    alike(http.post("/api/overlap", json={"documents": documents}), asdict(client.overlap(documents)))
    told = http.post("/api/explain", json={"document": SEGMENTED}).json()
    assert told["statement"]["cypher"] == client.explain(SEGMENTED).statement.cypher


@pytest.mark.parametrize("name", ["stats", "datasets", "patients", "references", "quarantine"])
def test_lists_answer_as_the_client_does(reading: Running, name: str) -> None:
    found = getattr(reading.client, name)()
    alike(reading.http.get(f"/api/{name}"), [asdict(each) for each in found] if name != "stats" else asdict(found))


def test_digest_version_and_conflicts(reading: Running) -> None:
    alike(reading.http.get("/api/digest"), {"digest": reading.client.digest()})
    alike(reading.http.get("/api/version"), {"version": reading.client.version()})
    alike(reading.http.get("/api/patients/conflicts"), [asdict(each) for each in reading.client.patient_conflicts()])


def test_show_takes_any_identifier(reading: Running) -> None:
    for level in ("patients", "instances"):
        identifier = reading.client.query({level: {}}).hits[0]["id"]
        found = httpx.URL(reading.url).join("/api/show/").raw_path.decode() + httpx.QueryParams({"": identifier})[""]
        alike(reading.http.get(found.replace("%", "%25")), asdict(reading.client.show(identifier)))


def test_a_manifest_is_that_of_the_client(reading: Running, tmp_path) -> None:
    body = reading.http.post("/api/manifest", json={"document": SEGMENTED}).content
    written = reading.client.manifest(SEGMENTED, tmp_path / "own")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        packed.extractall(tmp_path / "sent")
        (tmp_path / "sent" / "written.json").unlink()
        assert contents(tmp_path / "sent") == contents(tmp_path / "own")
        assert json.loads(packed.read("written.json"))["objects"] == written.objects


def test_what_depends_on_the_store_alone_is_not_sent_twice(writing: Running) -> None:
    http = writing.http
    first = http.get("/api/stats")
    tag = first.headers["etag"]
    again = http.get("/api/stats", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert http.patch("/api/datasets/one", json={"title": "One"}).json()["properties"] == {"title": "One"}
    changed = http.get("/api/stats", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_cohorts_are_those_of_the_client(writing: Running) -> None:
    http = writing.http
    made = http.post("/api/cohorts", json={"name": "all", "document": {"patients": {}}})
    assert made.status_code == 201
    assert http.post("/api/cohorts/all/freeze", json={"note": "first"}).json()["number"] == 1
    assert [each["name"] for each in http.get("/api/cohorts").json()] == ["all"]
    alike(http.get("/api/snapshots/all@1"), writing.client.snapshot("all@1").to_dict())
    alike(http.get("/api/cohorts/all/diff"), writing.client.diff_cohort("all").to_dict())
    with zipfile.ZipFile(io.BytesIO(http.get("/api/snapshots/all/manifest").content)) as packed:
        assert json.loads(packed.read("manifest.json"))["objects"] == 0
    assert http.delete("/api/cohorts/all").status_code == 204
    assert http.get("/api/cohorts/all").status_code == 404


def test_metrics_count_by_template(reading: Running) -> None:
    reading.http.get("/api/show/nobody")
    told = reading.http.get("/metrics").text
    assert 'cohortgraph_requests_total{method="GET",route="/api/show/{identifier}",status="404"}' in told.replace(
        "{identifier:path}", "{identifier}"
    )
    assert f"cohortgraph_store_version {float(reading.client.version())}" in told
    assert "nobody" not in told
