"""The server engine: Neo4j 5.26 over Bolt, for several writers.

Several processes may write: a batch is one transaction that Neo4j serialises at the Meta node, ordinals are reserved
there in blocks, and who creates a node that another writer has just created gets ``KeyTaken``. Neo4j isolates reads as
"read committed": a statement that runs while a batch is committed may see part of it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

import pyarrow as pa

from ...errors import CohortGraphError, StoreError, TimedOut, UsageError
from .. import arrow, schema
from ..allowance import Allowance, current
from ..engine import Batch, EdgeKey, KeyTaken, Plan, Row, confirm
from .migrations import check_schema_version
from .plan import neo4j_plan

try:
    import neo4j
    from neo4j.exceptions import AuthError, DriverError, Neo4jError

    from .neo4j_values import column, size
except ImportError as error:
    raise UsageError("a store on Neo4j needs its driver: pip install 'cohortgraph[neo4j]'") from error

# At DEBUG the driver logs the parameters of every statement: what they hold identifies people.
logging.getLogger("neo4j").setLevel(logging.INFO)

_ROWS = 10_000
"""Rows of one statement: a bounded message over Bolt."""
_FETCHED = 1000
_FEW = 10
"""Rows that arrive at once, and where they may be so large that they are weighed one by one."""
_MARK = "cohortgraph"
"""The metadata by which a reading transaction is found that is to be stopped."""
_TERMINATE = (
    f"SHOW TRANSACTIONS YIELD transactionId AS found, metaData WHERE metaData.{_MARK} = $mark "
    "TERMINATE TRANSACTIONS found YIELD message RETURN message"
)
_MANY = 10 * _ROWS
"""Rows of a load after which what Neo4j planned, and counted to plan by, no longer fits."""
_PLANNING_S = 60
_META = "MATCH (m:Meta {id: 'store'})"
_OWN_EDGES = "|".join(
    edge.type
    for edge in schema.EDGES
    if any(source == "Instance" and target not in schema.CHILDREN for source, target in edge.pairs)
)
_T = TypeVar("_T")


class Neo4jEngine:
    """A store in a Neo4j database.

    Parameters
    ----------
    url
        ``neo4j://host`` or ``bolt://host:port``.
    user, password
        None where the server asks for none.

    Raises
    ------
    StoreError
        where the server does not answer or refuses user and password.
    """

    name = "neo4j"

    def __init__(self, url: str, user: str | None = None, password: str | None = None) -> None:
        self._url = url
        auth = neo4j.basic_auth(user, password or "") if user else None
        self._driver = neo4j.GraphDatabase.driver(url, auth=auth, notifications_min_severity="OFF")
        try:
            self._driver.verify_connectivity()
        except (DriverError, Neo4jError) as error:
            self._driver.close()
            raise self._translated(error) from error

    def ensure_schema(self) -> None:
        """Create what is missing of constraints and indexes; idempotent."""
        if self._first(f"{_META} RETURN m.id") is not None:
            check_schema_version(self)
        elif self._first("MATCH (n) RETURN 1 AS n LIMIT 1") is not None:
            raise StoreError(f"the database at {self._url} holds something else; a store needs one of its own")
        present = set(self.read("SHOW INDEXES YIELD name RETURN name")["name"].to_pylist())
        if missing := [statement for name, statement in _schema_statements() if name not in present]:
            for statement in missing:
                self._run(statement)
            self._run("CALL db.awaitIndexes(300)")
        self._run(
            "MERGE (m:Meta {id: 'store'}) "
            f"ON CREATE SET m.version = 0, m.nextOrdinal = 0, m.schemaVersion = {schema.SCHEMA_VERSION}, "
            f"m.readVersion = {schema.SCHEMA_VERSION}"
        )

    def read(
        self,
        cypher: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> pa.Table:
        """Run a statement in a read transaction; see ``engine.Engine.read``."""
        allowance = current() or Allowance()
        mark = uuid4().hex

        @neo4j.unit_of_work(timeout=allowance.remaining(timeout), metadata={_MARK: mark})
        def work(tx: neo4j.ManagedTransaction) -> pa.Table:
            result = tx.run(cypher, dict(parameters or {}))
            names = result.keys()
            records = list(_weighed((record.values() for record in islice(result, limit)), allowance))
            result.consume()
            return pa.table([column(name, [row[i] for row in records]) for i, name in enumerate(names)], list(names))

        with (
            allowance.reading(lambda: self._terminate(mark)),
            self._driver.session(
                default_access_mode=neo4j.READ_ACCESS, fetch_size=_FETCHED if allowance.most_bytes is None else _FEW
            ) as session,
        ):
            try:
                return session.execute_read(work)
            except (DriverError, Neo4jError) as error:
                allowance.check()
                raise self._translated(error, timeout) from error
            except CohortGraphError:
                raise
            except (TypeError, ValueError, OverflowError) as error:
                raise UsageError(f"the statement's parameters can't be sent: {error}") from error

    def at_one_version(self) -> contextlib.AbstractContextManager[None]:
        """Nothing: Neo4j isolates no more than "read committed"."""
        return contextlib.nullcontext()

    def write(self, batch: Batch) -> int:
        """Apply a batch in one transaction and return the store's version."""
        return self._write(lambda tx: _apply(tx, batch)) if batch else self.version()

    def bulk_load(self, nodes: Mapping[str, pa.Table], edges: Mapping[EdgeKey, pa.Table]) -> int:
        """Load many new nodes and edges from Arrow, in one transaction."""
        if not any(table.num_rows for table in (*nodes.values(), *edges.values())):
            return self.version()

        def work(tx: neo4j.ManagedTransaction) -> int:
            for label, table in nodes.items():
                _create_nodes(tx, label, arrow.conform(label, table, arrow.node_schema(label)))
            for edge, table in edges.items():
                _create_edges(tx, edge, arrow.conform(edge[0], table, arrow.edge_schema(edge)))
            return _bump(tx)

        version = self._write(work)
        if sum(table.num_rows for table in (*nodes.values(), *edges.values())) >= _MANY:
            self._run(f"CALL db.prepareForReplanning({_PLANNING_S})")
        return version

    def explain(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> Plan:
        """The plan of a statement, without running it."""
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            try:
                plan = session.run(f"EXPLAIN {cypher}", dict(parameters or {})).consume().plan
            except (DriverError, Neo4jError) as error:
                raise self._translated(error) from error
        return neo4j_plan(plan or {"operatorType": ""})

    def version(self) -> int:
        """The store's version; 0 for an empty store."""
        return int(self._first(f"{_META} RETURN m.version") or 0)

    def reserve_ordinals(self, count: int) -> int:
        """Reserve ``count`` consecutive instance ordinals and return the first."""
        reserve = f"{_META} SET m.nextOrdinal = m.nextOrdinal + $count RETURN m.nextOrdinal AS after"
        return self._write(lambda tx: int(_single(tx.run(reserve, count=count)))) - count

    def close(self) -> None:
        """Close the connections."""
        self._driver.close()

    def _terminate(self, mark: str) -> None:
        """End the reading transaction that carries a mark."""
        with self._driver.session() as session, contextlib.suppress(DriverError, Neo4jError):
            session.run(_TERMINATE, mark=mark).consume()

    def _first(self, statement: str) -> Any:
        return arrow.first(self.read(statement))

    def _run(self, statement: str) -> None:
        self._write(lambda tx: tx.run(statement).consume())

    def _write(self, work: Callable[[neo4j.ManagedTransaction], _T]) -> _T:
        """Do the work in a transaction that the driver repeats after a transient error, such as a deadlock."""
        with self._driver.session() as session:
            try:
                return session.execute_write(work)
            except (DriverError, Neo4jError) as error:
                raise self._translated(error) from error

    def _translated(self, error: Exception, timeout: float | None = None) -> CohortGraphError:
        code = str(getattr(error, "code", None) or "")
        message = getattr(error, "message", None) or error
        if isinstance(error, AuthError):
            return StoreError(f"{self._url} refuses the sign-in; set NEO4J_USER and NEO4J_PASSWORD ({message})")
        if "TransactionTimedOut" in code:
            return TimedOut(f"the statement was stopped after {timeout} s; ask for less, or allow it more time")
        if code == "Neo.ClientError.Schema.ConstraintValidationFailed":
            return KeyTaken(f"the store refused a change: {message}")
        if code.startswith("Neo.ClientError.Statement"):
            return UsageError(f"the engine can't run the statement: {message}")
        return StoreError(f"Neo4j at {self._url}: {message}")


def _weighed(records: Iterator[list[Any]], allowance: Allowance) -> Iterator[list[Any]]:
    """The records, until they hold more than is allowed: the rest is never fetched."""
    held = 0
    for record in records:
        if allowance.most_bytes is not None:
            held += size(record)
            allowance.weigh(held)
        yield record


def _schema_statements() -> Iterator[tuple[str, str]]:
    """Name and statement of every constraint (with the index that it brings) and index."""
    for node in schema.NODES:
        unique = f"{node.label}_{node.key.name}"
        yield (
            unique,
            f"CREATE CONSTRAINT {unique} IF NOT EXISTS FOR (n:{node.label}) REQUIRE n.{node.key.name} IS UNIQUE",
        )
        for indexed in (p.name for p in node.properties if p.indexed):
            name = f"{node.label}_{indexed}"
            yield name, f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{node.label}) ON (n.{indexed})"


def _apply(tx: neo4j.ManagedTransaction, batch: Batch) -> int:
    # First: it locks the Meta node, so that batches of several writers come one after the other.
    version = confirm(batch, _bump(tx))
    for child, edge in schema.CHILDREN.items():
        _each(tx, f"MATCH (:Instance {{id: row}})-[:{edge}]->(child:{child}) DETACH DELETE child", batch.drop_instances)
    _each(tx, f"MATCH (:Instance {{id: row}})-[edge:{_OWN_EDGES}]->() DELETE edge", batch.drop_instances)
    for (type_, source, target), rows in batch.drop_edges.items():
        ends = f"(:{source} {{{_key(source)}: row.source}})-[edge:{type_}]->(:{target} {{{_key(target)}: row.target}})"
        _each(tx, f"MATCH {ends} DELETE edge", rows)
    for label, keys in batch.drop_nodes.items():
        _each(tx, f"MATCH (n:{label} {{{_key(label)}: row}}) DETACH DELETE n", keys)
    for label, rows in batch.create_nodes.items():
        _create_nodes(tx, label, arrow.to_table(label, rows, arrow.node_schema(label)))
    for label, rows in batch.set_nodes.items():
        for table in arrow.alike(label, rows, arrow.node_schema(label)):
            match = f"MATCH (n:{label} {{{_key(label)}: row.{_key(label)}}})"
            _all(tx, f"{match} SET n += row RETURN count(n)", label, table.to_pylist())
    for key, rows in batch.create_edges.items():
        _create_edges(tx, key, arrow.to_table(key[0], rows, arrow.edge_schema(key)))
    return version


def _create_nodes(tx: neo4j.ManagedTransaction, label: str, table: pa.Table) -> None:
    for rows in _chunks(table):
        _each(tx, f"CREATE (n:{label}) SET n = row", rows)


def _create_edges(tx: neo4j.ManagedTransaction, edge: EdgeKey, table: pa.Table) -> None:
    type_, source, target = edge
    statement = (
        f"MATCH (a:{source} {{{_key(source)}: row.source}}) MATCH (b:{target} {{{_key(target)}: row.target}}) "
        f"CREATE (a)-[edge:{type_}]->(b) SET edge = row.properties RETURN count(edge)"
    )
    for rows in _chunks(table):
        ends = ({"source": row.pop("source"), "target": row.pop("target"), "properties": row} for row in rows)
        _all(tx, statement, type_, list(ends))


def _chunks(table: pa.Table) -> Iterator[list[Row]]:
    for start in range(0, table.num_rows, _ROWS):
        rows = table.slice(start, _ROWS).to_pylist()
        yield [{name: value for name, value in row.items() if value is not None} for row in rows]


def _each(tx: neo4j.ManagedTransaction, statement: str, rows: list[Any]) -> None:
    if rows:
        tx.run(f"UNWIND $rows AS row {statement}", rows=rows).consume()


def _all(tx: neo4j.ManagedTransaction, statement: str, what: str, rows: list[Row]) -> None:
    """Run a statement that must find every row's nodes."""
    found = _single(tx.run(f"UNWIND $rows AS row {statement}", rows=rows))
    if found != len(rows):
        raise StoreError(f"{what}: {len(rows) - found} of {len(rows)} rows name a node that does not exist")


def _bump(tx: neo4j.ManagedTransaction) -> int:
    return int(_single(tx.run(f"{_META} SET m.version = m.version + 1 RETURN m.version")))


def _single(result: neo4j.Result) -> Any:
    return result.single(strict=True)[0]


def _key(label: str) -> str:
    return schema.node(label).key.name
