"""The whole schema, made for one open store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry
from graphql import GraphQLError
from starlette.requests import Request
from strawberry.extensions import AddValidationRules, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from ...client import Client
from ...client.local import steadily
from ...errors import LimitExceeded
from ..served import at
from . import cohorts, inputs, nodes, pages, store
from .errors import told
from .executing import Execution, value
from .limits import Weight, admit
from .making import Types
from .scalars import SCALAR_MAP

Answered = tuple[ExecutionResult, int | None]
"""What an operation gave, and the version of the store that it saw."""
Run = Callable[[Request, Callable[[], Answered]], Awaitable[Answered]]
"""Runs what reads the store for a request, among the server's readers."""


_KNOWN = 200
"""Operations that are parsed and validated once: a page in a browser sends the same again and again."""


class StoreSchema(strawberry.Schema):
    """A schema whose operations each run as a whole in one thread, among the server's readers."""

    def __init__(self, client: Client, run: Run, **given: Any) -> None:
        self._client, self._run = client, run
        super().__init__(**given)

    async def execute(self, query: str | None, *arguments: Any, **given: Any) -> ExecutionResult:
        """Execute an operation that came over HTTP."""
        request: Request = given["context_value"]["request"]
        again = "mutation" not in (query or "")
        result, version = await self._run(
            request, lambda: steadily(self._client, lambda: self.execute_sync(query, *arguments, **given), again=again)
        )
        given["context_value"]["response"].headers.update(at(version))
        for error in result.errors or ():
            (error.extensions or {})["requestId"] = request.scope.get("request_id", "")
        return result

    def execute_sync(
        self, query: str | None, variable_values: dict[str, Any] | None = None, *arguments: Any, **given: Any
    ) -> ExecutionResult:
        """Execute an operation here; its errors are as they are sent."""
        text = query or ""
        try:
            admit(text, variable_values)
        except LimitExceeded as error:
            refused = GraphQLError(str(error), original_error=error)
            return ExecutionResult(None, told([refused], self._client, "", None))
        except GraphQLError:
            pass  # no GraphQL, which the parser says better
        result = super().execute_sync(query, variable_values, *arguments, **given)
        if result.errors:
            result.errors = told(result.errors, self._client, text, variable_values)
        return result

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Errors are told to who asked; the server logs what it did not foresee."""


def schema(client: Client, run: Run) -> StoreSchema:
    """The schema for a store."""
    types = Types()
    inputs.declare(types)
    nodes.declare(types)
    query = pages.declare(types, client) | store.declare(types, client)
    asked, changed = cohorts.declare(types, client)
    types.object("Query", "Questions to the store.", query | asked)
    types.object("Mutation", "Changes of saved cohorts.", changed)
    return StoreSchema(
        client,
        run,
        query=types["Query"],
        mutation=types["Mutation"],
        extensions=[ParserCache(_KNOWN), AddValidationRules([Weight]), ValidationCache(_KNOWN)],
        execution_context_class=Execution,
        config=StrawberryConfig(auto_camel_case=False, default_resolver=value, scalar_map=SCALAR_MAP),
    )
