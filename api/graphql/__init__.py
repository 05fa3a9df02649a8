"""GraphQL over a store: the filter document as typed input, nested pages as answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from strawberry.fastapi import GraphQLRouter

from ...client import Client
from ...graph.allowance import Allowance, allowed
from .schema import Answered, Run, StoreSchema, schema

SECONDS = 30.0
"""That an operation may take, where nobody else watches over it."""


def router(client: Client, run: Run | None = None, page: Callable[[], HTMLResponse] | None = None) -> APIRouter:
    """The routes of GraphQL over HTTP at /graphql: POST, and GET for queries.

    Parameters
    ----------
    run
        Runs an operation among the server's readers; where None, in a thread of its own.
    page
        What a browser is shown that asks nothing; where None, an error as for others.
    """
    return _Router(schema(client, run or in_thread), page)


class _Router(GraphQLRouter[Any, None]):
    """GraphQL over HTTP with a page of our own, where strawberry's would be loaded from elsewhere."""

    def __init__(self, schema: StoreSchema, page: Callable[[], HTMLResponse] | None) -> None:
        self._page = page
        super().__init__(schema, path="/graphql", graphql_ide="graphiql" if page else None, subscription_protocols=())

    async def render_graphql_ide(self, _: Request) -> HTMLResponse:
        """The page."""
        assert self._page is not None  # noqa: S101  # else it has no page to show
        return self._page()


async def in_thread(_: Request, function: Callable[[], Answered]) -> Answered:
    """Run an operation in a thread, for at most SECONDS."""

    def bounded() -> Answered:
        with allowed(Allowance(SECONDS)):
            return function()

    return await run_in_threadpool(bounded)
