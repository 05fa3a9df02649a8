"""``python -m benchmarks [--files FOLDER] [--series N]``: print every figure beside its peer or floor."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from demo.generate import generate

from . import headers, pages, questions


@click.command()
@click.option(
    "--files", type=click.Path(path_type=Path, exists=True), help="DICOM files to read  [default: drawn ones]"
)
@click.option("--series", default=100_000, show_default=True, help="Size of the generated archive")
def main(files: Path | None, series: int) -> None:
    """Measure headers to queryable, questions, and pages of GraphQL."""
    with tempfile.TemporaryDirectory() as folder:
        if files is None:
            generate(Path(folder), patients=120)
        headers.run(files or Path(folder))
    questions.run(series)
    pages.run(series)


main()
