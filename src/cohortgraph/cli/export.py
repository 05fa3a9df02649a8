"""From a cohort to files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .options import client, store_option

_FORMATS = ("dicom", "manifest")


@click.command()
@click.argument("ref", metavar="COHORT[@SNAPSHOT]")
@click.option(
    "--out", required=True, metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="The folder to write"
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="dicom",
    show_default=True,
    help="The files themselves, or only where they lie",
)
@click.option("--skip-missing", is_flag=True, help="Leave out objects that can't be had; the manifest names them")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON")
@store_option
def export(ref: str, out: Path, form: str, skip_missing: bool, as_json: bool, store: str | None) -> None:
    """Write the objects of a snapshot (default: the newest) with manifest.json and manifest.csv.

    Files are made in DIR.partial, which becomes DIR when all are there: the same command goes on after a stop, and
    checks every file of a complete DIR by its digest.
    """
    from ..export.run import FORMATS
    from ..export.written import ObjectsMissing
    from . import render

    chosen = next(each for each in FORMATS if each == form)
    try:
        with client(store) as opened, render.ingest_progress() as progress:
            written = opened.export_cohort(ref, out, chosen, skip_missing=skip_missing, progress=progress)
    except ObjectsMissing as error:
        for each in error.missing:
            click.echo(f"missing: {each}", err=True)
        raise
    if as_json:
        click.echo(json.dumps(written.to_dict(), indent=1, ensure_ascii=False))
        return
    for each in written.missing:
        click.echo(f"missing: {each}", err=True)
    done = f"{written.copied} files copied, {written.unchanged} there already, " if form == "dicom" else ""
    click.echo(
        f"{written.objects} objects of {written.patients} patients in {out}: {done}{written.size} bytes, "
        f"{len(written.missing)} missing"
    )
