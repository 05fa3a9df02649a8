"""Loading tables of any size: what is not committed stays in an engine's memory."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from .engine import EdgeKey, Engine

ROWS = 100_000
"""Rows of one transaction; Ladybug and a Neo4j of 1 GiB fail at half a million."""


def load(engine: Engine, nodes: Mapping[str, pa.Table], edges: Mapping[EdgeKey, pa.Table]) -> None:
    """Load many new nodes, then edges, in transactions of at most ``ROWS``.

    Each is there wholly or not at all, and the earlier ones stay where a later one fails: whoever loads notes that it
    has begun, and begins anew with an empty store.
    """
    for label, table in nodes.items():
        for start in range(0, table.num_rows, ROWS):
            engine.bulk_load({label: table.slice(start, ROWS)}, {})
    for edge, table in edges.items():
        for start in range(0, table.num_rows, ROWS):
            engine.bulk_load({}, {edge: table.slice(start, ROWS)})
