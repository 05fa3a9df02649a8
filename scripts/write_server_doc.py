"""Write docs/reference/server.md from the server's settings and its OpenAPI: ``python scripts/write_server_doc.py``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from cohortgraph.api.rest import ROUTERS
from cohortgraph.api.settings import PREFIX, TABLE, ServeSettings
from cohortgraph.client.failures import ERRORS

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "server.md"
_INTRODUCTION = """# Server

Generated from the server's settings and its OpenAPI document by `scripts/write_server_doc.py`. A running server shows
the same, with every field and an example of every body, at `/docs`, and as OpenAPI 3.1 at `/openapi.json`.

Beside `/api` it answers at `/graphql`, at `/healthz` (the process answers) and `/readyz` (the store answers, 503 while
stopping), neither of which needs the token, and at `/metrics` for Prometheus.
"""
_ERRORS = """## Errors

Whatever fails is answered as

    {"error": {"code": "question_invalid", "message": …, "path": "/patients/segmens", "suggestion": "segments",
               "requestId": …}}

`path` is the JSON Pointer to the place in the document or the body, `requestId` the header `X-Request-ID`, by which the
log names the request; a client may give its own (letters, digits, - and _, up to 64).

| code | status |
|---|---|"""
_OTHERS = {
    "request_invalid": 400,
    "unauthorized": 401,
    "origin_refused": 403,
    "method_not_allowed": 405,
    "too_large": 413,
    "unsupported_media_type": 415,
    "host_refused": 421,
    "internal": 500,
    "busy": 503,
    "no_room": 507,
}


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_settings(), *_errors(), *_routes()]) + "\n"


def _settings() -> Iterator[str]:
    yield f"## Settings\n\nFlag of `serve`, else the environment's `{PREFIX}…`, else `[{TABLE}]` in cohortgraph.toml:\n"
    yield "| setting | environment | default | what it is |\n|---|---|---|---|"
    for each in fields(ServeSettings):
        default = f"`{each.default}`" if each.default not in ("", ()) else ""
        yield f"| `{each.name}` | `{PREFIX}{each.name.upper()}` | {default} | {each.metadata['told']} |"
    yield ""


def _errors() -> Iterator[str]:
    yield _ERRORS
    codes = {code: status for _, status, code in ERRORS} | _OTHERS
    for code, status in sorted(codes.items(), key=lambda each: (each[1], each[0])):
        yield f"| `{code}` | {status} |"
    yield ""


def _routes() -> Iterator[str]:
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    group = ""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            if operation["tags"][0] != group:
                group = operation["tags"][0]
                yield f"\n## {group.capitalize()}\n"
            yield _told(method, path, operation)


def _told(method: str, path: str, operation: dict[str, Any]) -> str:
    named = [f"`{each['name']}`" for each in operation.get("parameters", ()) if each["in"] == "query"]
    options = f" ({', '.join(named)})" if named else ""
    return f"- `{method.upper()} {path}`{options}: {' '.join(operation['description'].split())}"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
