"""People: list, link, unlink, conflicts."""

from __future__ import annotations

import json

import click

from .options import client, store_option

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON")


@click.group()
def patients() -> None:
    """People: which records are one person's, and what files contradict each other about."""


@patients.command("list")
@_json
@store_option
def list_(as_json: bool, store: str | None) -> None:
    """List every person with the records, studies and objects."""
    from . import render

    with client(store) as opened:
        found = opened.patients()
    if as_json:
        click.echo(json.dumps(render.plain(found), indent=1, ensure_ascii=False))
        return
    for each in found:
        told = [each.sex, each.birth_date, "no Patient ID" if each.missing else ""]
        click.echo("  ".join([each.id, *(part for part in told if part)]))
        click.echo(f"    {each.studies} studies, {each.objects} objects")
        if each.records:
            click.echo(f"    records: {'  '.join(each.records)}")
    click.echo(f"{len(found)} patients", err=True)


@patients.command()
@click.argument("records", metavar="RECORD RECORD…", nargs=-1, required=True)
@store_option
def link(records: tuple[str, ...], store: str | None) -> None:
    """Say that records (ids as `patients list` names them, or Patient IDs) are one person's.

    Questions are about the person from then on, and so are objects that arrive later.
    """
    with client(store) as opened:
        group = opened.link_patients(records)
    click.echo(f"one person, {group[0]}: {'  '.join(group)}")


@patients.command()
@click.argument("record")
@store_option
def unlink(record: str, store: str | None) -> None:
    """Take a record from the person that it was linked with."""
    with client(store) as opened:
        click.echo(f"a person of its own: {opened.unlink_patient(record)}")


@patients.command()
@_json
@store_option
def conflicts(as_json: bool, store: str | None) -> None:
    """List studies of several patients, people of several birth dates or sexes, and other contradictions."""
    from . import render

    with client(store) as opened:
        found = opened.patient_conflicts()
    if as_json:
        click.echo(json.dumps(render.plain(found), indent=1, ensure_ascii=False))
        return
    for each in found:
        click.echo(f"{each.kind}: {each.subject}")
        for value, number in each.values.items():
            click.echo(f"    {value}  ({number} objects)")
    click.echo(f"{len(found)} conflicts", err=True)
