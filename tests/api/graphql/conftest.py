"""A schema over generated data, on each engine in turn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from cohortgraph.api.graphql import in_thread
from cohortgraph.api.graphql.schema import StoreSchema, schema
from cohortgraph.client import Client
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.store.directory import Store

from ...queries.conftest import empty_engine, loaded, oracle

__all__ = ["asked", "empty_engine", "loaded", "oracle"]


@pytest.fixture(scope="module")
def asked(loaded: Engine) -> StoreSchema:
    """What is asked in these tests: GraphQL over tests/generated/traps.py; nothing may write to it."""
    return schema(Client(cast(Store, SimpleNamespace(engine=loaded))), in_thread)
