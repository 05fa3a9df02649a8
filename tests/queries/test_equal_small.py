"""Oracle = Ladybug = Neo4j over stores that are generated too, each written and deleted again."""

from __future__ import annotations

import pickle
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.graph.writing.writer import Writer
from cohortgraph.queries import ask

from ..generated.documents import documents
from ..generated.loading import Headers
from ..generated.small import stores
from ..oracle.evaluate import Oracle
from ..oracle.model import build
from ..oracle.results import select


@settings(max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(facts=stores(), asked=st.lists(documents(3), min_size=3, max_size=3))
def test_generated_stores_and_questions(
    empty_engine: Engine, facts: list[InstanceFacts], asked: list[dict[str, Any]]
) -> None:
    oracle = Oracle(build(facts))
    writer = Writer(empty_engine, Headers(), pickle.loads)
    writer.commit(new=facts)
    try:
        for document in asked:
            expected = [node.id for node in select(oracle, document)]
            assert [hit["id"] for hit in ask(empty_engine, document).hits] == expected
    finally:
        writer.delete([each.sop_instance_uid for each in facts])
