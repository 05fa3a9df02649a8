"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ..client import Client
    from ..client.remote import RemoteClient

F = TypeVar("F", bound=Callable[..., Any])

store_option = click.option(
    "--store",
    metavar="DIR",
    help="The store's directory  [default: $COHORTGRAPH_STORE, cohortgraph.toml, ./cohortgraph-store]",
)


def form_option(*forms: str) -> Callable[[F], F]:
    """``--format`` with the forms that a command prints, the first by default; ``--json`` for short."""

    def decorated(command: F) -> F:
        short = click.option("--json", "form", flag_value="json", help="As --format json")
        return click.option("--format", "form", type=click.Choice(forms), default=forms[0], show_default=True)(
            short(command)
        )

    return decorated


def confirm(question: str) -> None:
    """Ask on standard error before something is removed.

    Raises
    ------
    UsageError
        where the answer is no, or nobody is there to answer.
    """
    from ..errors import UsageError

    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        agreed = False
        click.echo(err=True)
    if not agreed:
        raise UsageError("nothing was removed; answer y, or give --yes where nobody can answer")


@contextmanager
def client(store: str | None) -> Iterator[Client | RemoteClient]:
    """Open the store, or ask the server, that flags, environment or cohortgraph.toml name; close it afterwards."""
    from ..client import connect

    with connect(store, server=server()) as opened:
        yield opened


def server() -> str | None:
    """The server that the flag before the command names."""
    told: str | None = click.get_current_context().find_root().params["server"]
    return told
