"""The embedded engine: Ladybug 0.22, one process, one writer, many readers.

Rows go in as typed Arrow tables by ``LOAD FROM $rows …``: measured three times faster than ``UNWIND`` of Python dicts,
and nulls, empty lists and dates keep the type the schema gives them, where Ladybug would guess it from the first value.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import ladybug
import pyarrow as pa

from ...errors import StoreError, TimedOut, UsageError
from .. import arrow, schema
from ..allowance import Allowance, current
from ..engine import Batch, EdgeKey, KeyTaken, Plan, Row, confirm
from .gate import Gate
from .migrations import check_schema_version
from .plan import ladybug_plan

GIB = 1 << 30
CHECKPOINT_BYTES = 64 << 20
"""The log is brought into the file when it has so many: what a store that was killed replays when it opens."""
_PAUSE_S = 10.0
"""So long readers are let out, and no others in, for a checkpoint."""

_ENGINE_FAILED = ("IO exception", "Buffer manager exception", "Storage exception", "Internal exception")
_VERSION = "MATCH (m:Meta {id: 'store'}) RETURN m.version"
_DROP_CHILDREN = tuple(
    f"MATCH (:Instance {{id: $id}})-[:{edge}]->(child:{label}) DETACH DELETE child"
    for label, edge in schema.CHILDREN.items()
)
_DROP_OWN_EDGES = "MATCH (:Instance {{id: $id}})-[edge:{}]->() DELETE edge".format(
    "|".join(
        edge.type
        for edge in schema.EDGES
        if any(source == "Instance" and target not in schema.CHILDREN for source, target in edge.pairs)
    )
)


class LadybugEngine:
    """A store in one file of this machine, owned by this process.

    Parameters
    ----------
    path
        The database file; created where it does not exist.
    buffer_pool_bytes
        What the engine may keep in memory.

    Raises
    ------
    StoreError
        where the file can't be opened: another process has it, or it is of another version of Ladybug.
    """

    name = "ladybug"

    def __init__(self, path: str | Path, *, buffer_pool_bytes: int = GIB) -> None:
        self._path = Path(path)
        try:
            # What a full disk or a power cut tore off the end of the log was never committed: replay up to there.
            # Ladybug 0.22 loses numbers of DOUBLE[] columns when it compresses a column that grows, and sets values of
            # other rows than it should where a checkpoint meets readers (decision 010).
            self._database = ladybug.Database(
                str(path),
                buffer_pool_size=buffer_pool_bytes,
                compression=False,
                auto_checkpoint=False,
                throw_on_wal_replay_failure=False,
            )
        except RuntimeError as error:
            raise StoreError(f"{path} can't be opened: {error}") from error
        self._writing = threading.RLock()
        self._writer = ladybug.Connection(self._database)
        self._idle: LifoQueue[Any] = LifoQueue()
        self._own = threading.local()
        self._noting = threading.Lock()
        self._version = 0
        self._gate = Gate()
        self._log = self._path.with_name(f"{self._path.name}.wal")
        self._checkpoint_at = CHECKPOINT_BYTES

    def ensure_schema(self) -> None:
        """Create what is missing of the schema; idempotent."""
        with self._writing:
            tables = {str(row["name"]) for row in self._run("CALL show_tables() RETURN *").to_pylist()}
            if "Meta" in tables:
                check_schema_version(self)
            for node in schema.NODES:
                self._ensure_node(node, node.label in tables)
            for edge in schema.EDGES:
                self._ensure_edge(edge, edge.type in tables)
            if not self._run("MATCH (m:Meta {id: 'store'}) RETURN m.id").num_rows:
                self._run(
                    "CREATE (:Meta {id: 'store', version: 0, nextOrdinal: 0, schemaVersion: $version, "
                    "readVersion: $version})",
                    {"version": schema.SCHEMA_VERSION},
                )

    def _ensure_node(self, node: schema.Node, exists: bool) -> None:
        if exists:
            self._ensure_columns(node.label, node.columns)
        else:
            columns = ", ".join(f"`{p.name}` {p.type.value}" for p in node.columns)
            self._run(f"CREATE NODE TABLE `{node.label}` ({columns}, PRIMARY KEY (`{node.key.name}`))")

    def _ensure_edge(self, edge: schema.Edge, exists: bool) -> None:
        if exists:
            self._ensure_columns(edge.type, edge.properties)
            for source, target in edge.pairs:
                self._run(f"ALTER TABLE `{edge.type}` ADD IF NOT EXISTS FROM `{source}` TO `{target}`")
        else:
            pairs = [f"FROM `{source}` TO `{target}`" for source, target in edge.pairs]
            columns = [f"`{p.name}` {p.type.value}" for p in edge.properties]
            self._run(f"CREATE REL TABLE `{edge.type}` ({', '.join([*pairs, *columns])})")

    def _ensure_columns(self, table: str, columns: tuple[schema.Property, ...]) -> None:
        present = {str(row["name"]) for row in self._run(f"CALL table_info('{table}') RETURN *").to_pylist()}
        for column in columns:
            if column.name not in present:
                self._run(f"ALTER TABLE `{table}` ADD `{column.name}` {column.type.value}")

    def read(
        self,
        cypher: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> pa.Table:
        """Run a reading statement on a connection of its own; see ``engine.Engine.read``."""
        allowance = current() or Allowance()
        with self._reader() as connection, allowance.reading(connection.interrupt):
            seconds = allowance.remaining(timeout)
            connection.set_query_timeout(max(1, int(seconds * 1000)) if seconds is not None else 0)
            try:
                table = _execute(connection, cypher, parameters)
            except (RuntimeError, TypeError, ValueError, OverflowError) as error:
                allowance.check()
                raise _translated(error, timeout) from error
        return arrow.plain(table if limit is None else table.slice(0, limit))

    @contextlib.contextmanager
    def at_one_version(self) -> Iterator[None]:
        """Let this thread's reads share one read-only transaction."""
        if self._shared() is not None:
            yield
            return
        with self._transaction_of_reads() as connection:
            self._own.connection = connection
            try:
                self._own.version = int(arrow.first(_execute(connection, _VERSION, None), 0))
                yield
            finally:
                self._own.connection = None

    def write(self, batch: Batch) -> int:
        """Apply a batch in one transaction and return the store's version."""
        if not batch:
            return self.version()
        with self._transaction():
            for uid in batch.drop_instances:
                self._drop_instance(uid)
            for edge, rows in batch.drop_edges.items():
                self._drop_edges(edge, rows)
            for label, keys in batch.drop_nodes.items():
                self._drop_nodes(label, keys)
            for label, rows in batch.create_nodes.items():
                if rows:
                    self._create_nodes(label, arrow.to_table(label, rows, arrow.node_schema(label)))
            for label, rows in batch.set_nodes.items():
                self._set_nodes(label, rows)
            for edge, rows in batch.create_edges.items():
                if rows:
                    self._create_edges(edge, arrow.to_table(edge[0], rows, arrow.edge_schema(edge)))
            version = confirm(batch, self._bump())
        return self._reached(version)

    def _drop_instance(self, uid: str) -> None:
        for statement in (*_DROP_CHILDREN, _DROP_OWN_EDGES):
            self._run(statement, {"id": uid})

    def _drop_edges(self, edge: EdgeKey, rows: list[Row]) -> None:
        # One statement per source: joined with a table of rows, Ladybug scans the whole edge table.
        type_, source, target = edge
        targets: dict[Any, list[Any]] = {}
        for row in rows:
            targets.setdefault(row["source"], []).append(row["target"])
        statement = (
            f"MATCH (:{source} {{{_key(source)}: $source}})-[edge:{type_}]->(b:{target}) "
            f"WHERE b.{_key(target)} IN $targets DELETE edge"
        )
        for key, keys in targets.items():
            self._run(statement, {"source": key, "targets": keys})

    def _drop_nodes(self, label: str, keys: list[str | int]) -> None:
        if keys:
            name = _key(label)
            table = arrow.to_table(label, [{name: key} for key in keys], arrow.node_schema(label))
            self._run(f"LOAD FROM $rows MATCH (n:{label} {{{name}: {name}}}) DETACH DELETE n", {"rows": table})

    def _create_nodes(self, label: str, table: pa.Table) -> None:
        pairs = ", ".join(f"`{name}`: `{name}`" for name in table.column_names)
        self._run(f"LOAD FROM $rows CREATE (:{label} {{{pairs}}})", {"rows": table})

    def _set_nodes(self, label: str, rows: list[Row]) -> None:
        key = _key(label)
        for table in arrow.alike(label, rows, arrow.node_schema(label)):
            if changes := ", ".join(f"n.`{name}` = `{name}`" for name in table.column_names if name != key):
                self._all(
                    f"LOAD FROM $rows MATCH (n:{label} {{{key}: {key}}}) SET {changes} RETURN count(*)", label, table
                )

    def _create_edges(self, edge: EdgeKey, table: pa.Table) -> None:
        type_, source, target = edge
        pairs = ", ".join(f"`{name}`: `{name}`" for name in table.column_names[2:])
        # Two MATCHes: comma-joined in one, they plan a cross product.
        self._all(
            f"LOAD FROM $rows MATCH (a:{source} {{{_key(source)}: source}}) MATCH (b:{target} "
            f"{{{_key(target)}: target}}) CREATE (a)-[:{type_} {{{pairs}}}]->(b) RETURN count(*)",
            type_,
            table,
        )

    def _all(self, statement: str, what: str, table: pa.Table) -> None:
        """Run a statement that must find every row's nodes."""
        found = arrow.first(self._run(statement, {"rows": table}))
        if found != table.num_rows:
            raise StoreError(
                f"{what}: {table.num_rows - found} of {table.num_rows} rows name a node that does not exist"
            )

    def bulk_load(self, nodes: Mapping[str, pa.Table], edges: Mapping[EdgeKey, pa.Table]) -> int:
        """Load many new nodes and edges from Arrow, in one transaction.

        Not by COPY: four times as fast, but one that fails leaves its keys in the index on disk, where they refuse
        the next load (docs/decisions/010-load-not-copy.md).
        """
        if not any(table.num_rows for table in (*nodes.values(), *edges.values())):
            return self.version()
        with self._transaction():
            for label, table in nodes.items():
                if table.num_rows:
                    self._create_nodes(label, arrow.conform(label, table, arrow.node_schema(label)))
            for edge, table in edges.items():
                if table.num_rows:
                    self._create_edges(edge, arrow.conform(edge[0], table, arrow.edge_schema(edge)))
            version = self._bump()
        return self._reached(version)

    def explain(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> Plan:
        """The physical plan of a statement, without running it."""
        return ladybug_plan(str(arrow.first(self.read(f"EXPLAIN {cypher}", parameters))))

    def version(self) -> int:
        """The store's version; 0 for an empty store. Known once read, since nobody else writes to this file."""
        if self._shared() is not None:
            return int(self._own.version)
        if not self._version:
            self._reached(int(arrow.first(self.read(_VERSION), 0)))
        return self._version

    def reserve_ordinals(self, count: int) -> int:
        """Reserve ``count`` consecutive instance ordinals and return the first."""
        with self._transaction():
            after = self._run(
                "MATCH (m:Meta {id: 'store'}) SET m.nextOrdinal = m.nextOrdinal + $count RETURN m.nextOrdinal",
                {"count": count},
            )
            return int(arrow.first(after)) - count

    def close(self) -> None:
        """Release the store; waits for a write that is under way."""
        with self._writing:
            with contextlib.suppress(Empty):
                while True:
                    self._idle.get_nowait().close()
            self._checkpoint(0)
            self._writer.close()
            self._database.close()

    def _bump(self) -> int:
        bumped = self._run("MATCH (m:Meta {id: 'store'}) SET m.version = m.version + 1 RETURN m.version")
        return int(arrow.first(bumped))

    def _reached(self, version: int) -> int:
        """Take note of a version that is committed; it never goes back, whoever comes to say so late."""
        with self._noting:
            self._version = max(self._version, version)
        return version

    def _run(self, statement: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """Run a statement on the writer's connection."""
        try:
            return _execute(self._writer, statement, parameters)
        except RuntimeError as error:
            message = str(error)
            raise (KeyTaken if "duplicated primary key" in message else StoreError)(
                f"the store refused a change: {message}"
            ) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._writing:
            self._run("BEGIN TRANSACTION")
            try:
                yield
                self._run("COMMIT")
            except BaseException:
                # A statement that fails has ended its transaction already.
                with contextlib.suppress(RuntimeError):
                    self._writer.execute("ROLLBACK")
                raise
            self._checkpoint(self._checkpoint_at)

    def _checkpoint(self, at: int) -> None:
        """Bring the log into the file when it has so many bytes, while nobody reads.

        Readers who don't leave in time are not waited for: then the log may grow by as much again. What is committed is
        safe in the log, so that a checkpoint that fails, as on a full disk, is only tried again.
        """
        size = self._log.stat().st_size if self._log.exists() else 0
        if not size or size < at:
            return
        with self._gate.closed(_PAUSE_S) as alone:
            if alone:
                with contextlib.suppress(StoreError):
                    self._run("CHECKPOINT")
                    size = 0
        self._checkpoint_at = size + CHECKPOINT_BYTES

    def _shared(self) -> Any:
        """The connection whose transaction this thread's reads share; None where each has its own."""
        return getattr(self._own, "connection", None)

    @contextlib.contextmanager
    def _reader(self) -> Iterator[Any]:
        if (shared := self._shared()) is not None:
            yield shared
        else:
            with self._transaction_of_reads() as connection:
                yield connection

    @contextlib.contextmanager
    def _transaction_of_reads(self) -> Iterator[Any]:
        """A connection of this thread's own in a read-only transaction; one that failed is not used again."""
        with self._gate.passing():
            try:
                connection = self._idle.get_nowait()
            except Empty:
                try:
                    connection = ladybug.Connection(self._database)
                except RuntimeError as error:
                    raise StoreError(f"{self._path}: {error}") from error
            try:
                connection.execute("BEGIN TRANSACTION READ ONLY").close()
                yield connection
                connection.execute("COMMIT").close()
            except BaseException:
                connection.close()
                raise
            self._idle.put(connection)


def _key(label: str) -> str:
    return schema.node(label).key.name


class _Statement(ladybug.PreparedStatement):
    """A prepared statement that can be dropped also where preparing it failed."""

    _prepared_statement: Any = None


def _execute(connection: Any, statement: str, parameters: Mapping[str, Any] | None) -> pa.Table:
    """Run a statement without Ladybug's implicit cache of prepared statements.

    That cache never forgets, holds on to every Arrow table it saw, and crashes when one comes back.
    """
    if not parameters:
        result = connection.execute(statement)
    else:
        values = {name: _even(value) for name, value in parameters.items()}
        result = connection.execute(_Statement(connection, statement, values), values)
    try:
        return result.get_as_arrow() if result.get_column_names() else pa.table({})
    finally:
        result.close()


def _even(value: Any) -> Any:
    """Maps of one list get the same keys: Ladybug takes them for one struct type."""
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        names = dict.fromkeys(name for row in value for name in row)
        return [{name: row.get(name) for name in names} for row in value]
    return value


def _translated(error: Exception, timeout: float | None) -> Exception:
    message = str(error)
    if message.startswith("Interrupted"):
        return TimedOut(f"the statement was stopped after {timeout} s; ask for less, or allow it more time")
    if message.startswith(_ENGINE_FAILED):
        return StoreError(f"the store could not answer: {message}")
    return UsageError(f"the engine can't run the statement: {message}")
