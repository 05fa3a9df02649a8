"""One object or patient as a readable tree."""

from __future__ import annotations

import json

import click

from .options import client, store_option


@click.command()
@click.argument("identifier", metavar="UID|PATIENT")
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
@store_option
def show(identifier: str, as_json: bool, store: str | None) -> None:
    """Show a patient's, study's or series' tree, a report's items with their context, or a segmentation's segments."""
    from . import render

    with client(store) as opened:
        tree = opened.show(identifier)
    if as_json:
        click.echo(json.dumps(render.plain(tree), indent=1, ensure_ascii=False))
    else:
        render.tree(tree)
