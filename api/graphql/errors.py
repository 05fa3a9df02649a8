"""GraphQL's errors in the server's one shape: code, message, path and suggestion stand under ``extensions``.

A ``where`` that does not fit its input type is refused by GraphQL itself, which knows neither the path in the document
nor our names. So the document is read again as it was written, by what reads it on every other way in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
    value_from_ast_untyped,
)

from ...client import Client
from ...errors import LimitExceeded, QuestionError
from ...queries.language.relations import LEVELS
from ..errors import described

_LEVELS = frozenset(level.name for level in LEVELS)


def told(
    errors: Sequence[GraphQLError], client: Client, text: str, variables: Mapping[str, Any] | None
) -> list[GraphQLError]:
    """The errors of one operation as they are sent; what is no error of ours or GraphQL's tells no details."""
    return [_told(error, client, text, variables) for error in errors]


def _told(error: GraphQLError, client: Client, text: str, variables: Mapping[str, Any] | None) -> GraphQLError:
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        cause = _question(client, text, variables) if error.path is None else None
        if cause is None:
            return _as(error, error.message, {"code": "request_invalid"})
    _, said, _ = described(cause)
    if isinstance(cause, LimitExceeded):
        said |= {"limit": cause.limit, "found": cause.found, "most": cause.most}
    return _as(error, said.pop("message"), said)


def _as(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, error.original_error, extensions
    )


def _question(client: Client, text: str, variables: Mapping[str, Any] | None) -> QuestionError | None:
    """What is wrong with the first ``where`` in which anything is."""
    try:
        document = parse(text)
    except GraphQLError:
        return None
    for operation in document.definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        for node in operation.selection_set.selections:
            if isinstance(node, FieldNode) and node.name.value in _LEVELS:
                for argument in node.arguments or ():
                    if argument.name.value == "where":
                        where = value_from_ast_untyped(argument.value, dict(variables or {}))
                        try:
                            client.validate({node.name.value: where})
                        except QuestionError as error:
                            return error
    return None
