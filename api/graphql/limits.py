"""What an operation may be: its text and variables before they are read, its aliases and cost before it runs.

Filters have limits of their own, wherever they come from (``queries.limits``). Each refusal names limit and value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    Lexer,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    TokenKind,
    ValidationContext,
    ValidationRule,
    get_named_type,
)

from ...errors import LimitExceeded
from ...queries.language.limits import check

TOKENS: Final = 10_000
"""Names, numbers, texts and signs of an operation."""
NESTING: Final = 100
"""Brackets within brackets, of the operation or its variables."""
ALIASES: Final = 50
"""Fields under another name, those of a fragment as often as it is used."""
COST: Final = 150
"""About as many engine reads: 1 a relation or total, 2 a root connection, more where it says so in the schema."""

_OPENING = (TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L)
_CLOSING = (TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R)


def admit(text: str, variables: Any) -> None:
    """Refuse a text that is too long or nested too deeply to be parsed, and such variables.

    Raises
    ------
    LimitExceeded
    GraphQLError
        where the text is none.
    """
    lexer, tokens, depth = Lexer(Source(text)), 0, 0
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        tokens += 1
        check("tokens", tokens, "put large lists into variables", most=TOKENS)
        depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
        check("nesting", depth, "ask in several operations", most=NESTING)
    level, depth = [variables], 0
    while level:
        check("nesting", depth, "nest variables less deeply", most=NESTING)
        level = [inner for each in level for inner in _inner(each)]
        depth += 1


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class _Load:
    aliases: int = 0
    cost: int = 0

    def __add__(self, other: _Load) -> _Load:
        return _Load(self.aliases + other.aliases, self.cost + other.cost)


@dataclass(slots=True)
class _Scale:
    """Weighs selections; a fragment once, however often it is used: else few lines could stand for millions."""

    context: ValidationContext
    known: dict[tuple[str, str], _Load] = field(default_factory=dict)
    under_way: Counter[str] = field(default_factory=Counter)

    def weigh(self, selection: SelectionSetNode | None, parent: Any) -> _Load:
        load = _Load()
        for node in selection.selections if selection is not None else ():
            if isinstance(node, FieldNode):
                load += self._field(node, parent)
            elif isinstance(node, FragmentSpreadNode):
                load += self._fragment(node.name.value, parent)
            else:
                load += self.weigh(node.selection_set, parent)  # type: ignore[attr-defined]  # an inline fragment
        return load

    def _field(self, node: FieldNode, parent: Any) -> _Load:
        declared = parent.fields.get(node.name.value) if isinstance(parent, GraphQLObjectType) else None
        own = _Load(1 if node.alias else 0, _cost(declared))
        return own + self.weigh(node.selection_set, get_named_type(declared.type) if declared else None)

    def _fragment(self, name: str, parent: Any) -> _Load:
        fragment: FragmentDefinitionNode | None = self.context.get_fragment(name)
        if fragment is None or self.under_way[name]:  # what refers to itself is refused by another rule
            return _Load()
        key = (name, str(parent))
        if key not in self.known:
            self.under_way[name] += 1
            self.known[key] = self.weigh(fragment.selection_set, parent)
            self.under_way[name] -= 1
        return self.known[key]


def _cost(declared: Any) -> int:
    field_ = (declared.extensions or {}).get("strawberry-definition") if declared is not None else None
    return int(field_.metadata.get("cost", 0)) if field_ is not None else 0


class Weight(ValidationRule):
    """Refuses an operation with too many aliases, or that would read too much."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        """Weigh one operation."""
        root = self.context.schema.get_root_type(node.operation)
        load = _Scale(self.context).weigh(node.selection_set, root)
        try:
            check("aliases", load.aliases, "ask in several operations", most=ALIASES)
            check("cost", load.cost, "ask for fewer relations, counts and facets at once", most=COST)
        except LimitExceeded as error:
            self.report_error(GraphQLError(str(error), node, original_error=error))
