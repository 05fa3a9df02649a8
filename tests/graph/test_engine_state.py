"""Both engines hold what plain dicts would hold, whatever batches come."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from cohortgraph.graph.contract.state_machine import EngineMachine
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.engines.neo4j import Neo4jEngine

BRIEF = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


class LadybugMachine(EngineMachine):
    def make(self) -> Engine:
        self.folder = tempfile.TemporaryDirectory()
        engine = LadybugEngine(Path(self.folder.name) / "graph", buffer_pool_bytes=256 << 20)
        engine.ensure_schema()
        return engine

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


def test_ladybug_holds_what_the_model_holds() -> None:
    run_state_machine_as_test(LadybugMachine, settings=BRIEF)


SHORT = settings(BRIEF, max_examples=6)


def test_neo4j_holds_what_the_model_holds(neo4j_url: str, wipe_neo4j) -> None:
    class Neo4jMachine(EngineMachine):
        def make(self) -> Engine:
            wipe_neo4j()
            engine = Neo4jEngine(neo4j_url)
            engine.ensure_schema()
            return engine

    run_state_machine_as_test(Neo4jMachine, settings=SHORT)
