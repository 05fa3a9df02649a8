"""Cohorts as people read them in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..cohorts.condition import Condition
    from ..cohorts.diff import Change, Diff
    from ..cohorts.model import Cohort, Decision, Snapshot

_SHOWN = 5
"""So many entries of a kind are named; --json names all."""
_TOLD = ("uid", "reason", "snapshot", "note", "level", "notes", "owner")
"""Of an event's detail; a question is told by that it was changed."""


def cohorts(found: list[Cohort]) -> None:
    """One paragraph a cohort."""
    for each in found:
        told = [f"of {each.level}", each.owner, each.notes]
        click.echo("  ".join([each.name, *filter(None, told)]))
        if each.snapshots:
            newest = each.snapshots[-1]
            click.echo(f"    {newest.ref} of {_day(newest.created)}: {_counts(newest.counts)}")
    click.echo(f"{len(found)} cohorts" if found else "no cohorts", err=True)


def cohort(found: Cohort) -> None:
    """Question, curation, snapshots, history."""
    import yaml

    click.echo(f"{found.name}: a cohort of {found.level}")
    for name, value in (("owner", found.owner), ("notes", found.notes), ("created", found.created)):
        if value:
            click.echo(f"  {name}: {value}")
    click.echo("question")
    for line in yaml.safe_dump(found.question, sort_keys=False, allow_unicode=True).splitlines():
        click.echo(f"  {line}")
    _curation(found.curation)
    click.echo("snapshots" if found.snapshots else "no snapshots yet")
    for each in found.snapshots:
        note = f"  {each.note}" if each.note else ""
        click.echo(f"  {each.ref}  {_day(each.created)}  {each.digest[:12]}  {_counts(each.counts)}{note}")
    click.echo("history")
    for event in found.history:
        told = "  ".join(str(event.detail[name]) for name in _TOLD if event.detail.get(name))
        click.echo("  " + "  ".join(filter(None, [event.time, event.owner, event.event, told])))


def snapshot(found: Snapshot) -> None:
    """Counts, digest, what was decided by hand, warnings."""
    click.echo(f"{found.ref}: {_counts(found.counts)}")
    for name, value in (
        ("digest", found.digest),
        ("store version", found.store_version),
        ("created", found.created),
        ("by", found.owner),
        ("note", found.note),
    ):
        if value:
            click.echo(f"  {name}: {value}")
    _curation(found.curation)
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)


def condition(found: Condition) -> None:
    """What is gone of a snapshot."""
    gone = found.gone["instances"]
    if not gone and not found.changed:
        click.echo(f"{found.snapshot}: all {found.objects} objects are in the store as they were frozen")
    for level, identifiers in found.gone.items():
        _named(f"{found.snapshot}: gone {level}", identifiers)
    _named(f"{found.snapshot}: changed instances", found.changed)


def diff(found: Diff) -> None:
    """Counts by level and cause, then the entries."""
    new = f"{found.cohort}@{found.new}" if found.new is not None else "now"
    click.echo(f"{found.cohort}@{found.old} → {new}" + ("" if found else ": nothing changed"))
    for sign, changes in (("+", found.added), ("-", found.removed), ("~", found.changed)):
        groups: dict[tuple[str, str], list[Change]] = {}
        for each in changes:
            groups.setdefault((each.level, each.cause), []).append(each)
        for (level, cause), each_of in groups.items():
            _named(f"{sign} {level}, {cause}", [each.id for each in each_of])
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)


def _curation(decisions: Iterable[Decision]) -> None:
    for each in decisions:
        click.echo(f"  {each.decision}d {each.uid}: {each.reason} ({', '.join(filter(None, [each.owner, each.time]))})")


def _named(title: str, identifiers: Iterable[str]) -> None:
    listed = list(identifiers)
    if listed:
        click.echo(f"{title}: {len(listed)}")
        for each in listed[:_SHOWN]:
            click.echo(f"    {each}")
        if len(listed) > _SHOWN:
            click.echo(f"    … and {len(listed) - _SHOWN} more; --json names all")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {level}" for level, number in counts.items())


def _day(time: str) -> str:
    return time.partition("T")[0]
