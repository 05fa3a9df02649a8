"""``python -m demo OUT``: write the demo data set."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import Progress

from .generate import generate


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--patients", default=40, show_default=True)
@click.option("--seed", default=7, show_default=True)
def main(out: Path, patients: int, seed: int) -> None:
    """Draw PATIENTS patients and write their CT, SEG, SR, ECG and RTSTRUCT objects under OUT."""
    with Progress() as progress:
        task = progress.add_task("drawing patients", total=patients)
        files = generate(out, patients, seed, done=lambda _: progress.advance(task))
    click.echo(f"{files} DICOM files of {patients} patients in {out}")


main()
