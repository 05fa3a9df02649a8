"""The values that GraphQL has no type for, and the names of those that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from ...graph.schema import Type

_RANGE = range(-(2**63), 2**63)

Int64 = NewType("Int64", int)
Date = NewType("Date", str)
Quantity = NewType("Quantity", object)
Code = NewType("Code", object)
JSON = NewType("JSON", object)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _RANGE:
        raise GraphQLError(f"expected a whole number of 64 bits, found {value!r}")
    return value


def _any(value: Any) -> Any:
    return value


def _quantity(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Mapping):
        raise GraphQLError(f"expected a number or {{value, unit}}, found {value!r}")
    return value


def _code(value: Any) -> Any:
    if not isinstance(value, str | Mapping):
        raise GraphQLError(f"expected a code such as SCT:7771000 or a condition on concepts, found {value!r}")
    return value


def _scalar(name: str, doc: str, parse: Any) -> ScalarDefinition:
    def literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        return parse(value_from_ast_untyped(node, variables))

    return strawberry.scalar(name=name, description=doc, serialize=_any, parse_value=parse, parse_literal=literal)


SCALAR_MAP: dict[object, ScalarDefinition] = {
    Int64: _scalar("Int64", "A whole number of 64 bits.", _whole),
    Date: _scalar("Date", "A date as ISO 8601 has it: 2024-02-29.", _any),
    Quantity: _scalar(
        "Quantity", 'A number, or one with its UCUM unit: `{value: 60, unit: "mL"}` (semantics 6.7).', _quantity
    ),
    Code: _scalar("Code", 'A code: `"SCT:7771000"`, or a condition on concepts: `{isA: "SCT:7771000"}`.', _code),
    JSON: _scalar("JSON", "Any JSON value.", _any),
}

SCALARS: dict[str, Any] = {
    "String": str,
    "Int": int,
    "Float": float,
    "Boolean": bool,
    "Int64": Int64,
    "Date": Date,
    "Quantity": Quantity,
    "Code": Code,
    "JSON": JSON,
}
"""Name in GraphQL → what strawberry knows it as."""

OF_TYPE: dict[Type, str] = {
    Type.STRING: "String",
    Type.INT64: "Int64",
    Type.DOUBLE: "Float",
    Type.BOOLEAN: "Boolean",
    Type.DATE: "Date",
    Type.STRINGS: "[String!]",
    Type.INT64S: "[Int64!]",
    Type.DOUBLES: "[Float!]",
}
"""A property's type in an answer."""
