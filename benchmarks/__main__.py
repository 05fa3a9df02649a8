"""``python -m benchmarks [--files FOLDER] [--series N] [--neo4j URL]``: print every figure beside its peer or floor."""

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
@click.option("--neo4j", metavar="URL", help="Ask the questions of this empty Neo4j instead; it keeps the archive")
def main(files: Path | None, series: int, neo4j: str | None) -> None:
    """Measure headers to queryable (on the embedded engine), questions, and pages of GraphQL."""
    if neo4j is None:
        with tempfile.TemporaryDirectory() as folder:
            if files is None:
                generate(Path(folder), patients=120)
            headers.run(files or Path(folder))
    questions.run(series, neo4j)
    if neo4j is None:
        pages.run(series)


main()
