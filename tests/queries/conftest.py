"""Engines that hold generated data, loaded once a module: nothing may write to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.engines.neo4j import Neo4jEngine

from ..generated.loading import load, wipe
from ..generated.traps import ELSEWHERE, traps
from ..oracle.evaluate import Oracle
from ..oracle.model import build

BUFFER_POOL = 256 << 20


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    """The naive evaluator over the generated data."""
    return Oracle(build(traps(), ELSEWHERE))


@pytest.fixture(scope="module", params=["ladybug", "neo4j"])
def empty_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each engine in turn, empty at the module's start."""
    engine: LadybugEngine | Neo4jEngine
    if request.param == "ladybug":
        engine = LadybugEngine(tmp_path_factory.mktemp("store") / "graph", buffer_pool_bytes=BUFFER_POOL)
    else:
        url = request.getfixturevalue("neo4j_url")
        wipe(url)
        engine = Neo4jEngine(url)
    engine.ensure_schema()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def loaded(empty_engine: Engine) -> Engine:
    """Each engine in turn with the data of tests/generated/traps.py."""
    load(empty_engine, traps(), ELSEWHERE)
    return empty_engine
