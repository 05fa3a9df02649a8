"""What a page of GraphQL costs beside the engine's own work for it: whole requests, and the time within its reads."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from statistics import median
from types import SimpleNamespace
from typing import Any, cast

from cohortgraph.api.graphql import in_thread
from cohortgraph.api.graphql.schema import schema
from cohortgraph.client import Client
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.loading import load
from cohortgraph.graph.store.directory import Store

from .archive import archive
from .timing import seconds

RUNS = 5
OPERATIONS = {
    "1,000 series, four properties": "{ series(first: 1000) { nodes { id modality studyDate seriesDescription } } }",
    "segments with codes, under 100 series": """{
      series(where: {segments: {some: {type: {is: "SCT:87878005"}}}}, first: 100) {
        nodes { id modality instances { nodes { id kind segments { nodes { ...shown } } } } }
      }
    } fragment shown on Segment { label volume type { concept { id meaning } } }""",
    "measurements with codes, under 100 patients": """{
      patients(where: {items: {some: {name: {is: "MDC:2:15872"}}}}, first: 100) {
        total nodes { id items { total nodes { path numericValue name { concept { id } } unit { concept { id } } } } }
      }
    }""",
}


class _Timed:
    """An engine that adds up the time within its reads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def read(self, *arguments: Any, **given: Any) -> Any:
        begin = time.perf_counter()
        try:
            return self._engine.read(*arguments, **given)
        finally:
            self.seconds += time.perf_counter() - begin


def run(series: int) -> None:
    """Load an archive of ``series`` series and print a line for each operation."""
    with tempfile.TemporaryDirectory() as folder, Store.init(folder) as store:
        made = archive(series)
        load(store.engine, made.nodes, made.edges)
        engine = _Timed(store.engine)
        asked = schema(Client(cast(Store, SimpleNamespace(engine=engine))), in_thread)
        print(f"GraphQL over {series} series: a page beside its engine reads (aim: 1.3 × and 30 µs a node)")
        for name, operation in OPERATIONS.items():
            answer = asked.execute_sync(operation)
            if answer.errors:
                raise answer.errors[0]
            nodes = _nodes(answer.data)
            whole, within = [], []
            for _ in range(RUNS):
                engine.seconds = 0.0
                whole.append(seconds(partial(asked.execute_sync, operation)))
                within.append(engine.seconds)
            page, read = median(whole), median(within)
            over = (page - 1.3 * read) / nodes * 1e6
            print(
                f"  {name:<44}{nodes:>5} nodes{page * 1e3:>9.1f} ms, engine{read * 1e3:>9.1f} ms: "
                f"1.3 × and {over:.0f} µs a node"
            )


def _nodes(value: Any) -> int:
    if isinstance(value, dict):
        return len(value.get("nodes", ())) + sum(map(_nodes, value.values()))
    return sum(map(_nodes, value)) if isinstance(value, list) else 0
