"""Exports that were left to workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .options import server, store_option

if TYPE_CHECKING:
    from ..client.local.jobs import JobsOf
    from ..client.remote import RemoteClient
    from ..export.jobs.board import ExportJob

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON")


@click.group()
def jobs() -> None:
    """Exports as jobs: `cohortgraph export --detach` leaves one to workers and prints its id."""


@jobs.command("list")
@json_option
@store_option
def list_(as_json: bool, store: str | None) -> None:
    """Every export, the newest first."""
    with _exports(store) as opened:
        found = opened.exports()
    if as_json:
        click.echo(json.dumps([each.to_dict() for each in found], indent=1, ensure_ascii=False))
        return
    for each in found:
        click.echo(_line(each))
    if not found:
        click.echo("no export was left to workers")


@jobs.command()
@click.argument("identifier", metavar="ID")
@json_option
@store_option
def show(identifier: str, as_json: bool, store: str | None) -> None:
    """How far one is, its result or its error."""
    with _exports(store) as opened:
        _told(opened.export_job(identifier), as_json)


@jobs.command()
@click.argument("identifier", metavar="ID")
@json_option
@store_option
def follow(identifier: str, as_json: bool, store: str | None) -> None:
    """Wait until one has ended; Ctrl-C leaves it to its workers."""
    from ..ingest.outcome import Event
    from . import render

    with _exports(store) as opened, render.ingest_progress() as progress:
        for job in opened.follow_export(identifier):
            if job.state == "waiting":
                click.echo("it waits until a worker takes it; this starts one: cohortgraph worker", err=True)
            far = job.progress
            seconds = far.size / far.rate if far.rate else 0.0
            progress(Event("export", far.samples, far.of_samples, seconds, size=far.size))
    _told(job, as_json)
    if job.state != "done":
        raise click.exceptions.Exit(2)


@jobs.command()
@click.argument("identifier", metavar="ID")
@json_option
@store_option
def cancel(identifier: str, as_json: bool, store: str | None) -> None:
    """Stop one after the samples at hand; what is made stays, and `retry` goes on from there."""
    with _exports(store) as opened:
        _told(opened.cancel_export(identifier), as_json)


@jobs.command()
@click.argument("identifier", metavar="ID")
@click.option("--skip-missing", is_flag=True, default=None, help="Leave out objects that can't be had")
@json_option
@store_option
def retry(identifier: str, skip_missing: bool | None, as_json: bool, store: str | None) -> None:
    """Go on with one that failed or was cancelled."""
    with _exports(store) as opened:
        _told(opened.retry_export(identifier, skip_missing=skip_missing), as_json)


@jobs.command()
@click.argument("identifier", metavar="ID")
@store_option
def delete(identifier: str, store: str | None) -> None:
    """Forget one that has ended; its files go with it, but not from a folder that was named with --out."""
    with _exports(store) as opened:
        opened.delete_export(identifier)
    click.echo(f"deleted: {identifier}")


@jobs.command()
@click.argument("identifier", metavar="ID")
@click.option("--out", required=True, metavar="DIR", type=click.Path(file_okay=False), help="The folder to write")
@store_option
def fetch(identifier: str, out: str, store: str | None) -> None:
    """Copy the files of one that is done, from the server where there is one; each is checked by its digest."""
    from . import render

    with _exports(store) as opened, render.ingest_progress() as progress:
        made = opened.fetch_export(identifier, out, progress=progress)
    click.echo(f"{made.files} files of {made.samples} samples in {out}, {made.size} bytes")


@contextmanager
def _exports(store: str | None) -> Iterator[JobsOf | RemoteClient]:
    """The jobs: those of a server, where one is named; else read from their database, whoever has the store open."""
    import os

    from ..client import connect
    from ..client.local.jobs import JobsOf
    from ..export.jobs.database import ENVIRONMENT, jobs_url
    from ..settings import Server, find

    found = find(store, server())
    if isinstance(found, Server):
        with connect(found.url) as remote:
            yield remote  # type: ignore[misc]
        return
    with JobsOf(jobs_url(None if os.environ.get(ENVIRONMENT) else found)) as opened:
        yield opened


def _line(job: ExportJob) -> str:
    far = job.progress
    return f"{job.id}  {job.state:9}  {far.samples}/{far.of_samples} samples  {job.form:7}  {job.snapshot}  {job.out}"


def _exported(result: dict[str, Any]) -> str:
    lacks = f"{result['skipped']} samples skipped, {len(result['missing'])} objects missing"
    warned = f", {len(result['warnings'])} warnings in manifest.json" if result["warnings"] else ""
    return f"{result['files']} files of {result['patients']} patients, {lacks}{warned}"


def _told(job: ExportJob, as_json: bool) -> None:
    from . import render

    if as_json:
        click.echo(json.dumps(job.to_dict(), indent=1, ensure_ascii=False))
        return
    far = job.progress
    told: dict[str, Any] = {
        "export": f"{job.id}, {job.state}" + (f", attempt {job.attempt}" if job.attempt > 1 else ""),
        "of": f"{job.snapshot} as {job.form}, {job.created}",
        "folder": job.out,
        "samples": f"{far.samples} of {far.of_samples}, {far.objects} of {far.of_objects} objects",
        "written": f"{render.size_of(far.size)}, {render.size_of(far.rate)}/s",
        "remaining": f"{far.remaining:.0f} s" if far.remaining and job.state == "running" else "",
        "error": job.error or "",
        "exported": _exported(job.result) if job.result else "",
    }
    for name, value in told.items():
        if value:
            click.echo(f"{name:10} {value}")
    for missing in job.missing:
        click.echo(f"missing    {missing['sopInstanceUID']}: {missing['reason']}")
