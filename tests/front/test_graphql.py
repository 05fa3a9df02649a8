"""GraphQL as people use it: a real client over HTTP, the guide's examples, the demo's questions."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import yaml
from gql import Client as RealClient
from gql import gql
from gql.transport.httpx import HTTPXTransport
from graphql import get_introspection_query

import cohortgraph as package
from cohortgraph.api.app import create_app
from cohortgraph.api.graphql import in_thread
from cohortgraph.api.graphql import limits as operations
from cohortgraph.api.graphql.schema import schema
from cohortgraph.api.settings import ServeSettings
from cohortgraph.client import Client
from cohortgraph.queries.language import limits

from .conftest import QUESTIONS, ROOT

GUIDE = (ROOT / "docs" / "how-to" / "graphql.md").read_text(encoding="utf-8")
LABELS = {"patients": "Patient", "items": "ContentItem"}


@pytest.fixture(scope="module")
def store(ingested: Path) -> Iterator[Client]:
    with package.connect(ingested) as client:
        yield client


@pytest.fixture(scope="module")
def url(store: Client) -> Iterator[str]:
    """A real server of the demo's store."""
    server = uvicorn.Server(uvicorn.Config(create_app(store, settings=ServeSettings()), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    server.should_exit = True
    thread.join()


def test_a_real_client_reads_the_schema_and_asks(url: str, store: Client) -> None:
    with RealClient(transport=HTTPXTransport(url), fetch_schema_from_transport=True) as session:
        asked = session.execute(gql('{ segments(where: {type: {is: "SCT:87878005"}}) { total nodes { id } } }'))
    found = store.query({"segments": {"type": {"is": "SCT:87878005"}}})
    assert asked["segments"]["total"] == found.total > 0
    assert [node["id"] for node in asked["segments"]["nodes"]] == [hit["id"] for hit in found.hits[:20]]


def test_the_introspection_that_tools_send_is_answered(url: str) -> None:
    query = get_introspection_query(descriptions=True, input_value_deprecation=True)
    answer = httpx.post(url, json={"query": query, "operationName": "IntrospectionQuery"}).json()
    assert "errors" not in answer
    assert answer["data"]["__schema"]["queryType"]["name"] == "Query"


def test_an_error_over_http_has_the_one_shape(url: str) -> None:
    answer = httpx.post(url, json={"query": '{ patients(where: {patintSex: {eq: "F"}}) { total } }'}).json()
    told = answer["errors"][0]["extensions"]
    assert told["requestId"]
    assert (told["code"], told["path"], told["suggestion"]) == ("question_invalid", "/patients/patintSex", "patientSex")


def test_the_guides_first_command(url: str, store: Client) -> None:
    command = re.search(r"curl .* -d '(.*)'$", GUIDE, re.MULTILINE)
    assert command is not None
    answer = httpx.post(url, content=command[1], headers={"Content-Type": "application/json"}).json()
    assert answer == {"data": {"patients": {"total": store.count({"patients": {}})}}}


@pytest.mark.parametrize("number", range(6))
def test_the_guides_examples_run(store: Client, number: int) -> None:
    examples = re.findall(r"```graphql\n(.*?)```", GUIDE, re.DOTALL)
    assert len(examples) == 6
    answer = schema(store, in_thread).execute_sync(examples[number])
    assert not answer.errors
    assert answer.data is not None
    assert _leaves(answer.data), "the example finds nothing"


def _leaves(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [value] if inner is None else [leaf for each in inner for leaf in _leaves(each)]


def test_the_guide_names_every_limit() -> None:
    table = dict(re.findall(r"^\| (\w+) \| ([\d,]+) \|", GUIDE, re.MULTILINE))
    own = {name.lower(): getattr(operations, name) for name in ("TOKENS", "NESTING", "ALIASES", "COST")}
    assert {name: int(most.replace(",", "")) for name, most in table.items()} == limits.LIMITS | own


@pytest.mark.parametrize("question", sorted(QUESTIONS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_demos_questions_find_what_the_client_finds(store: Client, question: Path) -> None:
    text = question.read_text()
    ((root, where),) = yaml.safe_load(text).items()
    operation = (
        f"query($where: {LABELS[root]}Filter) {{ {root}(where: $where, first: 500) {{ total nodes {{ id }} }} }}"
    )
    answer = schema(store, in_thread).execute_sync(operation, {"where": json.loads(json.dumps(where))})
    assert not answer.errors
    assert answer.data is not None
    found = store.query(text)
    assert found.total > 0
    assert answer.data[root] == {"total": found.total, "nodes": [{"id": hit["id"]} for hit in found.hits]}
