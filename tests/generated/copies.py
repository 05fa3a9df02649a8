"""The generated data many times over, so that an engine's planner sees a store worth planning for."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from cohortgraph.graph import arrow, schema
from cohortgraph.graph.engine import EdgeKey, Engine, Row, rows

SHARED = {"Concept", "ValueSet", "Dataset", "UnresolvedTarget"}
"""What all copies have in common."""


def copy(source: Engine, target: Engine, times: int) -> None:
    """Load ``times`` copies of all of ``source`` but its counters into the empty ``target``."""
    nodes = {n.label: _nodes(source, n, times) for n in schema.NODES if n.label != "Meta"}
    edges = {key: _edges(source, key, times) for key in ((e.type, s, t) for e, s, t in schema.edge_tables())}
    target.bulk_load(
        {label: pa.Table.from_pylist(found, schema=arrow.node_schema(label)) for label, found in nodes.items()},
        {key: pa.Table.from_pylist(found, schema=arrow.edge_schema(key)) for key, found in edges.items()},
    )


def _nodes(engine: Engine, node: schema.Node, times: int) -> list[Row]:
    columns = ", ".join(f"n.`{p.name}` AS `{p.name}`" for p in node.columns)
    found = rows(engine.read(f"MATCH (n:{node.label}) RETURN {columns}"))
    key = node.key.name
    copies = range(1 if node.label in SHARED else times)
    return [{**row, key: _copied(row[key], node.label, number)} for number in copies for row in found]


def _edges(engine: Engine, key: EdgeKey, times: int) -> list[Row]:
    type_, source, target = key
    columns = "".join(f", e.`{p.name}` AS `{p.name}`" for p in schema.edge(type_).properties)
    ends = f"a.`{schema.node(source).key.name}` AS source, b.`{schema.node(target).key.name}` AS target"
    found = rows(engine.read(f"MATCH (a:{source})-[e:{type_}]->(b:{target}) RETURN {ends}{columns}"))
    copies = range(1 if {source, target} <= SHARED else times)
    return [
        {**row, "source": _copied(row["source"], source, number), "target": _copied(row["target"], target, number)}
        for number in copies
        for row in found
    ]


def _copied(key: Any, label: str, number: int) -> Any:
    if label in SHARED or not number:
        return key
    return key + (number << 40) if isinstance(key, int) else f"{key}.copy{number}"
