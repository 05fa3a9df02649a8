"""What tests of several rooms share: the real files, a real Neo4j, engines and stores."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from cohortgraph.graph.engines.ladybug import LadybugEngine
    from cohortgraph.graph.engines.neo4j import Neo4jEngine
    from cohortgraph.graph.store.directory import Store
    from cohortgraph.ingest.pipeline import Report

ROOT = Path(__file__).parent.parent
BUFFER_POOL = 256 << 20


settings.register_profile("tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Under pytest-xdist (``--dist loadgroup``), what uses Neo4j runs in one worker: it is one database."""
    of_neo4j = [item for item in items if _uses_neo4j(item)]
    for item in of_neo4j:
        item.add_marker(pytest.mark.xdist_group("neo4j"))
    yield
    in_worker = hasattr(config, "workerinput") and config.option.dist == "loadgroup"
    if in_worker and not all(item.nodeid.endswith("@neo4j") for item in of_neo4j):
        raise pytest.UsageError("this pytest and this pytest-xdist don't group tests; install those of constraints.txt")


def _uses_neo4j(item: pytest.Item) -> bool:
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "neo4j_url" in getattr(item, "fixturenames", ()) or any(str(each) == "neo4j" for each in parameters)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files; its INDEX.tsv says what each is."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real files at {folder}")
    return folder


@pytest.fixture(scope="session")
def neo4j_url() -> Iterator[str]:
    """The URL of a real Neo4j, started once for the whole run."""
    server = _load("neo4j_server")
    try:
        with server.running() as url:
            yield url
    except server.NoNeo4j as reason:
        pytest.skip(str(reason))


def _load(name: str):
    """A module that lies beside this file."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ladybug(tmp_path: Path) -> Iterator[LadybugEngine]:
    """An empty embedded graph."""
    from cohortgraph.graph.engines.ladybug import LadybugEngine

    engine = LadybugEngine(tmp_path / "graph", buffer_pool_bytes=BUFFER_POOL)
    engine.ensure_schema()
    yield engine
    engine.close()


@pytest.fixture
def wipe_neo4j(neo4j_url: str) -> Callable[[], None]:
    """What empties the real Neo4j."""
    from neo4j import GraphDatabase

    def wipe() -> None:
        with GraphDatabase.driver(neo4j_url) as driver, driver.session() as session:
            session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()

    return wipe


@pytest.fixture
def neo4j_engine(neo4j_url: str, wipe_neo4j: Callable[[], None]) -> Iterator[Neo4jEngine]:
    """The wiped graph of a real Neo4j."""
    from cohortgraph.graph.engines.neo4j import Neo4jEngine

    wipe_neo4j()
    engine = Neo4jEngine(neo4j_url)
    engine.ensure_schema()
    yield engine
    engine.close()


@pytest.fixture(params=["ladybug", "neo4j"])
def engine(request: pytest.FixtureRequest) -> LadybugEngine | Neo4jEngine:
    """Each engine in turn, empty."""
    return request.getfixturevalue("ladybug" if request.param == "ladybug" else "neo4j_engine")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty embedded store."""
    from cohortgraph.graph.store.directory import Store

    with Store.init(tmp_path / "store") as made:
        yield made


@pytest.fixture(scope="session")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Report]]:
    """A store of all real files, read by two processes, and its report: nothing may change it."""
    from cohortgraph.graph.store.directory import Store
    from cohortgraph.ingest.pipeline import ingest

    with Store.init(tmp_path_factory.mktemp("real") / "store") as store:
        yield store, ingest(store, [shared_data], "real", workers=2)
