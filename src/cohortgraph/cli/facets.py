"""Counts over the answers to questions: facets, overlap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from .options import client, form_option, store_option
from .query import LEVELS, read

if TYPE_CHECKING:
    from ..queries.counts.facets import Facet
    from ..queries.counts.overlap import Overlap
    from ..queries.counts.tally import Bin

_COLUMNS = ("value", "meaning", "unit", "matched", "copatient")
_MISSING = "(none)"


@click.command()
@click.argument("file", metavar="FILE|-", type=click.Path(allow_dash=True))
@click.option(
    "--by",
    required=True,
    metavar="PATH",
    help="What to count by: modality, segments.type, items.name, studies.studyDate …",
)
@form_option("table", "json", "csv")
@store_option
def facets(file: str, by: str, form: str, store: str | None) -> None:
    """Count what the question in FILE finds by a property or code.

    `matched` counts over the children that matched, `copatient` over everything that belongs to the same patients.
    Numbers are counted in intervals, dates by month or year.
    """
    from . import output, render

    text = read(file)
    with client(store) as opened:
        found = opened.facets(text, by)
    if form == "json":
        click.echo(json.dumps(render.plain(found), indent=1, ensure_ascii=False))
        return
    columns = _COLUMNS if form == "table" else ("value", "meaning", "low", "high", "unit", "matched", "copatient")
    output.records(list(_counted(found)), form, columns=columns)
    for histogram in found.histograms:
        if histogram.minimum is not None:
            span = f"{histogram.minimum:g} to {histogram.maximum:g} {histogram.unit}".rstrip()
            click.echo(f"matched numbers from {span}", err=True)
    click.echo(f"{found.total} {found.level} by {found.by}", err=True)
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)


def _counted(found: Facet) -> Iterator[dict[str, Any]]:
    """A row for each value or interval, and one for what has none."""
    for value in found.values:
        yield {"value": value.value, "meaning": value.meaning, "matched": value.matched, "copatient": value.copatient}
    for histogram in found.histograms:
        for each in histogram.bins:
            yield {
                "value": _interval(each),
                "low": each.low,
                "high": each.high,
                "unit": histogram.unit,
                "matched": each.matched,
                "copatient": each.copatient,
            }
    yield {"value": _MISSING, "matched": found.missing, "copatient": found.missing_copatient}


def _interval(each: Bin) -> str:
    if each.low is None or each.high is None:
        return f"below {each.high:g}" if each.low is None else f"{each.low:g} and above"
    return f"{each.low:g}" if each.low == each.high else f"{each.low:g} to {each.high:g}"


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--level", type=click.Choice(LEVELS), help="What to count  [default: the questions' root, else patients]")
@form_option("table", "json")
@store_option
def overlap(files: tuple[str, ...], level: str | None, form: str, store: str | None) -> None:
    """Count every combination of up to 12 questions.

    `exactly` counts what these questions find and no other does, `at least` what these find, whatever others do.
    """
    from ..errors import UsageError
    from . import output, render

    if len(set(files)) < len(files):
        raise UsageError("a file is named twice; give each question once")
    documents = {file: read(file) for file in files}
    with client(store) as opened:
        found = opened.overlap(documents, level=level)
    if form == "json":
        click.echo(json.dumps(render.plain(found), indent=1, ensure_ascii=False))
        return
    for place, (name, number) in enumerate(found.questions.items(), 1):
        click.echo(f"{place}  {name}: {number} {found.level}")
    output.records(list(_combined(found)), form)
    click.echo(f"{found.total} {found.level} in the store", err=True)
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)


def _combined(found: Overlap) -> Iterator[dict[str, Any]]:
    """A row for each combination, with a mark in the column of each of its questions."""
    for each in found.combinations:
        marks = {str(place): "●" * (name in each.questions) for place, name in enumerate(found.questions, 1)}
        yield {**marks, "exactly": each.exactly, "at least": each.at_least}
