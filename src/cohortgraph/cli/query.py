"""Questions: query, explain, cypher."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ..errors import UsageError
from .options import client, form_option, store_option

LEVELS = (
    "patients",
    "studies",
    "series",
    "instances",
    "segments",
    "items",
    "rois",
    "channels",
    "annotationGroups",
)
FORMATS = ("table", "json", "csv", "parquet")

_file = click.argument("file", metavar="FILE|-", type=click.Path(allow_dash=True))
_level = click.option("--level", type=click.Choice(LEVELS), help="What to list  [default: the question's root]")
_format = form_option(*FORMATS)
_out = click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write there instead of printing")


def read(file: str) -> str:
    """The text of a question's file; of standard input where it is ``-``."""
    return sys.stdin.read() if file == "-" else _text(Path(file))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}; give the path of a question (YAML or JSON), or - for stdin"
        ) from error


@click.command()
@_file
@_level
@_format
@_out
@click.option(
    "--evidence", is_flag=True, help="Name the nodes that satisfied each clause, for every hit; with --format json"
)
@click.option("--count", is_flag=True, help="Print only how many there are")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="List at most N")
@click.option("--after", metavar="CURSOR", help="Go on after the page whose `next` is CURSOR")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write manifest.json and manifest.csv of every object under the hits",
)
@store_option
def query(
    file: str,
    level: str | None,
    form: str,
    out: Path | None,
    evidence: bool,
    count: bool,
    limit: int | None,
    after: str | None,
    manifest: Path | None,
    store: str | None,
) -> None:
    """Ask the question in FILE (YAML or JSON; - for stdin) and list what it finds."""
    from . import output

    if evidence and form != "json":
        raise UsageError("--evidence has no place in a table; add --format json")
    text = read(file)
    with client(store) as opened:
        if manifest is not None:
            written = opened.manifest(text, manifest, level=level)
            click.echo(f"manifest of {written.objects} objects of {written.patients} patients in {manifest}", err=True)
            for warning in written.warnings:
                click.echo(f"warning: {warning}", err=True)
        if count:
            click.echo(opened.count(text, level=level))
            return
        answer = opened.query(text, level=level, evidence=evidence, limit=limit, after=after)
    output.answer(answer, form, out)


@click.command()
@_file
@_level
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
@store_option
def explain(file: str, level: str | None, as_json: bool, store: str | None) -> None:
    """Show how the question in FILE is understood: intermediate form, codes, Cypher and the engine's plan."""
    from . import render

    text = read(file)
    with client(store) as opened:
        explanation = opened.explain(text, level=level)
    click.echo(json.dumps(render.plain(explanation), indent=1, ensure_ascii=False) if as_json else str(explanation))


@click.command()
@click.argument("statement", metavar="'MATCH …'|-")
@_format
@_out
@click.option(
    "--limit", type=click.IntRange(min=1), default=1000, show_default=True, metavar="N", help="At most N rows"
)
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=30.0, show_default=True, metavar="SECONDS"
)
@store_option
def cypher(statement: str, form: str, out: Path | None, limit: int, timeout: float, store: str | None) -> None:
    """Run a reading Cypher statement (- for stdin): guarded, read-only, limited."""
    from . import output

    text = sys.stdin.read() if statement == "-" else statement
    with client(store) as opened:
        found = opened.cypher(text, limit=limit, timeout=timeout)
    output.rows(found.table, form, out)
    if found.cut:
        click.echo(f"only the first {limit} rows are shown; --limit allows more", err=True)
