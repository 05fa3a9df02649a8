"""Ways in: ingest and quarantine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import WorkFailed
from .options import client, store_option


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--dataset", required=True, metavar="NAME", help="The data set that the objects belong to")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Reading processes  [default: one a core]")
@click.option(
    "--replace", is_flag=True, help="Let an object that differs from the stored one of the same UID replace it"
)
@click.option(
    "--authority", metavar="NAME", help="Who assigned the Patient IDs that name no issuer  [default: the data set]"
)
@click.option("--no-measure", is_flag=True, help="Leave the voxels of segmentations to a later ingest")
@click.option("--strict", is_flag=True, help="Exit with 2 if any file went to quarantine or is in conflict")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON")
@click.option("--verbose", is_flag=True, help="Name the files that are no DICOM, in conflict or in quarantine")
@store_option
def ingest(
    paths: tuple[Path, ...],
    dataset: str,
    workers: int | None,
    replace: bool,
    authority: str | None,
    no_measure: bool,
    strict: bool,
    as_json: bool,
    verbose: bool,
    store: str | None,
) -> None:
    """Read folders, DICOMDIRs, ZIP and tar files at any depth into the store.

    The same files again change nothing; a run that was stopped goes on where it was.
    """
    from . import render

    with client(store) as opened, render.ingest_progress() as progress:
        report = opened.ingest(
            paths,
            dataset,
            workers=workers,
            replace=replace,
            measure=not no_measure,
            authority=authority,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        render.ingest_report(report)
    if verbose:
        render.ingest_files(report)
    if strict and (report.quarantined or report.conflicts):
        raise WorkFailed(
            f"{report.quarantined} files in quarantine, {report.conflicts} in conflict; "
            "`cohortgraph quarantine` says why; the rest is ingested"
        )


@click.command()
@click.option("--retry", is_flag=True, help="Read the files in quarantine again")
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
@store_option
def quarantine(retry: bool, as_json: bool, store: str | None) -> None:
    """List what could not be read and what is in conflict, with the reason."""
    from . import render

    with client(store) as opened:
        if retry:
            with render.ingest_progress() as progress:
                report = opened.retry_quarantine(progress=progress)
            if not as_json:
                render.ingest_report(report)
        held = opened.quarantine()
    if as_json:
        click.echo(json.dumps(render.plain(held), indent=1, ensure_ascii=False))
    else:
        render.quarantine(held)
