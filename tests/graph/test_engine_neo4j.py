"""A real Neo4j keeps the contract."""

import pytest

from cohortgraph.graph.contract.suite import EngineContract
from cohortgraph.graph.engine import Engine


class TestNeo4j(EngineContract):
    reads_are_snapshots = False

    @pytest.fixture
    def engine(self, neo4j_engine: Engine) -> Engine:
        return neo4j_engine
