"""An older store is brought to this schema step by step; a newer one is refused."""

import pytest

from cohortgraph.errors import StoreError
from cohortgraph.graph.engine import Batch, Engine, rows
from cohortgraph.graph.engines.migrations import check_schema_version
from cohortgraph.graph.schema import SCHEMA_VERSION as NOW


def _version(engine: Engine) -> int:
    return engine.read("MATCH (m:Meta {id: 'store'}) RETURN m.schemaVersion AS v")["v"][0].as_py()


def test_steps_run_in_order_from_the_stored_version_on(engine: Engine) -> None:
    engine.write(Batch(create_nodes={"Dataset": [{"id": "d", "title": "old"}]}))

    def renamed(to: str):
        def step(engine: Engine) -> None:
            before = rows(engine.read("MATCH (d:Dataset) RETURN d.title AS t"))[0]["t"]
            engine.write(Batch(set_nodes={"Dataset": [{"id": "d", "title": f"{before} {to}"}]}))

        return step

    check_schema_version(engine, {NOW: renamed("two"), NOW + 1: renamed("three")}, wanted=NOW + 2)
    assert rows(engine.read("MATCH (d:Dataset) RETURN d.title AS t")) == [{"t": "old two three"}]
    assert _version(engine) == NOW + 2


def test_a_step_that_fails_is_the_first_to_run_again(engine: Engine) -> None:
    def failing(_: Engine) -> None:
        raise StoreError("no space")

    with pytest.raises(StoreError, match="no space"):
        check_schema_version(engine, {NOW: lambda _: None, NOW + 1: failing}, wanted=NOW + 2)
    assert _version(engine) == NOW + 1
    check_schema_version(engine, {NOW + 1: lambda _: None}, wanted=NOW + 2)
    assert _version(engine) == NOW + 2


def test_a_gap_between_the_steps_is_an_error(engine: Engine) -> None:
    with pytest.raises(StoreError, match=f"from schema version {NOW} to {NOW + 1}"):
        check_schema_version(engine, {}, wanted=NOW + 1)


def test_a_newer_store_is_refused(engine: Engine) -> None:
    engine.write(Batch(set_nodes={"Meta": [{"id": "store", "schemaVersion": NOW + 7}]}))
    with pytest.raises(StoreError, match="install a newer cohortgraph"):
        engine.ensure_schema()


def test_every_older_store_is_brought_to_this_version(engine: Engine) -> None:
    engine.write(Batch(set_nodes={"Meta": [{"id": "store", "schemaVersion": 1}]}))
    engine.ensure_schema()
    assert _version(engine) == NOW
