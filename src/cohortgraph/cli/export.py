"""From a cohort to files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from .options import client, store_option

if TYPE_CHECKING:
    from ..client import Client
    from ..client.remote import RemoteClient
    from ..export.plan.options import Form
    from ..export.written import Exported
    from ..ingest.outcome import Progress

_FORMS = ("dicom", "manifest", "nifti", "nnunet", "monai", "arrays", "parquet")
C = TypeVar("C", bound=Callable[..., Any])


class _Export(click.Command):
    """The command, and ``export verify DIR`` under its name."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] == ["verify"]:
            return verify.make_context(f"{info_name} verify", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


_OPTIONS = (
    click.option(
        "--sample", type=click.Choice(("patient", "study", "series", "pair")), help="What a sample is made of"
    ),
    click.option("--level", metavar="LEVEL", help="Of parquet: what its rows are"),
    click.option(
        "--segments", metavar="NAMES|FILE", help="The labels: names or codes, parted by commas; a label table"
    ),
    click.option("--priority", metavar="A>B", help="Where labels overlap, which stays: 'left ventricle > myocardium'"),
    click.option("--columns", metavar="ATTR,…", help="Named attributes that samples or rows carry"),
    click.option(
        "--attributes",
        "attribute_files",
        multiple=True,
        metavar="FILE",
        help="Named attributes of your own; repeatable",
    ),
    click.option("--pick", "picks", multiple=True, metavar="RULE", help="'ECG: nearest before CT, 30 d'; repeatable"),
    click.option("--split", metavar="NAME=SHARE,…", help="train=0.7,val=0.15,test=0.15, never parting a person"),
    click.option("--by", type=click.Choice(("patient",)), default="patient", help="What a split keeps together"),
    click.option("--stratify", metavar="ATTR", help="A named attribute whose values each part gets its share of"),
    click.option("--seed", type=int, help="Another seed, another split"),
    click.option(
        "--group", metavar="GROUP", help="Of waveforms: RHYTHM, MEDIAN, ORIGINAL, DERIVED or a group's number"
    ),
    click.option("--resample", metavar="XxYxZmm", help="Onto a grid of this spacing, such as 1x1x1mm"),
    click.option(
        "--purpose",
        type=click.Choice(("research", "commercial", "redistribute")),
        help="What the files are for: terms of use that forbid it stop the export  [default: research]",
    ),
    click.option("--override", metavar="REASON", help="Why terms that forbid the purpose don't apply; it is recorded"),
    click.option("--include-model", is_flag=True, help="Take objects that models made too (datasets set NAME --model)"),
    click.option("--source", "sources", multiple=True, metavar="URL", help="Where else objects may be had; repeatable"),
)


def _sampling(command: C) -> C:
    for each in reversed(_OPTIONS):
        command = each(command)
    return command


@click.command(cls=_Export, epilog="cohortgraph export verify DIR checks every file of a complete export.")
@click.argument("ref", metavar="COHORT[@SNAPSHOT]")
@click.option("--out", metavar="DIR|URL", help="The folder to write, or a prefix: s3://bucket/prefix, gs://…, az://…")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    default="dicom",
    show_default=True,
    help="The objects' files themselves, only where they lie, or what a training job reads",
)
@_sampling
@click.option(
    "--workers", type=click.IntRange(1), metavar="N", help="Processes, a sample each  [default: one per core]"
)
@click.option("--detach", is_flag=True, help="Leave it to workers as a job, and print the job's id")
@click.option("--skip-missing", is_flag=True, help="Leave out objects that can't be had; the manifest names them")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON")
@store_option
def export(
    ref: str,
    out: str | None,
    form: str,
    by: str,
    workers: int | None,
    detach: bool,
    skip_missing: bool,
    as_json: bool,
    store: str | None,
    **options: Any,
) -> None:
    """Write a snapshot (default: the newest) as files.

    dicom: the objects' files, manifest: only where they lie; manifest.csv names each. nifti, nnunet, monai, arrays,
    parquet: samples; the options from --sample to --resample, and --include-model, are theirs. manifest.json says of
    each what it is, and names every file with its digest.

    Files are made in DIR.partial, which becomes DIR when all are there: the same command goes on after a stop, and
    checks every file of a complete DIR by its digest, and mends it.
    """
    from ..errors import UsageError
    from ..export.written import ObjectsMissing

    told = _told(options)
    if not out and not detach:
        raise UsageError("name the folder to write with --out DIR, or an object store with --out s3://bucket/prefix")
    try:
        if detach:
            with client(store) as opened:
                _detach(opened, ref, cast("Form", form), out, skip_missing, told, as_json)
        else:
            _written(store, ref, cast(str, out), cast("Form", form), skip_missing, workers, told, as_json)
    except ObjectsMissing as error:
        for each in error.missing:
            click.echo(f"missing: {each}", err=True)
        raise


def _told(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as :class:`~cohortgraph.export.plan.options.Options` spells them."""
    told = {name: value for name, value in options.items() if value not in (None, (), False)}
    if "columns" in told:
        told["columns"] = tuple(part.strip() for part in told["columns"].split(",") if part.strip())
    return told


def _written(
    store: str | None,
    ref: str,
    out: str,
    form: Form,
    skip_missing: bool,
    workers: int | None,
    options: dict[str, Any],
    as_json: bool,
) -> None:
    from . import render

    try:
        with render.ingest_progress() as progress:
            made = _made(store, ref, out, form, skip_missing, workers, options, progress)
    except KeyboardInterrupt:
        from ..export.address import place_of

        made_in = place_of(out).under_way
        click.echo(f"stopped; what is made lies in {made_in}, and the same command goes on from there", err=True)
        raise click.exceptions.Exit(130) from None
    if as_json:
        click.echo(json.dumps(made.to_dict(), indent=1, ensure_ascii=False))
        return
    for warning in made.warnings:
        click.echo(f"warning: {warning}", err=True)
    for each in made.missing:
        click.echo(f"missing: {each}", err=True)
    parts = "series" if form in ("dicom", "manifest") else "samples"
    skipped = f"{made.skipped} skipped, " if parts == "samples" else ""
    click.echo(
        f"{made.samples} {parts} of {made.patients} patients with {made.objects} objects in {out}: {made.files} files, "
        f"{made.size} bytes, {skipped}{len(made.missing)} objects missing"
    )
    if made.unsampled:
        click.echo(
            f"{made.unsampled} {options.get('sample', 'series')} units are no sample: incomplete in manifest.json"
        )
    if persons := sum(made.split.values()):
        told = ", ".join(f"{part} {number} ({number / persons:.0%})" for part, number in made.split.items())
        click.echo(f"persons: {told}")


def _made(
    store: str | None,
    ref: str,
    out: str,
    form: Form,
    skip_missing: bool,
    workers: int | None,
    options: dict[str, Any],
    progress: Progress,
) -> Exported:
    """Export; once it is planned, the store is left to others."""
    from ..client import Client
    from ..client.local.exports import planned, wanted

    with client(store) as opened:
        if not isinstance(opened, Client):
            return opened.export_cohort(
                ref, out, form, skip_missing=skip_missing, progress=progress, workers=workers, **options
            )
        make = planned(opened, ref, out, wanted(form, skip_missing, options), progress, workers)
    return make()


def _detach(
    opened: Client | RemoteClient,
    ref: str,
    form: Form,
    out: str | None,
    skip_missing: bool,
    options: dict[str, Any],
    as_json: bool,
) -> None:
    job = opened.start_export(ref, form, folder=out, skip_missing=skip_missing, **options)
    if as_json:
        click.echo(json.dumps(job.to_dict(), indent=1, ensure_ascii=False))
        return
    click.echo(job.id)
    if job.state == "done":
        click.echo(f"it is made already; cohortgraph jobs fetch {job.id} --out DIR copies it", err=True)
        return
    click.echo(f"{job.out} is made by a server's worker or: cohortgraph worker", err=True)


@click.command()
@click.argument("out", metavar="DIR|URL")
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
def verify(out: str, as_json: bool) -> None:
    """Check every file of a complete export by its digest; exit code 2 where one is altered or missing."""
    from ..export.address import place_of
    from ..export.verify import verify

    found = verify(place_of(out))
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=1, ensure_ascii=False))
    else:
        for state in ("missing", "altered", "extra"):
            for path in getattr(found, state):
                click.echo(f"{state}: {path}", err=True)
        click.echo(
            f"{found.files} files, {found.size} bytes, are as they were made; {len(found.missing)} missing, "
            f"{len(found.altered)} altered, {len(found.extra)} extra"
        )
    if not found.sound:
        raise click.exceptions.Exit(2)
