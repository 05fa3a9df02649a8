"""Object types that mirror the dataclasses other rooms answer with: field for field, in lowerCamelCase."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from strawberry.types.field import StrawberryField

from .making import Types

_SCALARS: dict[Any, str] = {str: "String", int: "Int64", float: "Float", bool: "Boolean"}


def mirror(types: Types, of: type, *, without: Collection[str] = ()) -> str:
    """Declare the type of a dataclass, and those of what it holds, once; its name.

    A mapping to numbers becomes a list of ``Count``; any other mapping is JSON.
    """
    name = of.__name__
    if name not in types:
        types.object(name, inspect.cleandoc(of.__doc__ or name).split("\n\n")[0], dict(_fields(types, of, without)))
    return name


def _fields(types: Types, of: type, without: Collection[str]) -> Iterator[tuple[str, tuple[str, StrawberryField]]]:
    hints = get_type_hints(of)
    told = {each.name: hints[each.name] for each in fields(of)}
    for name, hint in (told | _properties(of)).items():
        if name in without:
            continue
        type_ = _type(types, hint)
        counts = partial(_counts, name) if type_.startswith("[Count!]") else None
        yield _camel(name), (type_, types.field(_camel(name), attribute=name, resolver=counts and _named(counts)))


def _properties(of: type) -> dict[str, Any]:
    """The public properties that give a scalar."""
    found = {name: each.fget for name, each in inspect.getmembers(of) if isinstance(each, property) and name[0] != "_"}
    given = {name: get_type_hints(each).get("return") for name, each in found.items() if each is not None}
    return {name: hint for name, hint in given.items() if hint in _SCALARS}


def _type(types: Types, hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType) and NoneType in inner:
        (one,) = (each for each in inner if each is not NoneType)
        return _type(types, one).removesuffix("!")
    if hint in _SCALARS:
        return f"{_SCALARS[hint]}!"
    if origin is Literal:
        return "String!"
    if origin in (list, tuple, Sequence):
        return f"[{_type(types, inner[0])}]!"
    if origin in (dict, Mapping) and inner[1] is int:
        _declare_count(types)
        return "[Count!]!"
    if is_dataclass(hint):
        assert isinstance(hint, type)  # noqa: S101
        return f"{mirror(types, hint)}!"
    return "JSON!"


def _declare_count(types: Types) -> None:
    if "Count" not in types:
        told = {"name": ("String!", types.field("name")), "count": ("Int64!", types.field("count"))}
        types.object("Count", "How many there are of something.", told)


def _counts(name: str, root: Any) -> list[dict[str, Any]]:
    return [{"name": each, "count": number} for each, number in getattr(root, name).items()]


def _named(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """A function that strawberry knows the argument of."""

    def resolver(root: Any) -> Any:
        return function(root)

    return resolver


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)
