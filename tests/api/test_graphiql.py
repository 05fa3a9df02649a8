"""The page at /graphql in a real browser: it loads, asks, and nothing leaves the machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import Running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def test_a_browser_gets_the_page_and_a_program_an_answer(reading: Running) -> None:
    page = reading.http.get("/graphql", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "http" not in page.text
    asked = reading.http.get("/graphql", params={"query": "{ patients { total } }"}, headers={"Accept": "text/html"})
    assert asked.json()["data"]["patients"]["total"] > 0


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_browser_shows_graphiql_with_the_schema_and_asks_nobody_else(reading: Running, tmp_path: Path) -> None:
    told = tmp_path / "net.json"
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--log-net-log={told}",
        "--virtual-time-budget=15000",
        "--dump-dom",
        f"{reading.url}/graphql",
    ]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout
    assert "graphiql-container" in dom
    assert "fetch the schema again" in dom.replace("\u200b", "")
    events = json.loads(told.read_text() + ("" if told.read_text().rstrip().endswith("}") else "]}"))["events"]
    asked = [each["params"] for each in events if each.get("params", {}).get("initiator") == reading.url]
    assert {each["url"].removeprefix(reading.url) for each in asked} >= {"/static/graphiql/graphiql.min.js", "/graphql"}
    assert [each["url"] for each in asked if not each["url"].startswith(reading.url)] == []
    assert any(each["method"] == "POST" for each in asked), "it has asked for the schema"
