"""The Cypher: where it begins and what it must not get wrong; what the planners make of it is in test_plans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cohortgraph.graph.engine import Batch, Engine, rows
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.engines.neo4j import Neo4jEngine
from cohortgraph.queries import ask, load, parse, vocabulary
from cohortgraph.queries.cypher.compile import Page, is_single, keys, total

from ..generated.loading import wipe


def test_it_begins_at_the_rarest_code(loaded: Engine) -> None:
    words = vocabulary(loaded)
    names = {"often": "DCM:126000", "rare": "SCT:64033007"}
    assert words.count("NAME", [names["often"]]) > words.count("TYPE", [names["rare"]]) > 0
    document = (
        f"patients: {{items: {{some: {{name: {{is: {names['often']}}}}}}}, "
        f"segments: {{some: {{type: {{is: {names['rare']}}}}}}}}}"
    )
    statement = keys(parse(load(document), words), words)
    assert statement.cypher.startswith("MATCH (:Concept {id: $p0})<-[:TYPE]-")
    assert statement.parameters["p0"] == names["rare"]


def test_values_travel_as_parameters(loaded: Engine) -> None:
    words = vocabulary(loaded)
    evil = "'}) DETACH DELETE n //"
    question = parse({"patients": {"patientID": {"eq": evil}, "patientSex": {"contains": evil}}}, words)
    statement = keys(question, words)
    assert "DELETE" not in statement.cypher
    assert evil in statement.parameters.values()


def test_alternatives_that_begin_at_codes_are_a_union(loaded: Engine) -> None:
    words = vocabulary(loaded)
    both = "instances: {segments: {some: {OR: [{type: {is: SCT:87878005}}, {category: {is: SCT:91723000}}]}}}"
    assert not is_single(parse(load(both), words), words)
    one = parse(load("instances: {segments: {some: {type: {in: [SCT:87878005, SCT:53085002]}}}}"), words)
    assert is_single(one, words)


def test_a_page_begins_after_its_key(loaded: Engine) -> None:
    words = vocabulary(loaded)
    question = parse(load("items: {valueType: {eq: NUM}}"), words)
    (counted,) = rows(loaded.read(*_of(total(question, words))))
    first = rows(loaded.read(*_of(keys(question, words, Page(None, 4)))))
    last = first[-1]
    rest = rows(loaded.read(*_of(keys(question, words, Page((last["id"], last["position"]))))))
    assert len(first) == 4
    assert len(first) + len(rest) == counted["total"]
    assert (rest[0]["id"], rest[0]["position"]) > (last["id"], last["position"])


def _of(statement: object) -> tuple[str, dict[str, object]]:
    return statement.cypher, statement.parameters  # type: ignore[attr-defined]


@pytest.fixture
def small(empty: Engine) -> Engine:
    """Three segmentations: volumes 10 and NaN, two parallel references to one image, one image in no data set."""
    instances = [{"id": f"1.{n}", "ordinal": n, "kind": "segmentation"} for n in (1, 2, 3)]
    volumes = {1: 10.0, 2: float("nan"), 3: None}
    batch = Batch(
        create_nodes={
            "Patient": [{"id": "p", "patientID": "p"}],
            "Study": [{"id": "s"}],
            "Series": [{"id": "e"}],
            "Instance": instances,
            "Segment": [
                {"key": n << 20, "position": 0, "segmentNumber": 1, "volume": volume} for n, volume in volumes.items()
            ],
        },
        create_edges={
            ("HAS_STUDY", "Patient", "Study"): [{"source": "p", "target": "s"}],
            ("HAS_SERIES", "Study", "Series"): [{"source": "s", "target": "e"}],
            ("HAS_INSTANCE", "Series", "Instance"): [{"source": "e", "target": row["id"]} for row in instances],
            ("HAS_SEGMENT", "Instance", "Segment"): [{"source": f"1.{n}", "target": n << 20} for n in volumes],
            ("REFERENCES", "Instance", "Instance"): [
                {"source": "1.1", "target": "1.2", "basis": "sourceImage"},
                {"source": "1.1", "target": "1.2", "basis": "evidence"},
                {"source": "1.1", "target": "1.3", "basis": "evidence"},
            ],
        },
    )
    empty.write(batch)
    return empty


@pytest.fixture(params=["ladybug", "neo4j"])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine: LadybugEngine | Neo4jEngine
    if request.param == "ladybug":
        engine = LadybugEngine(tmp_path_factory.mktemp("small") / "graph", buffer_pool_bytes=64 << 20)
    else:
        url = request.getfixturevalue("neo4j_url")
        wipe(url)
        engine = Neo4jEngine(url)
    engine.ensure_schema()
    yield engine
    engine.close()


def test_nan_parallel_edges_and_nothing_to_count(small: Engine) -> None:
    def found(document: str) -> list[str]:
        return [hit["id"] for hit in ask(small, document).hits]

    # semantics 6.7: NaN never matches, in no direction
    for test in ("lt: 20", "lte: 20", "ne: 20", "between: [0, 20]", "exists: true"):
        assert found(f"segments: {{volume: {{{test}}}}}") == ["1.1#segment/1"], test
    assert found("segments: {volume: {gt: 20}}") == []
    assert found("segments: {NOT: {volume: {lt: 20}}}") == ["1.2#segment/1", "1.3#segment/1"]
    # semantics 6.3: distinct targets, however many edges lead there
    assert found("instances: {references: {count: {eq: 2}}}") == ["1.1"]
    assert found("instances: {references: {count: {eq: 3}}}") == []
    assert found("instances: {references: {count: {eq: 0}}}") == ["1.2", "1.3"]
    assert found("patients: {items: {count: {lt: 1}}}") == ["p"]
    # semantics 6.2: true where there is nothing to look at
    assert found("patients: {items: {every: {valueType: {eq: NUM}}}}") == ["p"]
    assert found("patients: {datasets: {count: {eq: 0}}}") == ["p"]
