"""The order of an answer: by a property of its nodes, those without one last, ties in the stable order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...graph import schema
from ...graph.schema import Property, Type
from ..language.conditions import nearest

if TYPE_CHECKING:
    from ...graph.engine import Row
    from .patterns import Ref

_SORTED = (Type.STRING, Type.INT64, Type.DOUBLE, Type.DATE)


@dataclass(frozen=True, slots=True)
class Order:
    """Ascending or ``descending`` by a property."""

    by: Property
    descending: bool = False

    def value(self, node: Ref) -> str:
        """The expression of what is compared: of a date its epoch days."""
        return f"{node.name}.`{self.by.name}{'Days' if self.by.type is Type.DATE else ''}`"

    def present(self, node: Ref) -> str:
        """Whether a node has a value, which NaN is none of.

        Not by IS NULL: after WITH DISTINCT Ladybug 0.22 takes every property of a node for null there.
        """
        return f"coalesce({self.value(node)} = {self.value(node)}, false)"

    @property
    def may_be_nan(self) -> bool:
        """Whether a value may be no number, which is as good as none."""
        return self.by.type is Type.DOUBLE

    @property
    def terms(self) -> str:
        """The first terms of ORDER BY, over the columns ``present`` and ``sort``."""
        return f"present DESC, sort{' DESC' if self.descending else ''}"

    def sorted(self, rows: Iterable[Row], key: Any) -> list[Row]:
        """Rows with a column ``sort`` in this order; ``key`` of a row decides ties."""
        stable = sorted(rows, key=key)
        present = [row for row in stable if row["sort"] is not None]
        present.sort(key=lambda row: row["sort"], reverse=self.descending)  # which keeps the order of equal rows
        return present + [row for row in stable if row["sort"] is None]


def sortable(label: str) -> tuple[Property, ...]:
    """The properties that nodes of a label can be ordered by."""
    return tuple(p for p in schema.node(label).columns if p.filtered and p.type in _SORTED)


def order(label: str, name: str, *, descending: bool = False) -> Order:
    """The order by a property, named in full or by its alias.

    Raises
    ------
    UsageError
        where there is none of that name that has an order; says which is nearest.
    """
    for declared in sortable(label):
        if name in (declared.name, declared.alias):
            return Order(declared, descending)
    near = nearest(name, [declared.name for declared in sortable(label)])
    hint = f"; did you mean {near!r}?" if near else ""
    raise UsageError(f"{label} has no property {name!r} to order by{hint}")
