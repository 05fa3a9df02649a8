"""People's own Cypher over HTTP reads, and nothing else, however it is tried, on both engines."""

from __future__ import annotations

from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from cohortgraph.errors import UsageError
from cohortgraph.graph.store.directory import Store
from cohortgraph.queries.handwritten.guard import admit

from ..queries.test_guard import ATTEMPTS, SECRET
from .conftest import Running, served, until

LIMITS = {"cypher_rows": 50, "cypher_seconds": 1.0, "cypher_mib": 1}
MANY = {"many": list(range(2000))}
ENDLESS = "UNWIND $many AS a UNWIND $many AS b UNWIND $many AS c WITH a, b, c WHERE a + b + c < 0 RETURN count(*) AS n"

GROWING = {
    "doubled strings": "WITH 'xxxxxxxx' AS s " + "WITH s + s AS s " * 40 + "RETURN size(s) AS n",
    "doubled lists": "WITH [1] AS l " + "WITH l + l AS l " * 40 + "RETURN size(l) AS n",
    "in another case": "WITH [1] AS l " + "WITH L + `l` AS l " * 40 + "RETURN size(l) AS n",
    "nested lists": "WITH [1] AS l " + "WITH [l, l] AS l " * 40 + "RETURN l",
    "doubled maps": "WITH {a: 1} AS m " + "WITH {a: m, b: m} AS m " * 40 + "RETURN m",
    "doubled by CASE": "WITH [1] AS l " + "WITH CASE WHEN true THEN [l, l] END AS l " * 40 + "RETURN l",
    "doubled and unwound": "WITH [1] AS l " + "UNWIND [l, l] AS l WITH [l, l] AS l " * 40 + "RETURN l",
    "lists of lists": "WITH $many AS l WITH [l, l] AS l " + "WITH [x IN l | l] AS l " * 8 + "RETURN l",
    "many times in one": "MATCH (n) WITH collect(n.id) AS l RETURN " + " + ".join(["l"] * 3000) + " AS n",
    "in many columns": "MATCH (n) WITH collect(n.id) AS l RETURN " + ", ".join(f"l AS l{i}" for i in range(900)),
    "long patterns": "MATCH (a0)" + "".join(f"--(a{i})" for i in range(1, 60)) + " RETURN count(*) AS n",
    "many expansions": "MATCH "
    + ", ".join(f"p{i} = (a{i})-[*1..30]-(b{i})" for i in range(20))
    + " RETURN count(*) AS n",
}
"""What an engine can't be stopped in, or holds beside the memory it was given: refused by its words."""

EXHAUSTING = {
    "a product of everything": ENDLESS,
    "a product of patterns": "MATCH "
    + ", ".join(f"(a{i})" for i in range(9))
    + " WHERE a1.id = '' RETURN count(*) AS n",
    "all rows at once": "UNWIND $many AS a UNWIND $many AS b UNWIND $many AS c RETURN collect([a, b, c]) AS n",
    "a large answer": "UNWIND $many AS a UNWIND $many AS b WITH a, b LIMIT 60000 RETURN collect([a, b]) AS n",
    "unions": " UNION ALL ".join(["UNWIND $many AS a UNWIND $many AS b UNWIND $many AS c RETURN a, b, c"] * 3),
}


@pytest.fixture(params=["ladybug", "neo4j"], scope="module")
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, files: list[Path]):
    """A server of each engine in turn, with two of the real files."""
    folder = tmp_path_factory.mktemp("cypher") / "store"
    target = folder
    if request.param == "neo4j":
        target = request.getfixturevalue("neo4j_url")
        _wipe(target)
    directory = folder if request.param == "neo4j" else None
    with Store.init(target, directory=directory) as store, served(store, **LIMITS) as running:
        running.client.ingest(files[:2], "real", workers=1)
        yield running


def _wipe(url: str) -> None:
    from neo4j import GraphDatabase

    with GraphDatabase.driver(url) as driver, driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()


def cypher(running: Running, statement: str, **options: object) -> httpx.Response:
    return running.http.post("/api/cypher", json={"statement": statement, **options})


def test_no_attempt_writes_reads_a_file_or_calls(asked: Running, tmp_path: Path) -> None:
    secret, target = tmp_path / "secret.csv", tmp_path / "target.csv"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    before = asked.client.version(), asked.client.digest()
    assert len(ATTEMPTS) >= 40
    for name, attempt in ATTEMPTS.items():
        statement = attempt.replace("{secret}", str(secret)).replace("{target}", str(target))
        answer = cypher(asked, statement, parameters={"n": 3})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage_invalid"), name
        assert SECRET not in answer.text
    assert (asked.client.version(), asked.client.digest()) == before
    assert not target.exists()


@pytest.mark.parametrize("name", GROWING)
def test_what_grows_beyond_measure_is_refused_by_its_words(name: str) -> None:
    with pytest.raises(UsageError, match=r"at most 200|more than 16 relationships"):
        admit(GROWING[name], limit=10)


def test_what_is_refused_by_its_words_never_reaches_the_engine(asked: Running) -> None:
    for statement in GROWING.values():
        answer = cypher(asked, statement, parameters=MANY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage_invalid")


@pytest.mark.parametrize("name", EXHAUSTING)
def test_no_attempt_exhausts_time_or_memory(asked: Running, name: str) -> None:
    answer = cypher(asked, EXHAUSTING[name], parameters=MANY)
    told = answer.json().get("error", {}).get("code")
    assert told in (None, "usage_invalid", "store_failed", "timed_out"), answer.text[:200]
    assert len(answer.content) < 4 << 20  # an engine may find a short way to a short answer
    assert cypher(asked, "MATCH (s:Series) RETURN count(*) AS n").json()["rows"] == [{"n": 2}]


def test_rows_come_as_json_and_arrow(asked: Running) -> None:
    statement = "MATCH (s:Series) RETURN s.modality AS modality ORDER BY modality"
    rows = [{"modality": "SEG"}, {"modality": "SR"}]
    assert cypher(asked, statement).json() == {"columns": ["modality"], "rows": rows, "cut": False}
    body = asked.http.post("/api/cypher?format=arrow", json={"statement": statement}).content
    assert pa.ipc.open_stream(body).read_all().to_pylist() == rows


def test_it_is_told_when_rows_were_cut(asked: Running) -> None:
    statement = "UNWIND $many AS x RETURN x"
    found = cypher(asked, statement, parameters=MANY).json()
    assert (len(found["rows"]), found["cut"]) == (LIMITS["cypher_rows"], True)
    assert cypher(asked, statement, parameters=MANY, limit=3).json() == {
        "columns": ["x"],
        "rows": [{"x": 0}, {"x": 1}, {"x": 2}],
        "cut": True,
    }
    assert cypher(asked, f"{statement} LIMIT 3", parameters=MANY).json()["cut"] is False
    streamed = asked.http.post("/api/cypher?format=csv", json={"statement": statement, "parameters": MANY})
    assert streamed.headers["x-rows-cut"] == "true"


def test_it_is_stopped_after_its_time(asked: Running) -> None:
    answer = cypher(asked, ENDLESS, parameters=MANY, timeout=0.3)
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timed_out")


def test_it_is_stopped_when_the_client_goes_away(asked: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    server = asked.app.state.server
    begun: list[None] = []
    stopped: list[str] = []
    ask = asked.client.cypher

    def watched(*arguments, **options):
        begun.append(None)
        try:
            return ask(*arguments, **options | {"timeout": 60.0})
        except Exception as error:
            stopped.append(type(error).__name__)
            raise

    monkeypatch.setattr(asked.client, "cypher", watched)
    for patience in (0.5, 5, 20):  # it may take a while to begin
        with pytest.raises(httpx.ReadTimeout):
            asked.http.post("/api/cypher", json={"statement": ENDLESS, "parameters": MANY}, timeout=patience)
        if begun:
            break
    until(lambda: len(stopped) == len(begun) and server.readers.under_way == 0, 20)
    assert set(stopped) == {"Cancelled"}
