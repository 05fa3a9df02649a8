"""Execution of operations, with a short way for what was read ahead.

Nearly every field of a page is an item of what its root was answered with. GraphQL resolves each with an account of
where it stands, for resolvers that ask; ours don't. So here such a field is taken and completed as GraphQL completes
it (non-null, list, object and leaf, errors by path); a field with a resolver of its own goes GraphQL's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from .nodes import below, related

_DEFINITION = "strawberry-definition"


def value(source: Any, name: str) -> Any:
    """The item or attribute of that name."""
    return source.get(name) if isinstance(source, dict) else getattr(source, name)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A field that is an item of its parent.

    Attributes
    ----------
    name
        In the schema, with its parent's.
    item
        Its name there; None where what it is called in the answer tells.
    """

    name: str
    type: GraphQLOutputType
    item: str | None

    def of(self, source: Any, name: str) -> Any:
        """Its value, where the answer calls it ``name``."""
        return related(source, name) if self.item is None else value(source, self.item)


_FIELDS: WeakKeyDictionary[GraphQLObjectType, dict[str, _Taken]] = WeakKeyDictionary()


class Execution(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation; no resolver of ours awaits anything."""

    def execute_fields(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, grouped_field_set: Any, context: Any
    ) -> dict[str, Any]:
        """The fields of one object."""
        fields = _FIELDS.get(parent_type)
        if fields is None:
            fields = _FIELDS[parent_type] = _fields(parent_type)
        results: dict[str, Any] = {}
        for name, details in grouped_field_set.items():
            field = fields.get(details[0].node.name.value)
            here = Path(path, name, parent_type.name)
            if field is None:
                result = self.execute_field(parent_type, source_value, details, here, context)
                if result is not Undefined:
                    results[name] = result
                continue
            try:
                found = field.of(source_value, name)
                results[name] = self._completed(field, field.type, found, details, here, context)
            except Exception as error:  # whatever it is, GraphQL tells it: here, or at what holds this and may be null
                self.handle_field_error(error, field.type, details, here)
                results[name] = None
        return results

    def _completed(
        self, field: _Taken, type_: GraphQLOutputType, found: Any, details: Any, path: Path, context: Any
    ) -> Any:
        if is_non_null_type(type_):
            type_ = type_.of_type
            if found is None:
                raise TypeError(f"Cannot return null for non-nullable field {field.name}.")
        if found is None:
            return None
        if is_leaf_type(type_):
            return self.complete_leaf_value(type_, found)
        if is_list_type(type_):
            return [
                self._item(field, type_.of_type, each, details, Path(path, place, None), context)
                for place, each in enumerate(found)
            ]
        assert is_object_type(type_)  # noqa: S101  # as _is_plain says
        return self.collect_and_execute_subfields(type_, details, path, found, context)

    def _item(self, field: _Taken, type_: GraphQLOutputType, found: Any, details: Any, path: Path, context: Any) -> Any:
        try:
            return self._completed(field, type_, found, details, path, context)
        except Exception as error:
            self.handle_field_error(error, type_, details, path)
            return None


def _fields(type_: GraphQLObjectType) -> dict[str, _Taken]:
    """The fields of a type that are items of what stands for it; none of introspection's."""
    taken: dict[str, _Taken] = {}
    for name, field in type_.fields.items():
        declared: StrawberryField | None = field.extensions.get(_DEFINITION)
        if declared is None or not _is_plain(field.type):
            continue
        own = declared.base_resolver
        if own is None:
            taken[name] = _Taken(f"{type_}.{name}", field.type, declared.python_name)
        elif own.wrapped_func is below:
            taken[name] = _Taken(f"{type_}.{name}", field.type, None)
    return taken


def _is_plain(type_: Any) -> bool:
    """Whether a type is a leaf, an object, or a list of such."""
    while is_non_null_type(type_) or is_list_type(type_):
        type_ = type_.of_type
    return is_leaf_type(type_) or is_object_type(type_)
