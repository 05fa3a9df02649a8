"""What the Neo4j driver returns, as Arrow columns of the same shape as Ladybug's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from neo4j.graph import Node, Path, Relationship
from neo4j.time import Date, DateTime

from ...errors import UsageError
from .. import arrow, schema


def column(name: str, values: list[Any]) -> pa.Array:
    """One column of a result.

    Raises
    ------
    UsageError
        where its values have no common type.
    """
    plain = [_plain(value) for value in values]
    try:
        return pa.array(plain, _common(_type(value) for value in values))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise UsageError(f"the values of {name!r} have no common type: {error}") from error


def size(value: Any) -> int:
    """About how many bytes a value holds in Arrow: those of its texts, and 8 for whatever else."""
    match value:
        case str() | bytes():
            return len(value)
        case list() | tuple():
            return sum(map(size, value))
        case dict() | Node() | Relationship():
            return sum(map(size, value.values()))
        case Path():
            return sum(map(size, (*value.nodes, *value.relationships)))
        case _:
            return 8


def _plain(value: Any) -> Any:
    match value:
        case Path():
            return {
                "nodes": [_plain(node) for node in value.nodes],
                "relationships": [_plain(edge) for edge in value.relationships],
            }
        case Node() | Relationship():
            return {name: _plain(value) for name, value in value.items()}
        case Date() | DateTime():
            return value.to_native()
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
    return value


def _type(value: Any) -> pa.DataType:
    """The Arrow type of a value: a node or an edge has every property of its label or type."""
    match value:
        case None:
            return pa.null()
        case Node() if len(value.labels) == 1:
            return pa.struct(list(arrow.node_schema(next(iter(value.labels)))))
        case Relationship():
            return pa.struct(list(arrow.property_schema(schema.edge(value.type).properties)))
        case Path():
            nodes, edges = _common(map(_type, value.nodes)), _common(map(_type, value.relationships))
            return pa.struct({"nodes": pa.list_(nodes), "relationships": pa.list_(edges)})
        case Date():
            return pa.date32()
        case DateTime():
            return pa.timestamp("us")
        case list():
            return pa.list_(_common(map(_type, value)))
        case dict():
            return pa.struct([(key, _type(item)) for key, item in value.items()])
    return pa.scalar(value).type


def _common(types: Iterable[pa.DataType]) -> pa.DataType:
    """The type that holds all of them; ``types`` repeat, so each is looked at once."""
    common = pa.null()
    for kind in dict.fromkeys(types):
        common = _merge(common, kind)
    return common


def _merge(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    if a == b or pa.types.is_null(b):
        return a
    if pa.types.is_null(a):
        return b
    if {a, b} == {pa.int64(), pa.float64()}:
        return pa.float64()
    if pa.types.is_list(a) and pa.types.is_list(b):
        return pa.list_(_merge(a.value_type, b.value_type))
    if pa.types.is_struct(a) and pa.types.is_struct(b):
        fields = {field.name: field.type for field in a}
        for field in b:
            fields[field.name] = _merge(fields.get(field.name, pa.null()), field.type)
        return pa.struct(list(fields.items()))
    raise pa.ArrowTypeError(f"{a} and {b}")
