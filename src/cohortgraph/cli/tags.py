"""Declared attributes: list, declare, forget."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .options import client, store_option

if TYPE_CHECKING:
    from ..ingest.reread import Reread

_names = click.argument("names", metavar="TAG…", nargs=-1, required=True)


@click.group()
def tags() -> None:
    """Attributes of the header that `attribute:` filters by, beside what is a property always.

    \b
    A TAG is a keyword, a tag, a private creator's element, or a path into sequences:
      XRayTubeCurrent
      0018,1151
      "0019,ACME CT 1.0,01"
      RequestAttributesSequence.ScheduledProcedureStepID
    """


@tags.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
@store_option
def list_(as_json: bool, store: str | None) -> None:
    """List what is declared, what it compares as, and how many distinct values the store holds."""
    from . import render

    with client(store) as opened:
        found = opened.declared_tags()
    if as_json:
        click.echo(json.dumps(render.plain(found), indent=1, ensure_ascii=False))
        return
    for each in found:
        own = "" if each.default else "  (declared here)"
        click.echo(f"{each.name}  {each.kind or 'private'}  {each.values} values{own}")


@tags.command()
@_names
@store_option
def declare(names: tuple[str, ...], store: str | None) -> None:
    """Declare attributes and read them from the kept headers, not the sources; what was stopped goes on."""
    from . import render

    with client(store) as opened, render.ingest_progress() as progress:
        reread = opened.declare_tags(names, progress=progress)
    _tell(reread)


@tags.command()
@_names
@store_option
def forget(names: tuple[str, ...], store: str | None) -> None:
    """Forget attributes: they filter no more, and their values leave the graph. The kept headers stay."""
    from . import render

    with client(store) as opened, render.ingest_progress() as progress:
        reread = opened.forget_tags(names, progress=progress)
    _tell(reread)


def _tell(reread: Reread) -> None:
    click.echo(f"{reread.headers} headers read again" if reread.headers else "nothing to read again")
