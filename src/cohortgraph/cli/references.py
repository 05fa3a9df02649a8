"""What objects refer to, and what of it is not here."""

from __future__ import annotations

import json

import click

from .options import client, store_option


@click.command()
@click.option("--unresolved", is_flag=True, help="Only references to what is not here")
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
@store_option
def references(unresolved: bool, as_json: bool, store: str | None) -> None:
    """List references, grouped by the series of the objects that hold them, what they are for and what they lead to."""
    from . import render

    with client(store) as opened:
        found = opened.references(unresolved=unresolved)
    if as_json:
        click.echo(json.dumps(render.plain(found), indent=1, ensure_ascii=False))
        return
    holders = ""
    for each in found:
        if holders != (holders := f"{each.holder_kind} of series {each.holder_series}"):
            click.echo(holders)
        here = "" if each.resolved or unresolved else " (not here)"
        counts = f"{each.references} references of {each.holders} objects to {each.targets} x {each.target}{here}"
        click.echo(f"    {each.basis}: {counts}, such as {each.example}")
    click.echo(f"{sum(each.references for each in found)} references", err=True)
