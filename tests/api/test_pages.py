"""What people read of the server: the OpenAPI document, its page, the settings."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from cohortgraph.api.settings import ServeSettings

from .conftest import Running


def test_every_route_is_told_with_an_example_of_what_it_takes(reading: Running) -> None:
    document = reading.http.get("/openapi.json").json()
    told = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if not path.startswith("/api/"):
                continue
            told += 1
            assert operation["description"], (method, path)
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                assert example(document, operation), (method, path)
            success = next(code for code in operation["responses"] if code.startswith("2"))
            assert success == "204" or operation["responses"][success]["content"], (method, path)
            assert "default" in operation["responses"], (method, path)
    assert told > 35


def test_the_examples_are_answered(reading: Running) -> None:
    document = reading.http.get("/openapi.json").json()
    for name in ("query", "count", "explain", "facets", "overlap", "cypher"):
        answer = reading.http.post(f"/api/{name}", json=example(document, document["paths"][f"/api/{name}"]["post"]))
        assert answer.status_code == 200, (name, answer.text)


def example(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    """The example of the body that an operation takes."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    schema = schema.get("anyOf", [schema])[0]  # beside null, where the body may be left out
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema["examples"][0]


def test_the_page_loads_nothing_from_elsewhere(reading: Running) -> None:
    page = reading.http.get("/docs").text
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(links) >= 3
    for link in links:
        assert link.startswith("/")
        assert reading.http.get(link).status_code == 200
    assert not re.search(r"https?://", page)


def test_every_setting_says_what_it_is() -> None:
    for each in fields(ServeSettings):
        assert each.metadata["told"], each.name
