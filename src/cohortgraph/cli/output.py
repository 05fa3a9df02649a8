"""Answers as a table, JSON, CSV or Parquet; to a file or to standard output."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from ..queries.answers.ask import Answer


UNBROKEN = 100_000
"""A console's width, in characters, at which no line is broken."""

_COLUMNS = {
    "patients": ("patientID", "patientSex", "patientBirthDate"),
    "studies": ("patientID", "studyDate", "studyDescription"),
    "series": ("patientID", "modality", "seriesDate", "seriesDescription"),
    "instances": ("patientID", "kind", "instanceNumber", "documentTitle", "contentLabel"),
    "segments": ("patientID", "segmentNumber", "segmentLabel", "type", "region", "volume"),
    "items": ("patientID", "name", "value", "numericValue", "unit", "textValue", "site", "finding"),
    "rois": ("patientID", "roiNumber", "roiName", "rtroiInterpretedType", "type", "roiVolume"),
    "channels": ("patientID", "path", "multiplexGroupLabel", "channelLabel", "source", "unit"),
    "annotationGroups": ("patientID", "annotationGroupNumber", "annotationGroupLabel", "graphicType", "type"),
}
"""What a table shows of a level besides ``id``; the other forms hold everything."""


def answer(found: Answer, form: str, out: Path | None) -> None:
    """Print an answer's hits; what a form has no place for (warnings, the next cursor) goes to standard error."""
    if form == "json":
        _text(json.dumps(asdict(found), ensure_ascii=False, indent=1, default=str) + "\n", out)
        return
    columns = [*_COLUMNS.get(found.level, ()), "id"] if form == "table" else None
    records(found.hits, form, out, columns)
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    shown = len(found.hits)
    if shown < found.total:
        more = f"; go on with --after {found.next}" if found.next else ""
        click.echo(f"{shown} of {found.total} {found.level} shown{more}", err=True)
    elif form == "table":
        click.echo(f"{found.total} {found.level}", err=True)


def rows(table: pa.Table, form: str, out: Path | None) -> None:
    """Print a table of rows."""
    if form == "json":
        told = {"columns": table.column_names, "rows": table.to_pylist()}
        _text(json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n", out)
    else:
        records(table.to_pylist(), form, out, table.column_names)


def records(
    found: Sequence[Mapping[str, Any]], form: str, out: Path | None = None, columns: Sequence[str] | None = None
) -> None:
    """Print mappings, a row each, as a table, CSV or Parquet."""
    names = list(columns) if columns is not None else list(dict.fromkeys(name for hit in found for name in hit))
    if form == "csv":
        _text(_csv(found, names), out)
    elif form == "parquet":
        _parquet(found, names, out)
    else:
        _table(found, names, out)


def _csv(found: Iterable[Mapping[str, Any]], names: Sequence[str]) -> str:
    from ..queries.answers.cells import cell

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([[cell(hit.get(name)) for name in names] for hit in found])
    return text.getvalue()


def _parquet(found: Sequence[Mapping[str, Any]], names: Sequence[str], out: Path | None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: [hit.get(name) for hit in found] for name in names})
    if out is not None:
        pq.write_table(table, out)
    elif sys.stdout.isatty():
        raise UsageError("Parquet is binary; name a file with --out FILE or redirect standard output")
    else:
        pq.write_table(table, sys.stdout.buffer)


def _table(found: Sequence[Mapping[str, Any]], names: Sequence[str], out: Path | None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ..queries.answers.cells import cell

    if not found:
        _text("", out)
        return
    told = [name for name in names if any(hit.get(name) not in (None, "", []) for hit in found)]
    table = Table(box=None, pad_edge=False)
    for name in told:
        table.add_column(name, overflow="fold")
    for hit in found:
        table.add_row(*(escape(cell(hit.get(name), brief=True)) for name in told))
    if out is None:
        # In a file or a pipe each row keeps a line of its own, however long: ids are copied and searched for.
        Console(width=None if sys.stdout.isatty() else UNBROKEN).print(table)
        return
    with out.open("w", encoding="utf-8") as stream:
        Console(file=stream, width=UNBROKEN).print(table)


def _text(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="")
