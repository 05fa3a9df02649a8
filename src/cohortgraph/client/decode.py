"""JSON of the server → the dataclass that the local client gives, by the types that its fields declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ..queries.answers.nested import Nodes, Shown

T = TypeVar("T")


def decoded(kind: type[T], told: Any) -> T:
    """A value of a declared type; a field is found whether JSON spells it ``sop_instance_uid`` or ``sopInstanceUID``.

    What JSON has and the dataclass has not is left out: a newer server may tell more.
    """
    return cast(T, _value(kind, told))


def _value(kind: Any, told: Any) -> Any:
    if told is None:
        return None
    if is_dataclass(kind):
        return _dataclass(kind, told)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (one,) = [each for each in parts if each is not type(None)] if len(parts) == 2 else [Any]
        return _value(one, told)
    if origin is list:
        return [_value(parts[0], each) for each in told]
    if origin is tuple:
        kinds = parts[:1] * len(told) if parts[-1] is Ellipsis else parts
        return tuple(_value(each, value) for each, value in zip(kinds, told, strict=True))
    if origin is dict:
        return {name: _value(parts[1], value) for name, value in told.items()}
    if origin is Counter:
        return Counter(told)
    return float(told) if kind is float else told


def _dataclass(kind: Any, told: Mapping[str, Any]) -> Any:
    given = {_bare(name): value for name, value in told.items()}
    types = _types(kind)
    return kind(**{name: _value(types[name], given[_bare(name)]) for name in types if _bare(name) in given})


@cache
def _types(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def nested(nodes: list[Shown]) -> list[Shown]:
    """Nodes of a nested page with the pages that ``name()`` leads to as what they are."""
    return [_shown(each) for each in nodes]


def _shown(told: Shown) -> Shown:
    return {name: _related(value) if name.endswith("()") else value for name, value in told.items()}


def _related(told: Any) -> Any:
    """A page of nodes; of a relation to one node, that node or None."""
    if told is None or "id" in told:
        return told and _shown(told)
    return Nodes(nested(told["nodes"]), told["total"], told["next"])


def _bare(name: str) -> str:
    return name.replace("_", "").lower()
