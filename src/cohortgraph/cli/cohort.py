"""Questions that stay: create, list, show, change, include, exclude, freeze, diff, restore, export, delete."""

from __future__ import annotations

import getpass
import json
from typing import Any

import click

from ..errors import UsageError
from .export import export
from .options import client, confirm, store_option
from .query import LEVELS, read

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON")
_name = click.argument("name")
_reason = click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept with the cohort")


@click.group()
def cohort() -> None:
    """Cohorts: saved questions, curated by hand, frozen as snapshots that never change.

    A snapshot is named NAME@NUMBER; NAME alone means the newest.
    """


@cohort.command()
@_name
@click.argument("file", metavar="FILE|-", type=click.Path(allow_dash=True))
@click.option("--level", type=click.Choice(LEVELS), help="What it consists of  [default: the question's root]")
@click.option("--notes", default="", help="What it is for")
@click.option("--owner", default=getpass.getuser, help="Whose it is  [default: you]")
@_json
@store_option
def create(name: str, file: str, level: str | None, notes: str, owner: str, as_json: bool, store: str | None) -> None:
    """Save the question in FILE (YAML or JSON; - for stdin) under a name."""
    text = read(file)
    with client(store) as opened:
        made = opened.create_cohort(name, text, level=level, notes=notes, owner=owner)
    _print(made.to_dict() if as_json else f"cohort {made.name} of {made.level}")


@cohort.command("list")
@_json
@store_option
def list_(as_json: bool, store: str | None) -> None:
    """List the cohorts with their newest snapshots."""
    from . import cohort_text

    with client(store) as opened:
        found = opened.cohorts()
    if as_json:
        _print([each.to_dict() for each in found])
    else:
        cohort_text.cohorts(found)


@cohort.command()
@click.argument("ref", metavar="NAME[@NUMBER]")
@_json
@store_option
def show(ref: str, as_json: bool, store: str | None) -> None:
    """Show a cohort with its curation, snapshots and history, or one snapshot; and what is gone since it was frozen."""
    from . import cohort_text

    with client(store) as opened:
        if "@" in ref:
            snapshot, condition = opened.snapshot(ref), opened.snapshot_condition(ref)
            if as_json:
                _print(snapshot.to_dict() | {"condition": condition.to_dict()})
            else:
                cohort_text.snapshot(snapshot)
                cohort_text.condition(condition)
            return
        found = opened.cohort(ref)
        newest = opened.snapshot_condition(ref) if found.snapshots else None
    if as_json:
        _print(found.to_dict() | {"condition": newest and newest.to_dict()})
        return
    cohort_text.cohort(found)
    if newest:
        cohort_text.condition(newest)


@cohort.command()
@_name
@click.option("--question", "file", metavar="FILE|-", type=click.Path(allow_dash=True), help="Its question from now on")
@click.option("--level", type=click.Choice(LEVELS), help="What it consists of from now on")
@click.option("--notes", help="What it is for")
@click.option("--owner", help="Whose it is")
@_json
@store_option
def change(
    name: str,
    file: str | None,
    level: str | None,
    notes: str | None,
    owner: str | None,
    as_json: bool,
    store: str | None,
) -> None:
    """Change what a cohort asks or says; its snapshots stay as they are."""
    if (file, level, notes, owner) == (None, None, None, None):
        raise UsageError("nothing to change; name one of --question, --level, --notes, --owner")
    text = None if file is None else read(file)
    with client(store) as opened:
        changed = opened.change_cohort(name, document=text, level=level, notes=notes, owner=owner, by=getpass.getuser())
    _print(changed.to_dict() if as_json else f"cohort {changed.name} changed")


@cohort.command()
@_name
@click.argument("uid")
@_reason
@_json
@store_option
def include(name: str, uid: str, reason: str, as_json: bool, store: str | None) -> None:
    """Take a patient, study, series, object or a part of one into a cohort, whatever the question says.

    At the cohort's level it brings in what UID names, all below it or, of something smaller, what holds it.
    """
    with client(store) as opened:
        changed = opened.include_in_cohort(name, uid, reason, by=getpass.getuser())
    _print(changed.to_dict() if as_json else f"{uid} included in {name}")


@cohort.command()
@_name
@click.argument("uid")
@_reason
@_json
@store_option
def exclude(name: str, uid: str, reason: str, as_json: bool, store: str | None) -> None:
    """Keep a patient, study, series, object or a part of one, and all below it, out of a cohort.

    It beats the question and any inclusion; on the same UID the last decision holds.
    """
    with client(store) as opened:
        changed = opened.exclude_from_cohort(name, uid, reason, by=getpass.getuser())
    _print(changed.to_dict() if as_json else f"{uid} excluded from {name}")


@cohort.command()
@_name
@click.option("--note", default="", help="What this snapshot is for")
@_json
@store_option
def freeze(name: str, note: str, as_json: bool, store: str | None) -> None:
    """Keep what a cohort holds now as a snapshot: wholly or, if this is stopped, not at all."""
    from . import cohort_text

    with client(store) as opened:
        made = opened.freeze_cohort(name, note=note, by=getpass.getuser())
    if as_json:
        _print(made.to_dict())
    else:
        cohort_text.snapshot(made)


@cohort.command()
@click.argument("old", metavar="NAME[@OLD]")
@click.argument("new", metavar="[NAME@NEW]", required=False)
@_json
@store_option
def diff(old: str, new: str | None, as_json: bool, store: str | None) -> None:
    """Show what changed from a snapshot to another (without: to what the cohort holds now), and why.

    Each entry has one cause: new data, changed data, the question or the curation.
    """
    from ..cohorts.names import parse_ref
    from . import cohort_text

    before = parse_ref(old)
    after = parse_ref(new) if new else None
    if after and (after.name != before.name or after.number is None):
        raise UsageError(f"{new!r} is no snapshot of {before.name}; expected such as {before.name}@2")
    with client(store) as opened:
        found = opened.diff_cohort(before.name, before.number, after.number if after else None)
    if as_json:
        _print(found.to_dict())
    else:
        cohort_text.diff(found)


@cohort.command()
@click.argument("ref", metavar="NAME@NUMBER")
@_json
@store_option
def restore(ref: str, as_json: bool, store: str | None) -> None:
    """Take question, level and curation of a snapshot back; later snapshots stay."""
    with client(store) as opened:
        restored = opened.restore_cohort(ref, by=getpass.getuser())
    _print(restored.to_dict() if as_json else f"cohort {restored.name} is as it was at {ref}")


@cohort.command()
@_name
@click.option("--yes", is_flag=True, help="Don't ask first")
@_json
@store_option
def delete(name: str, yes: bool, as_json: bool, store: str | None) -> None:
    """Remove a cohort with all its snapshots; what was exported stays."""
    if not yes:
        confirm(f"remove the cohort {name} with all its snapshots?")
    with client(store) as opened:
        opened.delete_cohort(name)
    _print({"deleted": name} if as_json else f"cohort {name} removed")


cohort.add_command(export)


def _print(told: Any) -> None:
    click.echo(told if isinstance(told, str) else json.dumps(told, indent=1, ensure_ascii=False))
