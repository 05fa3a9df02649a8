"""What an operation asks of a page, read off its text ahead: so that every level is one read of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
    Undefined,
    get_named_type,
    value_from_ast,
    value_from_ast_untyped,
)

from ...errors import UsageError
from ...graph import schema
from ...queries.answers.wanted import FIRST, Wanted
from ...queries.language import limits
from ...queries.language.parse import coded_fields
from .nodes import relation, stored

Selected = dict[str, list[FieldNode]]
"""Name in the answer → the places in the text that ask for it."""

_CONCEPT = frozenset(each.name for each in schema.node("Concept").properties)


class Selection:
    """Reads the selection sets of one operation."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._info = info
        self._values: Any = getattr(info.variable_values, "coerced", info.variable_values)

    def arguments(self, type_name: str, node: FieldNode) -> dict[str, Any]:
        """The arguments of a field, variables filled in, defaults too."""
        said = {each.name.value: each.value for each in node.arguments or ()}
        given: dict[str, Any] = {}
        for name, declared in self._type(type_name).fields[node.name.value].args.items():
            value = value_from_ast(said[name], declared.type, self._values) if name in said else Undefined
            if value is Undefined:  # also a variable that is left out
                value = declared.default_value
            if value is not Undefined:
                given[name] = value
        return given

    def of(self, nodes: Iterable[FieldNode]) -> Selected:
        """What stands within some fields, fragments unfolded and without what is skipped."""
        found: Selected = {}
        for node in nodes:
            for each in self._fields(node.selection_set):
                found.setdefault(each.alias.value if each.alias else each.name.value, []).append(each)
        return found

    def named(self, nodes: Iterable[FieldNode], name: str) -> list[FieldNode]:
        """Where the field of that name is asked for within some fields, under whatever name in the answer."""
        return [each for asked in self.of(nodes).values() for each in asked if each.name.value == name]

    def wanted(self, label: str, page: list[FieldNode], name: str = "", **given: Any) -> Wanted:
        """What is asked of the nodes of a page; ``given`` is what the page itself says."""
        return self._node(label, self.named(page, "nodes"), name, **given)

    def _node(self, label: str, nodes: list[FieldNode], name: str, **given: Any) -> Wanted:
        properties: dict[str, str] = {}
        codes: dict[str, schema.Edge] = {}
        concepts: set[str] = set()
        below: list[Wanted] = []
        for shown, asked in self.of(nodes).items():
            field = asked[0].name.value
            if (found := relation(label, field)) is not None:
                below.append(self._related(label, shown, asked, found))
            elif field in coded_fields(label):
                codes[field] = coded_fields(label)[field]
                told = self.of(self.named(asked, "concept"))
                concepts |= {each[0].name.value for each in told.values()} & _CONCEPT
            elif field in stored(label) and field != "id":
                properties[field] = stored(label)[field].name
        return Wanted(
            name,
            label,
            properties=tuple(properties.items()),
            codes=tuple(codes.values()),
            concepts=tuple(sorted(concepts)),
            below=tuple(below),
            **given,
        )

    def _related(self, label: str, shown: str, asked: list[FieldNode], found: Any) -> Wanted:
        if not found.plural:
            return self._node(found.target, asked, shown, relation=found)
        given = self.arguments(label, asked[0])
        return self.wanted(
            found.target,
            asked,
            shown,
            relation=found,
            first=checked(given.get("first", FIRST)),
            after=given.get("after"),
            all=given.get("all", False),
        )

    def _fields(self, selection: SelectionSetNode | None) -> Iterator[FieldNode]:
        for each in selection.selections if selection is not None else ():
            if self._skipped(each):
                continue
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, InlineFragmentNode):
                yield from self._fields(each.selection_set)
            elif isinstance(each, FragmentSpreadNode):
                yield from self._fields(self._info.fragments[each.name.value].selection_set)

    def _skipped(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                (said,) = directive.arguments
                if value_from_ast_untyped(said.value, self._values) is (directive.name.value == "skip"):
                    return True
        return False

    def _type(self, name: str) -> GraphQLObjectType:
        found = get_named_type(self._info.schema.type_map[name])
        assert isinstance(found, GraphQLObjectType)  # noqa: S101  # what is asked of has been validated
        return found


def checked(first: int) -> int:
    """``first``, where it is a page that can be.

    Raises
    ------
    LimitExceeded, UsageError
    """
    if first < 0:
        raise UsageError(f"first should be 0 or more, found {first}")
    limits.check("nodes", first, "page through them with 'after'")
    return first
