"""``cohortgraph export`` of samples in the foreground: interrupted it says so and goes on; ``verify`` checks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .planned import contents

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a frozen cohort of 12 series."""
    folder = tmp_path_factory.mktemp("series")
    fill = f"from pathlib import Path; from benchmarks.killed import filled; filled(Path({str(folder)!r}), 12)"
    subprocess.run([sys.executable, "-c", fill], cwd=ROOT, check=True)
    return folder / "store"


def command(store: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "cohortgraph", *map(str, arguments), "--store", str(store)]


INTERRUPTED = """
import os, signal, sys
from cohortgraph.cli import main
from cohortgraph.export import drive

made = drive.work

def interrupted(out, number):
    outcome = made(out, number)
    if number == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return outcome

signal.signal(signal.SIGINT, signal.default_int_handler)
drive.work = interrupted
main()
"""


def test_interrupted_it_goes_on_with_the_same_command(store: Path, tmp_path: Path) -> None:
    asked = ("export", "all", "--format", "nifti", "--workers", "1", "--out")
    arguments = command(store, *asked, tmp_path / "out")[3:]
    stopped = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *arguments], capture_output=True, text=True, check=False
    )
    assert stopped.returncode == 130, stopped.stderr
    assert "the same command goes on from there" in stopped.stderr
    assert len(list((tmp_path / "out.partial").rglob("*.json"))) == 4
    again = subprocess.run(command(store, *asked, tmp_path / "out"), capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "12 samples of 12 patients with 144 objects" in again.stdout
    subprocess.run(command(store, *asked, tmp_path / "one"), check=True, capture_output=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "one")
    verify = [sys.executable, "-m", "cohortgraph", "export", "verify"]
    assert subprocess.run([*verify, tmp_path / "out"], capture_output=True).returncode == 0
    next((tmp_path / "out").rglob("*.nii.gz")).write_bytes(b"altered")
    altered = subprocess.run([*verify, tmp_path / "out"], capture_output=True, text=True)
    assert (altered.returncode, altered.stderr.count("altered: ")) == (2, 1)


def test_what_an_option_is_for_is_told_where_it_fits_no_form(store: Path, tmp_path: Path) -> None:
    wrong = command(store, "export", "all", "--resample", "1x1x1mm", "--out", tmp_path / "out")
    told = subprocess.run(wrong, capture_output=True, text=True)
    assert (told.returncode, "an export as dicom has no option 'resample'" in told.stderr) == (1, True)
