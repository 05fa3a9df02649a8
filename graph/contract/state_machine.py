"""The contract as a state machine: whatever batches come, an engine holds what a few dicts and lists would hold."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ...errors import StoreError
from .. import schema
from ..engine import Batch, EdgeKey, Engine, Row, rows

KEYS: dict[str, list[Any]] = {"Instance": ["1", "2", "3"], "ContentItem": [1, 2, 3, 4], "Concept": ["DCM:1", "SCT:2"]}
PROPERTY = {"Instance": "rows", "ContentItem": "position", "Concept": "codeValue"}
EDGES: dict[EdgeKey, str] = {
    ("HAS_ITEM", "Instance", "ContentItem"): "",
    ("REFERENCES", "Instance", "Instance"): "purpose",
    ("NAME", "ContentItem", "Concept"): "codeMeaning",
    ("CODED", "Instance", "Concept"): "path",
}


def _value(label: str) -> st.SearchStrategy[Any]:
    return st.none() | (st.sampled_from(["", "a"]) if label == "Concept" else st.integers(0, 2))


def _nodes(label: str) -> st.SearchStrategy[list[Row]]:
    key = schema.node(label).key.name
    row = st.builds(lambda k, v: {key: k, PROPERTY[label]: v}, st.sampled_from(KEYS[label]), _value(label))
    return st.lists(row, max_size=3, unique_by=lambda row: row[key])


def _edges(edge: EdgeKey, properties: bool) -> st.SearchStrategy[list[Row]]:
    _, source, target = edge
    ends = {"source": st.sampled_from(KEYS[source]), "target": st.sampled_from(KEYS[target])}
    named = {EDGES[edge]: st.none() | st.just("x")} if properties and EDGES[edge] else {}
    return st.lists(st.fixed_dictionaries({**ends, **named}), max_size=3)


def _each(strategy: Callable[[Any], st.SearchStrategy[Any]], names: Any) -> st.SearchStrategy[dict[Any, Any]]:
    return st.fixed_dictionaries({}, optional={name: strategy(name) for name in names})


CREATED = {
    "create_nodes": _each(_nodes, KEYS),
    "create_edges": _each(lambda edge: _edges(edge, True), EDGES),
}
BATCHES = st.builds(
    Batch,
    drop_instances=st.lists(st.sampled_from(KEYS["Instance"]), max_size=2),
    drop_edges=_each(lambda edge: _edges(edge, False), EDGES),
    drop_nodes=_each(lambda label: st.lists(st.sampled_from(KEYS[label]), max_size=2), KEYS),
    set_nodes=_each(_nodes, KEYS),
    **CREATED,
)


class Model:
    """A graph in plain Python; ``apply`` follows the words of ``engine.Batch``."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[Any, Any]] = {label: {} for label in KEYS}
        self.edges: dict[EdgeKey, list[tuple[Any, Any, Any]]] = {edge: [] for edge in EDGES}

    def apply(self, batch: Batch) -> None:
        """Change the graph; KeyError where an engine must refuse the batch."""
        for uid in batch.drop_instances:
            for key in [b for a, b, _ in self.edges["HAS_ITEM", "Instance", "ContentItem"] if a == uid]:
                self._drop("ContentItem", key)
            for edge, those in self.edges.items():
                if edge[1] == "Instance":
                    self.edges[edge] = [e for e in those if e[0] != uid]
        for edge, dropped in batch.drop_edges.items():
            gone = {(row["source"], row["target"]) for row in dropped}
            self.edges[edge] = [e for e in self.edges[edge] if e[:2] not in gone]
        for label, keys in batch.drop_nodes.items():
            for key in keys:
                self._drop(label, key)
        for label, created in batch.create_nodes.items():
            for key, value in map(dict.values, created):
                if key in self.nodes[label]:
                    raise KeyError(key)
                self.nodes[label][key] = value
        for label, changed in batch.set_nodes.items():
            for key, value in map(dict.values, changed):
                self.nodes[label][key]  # it must exist
                self.nodes[label][key] = value
        for edge, added in batch.create_edges.items():
            for row in added:
                self.nodes[edge[1]][row["source"]], self.nodes[edge[2]][row["target"]]  # both must exist
                self.edges[edge].append((row["source"], row["target"], row.get(EDGES[edge])))

    def _drop(self, label: str, key: Any) -> None:
        self.nodes[label].pop(key, None)
        for edge, those in self.edges.items():
            self.edges[edge] = [e for e in those if (edge[1], e[0]) != (label, key) and (edge[2], e[1]) != (label, key)]


class EngineMachine(RuleBasedStateMachine):
    """Subclass with ``make``, which gives an empty engine."""

    engine: Engine

    def make(self) -> Engine:
        """An empty engine."""
        raise LookupError("subclass EngineMachine with make()")

    @initialize()
    def begin(self) -> None:
        self.engine, self.model, self.version = self.make(), Model(), 0

    @rule(batch=BATCHES)
    def write(self, batch: Batch) -> None:
        self._change(batch, lambda: self.engine.write(batch), bool(batch))

    @rule(batch=st.builds(Batch, **CREATED))
    def bulk_load(self, batch: Batch) -> None:
        nodes = {label: pa.Table.from_pylist(created) for label, created in batch.create_nodes.items()}
        edges = {edge: pa.Table.from_pylist(created) for edge, created in batch.create_edges.items()}
        changes = any([*batch.create_nodes.values(), *batch.create_edges.values()])
        self._change(batch, lambda: self.engine.bulk_load(nodes, edges), changes)

    def _change(self, batch: Batch, change: Callable[[], int], changes: bool) -> None:
        expected = copy.deepcopy(self.model)
        try:
            expected.apply(batch)
        except KeyError:
            with pytest.raises(StoreError):
                change()
        else:
            self.version += changes
            assert change() == self.version
            self.model = expected

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert self.engine.version() == self.version
        for label, expected in self.model.nodes.items():
            key = schema.node(label).key.name
            found = rows(self.engine.read(f"MATCH (n:{label}) RETURN n.{key} AS key, n.{PROPERTY[label]} AS value"))
            assert {row["key"]: row["value"] for row in found} == expected
        for edge, those in self.model.edges.items():
            type_, source, target = edge
            a, b = schema.node(source).key.name, schema.node(target).key.name
            value = f", e.{EDGES[edge]} AS value" if EDGES[edge] else ""
            found = rows(
                self.engine.read(
                    f"MATCH (a:{source})-[e:{type_}]->(b:{target}) RETURN a.{a} AS source, b.{b} AS target{value}"
                )
            )
            edges = [(row["source"], row["target"], row.get("value")) for row in found]
            assert sorted(edges, key=repr) == sorted(those, key=repr)

    def teardown(self) -> None:
        self.engine.close()
