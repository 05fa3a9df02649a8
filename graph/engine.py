"""What an engine must do; ``graph.contract`` is the test class each engine passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from ..errors import StoreError

Row = dict[str, Any]
EdgeKey = tuple[str, str, str]
"""(edge type, source label, target label)."""


class Overtaken(StoreError):
    """Another writer changed the store since a batch was built. Read again and build the batch anew."""


class KeyTaken(Overtaken):
    """A node that a batch creates exists already."""


@dataclass(slots=True)
class Batch:
    """Changes that become visible together or not at all. Applied in the order of the attributes.

    Attributes
    ----------
    drop_instances
        SOP Instance UIDs whose children are deleted with all their edges, and whose own outgoing edges are deleted;
        the Instance node and its incoming edges stay.
    drop_edges
        Edges to delete: rows with ``source`` and ``target`` keys; every parallel edge of that type goes.
    drop_nodes
        Label → keys of nodes to delete with all their edges.
    create_nodes, set_nodes
        Label → rows with the key and properties. ``set_nodes`` replaces the properties it names (None removes).
    create_edges
        Rows with ``source``, ``target`` and the edge's properties. Both ends must exist.
    built_on
        The store's version that was read to build the batch; None where it does not matter.
    """

    drop_instances: list[str] = field(default_factory=list)
    drop_edges: dict[EdgeKey, list[Row]] = field(default_factory=dict)
    drop_nodes: dict[str, list[str | int]] = field(default_factory=dict)
    create_nodes: dict[str, list[Row]] = field(default_factory=dict)
    set_nodes: dict[str, list[Row]] = field(default_factory=dict)
    create_edges: dict[EdgeKey, list[Row]] = field(default_factory=dict)
    built_on: int | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to change."""
        return any(
            (
                self.drop_instances,
                self.drop_edges,
                self.drop_nodes,
                self.create_nodes,
                self.set_nodes,
                self.create_edges,
            )
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """An engine's plan of a statement.

    ``operators`` are (operator name, what it works on: label, key or expression) in the engine's own words;
    ``cross_product`` says whether any operator is one; ``scans`` are the labels (Neo4j: and edge types) scanned whole.
    """

    text: str
    operators: tuple[tuple[str, str], ...]
    cross_product: bool
    scans: tuple[str, ...]


class Engine(Protocol):
    """A property graph that speaks the shared Cypher dialect.

    ``read`` is safe from several threads; ``write`` and ``bulk_load`` belong to one writer at a time.
    """

    name: str

    def ensure_schema(self) -> None:
        """Create what is missing of the schema; idempotent.

        Raises
        ------
        StoreError
            where the store's schema version is newer than this software's.
        """

    def read(
        self,
        cypher: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> pa.Table:
        """Run a reading statement.

        Parameters
        ----------
        limit
            At most so many rows are fetched; the rest is left at the engine.
        timeout
            Seconds.

        Returns
        -------
        pyarrow.Table
            One column per returned expression, named as in the RETURN clause. Nodes and edges come as structs of
            their properties.

        Raises
        ------
        UsageError
            where the engine does not understand the statement, or it would write.
        WorkFailed
            where it took longer than ``timeout``.
        StoreError
            for anything else that the engine could not do.
        """

    def at_one_version(self) -> AbstractContextManager[None]:
        """Let this thread's reads in the block, ``version`` among them, see the store as it was at its beginning.

        Neo4j can't: see ``graph.steady``.
        """

    def write(self, batch: Batch) -> int:
        """Apply a batch in one transaction and return the new store version; an empty batch changes nothing.

        Raises
        ------
        Overtaken
            where the store's version is no more the one that the batch was built on.
        KeyTaken
            where a node to create exists.
        StoreError
            where a row does not fit the schema, or an edge or a changed node names a node that does not exist.
        """

    def bulk_load(self, nodes: Mapping[str, pa.Table], edges: Mapping[EdgeKey, pa.Table]) -> int:
        """Load many new nodes and edges from Arrow in one transaction, and return the new store version.

        For more than some 100,000 rows see ``graph.loading.load``.

        Tables have columns of the schema (edges: ``source``, ``target``, …); absent ones are null. Raises as ``write``.
        """

    def explain(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> Plan:
        """The plan of a statement, without running it."""

    def version(self) -> int:
        """The store's version; 0 for an empty store."""

    def reserve_ordinals(self, count: int) -> int:
        """Reserve ``count`` consecutive instance ordinals and return the first (survives a crash: never reused)."""

    def close(self) -> None:
        """Release the store."""


def confirm(batch: Batch, version: int) -> int:
    """The store's new version, for an engine to return; to be called before it commits.

    Raises
    ------
    Overtaken
        where it does not follow the one that the batch was built on.
    """
    if batch.built_on is not None and version != batch.built_on + 1:
        raise Overtaken(f"the store is at version {version - 1}, not at {batch.built_on}: another writer changed it")
    return version


def rows(table: pa.Table) -> list[Row]:
    """The table as a list of dicts."""
    return list(table.to_pylist())


def edge_rows(pairs: Sequence[tuple[Any, Any]]) -> list[Row]:
    """Rows of an edge without properties."""
    return [{"source": source, "target": target} for source, target in pairs]
