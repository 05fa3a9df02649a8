"""Data sets: list, show, set, delete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .options import client, confirm, store_option

if TYPE_CHECKING:
    from ..graph.datasets import Described

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON")
_name = click.argument("name")


@click.group()
def datasets() -> None:
    """Data sets: what they are called, under which terms they may be used, what they hold."""


@datasets.command("list")
@_json
@store_option
def list_(as_json: bool, store: str | None) -> None:
    """List the data sets with their numbers of objects and patients."""
    from . import render

    with client(store) as opened:
        found = opened.datasets()
    if as_json:
        click.echo(json.dumps(render.plain(found), indent=1, ensure_ascii=False))
        return
    for each in found:
        title = each.properties.get("title", "")
        shared = f", {each.shared} of them in another too" if each.shared else ""
        number = sum(each.objects.values())
        click.echo(f"{each.name}  {title}\n    {number} objects of {each.patients} patients{shared}")
    if not found:
        click.echo("no data sets")


@datasets.command()
@_name
@_json
@store_option
def show(name: str, as_json: bool, store: str | None) -> None:
    """Show all that is said of a data set, and what it holds."""
    from . import render

    with client(store) as opened:
        found = opened.dataset(name)
    if as_json:
        click.echo(json.dumps(render.plain(found), indent=1, ensure_ascii=False))
    else:
        _told(found)


def _told(found: Described) -> None:
    click.echo(found.name)
    for name, value in found.properties.items():
        click.echo(f"  {name}: {value}")
    for kind, number in found.objects.items():
        click.echo(f"  {number} {kind}")
    click.echo(f"  {found.patients} patients; {found.shared} objects belong to another data set too")


@datasets.command("set")
@_name
@click.option("--title", help="What people call it")
@click.option("--license", "license", metavar="SPDX", help="SPDX identifier or short name of its licence")
@click.option("--doi", help="Its DOI")
@click.option("--use-terms", "useTerms", metavar="DUO:…", help="Terms of the Data Use Ontology, separated by commas")
@click.option("--access-conditions", "accessConditions", metavar="TEXT", help="Who may use it, on which conditions")
@click.option("--contact", help="Whom to ask")
@click.option(
    "--authority", "assigningAuthority", metavar="NAME", help="Who assigned the Patient IDs that name no issuer"
)
@click.option(
    "--date-shift",
    "dateShift",
    metavar="POLICY",
    help="What was done to its dates: none, removed or perPatient(NAME OF THE KEY)",
)
@click.option("--model", metavar="NAME@VERSION", help="The model that made its objects; exports leave them out")
@store_option
def set_(name: str, store: str | None, **changes: str | None) -> None:
    """Say something of a data set, which may have no objects yet; an empty text removes what was said."""
    with client(store) as opened:
        opened.set_dataset(name, **{each: value for each, value in changes.items() if value is not None})
        _told(opened.dataset(name))


@datasets.command()
@_name
@click.option("--yes", is_flag=True, help="Don't ask first")
@store_option
def delete(name: str, yes: bool, store: str | None) -> None:
    """Remove a data set and the objects that belong to no other; what was stopped goes on when repeated."""
    from . import render

    if not yes:
        confirm(f"remove the data set {name} from the store?")
    with client(store) as opened, render.ingest_progress() as progress:
        deleted = opened.delete_dataset(name, progress=progress)
    click.echo(f"{deleted.removed} objects removed, {deleted.kept} stay for another data set")
