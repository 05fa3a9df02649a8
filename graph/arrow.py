"""The schema in Arrow's types: rows of a batch to tables, and an engine's results to one shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

import pyarrow as pa

from ..errors import StoreError
from . import schema
from .engine import EdgeKey, Row

_TYPES = {
    schema.Type.STRING: pa.string(),
    schema.Type.INT64: pa.int64(),
    schema.Type.DOUBLE: pa.float64(),
    schema.Type.BOOLEAN: pa.bool_(),
    schema.Type.DATE: pa.date32(),
    schema.Type.STRINGS: pa.list_(pa.string()),
    schema.Type.INT64S: pa.list_(pa.int64()),
    schema.Type.DOUBLES: pa.list_(pa.float64()),
}


def property_schema(properties: Iterable[schema.Property]) -> pa.Schema:
    """The columns of properties."""
    return pa.schema([(p.name, _TYPES[p.type]) for p in properties])


def node_schema(label: str) -> pa.Schema:
    """The columns of a label: its key, then its properties."""
    return property_schema(schema.node(label).columns)


def edge_schema(edge: EdgeKey) -> pa.Schema:
    """The columns of an edge: ``source`` and ``target`` keys, then its properties."""
    type_, source, target = edge
    ends = [("source", _TYPES[schema.node(source).key.type]), ("target", _TYPES[schema.node(target).key.type])]
    return pa.schema([*ends, *property_schema(schema.edge(type_).properties)])


def to_table(what: str, rows: Sequence[Row], columns: pa.Schema) -> pa.Table:
    """Rows as a table of those ``columns`` that any row names; what a row lacks is null.

    Raises
    ------
    StoreError
        where a row names what the schema lacks, or a value is not of the declared type.
    """
    named = set().union(*rows)
    if unknown := named - set(columns.names):
        raise StoreError(f"{what} has no property {', '.join(sorted(unknown))} in the schema")
    fields = [column for column in columns if column.name in named]
    return pa.table([_column(what, rows, field) for field in fields], schema=pa.schema(fields))


def alike(what: str, rows: Iterable[Row], columns: pa.Schema) -> Iterator[pa.Table]:
    """The rows as one table for each set of names, so that an absent value is no null."""
    groups: dict[frozenset[str], list[Row]] = {}
    for row in rows:
        groups.setdefault(frozenset(row), []).append(row)
    return (to_table(what, group, columns) for group in groups.values())


def _column(what: str, rows: Iterable[Row], field: pa.Field) -> pa.Array:
    values = list(map(dict.get, rows, repeat(field.name)))
    try:
        if pa.types.is_list(field.type) and any(isinstance(value, str) for value in values):
            raise TypeError("found a text")  # which Arrow would take for a list of its letters
        return pa.array(values, field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise StoreError(f"{what}.{field.name} should be {field.type}: {error}") from error


def conform(what: str, table: pa.Table, columns: pa.Schema) -> pa.Table:
    """The table's columns in the schema's order and types.

    Raises
    ------
    StoreError
        as ``to_table``.
    """
    if unknown := set(table.column_names) - set(columns.names):
        raise StoreError(f"{what} has no property {', '.join(sorted(unknown))} in the schema")
    fields = pa.schema([column for column in columns if column.name in table.column_names])
    try:
        return table.select(fields.names).cast(fields)
    except pa.ArrowException as error:
        raise StoreError(f"{what} does not fit the schema: {error}") from error


_INTERNAL = {"_ID", "_LABEL", "_SRC", "_DST"}
_PATH = {"_NODES": "nodes", "_RELS": "relationships"}


def plain(table: pa.Table) -> pa.Table:
    """An engine's result without its internal fields: int64, float64, date32, string, lists, and structs of these."""
    columns = [_plain(column.combine_chunks()) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _plain(array: Any) -> pa.Array:
    """One column; recursive, because nodes also come within lists and maps."""
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    kind = array.type
    if pa.types.is_struct(kind):
        named = [
            (_PATH.get(f.name, f.name), _plain(array.field(i))) for i, f in enumerate(kind) if f.name not in _INTERNAL
        ]
        if not named:
            return pa.array([None if missing else {} for missing in array.is_null().to_pylist()], pa.struct([]))
        return pa.StructArray.from_arrays(
            [column for _, column in named], names=[name for name, _ in named], mask=array.is_null()
        )
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        values = _plain(array.values)
        return pa.ListArray.from_arrays(array.offsets, values, mask=array.is_null() if array.null_count else None)
    if pa.types.is_decimal(kind):
        return array.cast(pa.int64() if kind.scale == 0 else pa.float64())
    if pa.types.is_integer(kind):
        return array.cast(pa.int64())
    return array.cast(pa.float64()) if pa.types.is_floating(kind) else array


def first(table: pa.Table, default: Any = None) -> Any:
    """The first value of the first column."""
    return table[0][0].as_py() if table.num_rows else default
