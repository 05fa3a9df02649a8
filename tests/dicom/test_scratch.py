"""Scratch folders go with their process, whichever way it ends, and never while it lives."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from cohortgraph.dicom import scratch

HOLD = """
import sys
from cohortgraph.dicom.scratch import Scratch
held = Scratch()
(held.path / "pixels").write_bytes(b"of a patient")
print(held.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files lie, here and in other processes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def holder() -> tuple[subprocess.Popen[str], Path]:
    """A process that has a scratch folder, and where that is."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_goes_when_the_next_begins(place: Path) -> None:
    killed, left = holder()
    killed.kill()
    killed.communicate()
    assert (left / "pixels").is_file()
    living, kept = holder()
    try:
        assert not left.parent.exists()
        assert (kept / "pixels").is_file()
        after, _ = holder()
        after.communicate()
        assert after.returncode == 0
        assert (kept / "pixels").is_file()
    finally:
        living.communicate()
    assert list(place.iterdir()) == []


def test_what_is_not_ours_stays(place: Path) -> None:
    (place / "cohortgraph-notes").mkdir()
    (place / "cohortgraph-notes/text").touch()
    outside = place / "outside"
    outside.mkdir()
    (outside / "lock").touch()
    (place / "cohortgraph-link").symlink_to(outside, target_is_directory=True)
    (place / "cohortgraph-linked").mkdir()
    (place / "cohortgraph-linked/lock").symlink_to(outside / "lock")
    scratch._sweep.cache_clear()
    with scratch.Scratch():
        pass
    assert (place / "cohortgraph-notes/text").is_file()
    assert (outside / "lock").is_file()
    assert (place / "cohortgraph-linked/lock").is_symlink()


def test_a_folder_of_which_a_part_was_removed_goes_too(place: Path) -> None:
    folder = place / "cohortgraph-part"
    (folder / "files/deep").mkdir(parents=True)
    (folder / "lock").touch()
    scratch._sweep.cache_clear()
    with scratch.Scratch():
        assert not folder.exists()


POOL = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from cohortgraph.dicom.scratch import Scratch

kept = []

def keep():
    kept.append(Scratch())
    (kept[0].path / "pixels").write_bytes(b"of a patient")
    return kept[0].path

if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        made = pool.submit(keep).result()
        assert made.is_dir()
    assert not made.parent.exists()
"""


def test_it_goes_with_a_process_of_a_pool(place: Path) -> None:
    (place / "pool.py").write_text(POOL)
    subprocess.run([sys.executable, place / "pool.py"], check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_does_not_remove_it(place: Path) -> None:
    with scratch.Scratch() as folder:
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
            assert pool.submit(folder.is_dir).result()
        assert folder.is_dir()
