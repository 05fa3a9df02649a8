"""The embedded engine keeps the contract."""

import pytest

from cohortgraph.graph.contract.suite import EngineContract
from cohortgraph.graph.engines.ladybug import LadybugEngine


class TestLadybug(EngineContract):
    @pytest.fixture
    def engine(self, ladybug: LadybugEngine) -> LadybugEngine:
        return ladybug
