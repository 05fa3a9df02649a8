"""A store in one file, from which either engine makes it again.

The file is a tar: ``manifest.json`` (written last) names format, schema version and the SHA-256 of every other member;
``nodes/<Label>/<page>.parquet`` and ``edges/<TYPE>.<Source>.<Target>/<page>.parquet`` hold the graph page by page, so
that memory does not grow with the store; ``headers.sqlite`` and ``registry.sqlite`` are copies of the store's own.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import StoreError, UsageError, WorkFailed
from .. import arrow, schema
from ..engine import Batch, EdgeKey, Engine, rows
from .directory import RESTORING, Store
from .headers import copy_sqlite

PAGE = 50_000
"""Nodes of one page."""
_FORMAT = 1
_MANIFEST = "manifest.json"
_HEADERS = "headers.sqlite"
_REGISTRY = "registry.sqlite"


def backup(store: Store, file: Path) -> None:
    """Write the whole store into ``file``, which appears only when it is complete.

    Raises
    ------
    UsageError
        where the file exists.
    WorkFailed
        where the store was changed meanwhile.
    """
    if file.exists():
        raise UsageError(f"{file} exists; name a new file")
    partial = file.with_name(f"{file.name}.partial")
    version = store.engine.version()
    try:
        with tarfile.open(partial, "w") as tar:
            digests: dict[str, str] = {}
            for name, data in _members(store, partial):
                digests[name] = _add(tar, name, data)
            manifest = {
                "format": _FORMAT,
                "schemaVersion": schema.SCHEMA_VERSION,
                "meta": _meta(store.engine),
                "sha256": digests,
            }
            _add(tar, _MANIFEST, io.BytesIO(json.dumps(manifest, indent=1).encode()))
        if store.engine.version() != version:
            raise WorkFailed(
                f"the store was changed while {file} was written; back up again when nothing is being ingested"
            )
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def restore(file: Path, target: str | Path, *, directory: Path | None = None) -> Store:
    """Make a new store from a backup and return it, open.

    Parameters
    ----------
    target, directory
        As of ``Store.init``: a new or empty directory, or the URL of an empty Neo4j.

    Raises
    ------
    StoreError
        where the file is no whole backup of this schema version, or the target holds anything.
    """
    manifest = verified(file)
    store = Store.init(target, directory=directory)
    try:
        if store.engine.version() or store.headers.digests() or store.registry_path.exists():
            raise StoreError(f"{target} is not empty; restore into a new store")
        marker = store.directory / RESTORING
        marker.touch()
        with tarfile.open(file) as tar:
            _load(tar, store)
        store.engine.write(Batch(set_nodes={"Meta": [{"id": "store", **manifest["meta"]}]}))
        marker.unlink()
    except BaseException:
        store.close()
        raise
    return store


def verified(file: Path) -> dict[str, Any]:
    """The manifest of a backup whose every byte is as it was written.

    Raises
    ------
    StoreError
        where it is damaged, no backup, or of another version.
    """
    try:
        with tarfile.open(file) as tar:
            found = {member.name: _sha256(_opened(tar, member)) for member in tar}
            if _MANIFEST not in found:
                raise StoreError(f"{file} is damaged or no backup: it has no {_MANIFEST}")
            manifest: dict[str, Any] = json.load(_opened(tar, tar.getmember(_MANIFEST)))
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise StoreError(f"{file} is damaged or no backup: {error}") from error
    except OSError as error:
        raise StoreError(f"{file} can't be read: {error.strerror}") from error
    for key, known in (("format", _FORMAT), ("schemaVersion", schema.SCHEMA_VERSION)):
        if manifest.get(key) != known:
            raise StoreError(
                f"{file} has {key} {manifest.get(key)}, this cohortgraph reads {known}; use the one it was made with"
            )
    del found[_MANIFEST]
    if wrong := {name for name, digest in manifest["sha256"].items() if found.get(name) != digest}:
        raise StoreError(f"{file} is damaged: {', '.join(sorted(wrong))} is not as it was written; use another backup")
    return manifest


def _meta(engine: Engine) -> dict[str, Any]:
    """What the store says of itself, but for its versions, which are its own."""
    names = [p.name for p in schema.node("Meta").properties if p.name not in ("version", "schemaVersion")]
    returned = ", ".join(f"m.{name} AS {name}" for name in names)
    (row,) = rows(engine.read(f"MATCH (m:Meta {{id: 'store'}}) RETURN {returned}"))
    return {name: value for name, value in row.items() if value is not None}


def _members(store: Store, partial: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of every member but the manifest."""
    for node in schema.NODES:
        if node.label == "Meta":
            continue
        outgoing = [(e.type, source, target) for e, source, target in schema.edge_tables() if source == node.label]
        for page, nodes in enumerate(_pages(store.engine, node)):
            yield f"nodes/{node.label}/{page}.parquet", _parquet(nodes)
            for edge in outgoing:
                edges = _edges(store.engine, edge, nodes[node.key.name])
                if edges.num_rows:
                    yield f"edges/{'.'.join(edge)}/{page}.parquet", _parquet(edges)
    copy = partial.with_name(f"{partial.name}.sqlite")
    try:
        store.headers.copy_to(copy)
        with copy.open("rb") as file:
            yield _HEADERS, file
        copy.unlink()
        if store.registry_path.exists():
            copy_sqlite(store.registry_path, copy)
            with copy.open("rb") as file:
                yield _REGISTRY, file
    finally:
        copy.unlink(missing_ok=True)


def _pages(engine: Engine, node: schema.Node) -> Iterator[pa.Table]:
    """All nodes of a label in the order of their key, as this engine orders it."""
    key = node.key.name
    returned = ", ".join(f"n.`{p.name}` AS `{p.name}`" for p in node.columns)
    statement = f"MATCH (n:{node.label}) {{}} RETURN {returned} ORDER BY `{key}` LIMIT {PAGE}"
    table = engine.read(statement.format(""))
    while table.num_rows:
        yield arrow.conform(node.label, table, arrow.node_schema(node.label))
        table = engine.read(statement.format(f"WHERE n.{key} > $last"), {"last": table[key][-1].as_py()})


def _edges(engine: Engine, edge: EdgeKey, sources: pa.ChunkedArray) -> pa.Table:
    """The edges that begin at the nodes of one page."""
    type_, source, target = edge
    key = schema.node(source).key.name
    columns = arrow.edge_schema(edge)
    ends = [f"a.{key} AS source", f"b.{schema.node(target).key.name} AS target"]
    returned = ", ".join([*ends, *(f"e.`{name}` AS `{name}`" for name in columns.names[2:])])
    table = engine.read(
        f"MATCH (a:{source})-[e:{type_}]->(b:{target}) WHERE a.{key} >= $first AND a.{key} <= $last RETURN {returned}",
        {"first": sources[0].as_py(), "last": sources[-1].as_py()},
    )
    return arrow.conform(type_, table, columns)


def _parquet(table: pa.Table) -> IO[bytes]:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer


def _add(tar: tarfile.TarFile, name: str, data: IO[bytes]) -> str:
    """Add a member and return its SHA-256."""
    info = tarfile.TarInfo(name)
    info.size = data.seek(0, io.SEEK_END)
    data.seek(0)
    digest = _sha256(data)
    data.seek(0)
    tar.addfile(info, data)
    return digest


def _sha256(data: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := data.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    data = tar.extractfile(member)
    if data is None:
        raise tarfile.TarError(f"{member.name} is no file")
    return data


def _load(tar: tarfile.TarFile, store: Store) -> None:
    """All nodes, then all edges, then headers and registry, of a verified backup."""
    parts = [(member, member.name.split("/")) for member in tar.getmembers()]
    for member, (kind, *path) in parts:
        if kind == "nodes":
            store.engine.bulk_load({path[0]: pq.read_table(_opened(tar, member))}, {})
    for member, (kind, *path) in parts:
        if kind == "edges":
            type_, source, target = path[0].split(".")
            store.engine.bulk_load({}, {(type_, source, target): pq.read_table(_opened(tar, member))})
    for member, (name, *_) in parts:
        if name in (_HEADERS, _REGISTRY):
            copy = store.directory / f"{name}.restoring"
            with copy.open("wb") as file:
                shutil.copyfileobj(_opened(tar, member), file)
            if name == _REGISTRY:
                copy.replace(store.registry_path)
            else:
                store.headers.copy_from(copy)
                copy.unlink()
