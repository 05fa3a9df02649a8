"""What only the server engine has to do: several writers, and a driver that may be missing."""

import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from neo4j import GraphDatabase

from cohortgraph.errors import StoreError, UsageError
from cohortgraph.graph.allowance import Allowance, allowed
from cohortgraph.graph.contract.suite import concept, count
from cohortgraph.graph.engine import Batch, KeyTaken
from cohortgraph.graph.engines.neo4j import Neo4jEngine
from cohortgraph.graph.steady import steadily


@pytest.fixture
def other(neo4j_engine: Neo4jEngine, neo4j_url: str):
    """A second writer's engine."""
    engine = Neo4jEngine(neo4j_url)
    yield engine
    engine.close()


def test_of_two_writers_that_create_a_node_one_is_told_to_read_again(
    neo4j_engine: Neo4jEngine, other: Neo4jEngine
) -> None:
    def create(engine: Neo4jEngine) -> int | None:
        try:
            return engine.write(concept())
        except KeyTaken:
            return None

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(create, (neo4j_engine, other)), key=str) == [1, None]
    assert neo4j_engine.version() == count(other, "(:Concept)") == 1


def test_versions_and_ordinals_of_two_writers_never_meet(neo4j_engine: Neo4jEngine, other: Neo4jEngine) -> None:
    engines = [neo4j_engine, other] * 10

    def use(numbered: tuple[int, Neo4jEngine]) -> tuple[int, int]:
        number, engine = numbered
        create = Batch(create_nodes={"Concept": [{"id": f"DCM:{number}"}]})
        return engine.write(create), engine.reserve_ordinals(3)

    with ThreadPoolExecutor(4) as pool:
        versions, ordinals = zip(*pool.map(use, enumerate(engines)), strict=True)
    assert sorted(versions) == list(range(1, 21))
    assert sorted(ordinals) == list(range(0, 60, 3))


def test_a_missing_driver_names_the_extra() -> None:
    without = "import sys; sys.modules['neo4j'] = None; import cohortgraph.graph.engines.neo4j"
    ended = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)
    assert "UsageError: a store on Neo4j needs its driver: pip install 'cohortgraph[neo4j]'" in ended.stderr


def test_a_database_of_somebody_else_is_refused(neo4j_url: str, wipe_neo4j) -> None:
    wipe_neo4j()
    with GraphDatabase.driver(neo4j_url) as driver, driver.session() as session:
        session.run("CREATE (:Movie {title: 'The Matrix'})").consume()
    engine = Neo4jEngine(neo4j_url)
    with pytest.raises(StoreError, match="holds something else"):
        engine.ensure_schema()
    engine.close()


def test_nothing_that_is_written_is_logged(neo4j_engine: Neo4jEngine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    neo4j_engine.write(Batch(create_nodes={"Patient": [{"id": "a|Miller", "patientID": "Miller"}]}))
    neo4j_engine.read("MATCH (p:Patient {id: $id}) RETURN p.patientID AS name", {"id": "a|Miller"})
    assert "Miller" not in caplog.text


def test_of_large_rows_no_more_are_fetched_than_an_answer_may_hold(neo4j_engine: Neo4jEngine) -> None:
    fetched = 0

    allowance = Allowance()
    allowance.most_bytes = 3 << 20
    weigh = allowance.weigh

    def counted(held: int) -> None:
        nonlocal fetched
        fetched += 1
        weigh(held)

    allowance.weigh = counted  # type: ignore[method-assign]
    rows = "UNWIND range(1, 1000) AS row RETURN row, $text AS text"
    with allowed(allowance), pytest.raises(UsageError, match="more than 3 MiB"):
        neo4j_engine.read(rows, {"text": "x" * (1 << 20)})
    assert fetched == 3
    assert neo4j_engine.read("RETURN 1 AS one").to_pylist() == [{"one": 1}]


def test_reads_that_a_commit_fell_between_are_read_again(neo4j_engine: Neo4jEngine, other: Neo4jEngine) -> None:
    numbers = iter(range(10))
    calls = 0

    def read(disturbed: int) -> int:
        nonlocal calls
        calls += 1
        if calls <= disturbed:
            other.write(Batch(create_nodes={"Concept": [{"id": f"DCM:{next(numbers)}"}]}))
        return count(neo4j_engine, "(:Concept)")

    assert steadily(neo4j_engine, lambda: read(2)) == (2, 2)
    assert calls == 3
    calls = 0
    assert steadily(neo4j_engine, lambda: read(9), tries=3) == (5, None)
    assert calls == 3
