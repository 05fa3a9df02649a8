"""Making strawberry types from declarations: names are looked up when the schema is built, so that types may refer to
each other in any order.
"""

from __future__ import annotations

import keyword
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from .scalars import SCALARS

UNSET: Any = strawberry.UNSET


class Types:
    """The types of one schema, by name."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"Optional": typing.Optional, "list": list, **SCALARS}

    def __getitem__(self, name: str) -> Any:
        return self._names[name]

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def annotation(self, type_: str) -> StrawberryAnnotation:
        """A type as GraphQL writes it: ``String``, ``[Patient!]!``."""
        return StrawberryAnnotation(_python(type_), namespace=self._names)

    def field(
        self,
        name: str,
        doc: str = "",
        *,
        resolver: Callable[..., Any] | None = None,
        arguments: Iterable[StrawberryArgument] = (),
        cost: int = 0,
        attribute: str = "",
    ) -> StrawberryField:
        """A field; without a ``resolver`` it is the item or ``attribute`` of that name."""
        made: StrawberryField = strawberry.field(name=name, description=doc or None, metadata={"cost": cost})
        made.python_name = attribute or python_name(name)
        if resolver is not None:
            made = made(resolver)
            made.arguments = list(arguments)
        return made

    def argument(self, name: str, type_: str, default: Any = UNSET, doc: str = "") -> StrawberryArgument:
        """An argument of a field."""
        return StrawberryArgument(
            python_name(name), name, self.annotation(type_), default=default, description=doc or None
        )

    def object(self, name: str, doc: str, fields: Mapping[str, tuple[str, StrawberryField]]) -> None:
        """Declare an object type: field → its type and itself."""
        body: dict[str, Any] = {made.python_name: made for _, made in fields.values()}
        notes = {made.python_name: self.annotation(type_) for type_, made in fields.values()}
        self._names[name] = strawberry.type(
            type(name, (), body | {"__annotations__": notes}), name=name, description=doc
        )

    def input(self, name: str, doc: str, fields: Mapping[str, tuple[str, str]]) -> None:
        """Declare an input type: field → its type and what it means. All may be left out."""
        body: dict[str, Any] = {}
        for each, (_, about) in fields.items():
            made: StrawberryField = strawberry.field(name=each, description=about or None, default=UNSET)
            made.python_name = python_name(each)
            body[python_name(each)] = made
        body["__annotations__"] = {python_name(each): self.annotation(type_) for each, (type_, _) in fields.items()}
        self._names[name] = strawberry.input(type(name, (), body), name=name, description=doc)

    def enum(self, name: str, doc: str, values: Iterable[str]) -> None:
        """Declare an enumeration."""
        made = Enum(name, {each: each for each in values})  # type: ignore[misc]  # its name is not known to mypy
        self._names[name] = strawberry.enum(made, name=name, description=doc)


def python_name(name: str) -> str:
    """A name that Python admits: ``in`` → ``in_``."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _python(type_: str) -> str:
    """``[Patient!]!`` → ``list[Patient]``, ``String`` → ``Optional[String]``."""
    if not type_.endswith("!"):
        return f"Optional[{_python(f'{type_}!')}]"
    named = type_[:-1]
    return f"list[{_python(named[1:-1])}]" if named.startswith("[") else named
