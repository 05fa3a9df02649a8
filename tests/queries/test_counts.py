"""Counts among so many items that an engine joins them in several threads (semantics 6.3)."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from cohortgraph.graph.engine import Batch, Engine
from cohortgraph.queries import ids

from ..generated.loading import settle

GROUPS, NAMES = 2000, ("DCM:121071", "DCM:121070", "DCM:111059")


@pytest.fixture(scope="module")
def named(empty_engine: Engine, request: pytest.FixtureRequest) -> tuple[Engine, list[list[str]]]:
    """Reports of one group with five items, and the names of these."""
    random = Random(1)
    names = [random.choices(NAMES, (80, 15, 5), k=5) for _ in range(GROUPS)]
    uids = [f"1.{number:05}" for number in range(GROUPS)]
    rows: list[dict[str, Any]] = []
    named: list[dict[str, Any]] = []
    for number, listed in enumerate(names):
        for position, name in enumerate(["DCM:125007", *listed]):
            key = number << 20 | position
            last = 0 if position else len(listed)
            rows.append({"key": key, "position": position, "path": f"1.{position}", "lastDescendant": last or position})
            named.append({"source": key, "target": name})
    empty_engine.write(
        Batch(
            create_nodes={
                "Concept": [{"id": name} for name in ("DCM:125007", *NAMES)],
                "Instance": [{"id": uid, "ordinal": number} for number, uid in enumerate(uids)],
                "ContentItem": rows,
            },
            create_edges={
                ("HAS_ITEM", "Instance", "ContentItem"): [
                    {"source": uids[row["key"] >> 20], "target": row["key"]} for row in rows
                ],
                ("HAS_CHILD", "ContentItem", "ContentItem"): [
                    {"source": row["key"] - row["position"], "target": row["key"]} for row in rows if row["position"]
                ],
                ("NAME", "ContentItem", "Concept"): named,
            },
        )
    )
    if empty_engine.name == "neo4j":  # it plans by what it knew before
        settle(request.getfixturevalue("neo4j_url"))
    return empty_engine, names


@pytest.mark.parametrize("relation", ["children", "descendants"])
@pytest.mark.parametrize("least", [1, 2, 3])
def test_semantics_6_3_counts_are_exact(named: tuple[Engine, list[list[str]]], relation: str, least: int) -> None:
    engine, names = named
    having = sum(Counter(listed)["DCM:121070"] >= least for listed in names)
    counted = {relation: {"count": {"of": {"name": {"is": "DCM:121070"}}, "gte": least}}}
    group = {"name": {"is": "DCM:125007"}}
    assert len(ids(engine, {"items": {**group, **counted}})) == having
    assert len(ids(engine, {"items": {**group, "OR": [counted, {"OR": []}]}})) == having
    assert len(ids(engine, {"items": {**group, "NOT": counted}})) == GROUPS - having
