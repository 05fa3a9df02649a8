"""GraphQL over a store: the filter document as typed input, nested pages as answers."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from strawberry.fastapi import GraphQLRouter
from strawberry.types import ExecutionResult

from ...client import Client
from ...graph.allowance import Allowance, allowed
from .schema import Run, schema

SECONDS = 30.0
"""That an operation may take, where nobody else watches over it."""


def router(client: Client, run: Run | None = None) -> APIRouter:
    """The routes of GraphQL over HTTP: POST, and GET for queries; the page for people is the server's.

    Parameters
    ----------
    run
        Runs an operation among the server's readers; where None, in a thread of its own.
    """
    return GraphQLRouter(schema(client, run or in_thread), graphql_ide=None, subscription_protocols=())


async def in_thread(_: Request, function: Callable[[], ExecutionResult]) -> ExecutionResult:
    """Run an operation in a thread, for at most SECONDS."""

    def bounded() -> ExecutionResult:
        with allowed(Allowance(SECONDS)):
            return function()

    return await run_in_threadpool(bounded)
