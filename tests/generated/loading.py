"""Facts into an engine, through the one way in."""

from __future__ import annotations

import json
import pickle
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cohortgraph.graph.declared import reading, record
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import InstanceFacts, Location
from cohortgraph.graph.writing.writer import Writer


class Headers(dict[str, bytes]):
    """Kept headers in memory; each is its pickled facts."""

    def put(self, blobs: Mapping[str, bytes]) -> None:
        self.update(blobs)

    def get(self, digest: str, default: Any = None) -> Any:
        return self[digest]

    def discard(self, digests: Collection[str]) -> None:
        for digest in digests:
            self.pop(digest, None)


def declare(engine: Engine, facts: Iterable[InstanceFacts]) -> None:
    """Let the store have declared every attribute that objects bring."""
    names = {name for each in facts for held in each.attributes for name, *_ in json.loads(held.encoded)}
    record(engine, replace(reading(engine).declaring(*names), behind=False))


def load(engine: Engine, facts: Sequence[InstanceFacts], further: Iterable[tuple[str, str]] = ()) -> None:
    """Commit objects in several batches, out of order, then the copies of them in other data sets."""
    declare(engine, facts)
    writer = Writer(engine, Headers(), pickle.loads)
    reordered = [*facts[1::3], *facts[::3], *facts[2::3]]
    size = 40 if len(reordered) < 1000 else 1000
    for start in range(0, len(reordered), size):
        writer.commit(new=reordered[start : start + size])
    writer.commit(locations=[(uid, dataset, Location(f"file:///{dataset}/{uid}")) for uid, dataset in further])


def wipe(url: str) -> None:
    """Empty a Neo4j database that belongs to the tests."""
    from neo4j import GraphDatabase

    with GraphDatabase.driver(url) as driver, driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()


def settle(url: str) -> None:
    """Wait until a Neo4j database plans by what it now holds."""
    from neo4j import GraphDatabase

    with GraphDatabase.driver(url) as driver:
        driver.execute_query("CALL db.prepareForReplanning(60)")
