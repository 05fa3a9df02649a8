"""``python -m benchmarks.exports``: whole exports of growing cohorts, their peak memory and speed.

Each export is a command of its own. Its peak memory is that of its largest process: the one that plans and finishes, or
one that makes samples. Beside it stands a plain copy of the files that were exported, with ``cp``, as the floor.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
from demo.generate import generate

FORMS = ("dicom", "manifest", "nifti", "parquet")


@dataclass(frozen=True, slots=True)
class Took:
    """One export: objects, files and MiB written, seconds, MiB of its largest process, seconds of a plain copy."""

    objects: int
    files: int
    size: float
    seconds: float
    peak: int
    copy: float


@click.command()
@click.option("--patients", default="20,200,2000", show_default=True, help="Sizes of the cohorts, parted by commas")
@click.option("--forms", default=",".join(FORMS), show_default=True, help="Forms, parted by commas")
@click.option("--workers", type=int, help="Processes that make samples  [default: one per core]")
def main(patients: str, forms: str, workers: int | None) -> None:
    """Export drawn cohorts in each form."""
    for number in map(int, patients.split(",")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            frozen(folder, number)
            for form in forms.split(","):
                took = exported(folder, form, workers)
                print(
                    f"{number:6} patients {form:<9} {took.objects:7} objects {took.files:7} files {took.size:8.1f} MiB "
                    f"{took.seconds:7.1f} s, {took.size / took.seconds:6.1f} MiB/s (cp {took.size / took.copy:6.1f}), "
                    f"peak {took.peak} MiB",
                    flush=True,
                )


def frozen(folder: Path, patients: int) -> None:
    """A store with a frozen cohort of so many of the demo's patients."""
    generate(folder / "data", patients=patients)
    fill = (
        "import sys\nfrom cohortgraph.client import Client\nfrom cohortgraph.graph.store.directory import Store\n"
        "with Client(Store.init(sys.argv[1])) as client:\n"
        "    client.ingest([sys.argv[2]], 'drawn', measure=False)\n"
        "    client.create_cohort('all', {'patients': {}})\n    client.freeze_cohort('all')\n"
    )
    subprocess.run([sys.executable, "-c", fill, folder / "store", folder / "data"], check=True)


def exported(folder: Path, form: str, workers: int | None) -> Took:
    """Export the cohort of a store, and copy the same files."""
    out = folder / "out"
    command: list[str | Path] = [sys.executable, "-m", "cohortgraph", "export", "all", "--format", form, "--out", out]
    command += ["--store", folder / "store", *(["--workers", str(workers)] if workers else [])]
    began = time.perf_counter()
    # The peak that the system tells of a child that has ended is its largest descendant's.
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise click.ClickException(f"the export as {form} failed; run: {' '.join(map(str, command))}")
    files = {each.stat().st_ino: each.stat().st_size for each in out.rglob("*") if each.is_file()}  # links apart
    size = sum(files.values()) / (1 << 20)
    began = time.perf_counter()
    subprocess.run(["cp", "-a", out, folder / "copy"], check=True)
    copy = time.perf_counter() - began
    objects = sum(1 for _ in (folder / "data").rglob("*.dcm"))
    for each in (out, folder / "copy"):
        shutil.rmtree(each)
    return Took(objects, len(files), size, seconds, used.ru_maxrss >> 10, copy)


if __name__ == "__main__":
    main()
