"""Who may ask: loopback without a token, anywhere with one; no other site's pages, no other host's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohortgraph.api.settings import ServeSettings
from cohortgraph.errors import UsageError
from cohortgraph.graph.store.directory import Store

from .conftest import Running, served

TOKEN = "a-long-random-text-7c1f"


@pytest.fixture
def guarded(store: Store):
    with served(store, token=TOKEN) as running:
        yield running


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org"])
def test_an_address_open_to_others_needs_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="COHORTGRAPH_TOKEN"):
        ServeSettings(host=host)
    assert ServeSettings(host=host, token=TOKEN).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_a_loopback_address_does_not(host: str) -> None:
    assert ServeSettings(host=host).is_loopback


@pytest.mark.parametrize(
    "path",
    ["/api/stats", "/api/query", "/metrics", "/nowhere", "/graphql?query={patients{total}}", "/static/../api/stats"],
)
def test_with_a_token_every_route_asks_for_it(guarded: Running, path: str) -> None:
    for given in ("", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}"):
        answer = guarded.http.get(path, headers={"Authorization": given})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized"), given
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_mutation_or_a_query_needs_the_token(guarded: Running) -> None:
    asked = guarded.http.post("/graphql", json={"query": "{ patients { total } }"}, headers={"Authorization": ""})
    assert asked.status_code == 401


@pytest.mark.parametrize("path", ["/docs", "/graphql", "/openapi.json", "/static/graphiql/page.js"])
def test_pages_hold_no_data_and_need_no_token(guarded: Running, path: str) -> None:
    answer = guarded.http.get(path, headers={"Authorization": "", "Accept": "text/html"})
    assert answer.status_code == 200


def test_with_the_token_it_answers(guarded: Running) -> None:
    assert guarded.http.get("/api/stats").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_need_no_token(guarded: Running, path: str) -> None:
    assert guarded.http.get(path, headers={"Authorization": ""}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::2]:1", ""])
def test_another_host_is_refused(reading: Running, host: str) -> None:
    answer = reading.http.get("/api/stats", headers={"Host": host})
    assert answer.status_code in (400, 421)  # an empty one is refused by the HTTP parser already


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:9", "[::1]:8000", "LOCALHOST"])
def test_this_machine_is_not(reading: Running, host: str) -> None:
    assert reading.http.get("/api/version", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_of_other_sites_may_not_ask(reading: Running, origin: str) -> None:
    answer = reading.http.post("/api/quarantine/retry", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_refused")
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in reading.http.options("/api/query", headers=preflight).headers


def test_the_servers_own_pages_may(reading: Running) -> None:
    assert reading.http.get("/api/version", headers={"Origin": reading.url}).status_code == 200


def test_sites_that_are_named_may(store: Store) -> None:
    with served(store, cors_origins=("https://lab.example",)) as running:
        answer = running.http.get("/api/version", headers={"Origin": "https://lab.example"})
        assert answer.headers["access-control-allow-origin"] == "https://lab.example"
        assert running.http.get("/api/version", headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_large_body_is_refused_before_and_while_it_is_read(store: Store) -> None:
    with served(store, body_mib=1) as running:
        large = b'{"document": "' + b" " * (2 << 20) + b'"}'
        json = {"Content-Type": "application/json"}
        for content in (large, iter([large])):
            answer = running.http.post("/api/query", content=content, headers=json)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_settings_come_from_flag_environment_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cohortgraph.toml").write_text('[serve]\nport = 1\nreaders = 2\ningest_folders = ["/a", "/b"]\n')
    monkeypatch.setenv("COHORTGRAPH_PORT", "3")
    assert ServeSettings.load().port == 3
    found = ServeSettings.load(port=4)
    assert (found.port, found.readers, found.ingest_folders) == (4, 2, ("/a", "/b"))
    monkeypatch.setenv("COHORTGRAPH_READERS", "many")
    with pytest.raises(UsageError, match="readers is 'many'; expected a whole number"):
        ServeSettings.load()


@pytest.mark.parametrize("text", ["serve = 3", "[serve]\nprot = 1", "[serve"])
def test_a_broken_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cohortgraph.toml").write_text(text)
    with pytest.raises(UsageError, match=r"cohortgraph\.toml"):
        ServeSettings.load()
